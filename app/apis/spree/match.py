"""Which action a method and a raw path name. Source: spree.md, sections 2 and 2.1.

Paths are matched undecoded, as the original router does: only the parent's and the image's own
segments are percent-decoded, after the split.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from app.errors import ProductNotFound
from app.percent import decoded
from app.service.galleries.spree.reader import Parent

Parents = Literal["products", "variants"]
Action = Literal["index", "new", "show", "create", "update", "destroy"]

_GALLERY: Final = re.compile(
    r"/api(?:/v1)?/(?P<parents>products|variants)/(?P<parent>[^/]+)/images"
    r"(?:/(?P<image>[^/.]+)(?P<edit>/edit)?)?(?:\.(?P<suffix>[^/.]+))?/?"
)
_BINARY: Final = re.compile(r"/spree/products/(?P<image>[^/]+)/(?P<style>[^/]+)/(?P<file>[^/]+)")
_LEADING_INTEGER: Final = re.compile(r"\s*([+-]?\d+)(?:_\d+)*", re.ASCII)
_PLAIN_INTEGER: Final = re.compile(r"\d+", re.ASCII)
_LARGEST_ID: Final = 2**63 - 1

_ON_COLLECTION: Final[Mapping[str, Action]] = {"GET": "index", "HEAD": "index", "POST": "create"}
_ON_MEMBER: Final[Mapping[str, Action]] = {
    "GET": "show",
    "HEAD": "show",
    "PUT": "update",
    "PATCH": "update",
    "DELETE": "destroy",
}
OVERRIDES: Final = frozenset({"PUT", "PATCH", "DELETE"})
"""The verbs that a POST may ask to be treated as."""


@dataclass(frozen=True, slots=True)
class Place:
    """A path below `…/images`: `parent` and `image` percent-decoded, `suffix` without its dot."""

    parents: Parents
    parent: str
    image: str | None
    suffix: str
    edit: bool = False

    @property
    def pattern(self) -> str:
        image = "" if self.image is None else "/new" if self.image == "new" else "/{image}"
        return f"/api/v1/{self.parents}/{{parent}}/images{image}"

    @property
    def representable(self) -> bool:
        """Whether the path asks for JSON, the only form that exists."""
        return self.suffix in ("", "json")


@dataclass(frozen=True, slots=True)
class Binary:
    """A path below `/spree/products`: `file` still percent-encoded, as it stands in the JSON."""

    image: int
    style: str
    file: str


def place_of(raw_path: str) -> Place | None:
    """The place that `raw_path` (no query) names, or None where nothing is routed."""
    found = _GALLERY.fullmatch(raw_path)
    if found is None:
        return None
    image = found["image"]
    return Place(
        parents="products" if found["parents"] == "products" else "variants",
        parent=decoded(found["parent"]),
        image=None if image is None else decoded(image),
        suffix=found["suffix"] or "",
        edit=found["edit"] is not None,
    )


def binary_of(raw_path: str) -> Binary | None:
    """The file that `raw_path` (no query) names, or None."""
    found = _BINARY.fullmatch(raw_path)
    if found is None:
        return None
    return Binary(leading_integer(found["image"]), found["style"], found["file"])


def route_of(raw_path: str) -> str | None:
    """The route's pattern, None where nothing is routed."""
    if _BINARY.fullmatch(raw_path):
        return "/spree/products/{image}/{style}/{file}"
    place = place_of(raw_path)
    return place.pattern if place else None


def action_of(place: Place, method: str) -> Action | None:
    """What `method` does there; None where the original answers 404 instead of 405."""
    if place.edit:
        return None
    if place.image is None:
        return _ON_COLLECTION.get(method)
    action = _ON_MEMBER.get(method)
    return "new" if action == "show" and place.image == "new" else action


def leading_integer(text: str) -> int:
    """The integer that `text` begins with, else 0; so `1abc` is 1. Out of range counts as 0."""
    found = _LEADING_INTEGER.match(text)
    if found is None or len(found[0]) > 40:
        return 0
    value = int(found[0].replace("_", ""))
    return value if 0 < value <= _LARGEST_ID else 0


def plain_integer(text: str) -> int | None:
    """The id that `text` is, or None where it has anything but digits."""
    if len(text) > 20 or not _PLAIN_INTEGER.fullmatch(text):
        return None
    value = int(text)
    return value if value <= _LARGEST_ID else None


def parent_of(place: Place) -> Parent:
    """The owner of the list that a path names; ProductNotFound for what no row can hold."""
    if "\x00" in place.parent:
        raise ProductNotFound("a slug with a null byte")
    if place.parents == "products":
        return Parent("product", place.parent, plain_integer(place.parent))
    return Parent("variant", "", leading_integer(place.parent))
