"""Products written by clients of the native API: as by the commands, and seen at once by whoever asks this process."""

from collections.abc import Callable, Iterable, Sequence

from app.db.pool import Database
from app.errors import InvalidCommand, ProductNotFound
from app.service.catalogue.plan import Draft, Outcome, ProductOptions
from app.service.catalogue.products import Result, delete_product, put_batch


class ProductKeeper:
    """`drop` forgets documents of families, and what is unknown (None); `drop_all` all of them, since a product that is
    called otherwise, or is gone, makes documents wrong that cannot be told from their families."""

    def __init__(
        self, database: Database, drop: Callable[[Iterable[int | None]], None], drop_all: Callable[[], None]
    ) -> None:
        self._db = database
        self._drop = drop
        self._drop_all = drop_all

    async def put(self, options: ProductOptions) -> Outcome:
        """Adds one product or updates it; InvalidCommand where that cannot be done."""
        [result] = await self.put_all([options])
        if isinstance(result, InvalidCommand):
            raise result
        return result[1]

    async def put_all(self, batch: Sequence[ProductOptions]) -> list[Result]:
        """The same of many, in order and in one transaction: those that can be are done, of others it is said why
        not. A later one may have an earlier one for its parent."""
        results = await put_batch(self._db, batch)
        done = [result for result in results if not isinstance(result, InvalidCommand) and result[1] != "unchanged"]
        if any(outcome == "updated" for _, outcome in done):
            self._drop_all()
        elif done:
            self._drop([None, *(_family(draft) for draft, _ in done)])
        return results

    async def delete(self, sku: str) -> None:
        """A product and its children; ProductNotFound, also where it was deleted before."""
        if not await delete_product(self._db, sku):
            raise ProductNotFound(f"There is no product {sku}.")
        self._drop_all()


def _family(draft: Draft) -> int:
    return draft.parent.id if draft.parent else draft.parent_id or draft.id
