"""What the catalogue should hold: galleries as plain values, and what each API's writes make of them.

Written from the specification and not from the code, for it is the other witness. An image is known by the name of its
file, which no two uploads share, until its id is known. Whoever is told nothing of a write keeps the gallery as it was
and as it would be, and lets what is found decide.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

TYPES: Final = ("image", "small_image", "thumbnail")
GERMAN: Final = 2
"""The store view that has values of its own; the default one has none."""

Scope = int | None


class Refused(Exception):
    """The write cannot be done to this gallery, and changes nothing."""


@dataclass(frozen=True, slots=True)
class ScopeValues:
    """What a store view says of an image; None = unset."""

    label: str | None = None
    position: int | None = None
    excluded: bool | None = None
    hidden: bool = False

    @property
    def is_empty(self) -> bool:
        return self == ScopeValues()


@dataclass(frozen=True, slots=True)
class Image:
    """`key` is the name of its first file, `id` None as long as nobody was told."""

    key: str
    name: str
    sha: str
    label: str | None = None
    position: int | None = None
    excluded: bool | None = False
    german: ScopeValues = ScopeValues()
    id: int | None = None

    @property
    def path(self) -> str:
        return path_of(self.name)

    def in_scope(self, scope: Scope) -> ScopeValues:
        own = self.german if scope == GERMAN else ScopeValues()
        return ScopeValues(
            self.label if own.label is None else own.label,
            self.position if own.position is None else own.position,
            self.excluded if own.excluded is None else own.excluded,
            own.hidden,
        )


@dataclass(frozen=True, slots=True)
class Gallery:
    """`types` maps (scope, code) to an image's key, or None for an explicit "none". `kept` are the paths of files that
    go on answering though no image has them, with their hashes; `withdrawn` those that never answer again."""

    images: tuple[Image, ...] = ()
    types: Mapping[tuple[Scope, str], str | None] = field(default_factory=dict)
    kept: Mapping[str, str] = field(default_factory=dict)
    withdrawn: frozenset[str] = frozenset()

    def image(self, key: str) -> Image:
        for image in self.images:
            if image.key == key:
                return image
        raise Refused(f"there is no image {key}")

    def listed(self, scope: Scope = None) -> list[Image]:
        """As OpenMage lists them: those without a position first."""
        shown = [image for image in self.images if not image.in_scope(scope).hidden]
        return sorted(shown, key=lambda image: (_first(image.in_scope(scope).position), image.id or 0))

    def types_of(self, key: str, scope: Scope = None) -> list[str]:
        return [code for code in TYPES if self.holder(scope, code) == key]

    def holder(self, scope: Scope, code: str) -> str | None:
        return self.types.get((scope, code), self.types.get((None, code)))

    def with_image(self, image: Image) -> "Gallery":
        """In the place of the one with its key, or beside all others."""
        others = tuple(image if one.key == image.key else one for one in self.images)
        return replace(self, images=others if self.has(image.key) else (*others, image))

    def without(self, key: str) -> "Gallery":
        return replace(self, images=tuple(image for image in self.images if image.key != key))

    def has(self, key: str) -> bool:
        return any(image.key == key for image in self.images)

    def moved(self, change: Callable[[int], int]) -> "Gallery":
        """Every image that has a position gets another one."""
        images = tuple(
            image if image.position is None else replace(image, position=change(image.position))
            for image in self.images
        )
        return replace(self, images=images)


Write = Callable[[Gallery], Gallery]


def path_of(name: str) -> str:
    """Where a file of this name lies."""
    return f"/{name[0]}/{name[1]}/{name}"


def _first(position: int | None) -> int:
    return -1 if position is None else position


# --- Spree: lists without gaps, first = 1 (spree.md 10) ---


def spree_create(image: Image, position: int | None) -> Write:
    def write(gallery: Gallery) -> Gallery:
        return _insert(gallery, image, position)

    return write


def spree_update(key: str, *, alt: str | None = None, position: int | None = None) -> Write:
    def write(gallery: Gallery) -> Gallery:
        image = gallery.image(key)
        if alt is not None:
            gallery = gallery.with_image(replace(image, label=alt))
        return gallery if position is None else _place(gallery, key, max(1, position))

    return write


def spree_replace(key: str, name: str, sha: str) -> Write:
    def write(gallery: Gallery) -> Gallery:
        former = gallery.image(key)
        gallery = gallery.with_image(replace(former, name=name, sha=sha))
        return replace(gallery, withdrawn=gallery.withdrawn | {former.path})

    return write


def spree_destroy(key: str) -> Write:
    def write(gallery: Gallery) -> Gallery:
        image = gallery.image(key)
        gallery = _leave(gallery, image)
        return replace(gallery, withdrawn=gallery.withdrawn | {image.path})

    return write


def spree_leave(key: str) -> Write:
    """The first half of a move."""
    return lambda gallery: _leave(gallery, gallery.image(key))


def spree_arrive(image: Image) -> Write:
    """The second half: labels and exclusions come along, places do not."""
    german = replace(image.german, position=None, hidden=False)
    return lambda gallery: _insert(gallery, replace(image, german=german), None)


def _insert(gallery: Gallery, image: Image, position: int | None) -> Gallery:
    if position is None:
        taken = [one.position for one in gallery.images if one.position is not None]
        return gallery.with_image(replace(image, position=max(taken, default=0) + 1))
    place = max(1, position)
    return gallery.moved(lambda at: at + (at >= place)).with_image(replace(image, position=place))


def _leave(gallery: Gallery, image: Image) -> Gallery:
    types = {which: None if holder == image.key else holder for which, holder in gallery.types.items()}
    gallery = replace(gallery.without(image.key), types=types)
    gone = image.position
    return gallery if gone is None else gallery.moved(lambda at: at - (at > gone))


def _place(gallery: Gallery, key: str, new: int) -> Gallery:
    image = gallery.image(key)
    old, others = image.position, gallery.without(key)
    if old == new:
        return gallery
    if old is None:
        others = others.moved(lambda at: at + (at >= new))
    elif any(one.position == new for one in others.images):
        step = -1 if old < new else 1
        low, high = (old + 1, new) if old < new else (new, old - 1)
        others = others.moved(lambda at: at + step if low <= at <= high else at)
    moved = {one.key: one for one in others.images} | {key: replace(image, position=new)}
    return replace(gallery, images=tuple(moved[one.key] for one in gallery.images))


# --- OpenMage: scopes with fallback (openmage.md 5 to 8) ---


@dataclass(frozen=True, slots=True)
class Values:
    """What a client says; None = not said."""

    label: str | None = None
    position: int | None = None
    excluded: bool | None = None
    types: tuple[str, ...] | None = None


def openmage_create(image: Image, scope: Scope, values: Values) -> Write:
    def write(gallery: Gallery) -> Gallery:
        position = values.position
        if position is None:
            position = max((one.in_scope(scope).position or 0 for one in gallery.images), default=0) + 1
        given = ScopeValues(values.label, position, bool(values.excluded))
        if scope is None:
            made = replace(image, label=given.label, position=given.position, excluded=given.excluded)
        else:
            german = replace(given, label=given.label or None)
            made = replace(image, label=None, position=None, excluded=None, german=german)
        gallery = gallery.with_image(made)
        return assign(gallery, scope, made.key, values.types) if values.types else gallery

    return write


def openmage_update(key: str, scope: Scope, values: Values) -> Write:
    def write(gallery: Gallery) -> Gallery:
        image = gallery.image(key)
        if image.in_scope(scope).hidden:
            raise Refused(f"{key} is hidden there")
        change = _say_globally if scope is None else _say_in_store
        gallery = gallery.with_image(change(image, values))
        if values.types is not None:
            gallery = assign(clear(gallery, scope, key, values.types), scope, key, values.types)
        return gallery

    return write


def _say_globally(image: Image, values: Values) -> Image:
    """The first write settles an exclusion that was left unset, and with it the position."""
    position = image.position if values.position is None else values.position
    if position is None and image.excluded is None:
        position = 0
    label = image.label if values.label is None or values.label == (image.label or "") else values.label
    excluded = image.excluded if values.excluded is None else values.excluded
    return replace(image, label=label, position=position, excluded=bool(excluded))


def _say_in_store(image: Image, values: Values) -> Image:
    own = image.german
    given = ScopeValues(
        own.label if values.label is None else values.label or None,
        own.position if values.position is None else values.position,
        own.excluded if values.excluded is None else values.excluded,
    )
    return replace(image, german=given)


def openmage_replace(key: str, name: str, sha: str) -> Write:
    def write(gallery: Gallery) -> Gallery:
        former = gallery.image(key)
        gallery = gallery.with_image(_say_globally(replace(former, name=name, sha=sha), Values()))
        return replace(gallery, kept={**gallery.kept, former.path: former.sha})

    return write


def openmage_delete(key: str, scope: Scope) -> Write:
    def write(gallery: Gallery) -> Gallery:
        image = gallery.image(key)
        if image.in_scope(scope).hidden:
            raise Refused(f"{key} is hidden there")
        gallery = clear(gallery, scope, key, ())
        if any(holder == key and where != scope for (where, _), holder in gallery.types.items()):
            return gallery
        if scope is not None:
            return gallery.with_image(replace(image, german=replace(image.german, hidden=True)))
        return replace(gallery.without(key), kept={**gallery.kept, image.path: image.sha})

    return write


def assign(gallery: Gallery, scope: Scope, key: str, codes: Iterable[str]) -> Gallery:
    return replace(gallery, types={**gallery.types, **{(scope, code): key for code in codes}})


def clear(gallery: Gallery, scope: Scope, key: str, but: Iterable[str]) -> Gallery:
    gone = [code for code in TYPES if gallery.holder(scope, code) == key and code not in but]
    return replace(gallery, types={**gallery.types, **{(scope, code): None for code in gone}})


# --- what operators do ---


def imported(image: Image) -> Write:
    """A line of `import gallery`: everything as it is said, and the same line again changes nothing."""
    return lambda gallery: gallery.with_image(image)


def purged(sha: str) -> Write:
    """Every image of these bytes goes as Spree would destroy it, and every path to them is withdrawn."""

    def write(gallery: Gallery) -> Gallery:
        for image in gallery.images:
            if image.sha == sha:
                gallery = spree_destroy(image.key)(gallery)
        gone = {path for path, kept in gallery.kept.items() if kept == sha}
        kept = {path: kept for path, kept in gallery.kept.items() if path not in gone}
        return replace(gallery, kept=kept, withdrawn=gallery.withdrawn | gone)

    return write


# --- what decides between possibilities ---


def settled(possible: Iterable[Gallery], found: Gallery) -> Gallery | None:
    """The one of the possible galleries that is the one found, with the ids that were found; None if none is."""
    for gallery in possible:
        known = _with_ids(gallery, found)
        if known is not None and seen(known) == seen(found):
            return known
    return None


def seen(gallery: Gallery) -> tuple[object, object]:
    """What can be found of a gallery, with ids in the place of names that only we know."""
    ids = {image.key: image.id for image in gallery.images}
    images = {image.id: replace(image, key="") for image in gallery.images}
    types = {which: None if holder is None else ids.get(holder, holder) for which, holder in gallery.types.items()}
    return images, types


def _with_ids(gallery: Gallery, found: Gallery) -> Gallery | None:
    by_name = {image.name: image.id for image in found.images}
    images = list[Image]()
    for image in gallery.images:
        if image.id is None:
            if image.name not in by_name:
                return None
            image = replace(image, id=by_name[image.name])
        images.append(image)
    return replace(gallery, images=tuple(images))
