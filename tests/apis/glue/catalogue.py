"""A catalogue to read from, written row by row."""

from dataclasses import dataclass

from app.db.connections.connect import Connection
from app.model import sku_key

BLOB = bytes(range(32))


@dataclass
class Catalogue:
    """Rows as a test needs them; each method gives the new row's id."""

    connection: Connection

    async def website(self, code: str = "base") -> int:
        return await self._id("insert into website (code) values ($1) returning id", code)

    async def view(
        self, number: int, locale: str | None, website: int, *, active: bool = True, is_default: bool = False
    ) -> int:
        return await self._id(
            "insert into store_view (id, code, locale, website_id, active, is_default)"
            " values ($1, $2, $3, $4, $5, $6) returning id",
            number, f"view{number}", locale, website, active, is_default,
        )  # fmt: skip

    async def product(
        self, sku: str, website: int | None, *, parent: int | None = None, name: str | None = None, enabled: bool = True
    ) -> int:
        product = await self._id(
            "insert into product (sku, sku_key, slug, parent_id, name, enabled) values ($1, $2, $1, $3, $4, $5)"
            " returning id",
            sku, sku_key(sku), parent, name, enabled,
        )  # fmt: skip
        if website is not None:
            await self.connection.execute("insert into product_website values ($1, $2)", product, website)
        return product

    async def picture(self, large: str | None, small: str | None = None) -> int:
        return await self._id(
            "insert into picture (url_large, url_small) values ($1, $2) returning id", large, small or large
        )

    async def blob_picture(self) -> int:
        await self.connection.execute(
            "insert into blob (hash, size, format, width, height) values ($1, 1, 'jpeg', 1, 1) on conflict do nothing",
            BLOB,
        )
        return await self._id("insert into picture (blob_hash) values ($1) returning id", BLOB)

    async def text(self, picture: int, locale: str, large: str | None, small: str | None) -> None:
        await self.connection.execute("insert into picture_text values ($1, $2, $3, $4)", picture, locale, large, small)

    async def set(self, product: int, name: str, locale: str | None, *links: tuple[str, int]) -> int:
        """A set of external pictures, given as (URL, sort order) in the order of their creation."""
        image_set = await self._id(
            "insert into image_set (product_id, name, locale) values ($1, $2, $3) returning id", product, name, locale
        )
        for url, sort_order in links:
            await self.link(image_set, await self.picture(url), sort_order)
        return image_set

    async def link(self, image_set: int, picture: int, sort_order: int) -> None:
        await self.connection.execute(
            "insert into image_set_link (set_id, picture_id, sort_order) values ($1, $2, $3)",
            image_set, picture, sort_order,
        )  # fmt: skip

    async def image(
        self,
        product: int,
        picture: int,
        position: int | None,
        *,
        label: str | None = None,
        excluded: bool | None = None,
        file_name: str | None = None,
    ) -> int:
        return await self._id(
            "insert into image (product_id, picture_id, position, label, excluded, file_name)"
            " values ($1, $2, $3, $4, $5, $6) returning id",
            product, picture, position, label, excluded, file_name,
        )  # fmt: skip

    async def in_view(
        self,
        image: int,
        view: int,
        *,
        label: str | None = None,
        position: int | None = None,
        excluded: bool | None = None,
        hidden: bool = False,
    ) -> None:
        await self.connection.execute(
            "insert into image_store (image_id, store_view_id, label, position, excluded, hidden)"
            " values ($1, $2, $3, $4, $5, $6)",
            image, view, label, position, excluded, hidden,
        )  # fmt: skip

    async def _id(self, statement: str, *args: object) -> int:
        value = await self.connection.fetchval(statement, *args)
        assert isinstance(value, int)
        return value
