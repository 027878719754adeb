"""What each API should say of a gallery of the model, and what it does say, in the same words."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, Final
from xml.etree import ElementTree

from tests.torture.fleet import PUBLIC_URL
from tests.torture.model import GERMAN, TYPES, Gallery, Image, Scope

_SHA: Final = re.compile(r"/media/renditions/(?P<recipe>[a-z]+)-[0-9a-f]{8}/(?P<sha>[0-9a-f]{64})")


def openmage(gallery: Gallery, scope: Scope = None) -> list[dict[str, Any]]:
    """As an admin reads it."""
    return [_item(gallery, image, scope) for image in gallery.listed(scope)]


def openmage_public(gallery: Gallery) -> list[dict[str, Any]]:
    """As a guest reads it, in the default store view, which has no values of its own."""
    shown = [_item(gallery, image, None) for image in gallery.listed() if not image.excluded]
    return [{name: value for name, value in item.items() if name != "exclude"} for item in shown]


def _item(gallery: Gallery, image: Image, scope: Scope) -> dict[str, Any]:
    given = image.in_scope(scope)
    return {
        "id": str(image.id),
        "label": given.label or "",
        "position": "" if given.position is None else str(given.position),
        "exclude": "" if given.excluded is None else str(int(given.excluded)),
        "url": f"{PUBLIC_URL}/media/catalog/product{image.path}",
        "types": gallery.types_of(image.key, scope),
    }


def of_xml(body: bytes) -> list[dict[str, Any]]:
    """OpenMage's XML in the shape of its JSON."""
    return [
        {
            element.tag: [one.text for one in element] if element.tag == "types" else element.text or ""
            for element in item
        }
        for item in ElementTree.fromstring(body)
    ]


def spree(gallery: Gallery, product: int) -> list[dict[str, Any]]:
    last = max((image.position or 0 for image in gallery.images), default=0) + 1
    images = sorted(gallery.images, key=lambda image: (last if image.position is None else image.position, image.id))
    return [
        {
            "id": image.id,
            "position": image.position,
            "attachment_file_name": image.name,
            "alt": image.label,
            "viewable_id": product,
        }
        for image in images
    ]


def of_spree(body: bytes) -> list[dict[str, Any]]:
    """The attributes that the model knows of."""
    known = ("id", "position", "attachment_file_name", "alt", "viewable_id")
    return [{name: image[name] for name in known} for image in json.loads(body)["images"]]


def native(gallery: Gallery, product: int) -> list[dict[str, Any]]:
    """Once all is rendered."""
    images = sorted(gallery.images, key=lambda image: (image.position is None, image.position or 0, image.id))
    return [
        {
            "id": image.id,
            "product": product,
            "state": "ready",
            "label": image.label,
            "position": image.position,
            "exclude": bool(image.excluded),
            "types": gallery.types_of(image.key),
            "german": _native_store(gallery, image),
            "file_name": image.name,
            "path": image.path,
            "sha256": image.sha,
        }
        for image in images
    ]


def _native_store(gallery: Gallery, image: Image) -> dict[str, Any] | None:
    types, own = [code for code in TYPES if gallery.types.get((GERMAN, code)) == image.key], image.german
    said = {"label": own.label, "position": own.position, "exclude": own.excluded, "hidden": own.hidden}
    return None if own.is_empty and not types else said | {"types": types}


def of_native(body: bytes) -> list[dict[str, Any]]:
    """What the model knows of, in its shape."""
    plain = ("id", "state", "label", "position", "exclude", "types", "file_name", "path")
    return [
        {name: image[name] for name in plain}
        | {"product": image["product"]["id"], "german": image["stores"].get("german")}
        | {"sha256": image["picture"]["sha256"]}
        for image in json.loads(body)["items"]
    ]


def glue(gallery: Gallery, scope: Scope) -> list[list[str]]:
    """The hashes of the pictures shown, those of one position together, in the order of positions."""
    shown = [
        (image.in_scope(scope).position, image.sha)
        for image in gallery.images
        if not image.in_scope(scope).excluded and not image.in_scope(scope).hidden
    ]
    shown.sort(key=lambda one: (one[0] is None, one[0] or 0))
    groups = list[list[str]]()
    former: object = object()
    for position, sha in shown:
        if position != former:
            groups.append([])
        groups[-1].append(sha)
        former = position
    return [sorted(group) for group in groups]


def is_glue(found: list[str], groups: list[list[str]]) -> bool:
    rest = found
    for group in groups:
        if sorted(rest[: len(group)]) != group:
            return False
        rest = rest[len(group) :]
    return not rest


def glue_images(body: bytes) -> Iterator[tuple[str, str]]:
    """The large and the small URL of each image that a storefront is shown, set by set."""
    for item in json.loads(body)["data"]:
        for image_set in item["attributes"]["imageSets"]:
            for image in image_set["images"]:
                yield image["externalUrlLarge"], image["externalUrlSmall"]


def hashes(urls: Iterable[str]) -> list[str]:
    found = [_SHA.search(url) for url in urls]
    return [match["sha"] if match else "" for match in found]


def local(url: str) -> str:
    return url.removeprefix(PUBLIC_URL)


SCOPES: Final[dict[str, Scope]] = {"en": None, "de": GERMAN}
