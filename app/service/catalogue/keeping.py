"""Products written by clients of the native API: as by the commands, and seen at once by whoever asks this process."""

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta

from app.db.pool import Database
from app.errors import InvalidCommand, ProductNotFound
from app.service.catalogue.plan import Draft, Outcome, ProductOptions
from app.service.catalogue.products import Result, delete_product, put_batch, restore_product


class ProductKeeper:
    """`drop` forgets documents of families, and what is unknown (None); `drop_all` all of them, since a product that is
    called otherwise, is gone or is back, makes documents wrong that cannot be told from their families."""

    def __init__(
        self,
        database: Database,
        drop: Callable[[Iterable[int | None]], None],
        drop_all: Callable[[], None],
        restorable: timedelta,
    ) -> None:
        self._db = database
        self._drop = drop
        self._drop_all = drop_all
        self._restorable = restorable

    async def put(
        self, options: ProductOptions, revisions: frozenset[int] | None = None, *, only_new: bool = False
    ) -> Outcome:
        """Adds one product or updates it; InvalidCommand where that cannot be done. `revisions`: those at which it may
        be, any by default; `only_new`: it must not be there; PreconditionFailed."""
        [result] = await self.put_all([options], revisions, only_new=only_new)
        if isinstance(result, InvalidCommand):
            raise result
        return result[1]

    async def put_all(
        self, batch: Sequence[ProductOptions], revisions: frozenset[int] | None = None, *, only_new: bool = False
    ) -> list[Result]:
        """The same of many, in order and in one transaction: those that can be are done, of others it is said why
        not. A later one may have an earlier one for its parent."""
        results = await put_batch(self._db, batch, revisions, only_new=only_new)
        done = [result for result in results if not isinstance(result, InvalidCommand) and result[1] != "unchanged"]
        if any(outcome == "updated" for _, outcome in done):
            self._drop_all()
        elif done:
            self._drop([None, *(_family(draft) for draft, _ in done)])
        return results

    async def delete(self, sku: str, revisions: frozenset[int] | None = None) -> None:
        """A product and its children; ProductNotFound, also where it was deleted before; PreconditionFailed."""
        if not await delete_product(self._db, sku, revisions):
            raise ProductNotFound(f"There is no product {sku}.")
        self._drop_all()

    async def restore(self, sku: str) -> None:
        """A deleted product and the children that went with it. ProductNotFound, Conflict, Gone."""
        await restore_product(self._db, sku, self._restorable)
        self._drop_all()


def _family(draft: Draft) -> int:
    return draft.parent.id if draft.parent else draft.parent_id or draft.id
