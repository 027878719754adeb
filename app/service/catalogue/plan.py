"""What a batch of products will be, by the rules that a catalogue must keep; nothing is written here."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Literal

from app.db.pool import Record
from app.errors import InvalidCommand
from app.service.catalogue.slugs import slug_candidates
from app.service.catalogue.words import check_words

_SLUG: Final = re.compile(r"[^\s/?#%\\]+")

Outcome = Literal["created", "updated", "unchanged"]


class InvalidProduct(InvalidCommand):
    """The product cannot be as it is said to be.

    `further` is what else of it cannot be.
    """

    def __init__(self, reason: str, member: str | None, code: str, further: Sequence["InvalidProduct"] = ()) -> None:
        super().__init__(reason, member, code)
        self.further = further


@dataclass(frozen=True, slots=True)
class ProductOptions:
    """What is said of a product; None = not said. `websites` are codes, `()` = in none; no parent is `""`."""

    sku: str
    id: int | None = None
    slug: str | None = None
    name: str | None = None
    parent: str | None = None
    enabled: bool | None = None
    visible: bool | None = None
    supports_images: bool | None = None
    websites: tuple[str, ...] | None = None


@dataclass(slots=True)
class Draft:
    """A product as it will be; `id` 0 until it gets one."""

    sku: str
    id: int
    slug: str
    name: str | None = None
    parent_id: int | None = None
    parent: "Draft | None" = None
    enabled: bool = True
    visible: bool = True
    supports_images: bool = True
    websites: frozenset[str] = frozenset()
    has_children: bool = False
    is_new: bool = True
    former_slugs: tuple[str, ...] = ()
    values_changed: bool = False
    is_renamed: bool = False
    websites_changed: bool = False

    @property
    def is_child(self) -> bool:
        return self.parent is not None or self.parent_id is not None

    @property
    def outcome(self) -> Outcome:
        if self.is_new:
            return "created"
        return "updated" if self.values_changed or self.websites_changed else "unchanged"


class Plan:
    """The products that a batch touches. `slugs` are rows of slug, SKU and whether it is the current one; `website` is
    the one for new products that name none."""

    def __init__(self, products: Sequence[Record], slugs: Sequence[Record], website: str) -> None:
        self._website = website
        self.drafts = {row["sku"]: _draft(row) for row in products if not row["deleted"]}
        self._ids: dict[int, str] = {row["id"]: row["sku"] for row in products}
        self._slugs: dict[str, str] = {row["slug"]: row["sku"] for row in slugs if row["is_current"]}
        self._former = {row["slug"] for row in slugs if not row["is_current"]}

    def apply(self, options: ProductOptions) -> tuple[Draft, Outcome]:
        """The draft after this line and what the line did. Raises `InvalidCommand`, then nothing has changed."""
        draft = self.drafts.get(options.sku) or Draft(options.sku, 0, "", websites=frozenset([self._website]))
        is_new = draft.sku not in self.drafts
        parent, slug = self._checked(options, draft)
        before, called = (_values(draft), draft.websites), (draft.slug, draft.name)
        self._take_slug(draft, slug)
        _assign(draft, options, parent)
        if options.id is not None:
            draft.id = options.id
            self._ids[options.id] = draft.sku
        self.drafts[draft.sku] = draft
        draft.values_changed |= _values(draft) != before[0]
        draft.is_renamed |= (draft.slug, draft.name) != called
        draft.websites_changed |= is_new or draft.websites != before[1]
        if is_new:
            return draft, "created"
        return draft, "unchanged" if (_values(draft), draft.websites) == before else "updated"

    def _checked(self, options: ProductOptions, draft: Draft) -> tuple[Draft | None, str]:
        """Its parent and its slug. `InvalidProduct` for all that is wrong with the line: what cannot be at all before
        what another product has."""
        parent, slug, wrong = None, "", list[InvalidProduct]()
        with _collected(wrong):
            self._check_id(options, draft)
        with _collected(wrong):
            parent = self._parent(options, draft)
        with _collected(wrong):
            slug = self._slug(options, draft)
        if wrong:
            first, *rest = sorted(wrong, key=lambda one: one.code == "conflict")
            raise InvalidProduct(first.reason, first.member, first.code, rest)
        return parent, slug

    def _check_id(self, options: ProductOptions, draft: Draft) -> None:
        if options.id is None or options.id == draft.id:
            return
        if draft.id:
            raise InvalidProduct(
                f"The product {draft.sku} has the id {draft.id}, which cannot be changed.", "id", "out_of_range"
            )
        if draft.sku in self.drafts:
            raise InvalidProduct(f"The product {draft.sku} was already added without an id.", "id", "out_of_range")
        if options.id in self._ids:
            raise InvalidProduct(
                f"The id {options.id} was already given to the product {self._ids[options.id]}.", "id", "conflict"
            )

    def _parent(self, options: ProductOptions, draft: Draft) -> Draft | None:
        if not options.parent:
            return None
        parent = self.drafts.get(options.parent)
        if parent is None or parent is draft:
            raise InvalidProduct(
                f"There is no product {options.parent} that could be the parent.", "parent", "not_found"
            )
        if parent.is_child:
            raise InvalidProduct(
                f"The product {parent.sku} has a parent itself, so it cannot be one.", "parent", "out_of_range"
            )
        if draft.has_children:
            raise InvalidProduct(
                f"The product {draft.sku} has children, so it cannot be one.", "parent", "out_of_range"
            )
        return parent

    def _slug(self, options: ProductOptions, draft: Draft) -> str:
        if options.slug is not None:
            if self._slugs.get(options.slug, draft.sku) != draft.sku:
                raise InvalidProduct(f"Another product has the slug {options.slug}.", "slug", "conflict")
            return options.slug
        if draft.slug:
            return draft.slug
        for slug in slug_candidates(options.sku, options.name):
            if slug not in self._slugs and slug not in self._former:
                return slug
        raise InvalidCommand("No free slug was found for this product: give it one.")

    def _take_slug(self, draft: Draft, slug: str) -> None:
        if slug == draft.slug:
            return
        if draft.slug:
            draft.former_slugs = (*draft.former_slugs, draft.slug)
            self._slugs.pop(draft.slug, None)
        draft.slug = slug
        self._slugs[slug] = draft.sku


@contextmanager
def _collected(wrong: list[InvalidProduct]) -> Iterator[None]:
    try:
        yield
    except InvalidProduct as error:
        wrong.append(error)


def check_options(options: ProductOptions) -> None:
    """Raises `InvalidCommand` for text that cannot be a SKU, slug, name or code."""
    if not options.sku:
        raise InvalidCommand("A product needs a SKU.", "sku", "required")
    check_words(SKU=options.sku, slug=options.slug, name=options.name, parent=options.parent)
    for website in options.websites or ():
        check_words(website=website)
    if options.slug is not None and not _SLUG.fullmatch(options.slug):
        raise InvalidCommand(
            f"A slug is one part of a path, without blanks and without / ? # % \\: {options.slug!r}.", "slug"
        )
    if options.id is not None and not 0 < options.id < 2**53:
        raise InvalidCommand(f"An id is a positive number below 2^53: {options.id}.", "id")
    if "" in (options.websites or ()):
        raise InvalidCommand("A website needs a code.", "websites")


def _draft(row: Record) -> Draft:
    return Draft(
        row["sku"],
        row["id"],
        row["slug"],
        row["name"],
        row["parent_id"],
        enabled=row["enabled"],
        visible=row["visible"],
        supports_images=row["supports_images"],
        websites=frozenset(row["websites"]),
        has_children=row["has_children"],
        is_new=False,
    )


def _values(draft: Draft) -> tuple[object, ...]:
    parent = draft.parent.sku if draft.parent else draft.parent_id
    return draft.slug, draft.name, parent, draft.enabled, draft.visible, draft.supports_images


def _assign(draft: Draft, options: ProductOptions, parent: Draft | None) -> None:
    if options.parent == "":
        draft.parent, draft.parent_id = None, None
    if parent is not None and (draft.parent_id is None or parent.id != draft.parent_id):
        draft.parent = parent
        parent.has_children = True
    draft.name = draft.name if options.name is None else options.name
    draft.enabled = draft.enabled if options.enabled is None else options.enabled
    draft.visible = draft.visible if options.visible is None else options.visible
    if options.supports_images is not None:
        draft.supports_images = options.supports_images
    if options.websites is not None:
        draft.websites = frozenset(options.websites)
