"""What a file must be like, with the messages of the original. Source: spree.md, section 8.

A file is a spoof when the media type of its bytes is not one that its extension stands for.
"""

import re
from collections.abc import Mapping
from typing import Final

from app.model import Format
from app.raster.facts.foreign import DOCUMENTS
from app.raster.facts.sniff import kind_of

ACCEPTED: Final[frozenset[Format]] = frozenset({"jpeg", "png", "gif"})

Errors = Mapping[str, list[str]]

BLANK: Final[Errors] = {"attachment": ["can't be blank"]}
NOT_AN_IMAGE: Final[Errors] = {"attachment_content_type": ["is invalid"], "attachment": ["is invalid"]}
_SPOOFED: Final = "has contents that are not what they are reported to be"
_STYLES: Final = 4

_MEDIA_TYPES: Final[Mapping[str, str]] = {
    extension: media_type
    for media_type, extensions in {
        "image": "jpg jpeg jpe jfif pjpeg png apng gif webp avif heic heif bmp dib tif tiff ico svg svgz jp2 jpx psd",
        "text": "txt text log asc csv tsv htm html css md markdown xml ics vcf rtf yaml yml",
        "application": "pdf zip gz tar tgz rar 7z doc docx xls xlsx ppt pptx odt ods json js xml bin exe dll eps ai",
        "audio": "mp3 wav ogg oga flac m4a aac mid",
        "video": "mp4 m4v mov avi mkv webm mpg mpeg ogv wmv",
    }.items()
    for extension in extensions.split()
}

_FORMATS: Final[tuple[tuple[bytes, Format], ...]] = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
)
_SIGNATURES: Final = (
    (b"\x89PNG", "image"),
    (b"GIF8", "image"),
    (b"\x00\x00\x01\x00", "image"),
    (b"%PDF", "application"),
    (b"PK\x03\x04", "application"),
    (b"\x1f\x8b", "application"),
    (b"ID3", "audio"),
    (b"OggS", "audio"),
    (b"\x1aE\xdf\xa3", "video"),
)
_BRANDS: Final = {b"M4A ": "audio"}
_RIFF: Final = {b"WAVE": "audio", b"AVI ": "video"}
_CONTROL: Final = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_NO_PICTURES: Final = DOCUMENTS | {"unknown", "empty"}


def name_and_type_errors(name: str, head: bytes, accepted: frozenset[Format] = ACCEPTED) -> Errors:
    """What is wrong with a file by its name and first bytes; empty where nothing is.

    `name` is the sanitised one, `head` the first kilobyte or so.
    """
    found = announced(head)
    spoofed = is_spoofed(name, "image" if found else media_type(head))
    if found in accepted:
        return {"attachment": [_SPOOFED]} if spoofed else {}
    if spoofed:
        return {"attachment": [_SPOOFED, "is invalid"], "attachment_content_type": ["is invalid"]}
    return NOT_AN_IMAGE


def announced(head: bytes) -> Format | None:
    """The format that the first bytes announce, None for no image that is known."""
    for signature, found in _FORMATS:
        if head.startswith(signature):
            return found
    return "webp" if head.startswith(b"RIFF") and head[8:12] == b"WEBP" else None


def undecodable(name: str) -> Errors:
    """The right first bytes, but no image: the second message once for each rendition."""
    sentence = f"Paperclip returned errors for file '{name}' - check ImageMagick installation or image source file."
    return {"attachment": [sentence, *["Paperclip::Errors::NotIdentifiedByImageMagickError"] * _STYLES]}


def too_large(limit: int) -> Errors:
    """A file of more than `limit` bytes."""
    return {"attachment": [f"must not be larger than {limit} bytes"]}


def beyond_limits(pixels: int, total_pixels: int, frames: int) -> Errors:
    """An image with more pixels in a frame, or over all frames, or more frames."""
    sentence = f"must not have more than {pixels} pixels, {frames} frames and {total_pixels} pixels over all frames"
    return {"attachment": [sentence]}


def is_spoofed(name: str, found: str) -> bool:
    """Whether the extension of `name`, if it has one, does not stand for the media type `found`."""
    stem, _, extension = name.rpartition(".")
    if not stem.strip(".") or not extension:
        return False
    return found != _MEDIA_TYPES.get(extension.lower())


def media_type(head: bytes) -> str:
    """`image`, `text`, `application`, `audio`, `video` or, of nothing at all, `inode`."""
    if not head:
        return "inode"
    for signature, found in _SIGNATURES:
        if head.startswith(signature):
            return found
    if kind_of(head) not in _NO_PICTURES:
        return "image"
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], "video")
    if head.startswith(b"RIFF"):
        return _RIFF.get(head[8:12], "application")
    return "application" if has_controls(head) else "text"


def has_controls(head: bytes) -> bool:
    """Whether there are bytes in it that no text has."""
    return _CONTROL.search(head) is not None
