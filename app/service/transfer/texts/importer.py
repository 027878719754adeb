"""Taking a table of texts in: what differs from what is said now is written, product by product, as one batch.

Positions are written as the table has them: it shows whole galleries, so nobody makes way.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, cast

from app.db.pool import REQUEST_LOCK_SECONDS, Database, Transaction
from app.errors import InvalidCommand, ProductNotFound
from app.model import ProductId
from app.service.catalogue.image_types import list_image_types
from app.service.catalogue.stores import list_stores
from app.service.changes.acting import in_batch
from app.service.changes.record import recorded
from app.service.galleries.rows import lock_product, set_places
from app.service.galleries.v1.input import ImageInput
from app.service.galleries.v1.values import write_values
from app.service.transfer.texts.cells import VALUES, cell_of
from app.service.transfer.texts.lines import Mistake, Wish
from app.service.transfer.texts.stored import GLOBAL, Stored, stored_images

MOST_LINES: Final = 50_000
MOST_REPORTED: Final = 1000
"""Changes, and mistakes, that are reported one by one."""
_TOGETHER: Final = 500


@dataclass(frozen=True, slots=True)
class Difference:
    """What a line changes in one column: cells."""

    line: int
    sku: str
    image: int
    store: str
    column: str
    before: str
    after: str


@dataclass(slots=True)
class ImportResult:
    """Of lines so many were `changed`, so many said what was so already, and the others are `mistakes`. `images` and
    `products`: so many are other ones now. `batch` None: nothing was written."""

    changed: int = 0
    unchanged: int = 0
    images: int = 0
    products: int = 0
    differences: list[Difference] = field(default_factory=list)
    mistakes: list[Mistake] = field(default_factory=list)
    batch: str | None = None


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a wish comes to; none of `differences` where it says what is so already."""

    wish: Wish
    stored: Stored
    differences: Sequence[Difference]


class TextsImport:
    """`changed` is told the families that a commit changed."""

    def __init__(self, database: Database, changed: Callable[[Iterable[int | None]], None]) -> None:
        self._db = database
        self._changed = changed

    async def run(self, lines: Iterable[Wish | Mistake], *, dry_run: bool) -> ImportResult:
        """Does what can be done, unless that is only to be told. InvalidCommand for more than `MOST_LINES`."""
        outcome, wanted = ImportResult(), list[Wish]()
        for number, line in enumerate(lines):
            if number == MOST_LINES:
                raise InvalidCommand(f"A table has {MOST_LINES} lines at most.")
            if isinstance(line, Wish):
                wanted.append(line)
            else:
                outcome.mistakes.append(line)
        stores = [row["code"] for row in await list_stores(self._db)]
        types = [row["code"] for row in await list_image_types(self._db)]
        checked = _Checked(frozenset(stores), frozenset(types))
        wanted = [replace(wish, values=_in_order(wish.values, types)) for wish in wanted]
        plans = [plan async for plan in self._plans(wanted, stores, checked, outcome)]
        work = [plan for plan in plans if plan.differences]
        outcome.unchanged = len(plans) - len(work)
        if dry_run or not work:
            _count(outcome, work)
            return outcome
        with in_batch() as batch:
            _count(outcome, [plan async for plan in self._written(work, stores, outcome)])
        outcome.batch = batch if outcome.changed else None
        return outcome

    async def _plans(
        self, wanted: Sequence[Wish], stores: Sequence[str], checked: "_Checked", outcome: ImportResult
    ) -> AsyncIterator[_Plan]:
        for start in range(0, len(wanted), _TOGETHER):
            some = wanted[start : start + _TOGETHER]
            images = await stored_images(self._db, [wish.image for wish in some], stores)
            for wish in some:
                if mistakes := list(checked.mistakes(wish, images.get(wish.image))):
                    outcome.mistakes += mistakes
                else:
                    yield _planned(wish, images[wish.image])

    async def _written(
        self, work: Sequence[_Plan], stores: Sequence[str], outcome: ImportResult
    ) -> AsyncIterator[_Plan]:
        by_product: dict[int, list[Wish]] = {}
        for plan in work:
            by_product.setdefault(plan.stored.product, []).append(plan.wish)
        for product in sorted(by_product):  # in this order everybody locks them
            for plan in await self._write(ProductId(product), by_product[product], stores, outcome):
                yield plan

    async def _write(
        self, product: ProductId, wished: Sequence[Wish], stores: Sequence[str], outcome: ImportResult
    ) -> list[_Plan]:
        """What was changed of one product; whatever differs by now only costs those lines that it makes impossible."""
        async with self._db.transaction(lock_seconds=REQUEST_LOCK_SECONDS) as tx:
            try:
                family = await lock_product(tx, product)
            except ProductNotFound:
                outcome.mistakes += [_gone(wish) for wish in wished]
                return []
            images = await stored_images(tx, [wish.image for wish in wished], stores)
            here = {image: stored for image, stored in images.items() if stored.product == product}
            outcome.mistakes += [_gone(wish) for wish in wished if wish.image not in here]
            plans = [_planned(wish, here[wish.image]) for wish in wished if wish.image in here]
            outcome.unchanged += sum(not plan.differences for plan in plans)
            work = [plan for plan in plans if plan.differences]
            await _apply(tx, product, work)
        if work:
            self._changed([family])
        return work


