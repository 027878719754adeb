"""Products made, changed and deleted: `PUT` and `DELETE /v1/products/{sku}`, `POST /v1/products`."""

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import hdrs, web

from app.apis.v1.cached_answers import tag
from app.apis.v1.call import Call, Row, Services
from app.apis.v1.conditions import guarded, is_to_be_new, revisions_of
from app.apis.v1.documents.products import product_document
from app.apis.v1.errors import Invalid, Mistake, Problem, problem_of, refuse
from app.apis.v1.fields import CodedField, Many, Schema, Text, Truth, Whole, made
from app.apis.v1.parse import checked_body
from app.apis.v1.present import answer, json_bytes, nothing
from app.errors import InvalidCommand
from app.openapi.sections import JsonSchema, Response, array, integer, json, nullable, record, ref
from app.service.catalogue.plan import Outcome, ProductOptions
from app.service.catalogue.products import Result
from app.service.galleries.v1.input import Revisions
from app.service.pictures.file_names import scrubbed

_MOST: Final = 1000
_MOST_BYTES: Final = 4 * 1024 * 1024
_SLUG: Final = r"[^\s/?#%\\]+"


class _Product(Schema):
    """As the document has it; what is absent is left as it is."""

    sku = Text(least=1, word=True)
    id = Whole(1, 2**53 - 1)
    slug = Text(pattern=_SLUG)
    name = Text(word=True)
    parent = Text(least=1, word=True, allow_none=True)
    enabled = Truth()
    visible = Truth()
    supports_images = Truth()
    websites = Many(Text(least=1, word=True), unique=True)


class _Named(_Product):
    sku = Text(least=1, word=True, required=True)


class _Later(CodedField):
    """One of many, which is looked at by itself."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Any:
        return value

    @property
    def json_schema(self) -> JsonSchema:
        return _Named.json_schema()


class _Products(Schema):
    items = Many(_Later(allow_none=True), least=1, most=_MOST, required=True)


async def keep_product(call: Call) -> web.Response:
    """201 for a new one, else 200."""
    sku = call.params["sku"]
    if call.body.get("sku", sku) != sku:
        refuse([Mistake("/sku", "out_of_range", "It may only repeat the path.")])
    outcome: Outcome = "updated"

    async def put() -> None:
        nonlocal outcome
        options, revisions = _options(sku, call.body), await _revisions(call, sku)
        outcome = await call.services.product_keeper.put(options, revisions, only_new=is_to_be_new(call.request))

    await guarded(put(), lambda: _current(call, sku))
    return await _show(call, sku, 201 if outcome == "created" else 200)


async def keep_products(call: Call) -> web.Response:
    """What can be done is done; of each it is said what became of it."""
    items = [(item, *checked_body(_Named, item)) for item in call.body["items"]]
    sound = [_options(values["sku"], values) for _, values, mistakes in items if not mistakes]
    results = iter(await call.services.product_keeper.put_all(sound))
    reported = [_reported(item, Invalid(mistakes) if mistakes else next(results)) for item, _, mistakes in items]
    return answer({"items": reported})


async def remove_product(call: Call) -> web.Response:
    sku = call.params["sku"]
    await call.services.products.product(sku)
    change = call.services.product_keeper.delete(sku, await _revisions(call, sku))
    await guarded(change, lambda: _current(call, sku))
    return nothing()


async def restore_product(call: Call) -> web.Response:
    sku = call.params["sku"]
    await call.services.product_keeper.restore(sku)
    return await _show(call, sku)


async def _unknown_parent(services: Services, body: Any) -> list[Mistake]:
    """Beside other mistakes; where it is the only one, whoever writes the product finds it."""
    if not isinstance(body, dict) or not made(_Product).validate(body):
        return []
    parent = body.get("parent")
    if not isinstance(parent, str) or made(_Product).validate({"parent": parent}):
        return []
    is_there = await services.products.products([parent])
    return [] if is_there else [Mistake("/parent", "not_found", f"There is no product {parent}.")]


async def _revisions(call: Call, sku: str) -> Revisions:
    """At which revisions of the product the request holds: at none, where there is no product."""
    if hdrs.IF_MATCH not in call.request.headers:
        return None
    [*found] = await call.services.products.products([sku])
    return revisions_of(call.request, f"p{found[0].id}-") if found else frozenset()


async def _current(call: Call, sku: str) -> Any:
    [*found] = await call.services.products.products([sku])
    return product_document(found[0], call.media) if found else None


async def _show(call: Call, sku: str, status: int = 200) -> web.Response:
    product = await call.services.products.product(sku)
    document = product_document(product, call.media)
    shown = answer(document, status)
    shown.headers[hdrs.ETAG] = tag(f"p{product.id}-{product.revision}-", json_bytes(document))
    return shown


def _options(sku: str, given: Mapping[str, Any]) -> ProductOptions:
    rest = {name: value for name, value in given.items() if name not in {"sku", "parent", "websites"}}
    parent = (given["parent"] or "") if "parent" in given else None
    websites = tuple(given["websites"]) if "websites" in given else None
    return ProductOptions(sku, parent=parent, websites=websites, **rest)


def _reported(item: Any, result: Result | Invalid) -> dict[str, Any]:
    sku = item.get("sku") if isinstance(item, dict) else None
    sku = scrubbed(sku) if isinstance(sku, str) else None
    problem: Problem | None = None
    if isinstance(result, InvalidCommand | Invalid):
        problem = problem_of(result)
        status = problem.status
    else:
        status = 201 if result[1] == "created" else 200
    return {"sku": sku, "status": status, "problem": problem and problem.document}


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
        "to it. With `If-None-Match: *` it is made only where there is none.",
        {
            200: Response("The product as it is now.", json(ref("Product")), (hdrs.ETAG,)),
            201: Response("It is new.", json(ref("Product")), (hdrs.ETAG,)),
        },
        body=_Product,
        names=_unknown_parent,
        example={"name": "Mug"},
        refusals=(409, 412),
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
        refusals=(412,),
    ),
    Row(
        "POST",
        "/v1/products/{sku}/restore",
        "editor",
        restore_product,
        "Bring back the product with this SKU that was deleted last, with its images and the variants that went with "
        "it.",
        {200: Response("The product.", json(ref("Product")), (hdrs.ETAG,))},
        refusals=(409, 410),
    ),
)
