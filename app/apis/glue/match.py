"""What a raw path asks for (spec §1). No path templates: empty segments and stray slashes count."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from app.percent import decoded, readable

ResourceType = Literal[
    "abstract-products", "concrete-products", "abstract-product-image-sets", "concrete-product-image-sets"
]

PARENT: Final[dict[ResourceType, ResourceType]] = {
    "abstract-product-image-sets": "abstract-products",
    "concrete-product-image-sets": "concrete-products",
}
_TYPES: Final[dict[str, ResourceType]] = {name: name for pair in PARENT.items() for name in pair}
_VERSION: Final = re.compile(r"application/vnd\.api\+[a-z]+.*?version=([0-9]+\.?[0-9]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Target:
    """A routed path. `sku` is decoded, None where it is missing; `ignored_id` is what follows an image-sets
    resource: it is looked at for the form of the document only."""

    type: ResourceType
    sku: str | None
    ignored_id: str | None = None

    @property
    def pattern(self) -> str:
        return f"/{self.product_type}/{{sku}}" + (f"/{self.type}" if self.wants_sets else "")

    @property
    def wants_sets(self) -> bool:
        return self.type in PARENT

    @property
    def product_type(self) -> ResourceType:
        return PARENT.get(self.type, self.type)

    @property
    def is_abstract(self) -> bool:
        return self.product_type == "abstract-products"

    @property
    def is_collection(self) -> bool:
        return self.wants_sets and self.ignored_id in (None, "mine")


def split_target(raw: str) -> tuple[str, str]:
    """Raw path and raw query of a request target, which may be in absolute form."""
    path, _, query = raw.partition("?")
    if not path.startswith("/") and "://" in path:
        path = "/" + path.partition("://")[2].partition("/")[2]
    return path, query


@lru_cache(maxsize=1024)
def match(raw_path: str) -> Target | None:
    """The target of a raw path without query; None where nothing is routed."""
    segments = raw_path.strip("/\\").split("/")
    kind = main_type(raw_path)
    own_id = segments[-1] if len(segments) % 2 == 0 else None
    parents = segments[:-2] if own_id is not None else segments[:-1]
    if kind is None or len(parents) > 2:
        return None
    if kind not in PARENT:
        return None if parents else Target(kind, _sku(own_id))
    if not parents:
        return Target(kind, None)
    return Target(kind, _sku(parents[1]), _decoded(own_id)) if parents[0] == PARENT[kind] else None


def route_of(raw_path: str) -> str | None:
    """The route's pattern, None where nothing is routed."""
    target = match(raw_path)
    return target.pattern if target else None


def main_type(raw_path: str) -> ResourceType | None:
    """The type of the last (type, id) pair, whatever stands before it; None where it is unknown."""
    segments = raw_path.strip("/\\").split("/")
    return _TYPES.get(segments[(len(segments) - 1) // 2 * 2])


def asks_for_version(content_type: str | None) -> bool:
    """Whether a media type names a version other than 0: these resources have none."""
    found = _VERSION.search(content_type or "")
    return found is not None and int(found[1].partition(".")[0]) != 0


def _decoded(segment: str | None) -> str | None:
    return None if segment is None else readable(decoded(segment))


def _sku(segment: str | None) -> str | None:
    """`0` counts as missing, as PHP reads it."""
    sku = _decoded(segment)
    return None if sku in ("", "0") else sku
