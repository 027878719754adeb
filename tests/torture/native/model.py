"""What the native API's writes make of galleries, by its own rules (native.md 3, "Positions", and 7)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from tests.torture.model import (
    GERMAN,
    Gallery,
    Image,
    Scope,
    ScopeValues,
    Write,
    assign,
    clear,
    spree_destroy,
    spree_replace,
)

Given = Mapping[str, Any]
"""What a client says of an image, in the words of its document."""

replace_file = spree_replace
destroy_through_spree = spree_destroy


def create(image: Image, given: Given) -> Write:
    def write(gallery: Gallery) -> Gallery:
        taken = [one.position for one in gallery.images if one.position is not None]
        at = given.get("position", max(taken, default=0) + 1)
        gallery = _place(gallery.with_image(image), image.key, at)
        return patch(image.key, {name: value for name, value in given.items() if name != "position"})(gallery)

    return write


def patch(key: str, given: Given) -> Write:
    def write(gallery: Gallery) -> Gallery:
        image = gallery.image(key)
        excluded = bool(given.get("exclude", image.excluded))
        image = replace(image, label=given.get("label", image.label))
        if excluded != bool(image.excluded):
            image = replace(image, excluded=excluded)
        gallery = gallery.with_image(image)
        if "position" in given:
            gallery = _place(gallery, key, given["position"])
        if "types" in given:
            gallery = _hold(gallery, None, key, given["types"])
        german = given.get("stores", {}).get("german")
        return gallery if german is None else _say_in_store(gallery, key, german)

    return write


def delete(key: str) -> Write:
    """No gap is closed."""

    def write(gallery: Gallery) -> Gallery:
        image = gallery.image(key)
        types = {which: None if holder == key else holder for which, holder in gallery.types.items()}
        return replace(gallery.without(key), types=types, withdrawn=gallery.withdrawn | {image.path})

    return write


def order(keys: Sequence[str], scope: Scope) -> Write:
    def write(gallery: Gallery) -> Gallery:
        for place, key in enumerate(keys, 1):
            image = gallery.image(key)
            german = replace(image.german, position=place)
            gallery = gallery.with_image(
                replace(image, position=place) if scope is None else replace(image, german=german)
            )
        return gallery

    return write


def back_to(former: Gallery) -> Write:
    """All that happened since is undone: what came is gone with its path, what went is served again."""

    def write(gallery: Gallery) -> Gallery:
        here = {image.path for image in former.images}
        gone = {image.path for image in gallery.images} - here
        kept = {path: sha for path, sha in gallery.kept.items() if path not in here}
        return replace(former, kept=kept, withdrawn=(gallery.withdrawn | gone) - here)

    return write


def _place(gallery: Gallery, key: str, position: int | None) -> Gallery:
    """Where an other image stands, those from there on make way by one; else nobody moves."""
    image, others = gallery.image(key), gallery.without(key)
    if image.position == position:
        taken = False
    else:
        taken = position is not None and any(one.position == position for one in others.images)
    if position is not None and taken:
        others = others.moved(lambda at: at + (at >= position))
    return others.with_image(replace(image, position=position))


def _hold(gallery: Gallery, scope: Scope, key: str, types: Sequence[str]) -> Gallery:
    return assign(clear(gallery, scope, key, types), scope, key, types)


def _say_in_store(gallery: Gallery, key: str, given: Given) -> Gallery:
    image = gallery.image(key)
    own = image.german
    said = ScopeValues(
        given.get("label", own.label),
        given.get("position", own.position),
        given.get("exclude", own.excluded),
        own.hidden,
    )
    gallery = gallery.with_image(replace(image, german=said))
    return _hold(gallery, GERMAN, key, given["types"]) if "types" in given else gallery
