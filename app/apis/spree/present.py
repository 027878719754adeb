"""Images to JSON bytes and URLs: pure, and the same bytes for the same image. Source: spree.md, section 5."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final, Literal, TypeAlias

import orjson

from app.model import MEDIA_TYPES
from app.service.galleries.spree.addresses import STYLES, file_segment, unix
from app.service.galleries.spree.reader import ListedImage

Audience: TypeAlias = Literal["admin", "public", "nobody"]
"""Who sees a document: an admin, whoever may read, or one without a right on images."""

NEW: Final = (
    b'{"attributes":["id","position","attachment_content_type","attachment_file_name","type",'
    b'"attachment_updated_at","attachment_width","attachment_height","alt"],"required_attributes":[]}'
)
"""The document of `new`."""

_ESCAPED: Final = (
    (b"&", b"\\u0026"),
    (b"<", b"\\u003c"),
    (b">", b"\\u003e"),
    ("\u2028".encode(), b"\\u2028"),
    ("\u2029".encode(), b"\\u2029"),
)


def json_bytes(value: Any) -> bytes:
    """Compact JSON whose `&`, `<`, `>` and line separators are safe inside a page."""
    text = orjson.dumps(value)
    for raw, escaped in _ESCAPED:
        text = text.replace(raw, escaped)
    return text


def index(images: Iterable[ListedImage], prefix: str = "") -> bytes:
    return json_bytes({"images": [attributes(image, prefix) for image in images]})


def show(image: ListedImage, prefix: str = "") -> bytes:
    return json_bytes(attributes(image, prefix))


def attributes(image: ListedImage, prefix: str = "") -> dict[str, Any]:
    """The 15 attributes in their order; `prefix` goes before the URLs of our own files."""
    file = image.file
    mini, small, product, large = style_urls(image, prefix)
    return {
        "id": image.id,
        "position": image.position,
        "attachment_content_type": MEDIA_TYPES[file.format] if file else None,
        "attachment_file_name": file.name if file else None,
        "type": "Spree::Image",
        "attachment_updated_at": timestamp(file.updated_at) if file and file.updated_at else None,
        "attachment_width": file.width if file else None,
        "attachment_height": file.height if file else None,
        "alt": image.label,
        "viewable_type": "Spree::Variant",
        "viewable_id": image.product_id,
        "mini_url": mini,
        "small_url": small,
        "product_url": product,
        "large_url": large,
    }


def style_urls(image: ListedImage, prefix: str) -> tuple[str, str, str, str]:
    """The URLs of mini, small, product and large."""
    if image.file is None:
        return _foreign_urls(image)
    head = f"{prefix}/spree/products/{image.id}"
    tail = file_segment(image.file.name)
    if image.file.updated_at is not None:
        tail = f"{tail}?{unix(image.file.updated_at)}"
    return f"{head}/mini/{tail}", f"{head}/small/{tail}", f"{head}/product/{tail}", f"{head}/large/{tail}"


def _foreign_urls(image: ListedImage) -> tuple[str, str, str, str]:
    small, large = image.url_small or image.url_large, image.url_large or image.url_small
    if small is None or large is None:
        mini, small, product, large = (f"/attachments/{style}/missing.png" for style in STYLES)
        return mini, small, product, large
    return small, small, large, large


def timestamp(moment: datetime) -> str:
    """UTC with exactly three fraction digits, such as `2013-06-06T15:44:36.000Z`."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def is_shown(image: ListedImage, audience: Audience) -> bool:
    """Without a right on images nobody sees any; the public sees what is not excluded."""
    return audience == "admin" or (audience == "public" and not image.excluded)
