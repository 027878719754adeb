"""What copies of documents and files are tagged with, so that those of a product or of a picture are found together."""

from typing import Final

_DIGITS: Final = 16


def product_tag(product: int) -> str:
    """Of a document that shows a product, or one of its variants."""
    return f"product-{product}"


def image_tag(image: int) -> str:
    """Of a document that shows an image."""
    return f"image-{image}"


def media_tag(digest: str) -> str:
    """Of a file that shows the blob with this hash: a file knows no product."""
    return f"media-{digest[:_DIGITS]}"
