"""Products made, changed and deleted: `PUT` and `DELETE /v1/products/{sku}`, `POST /v1/products`."""

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from app.apis.v1.call import Call, Row
from app.apis.v1.documents.products import product_document
from app.apis.v1.errors import Invalid, Mistake, Problem, printable, problem_of, refuse
from app.apis.v1.fields import Many, Schema, Text, Told, Truth, Whole
from app.apis.v1.parse import checked_body
from app.apis.v1.present import answer, nothing
from app.errors import InvalidCommand
from app.http.origin import media_base
from app.openapi.sections import Response, array, integer, json, nullable, record, ref
from app.openapi.sections import Schema as JsonSchema
from app.service.catalogue.plan import ProductOptions
from app.service.catalogue.products import Result

_MOST: Final = 1000
_MOST_BYTES: Final = 4 * 1024 * 1024
_SLUG: Final = r"[^\s/?#%\\]+"


class _Product(Schema):
    """As the document has it; what is absent is left as it is."""

    sku = Text(least=1)
    id = Whole(1, 2**53 - 1)
    slug = Text(pattern=_SLUG)
    name = Text()
    parent = Text(least=1, allow_none=True)
    enabled = Truth()
    visible = Truth()
    supports_images = Truth()
    websites = Many(Text(least=1), unique=True)


class _Named(_Product):
    sku = Text(least=1, required=True)


class _Later(Told):
    """One of many, which is looked at by itself."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        return value

    @property
    def json_schema(self) -> JsonSchema:
        return _Named.json_schema()


class _Products(Schema):
    items = Many(_Later(), least=1, most=_MOST, required=True)


async def keep_product(call: Call) -> web.Response:
    """201 for a new one, else 200."""
    sku = call.params["sku"]
    if call.body.get("sku", sku) != sku:
        refuse([Mistake("/sku", "out_of_range", "It may only repeat the path.")])
    outcome = await call.room.product_keeper.put(_options(sku, call.body))
    product = await call.room.products.product(sku)
    document = product_document(product, media_base(call.request, call.room.settings))
    return answer(document, 201 if outcome == "created" else 200)


async def keep_products(call: Call) -> web.Response:
    """What can be done is done; of each it is said what became of it."""
    items = [(item, *checked_body(_Named, item)) for item in call.body["items"]]
    sound = [_options(values["sku"], values) for _, values, mistakes in items if not mistakes]
    results = iter(await call.room.product_keeper.put_all(sound))
    told = [_told(item, Invalid(mistakes) if mistakes else next(results)) for item, _, mistakes in items]
    return answer({"items": told})


async def remove_product(call: Call) -> web.Response:
    await call.room.product_keeper.delete(call.params["sku"])
    return nothing()


def _options(sku: str, said: Mapping[str, Any]) -> ProductOptions:
    rest = {name: value for name, value in said.items() if name not in {"sku", "parent", "websites"}}
    parent = (said["parent"] or "") if "parent" in said else None
    websites = tuple(said["websites"]) if "websites" in said else None
    return ProductOptions(sku, parent=parent, websites=websites, **rest)


def _told(item: Any, result: Result | Invalid) -> dict[str, Any]:
    sku = item.get("sku") if isinstance(item, dict) else None
    sku = printable(sku) if isinstance(sku, str) else None
    problem: Problem | None = None
    if isinstance(result, InvalidCommand | Invalid):
        problem = problem_of(result)
        status = problem.status
    else:
        status = 201 if result[1] == "created" else 200
    return {"sku": sku, "status": status, "problem": problem and problem.told}


SCHEMAS: Final = {
    "ProductsKept": record(
        {
            "items": array(
                record(
                    {
                        "sku": nullable("string"),
                        "status": integer(),
                        "problem": {"anyOf": [ref("Problem"), {"type": "null"}]},
                    }
                )
            )
        }
    )
}

ROWS: Final = (
    Row(
        "PUT",
        "/v1/products/{sku}",
        "editor",
        keep_product,
        "Make a product, or change what is given of one. `parent: null` makes it a root; a former slug goes on leading "
        "to it.",
        {
            200: Response("The product as it is now.", json(ref("Product"))),
            201: Response("It is new.", json(ref("Product"))),
        },
        body=_Product,
        example={"name": "Mug"},
        refusals=(409,),
    ),
    Row(
        "POST",
        "/v1/products",
        "editor",
        keep_products,
        f"Make or change up to {_MOST} products in one transaction. A later one may be a variant of an earlier one. "
        "What cannot be done costs no other.",
        {200: Response("What became of each, in their order.", json(ref("ProductsKept")))},
        body=_Products,
        most=_MOST_BYTES,
        example={"items": [{"sku": "mug", "name": "Mug"}]},
    ),
    Row(
        "DELETE",
        "/v1/products/{sku}",
        "editor",
        remove_product,
        "Delete a product with its variants.",
        {204: Response("It is done.")},
    ),
)
