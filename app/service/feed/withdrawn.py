"""Which paths of files stop answering with a change: pure. Source: native.md, section 8."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote

from app.db.pool import Record
from app.model import FURTHER_FORMATS, BlobHash, Format, MarksKey, Segment, segment_of
from app.service.feed.events import Change
from app.service.feed.tags import media_tag
from app.service.galleries.spree.addresses import ORIGINAL, STYLES, file_segment, unix
from app.service.pictures.paths import rendition_path

_ORIGINALS: Final = "/media/catalog/product"


@dataclass(frozen=True, slots=True)
class Files:
    """What an image is called, the hash of what it shows, and the stamps, in whole seconds, that its files have had."""

    image: int
    product: int
    name: str | None
    hash: str | None
    stamps: tuple[int, ...]

    @classmethod
    def of(cls, row: Record) -> "Files":
        return cls(row["id"], row["product_id"], row["file_name"], row["hash"], tuple(row["stamps"]))


@dataclass(frozen=True, slots=True)
class Held:
    """What is known of the images of a page of rows, and which of the paths that these name are withdrawn."""

    files: Sequence[Files]
    withdrawn: frozenset[str]


def withdrawn_paths(change: Change, held: Held) -> Iterator[str]:
    """All that may be held in caches, and is not answered any more or means something else now."""
    match change.kind:
        case "picture.swept":
            yield from _of_blob(change.after)
        case "picture.purged":
            yield from _of_blob(change.after)
            yield from _of_purged(change.after)
        case "recipe.swept":
            yield from _of_renditions(change.after)
        case "product.deleted":
            for files in _files_of(change, held):
                yield from _of_spree(files.image, files.name, files.stamps)
        case _:
            yield from _of_image(change, held)


def media_tags(change: Change, held: Held) -> list[str]:
    """Of the files: by the hashes of what they show, or showed."""
    given = change.after if change.kind.endswith((".swept", ".purged")) else change.before
    hashes = [given["hash"]] if given.get("hash") else [files.hash for files in _files_of(change, held)]
    hashes += [one["hash"] for one in given.get("renditions", ())]
    return list(dict.fromkeys(media_tag(one) for one in hashes if one))


def _files_of(change: Change, held: Held) -> Iterator[Files]:
    for files in held.files:
        if files.image == change.image or (change.kind == "product.deleted" and files.product == change.product):
            yield files


def _of_image(change: Change, held: Held) -> Iterator[str]:
    """Of a delete, a replacement, another name; nothing else takes a URL away."""
    before = change.before
    path = before.get("path")
    if path in held.withdrawn:
        yield f"{_ORIGINALS}{quote(path)}"
    if change.kind == "image.updated" and "file_name" not in before:
        return
    files = next(_files_of(change, held), None)
    name: str | None = before.get("file_name", files.name if files else None)
    stamps = {*(files.stamps if files else ()), *_stamp(before)}
    yield from _of_spree(change.image or 0, name, sorted(stamps))


def _stamp(given: Mapping[str, Any]) -> Iterator[int]:
    if given.get("stamp"):
        yield unix(datetime.fromisoformat(given["stamp"]))


def _of_spree(image: int, name: str | None, stamps: Sequence[int]) -> Iterator[str]:
    if name is None:
        return
    for style in (*STYLES, ORIGINAL):
        path = f"/spree/products/{image}/{style}/{file_segment(name)}"
        yield path
        yield from (f"{path}?{stamp}" for stamp in stamps)


def _of_blob(given: Mapping[str, Any]) -> Iterator[str]:
    """Rows of before this version name recipes by their hashes alone: of these nothing can be told."""
    yield from (f"{_ORIGINALS}{quote(path)}" for path in given.get("paths", ()))
    formats = dict.fromkeys((given["format"], *FURTHER_FORMATS))
    for segment in _segments(given["hash"], given.get("marks"), given.get("edits", ())):
        for slug in given.get("slugs", ()):
            for fmt in formats:
                yield from _of_rendition(slug, segment, fmt, given)


def _of_purged(given: Mapping[str, Any]) -> Iterator[str]:
    """Where Spree had it: rows about its images tell nothing any more."""
    for one in given.get("images", ()):
        for name in one["names"]:
            yield from _of_spree(one["id"], name, one["stamps"])


def _of_renditions(given: Mapping[str, Any]) -> Iterator[str]:
    for one in given["renditions"]:
        slug = given.get("slugs", {}).get(one["recipe"])
        names = given.get("blobs", {}).get(one["hash"], {})
        if slug is not None:
            segment = segment_of(BlobHash(one["hash"]), MarksKey(one["marks"]))
            yield from _of_rendition(slug, segment, one["format"], names)


def _segments(digest: str, marks: str | None, edits: Sequence[str]) -> Iterator[Segment]:
    """Rows of before edits name none."""
    yield segment_of(BlobHash(digest))
    for key in (*edits, *([marks] if marks else ())):
        yield segment_of(BlobHash(digest), MarksKey(key))


def _of_rendition(slug: str, segment: Segment, fmt: Format, given: Mapping[str, Any]) -> Iterator[str]:
    """Under the names that images gave it, and the one that a picture without a name has."""
    for name in given.get("names", ()):
        yield rendition_path(slug, segment, name, 0, fmt)
    for picture in given.get("pictures", ()):
        yield rendition_path(slug, segment, None, picture, fmt)