@dataclass(slots=True)
class _Checked:
    """What a table may name, and what it has said before."""

    stores: frozenset[str]
    types: frozenset[str]
    seen: dict[tuple[int, str], int] = field(default_factory=dict)

    def mistakes(self, wish: Wish, stored: Stored | None) -> Iterator[Mistake]:
        if stored is None:
            yield _gone(wish)
        elif wish.sku is not None and wish.sku != stored.sku:
            yield Mistake(wish.number, "sku", "not_found", f"Image {wish.image} is one of {stored.sku}.")
        if wish.store != GLOBAL and wish.store not in self.stores:
            yield Mistake(wish.number, "store", "not_found", "There is no such store view.")
        for code in wish.values.get("types", ()):
            if code not in self.types:
                yield Mistake(wish.number, "types", "not_found", f"There is no type {code[:60]}.")
        before = self.seen.setdefault((wish.image, wish.store), wish.number)
        if before != wish.number:
            yield Mistake(wish.number, None, "conflict", f"Line {before} says something of the same.")


def _in_order(values: Mapping[str, Any], types: Sequence[str]) -> Mapping[str, Any]:
    """Types by rank, as a table tells them; unknown ones last."""
    if "types" not in values:
        return values
    rank = {code: place for place, code in enumerate(types)}
    return {**values, "types": sorted(values["types"], key=lambda code: rank.get(code, len(rank)))}


def _gone(wish: Wish) -> Mistake:
    return Mistake(wish.number, "image", "not_found", f"There is no image {wish.image}.")


def _planned(wish: Wish, stored: Stored) -> _Plan:
    now = stored.scopes[wish.store]
    differences = [
        Difference(wish.number, stored.sku, wish.image, wish.store, name, now[name], after)
        for name in VALUES
        if name in wish.cells and (after := _normal(wish, name)) != now[name]
    ]
    return _Plan(wish, stored, differences)


def _normal(wish: Wish, name: str) -> str:
    """The cell as it would be told; globally nothing said of an exclusion is a no."""
    value = wish.values[name]
    return cell_of(name, bool(value) if name == "exclude" and wish.store == GLOBAL else value)


async def _apply(tx: Transaction, product: ProductId, work: Sequence[_Plan]) -> None:
    given: dict[int, dict[str, Any]] = {}
    placed: dict[int, int | None] = {}
    for plan in work:
        image, store = plan.wish.image, plan.wish.store
        values = {one.column: plan.wish.values[one.column] for one in plan.differences}
        if store == GLOBAL:
            if "position" in values:
                placed[image] = values.pop("position")
            given.setdefault(image, {}).update(values)
        else:
            of_store = {**values, "types": values["types"] or None} if "types" in values else values
            given.setdefault(image, {}).setdefault("stores", {})[store] = of_store
    if not work:
        return
    async with recorded(tx, [product], placed=sorted({plan.wish.image for plan in work})):
        await set_places(tx, placed)
        for image, values in sorted(given.items()):
            row = await tx.fetchrow("native_image_to_change", image, product)
            assert row is not None  # the product is held
            await write_values(tx, row, cast("ImageInput", values))


def _count(outcome: ImportResult, done: Sequence[_Plan]) -> None:
    outcome.changed = len(done)
    outcome.images = len({plan.wish.image for plan in done})
    outcome.products = len({plan.stored.product for plan in done})
    outcome.differences = [one for plan in done for one in plan.differences]
    outcome.mistakes.sort(key=lambda mistake: mistake.line)
