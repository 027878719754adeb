"""What the three dialects show of the tests' product: labels, and Glue the names of files in its URLs."""

from dataclasses import dataclass

from app.db.connections.connect import Connection
from app.service.catalogue.keys import KeyOptions, put_key
from tests.apis.v1.conftest import Shop


@dataclass(frozen=True, slots=True)
class Dialects:
    shop: Shop
    spree_key: str

    @classmethod
    async def of(cls, shop: Shop, connection: Connection) -> "Dialects":
        """Puts the product into the website, without which nobody but Spree knows it."""
        await connection.execute("insert into product_website select 8, id from website on conflict do nothing")
        return cls(shop, (await put_key(shop.database, KeyOptions("admin", ["spree"], "a shop")))[1])

    async def documents(self) -> list[bytes]:
        """By Spree, OpenMage (to a guest) and Glue."""
        spree = await self.shop.get("/api/v1/products/a-dress/images", None, X_Spree_Token=self.spree_key)
        openmage = await self.shop.get("/api/rest/products/8/images", None, Accept="application/json")
        glue = await self.shop.get("/abstract-products/dress/abstract-product-image-sets", None)
        assert [one.status for one in (spree, openmage, glue)] == [200] * 3
        return [one.body for one in (spree, openmage, glue)]
