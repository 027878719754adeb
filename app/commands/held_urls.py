"""The URLs that caches and CDNs may hold of a picture, as documents give them out."""

from collections.abc import Iterator
from typing import Final
from urllib.parse import quote

from app.model import EXTENSIONS
from app.service.galleries.spree.addresses import ORIGINAL, STYLES, file_segment, unix
from app.service.pictures.held import Held, HeldImage
from app.settings import Settings

_UNESCAPED: Final = "/!$&'()*+,;=:@~"
"""What browsers send as it is, RFC 3986 §3.3."""


def held_urls(held: Held, settings: Settings) -> list[str]:
    """Whole where `MEDIA_URL` or `PUBLIC_URL` is set (for Spree's: or `SPREE_URL_PREFIX`), else paths."""
    media = settings.media_url or settings.public_url
    spree = settings.spree_url_prefix or media
    return [
        *(f"{media}/media/catalog/product{quote(path, safe=_UNESCAPED)}" for path in held.paths),
        *(f"{media}{path}" for path in _renditions(held)),
        *(f"{spree}{path}" for image in held.images for path in _spree(image)),
    ]


def _renditions(held: Held) -> Iterator[str]:
    for made in held.renditions:
        for name in held.stems:
            file = f"{quote(name, safe='')}.{EXTENSIONS[made.format]}"
            yield f"/media/renditions/{made.recipe}/{made.segment}/{file}"


def _spree(image: HeldImage) -> Iterator[str]:
    """With the stamp that documents give, and without; the stamps of former files nobody knows any more."""
    stamps = [f"?{unix(image.updated_at)}", ""] if image.updated_at else [""]
    for style in (*STYLES, ORIGINAL):
        for name in image.names:
            for stamp in stamps:
                yield f"/spree/products/{image.id}/{style}/{file_segment(name)}{stamp}"
