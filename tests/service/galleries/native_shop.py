"""A shop with a product, three store views, and the native writers."""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final

import orjson

from app.db.connections.connect import Connection
from app.db.pool import Database
from app.model import BlobHash, Facts, ImageId, ProductId
from app.service.galleries.removal import Committed
from app.service.galleries.v1.input import NOTHING, ImageInput, NewBytes
from app.service.galleries.v1.order import GalleryOrder
from app.service.galleries.v1.texts import PictureTexts
from app.service.galleries.v1.writer import NativeWriter
from app.service.pictures.filing import Filing
from app.service.pictures.intake import Blob
from app.settings import Settings

_NUMBERS: Final = count(1)
DRESS: Final = ProductId(8)
COAT: Final = ProductId(9)
SHOP: Final = """
    insert into website (id, code) values (1, 'base');
    insert into store_view (id, code, website_id, is_default)
        values (1, 'default', 1, true), (2, 'german', 1, false), (3, 'french', 1, false);
    insert into product (id, sku, sku_key, slug, supports_images)
        values (8, 'dress', 'dress', 'dress', true), (9, 'coat', 'coat', 'coat', true),
            (10, 'gift', 'gift', 'gift', false);
"""


def new_bytes(name: str | None = None) -> NewBytes:
    """Bytes that nobody has sent before."""
    data = f"native {next(_NUMBERS)}".encode()
    return NewBytes(Blob(BlobHash(hashlib.sha256(data).hexdigest()), len(data), Facts("jpeg", 2, 3)), name)


@dataclass
class Shop:
    """`reported` are the families that commits were said to have changed, and the paths that were taken back."""

    database: Database
    connection: Connection
    reported: list[tuple[list[int], str | None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._families: list[int] = []
        committed = self.committed = Committed(self._changed, self._withdrawn)
        settings = Settings()
        self.writer = NativeWriter(self.database, settings, Filing(settings), committed)
        self.order = GalleryOrder(self.database, committed)
        self.texts = PictureTexts(self.database, committed)

    def _changed(self, families: Any) -> None:
        self.reported.append(([*families], None))

    def _withdrawn(self, path: str) -> None:
        families, _ = self.reported.pop()
        self.reported.append((families, path))

    async def add(
        self, product: ProductId = DRESS, given: ImageInput = NOTHING, name: str | None = "front.jpg"
    ) -> ImageId:
        return (await self.writer.create(product, new_bytes(name), given)).id

    async def image(self, image: int) -> dict[str, Any]:
        """An image as its row has it."""
        row = await self.connection.fetchrow("select * from image where id = $1", image)
        assert row is not None
        return dict(row)

    async def positions(self, product: int = DRESS) -> list[tuple[int, int | None]]:
        """A gallery in its order."""
        rows = await self.connection.fetch(
            "select id, position from image where product_id = $1 and deleted_at is null"
            " order by position nulls last, id",
            product,
        )
        return [(row["id"], row["position"]) for row in rows]

    async def stores(self, image: int) -> dict[int, tuple[Any, ...]]:
        """What store views say of an image, by their ids: label, position, excluded, hidden."""
        rows = await self.connection.fetch(
            "select store_view_id, label, position, excluded, hidden from image_store where image_id = $1", image
        )
        return {row[0]: tuple(row)[1:] for row in rows}

    async def types(self) -> dict[tuple[int | None, str], int | None]:
        """Which image holds a type in a scope."""
        rows = await self.connection.fetch("select store_view_id, type_code, image_id from image_type_assignment")
        return {(row[0], row[1]): row[2] for row in rows}

    async def log(self, work: Callable[[], Awaitable[Any]]) -> list[dict[str, Any]]:
        """The rows that the log has more after some work."""
        last = await self.connection.fetchval("select coalesce(max(id), 0) from change")
        await work()
        rows = await self.connection.fetch("select * from change where id > $1 order by id", last)
        return [{**row, "before": _members(row["before"]), "after": _members(row["after"])} for row in rows]


def _members(text: str | None) -> Any:
    return None if text is None else orjson.loads(text)
