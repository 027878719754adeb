"""The header by which caches in front find what belongs together. Source: native.md, section 9."""

from collections.abc import Iterable, Mapping
from typing import Final

from app.model import parted
from app.service.feed.tags import image_tag, media_tag, product_tag
from app.settings import Settings
from app.store.keys import rendition_of_key

_SEPARATORS: Final[Mapping[str, str]] = {"Surrogate-Key": " ", "Cache-Tag": ","}
_MOST: Final = 200
"""Images that a document names; those of one with more are found by its product."""


def joined(headers: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """The tags of an answer that is put together of documents with these headers."""
    found: dict[str, list[str]] = {}
    for one in headers:
        for name in _SEPARATORS.keys() & one.keys():
            found.setdefault(name, []).append(one[name])
    return {name: _SEPARATORS[name].join(tags) for name, tags in found.items()}


class CacheTags:
    """Nothing is tagged unless the setting names a header."""

    def __init__(self, settings: Settings) -> None:
        self._header = settings.cache_tags
        self._separator = _SEPARATORS.get(settings.cache_tags, "")

    def of_document(self, family: int | None, images: Iterable[int] = ()) -> dict[str, str]:
        """Of one that shows images of a family (the root product's id, of the native API's with a sign; None: none)."""
        if not self._header or family is None:
            return {}
        tags = [product_tag(abs(family)), *map(image_tag, list(images)[:_MOST])]
        return {self._header: self._separator.join(tags)}

    def of_file(self, key: str) -> dict[str, str]:
        """Of one by its key in the store."""
        rendition = rendition_of_key(key) if self._header else None
        return {} if rendition is None else {self._header: media_tag(parted(rendition[0])[0])}
