"""Images, and what rule sets say of them. Source: native.md, section 11."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from app.checks.rule_set import Check, Result, RuleSet, checked
from app.db.pool import Database, Record
from app.errors import ProductNotFound
from app.model import ImageId, ProductId
from app.service.reports.facts import facts_of

LOOKED_AT: Final = 2000
"""Images that one page of a list looks at, whatever is found."""
_AT_A_TIME: Final = 500
"""Images that a statement reads."""
_TOGETHER: Final = 50
"""Images that are checked before others have their turn."""


class Place(NamedTuple):
    """Where a report has come to: this rule, counted from 0, of this image; -1: none of its rules yet."""

    image: int = 0
    rule: int = -1


BEGINNING: Final = Place()


@dataclass(frozen=True, slots=True)
class Item:
    """What a rule says of an image; `place` is that of the item."""

    sku: str
    product_id: ProductId
    image: ImageId
    check: Check
    place: Place


@dataclass(frozen=True, slots=True)
class Asked:
    """What is reported: of a set's rules, those with this result (None: all)."""

    rules: RuleSet
    result: Result | None = None


class CheckReader:
    """`sets` are the rule sets by their ids."""

    def __init__(self, database: Database, sets: Mapping[str, RuleSet]) -> None:
        self._db = database
        self.sets = sets

    async def of_product(self, sku: str, asked: Asked, image: int | None = None) -> list[Item]:
        """Of all its images in their order, or of this one. ProductNotFound."""
        rows = await self._db.fetch("images_to_check", sku, None, None, image)
        if not rows[0]["is_known"]:
            raise ProductNotFound(f"There is no product {sku}.")
        return [item async for items in _in_turns(rows, asked, BEGINNING) for item in items]

    async def require(self, skus: Iterable[str]) -> None:
        """ProductNotFound."""
        for sku in skus:
            if not await self._db.fetchval("product_exists", sku):
                raise ProductNotFound(f"There is no product {sku}.")

    async def page(self, asked: Asked, after: Place, limit: int) -> tuple[list[Item], Place | None]:
        """Items behind a place in the order of images' ids, and the place behind which the report goes on, None at its
        end. There may be few, or none, although it goes on."""
        found: list[Item] = []
        begin: Place | None = after
        looked, step = 0, _AT_A_TIME if asked.result else limit // len(asked.rules.rules) + 2
        while begin is not None and looked < LOOKED_AT and len(found) <= limit:
            rows = await self._db.fetch("images_to_check", None, begin.image, step, None)
            found += [item async for items in _in_turns(rows, asked, begin) for item in items]
            begin, looked, step = _behind(rows, step), looked + step, _AT_A_TIME
        return (found, begin) if len(found) <= limit else (found[:limit], found[limit - 1].place)

    async def all(self, asked: Asked, after: Place = BEGINNING) -> AsyncIterator[Sequence[Item]]:
        """Some items after the others, however many there are; nothing is held between two statements."""
        begin: Place | None = after
        while begin is not None:
            rows = await self._db.fetch("images_to_check", None, begin.image, _AT_A_TIME, None)
            async for items in _in_turns(rows, asked, begin):
                yield items
            begin = _behind(rows, _AT_A_TIME)


async def _in_turns(rows: Sequence[Record], asked: Asked, after: Place) -> AsyncIterator[list[Item]]:
    """The items behind a place."""
    for start in range(0, len(rows), _TOGETHER):
        images = [row for row in rows[start : start + _TOGETHER] if row["id"] is not None]
        yield [item for row in images for item in _items(row, asked) if item.place > after]
        await asyncio.sleep(0)


def _items(row: Record, asked: Asked) -> Iterator[Item]:
    image = ImageId(row["id"])
    for number, check in enumerate(checked(asked.rules, facts_of(row))):
        if asked.result in (None, check.result):
            yield Item(row["sku"], ProductId(row["product_id"]), image, check, Place(image, number))


def _behind(rows: Sequence[Record], step: int) -> Place | None:
    """None where fewer images are than were asked for."""
    return Place(rows[0]["looked_to"] + 1) if rows[0]["looked"] == step else None
