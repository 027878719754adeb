"""Products: `GET /v1/products`, `GET /v1/products/{sku}`."""

from typing import Any, Final

from aiohttp import web

from app.apis.v1.cached_answers import answer_cached
from app.apis.v1.call import Call, Row
from app.apis.v1.documents.products import SCHEMAS as DOCUMENTS
from app.apis.v1.documents.products import product_document
from app.apis.v1.fields import Many, Text, TruthInQuery
from app.apis.v1.lists import After, Listed, page
from app.apis.v1.operations.missing import CODE, refuse_unknown
from app.model import ProductId
from app.openapi.sections import Response, json, listed, ref
from app.service.catalogue.search import BEGINNING, ListPlace, Wanted

_MISSING: Final = f"image|(?:label|type):{CODE}"


class _List(Listed):
    after = After(str, int, load_default=tuple(BEGINNING))
    q = Text()
    sku = Many(Text(5000), most=200)
    parent = Text(5000)
    state = Text(words=("failed", "processing"))
    missing = Text(pattern=_MISSING)
    enabled = TruthInQuery()
    website = Text()


_SENTENCES: Final = {
    "q": "The beginning of an SKU, of a slug or of a word of a name, in any case.",
    "sku": "Exactly these, the parameter repeated.",
    "parent": "SKU of the product whose variants are meant.",
    "state": "Products with an image in this state.",
    "missing": "Products that lack this: `image`, `label:STORE`, `type:TYPE`.",
    "enabled": "Whether enabled ones are meant, or the others.",
    "website": "Code of a website in which they are.",
}


async def find_products(call: Call) -> web.Response:
    """In the order of the term that matched `q`, else by id."""
    await refuse_unknown(call)
    asked = call.query
    wanted = Wanted(
        asked["limit"],
        ListPlace(*asked["after"]),
        asked.get("q"),
        tuple(asked["sku"]) if "sku" in asked else None,
        asked.get("parent"),
        asked.get("missing"),
        asked.get("state"),
        asked.get("enabled"),
        asked.get("website"),
    )
    products, cursor = await call.services.products.page(wanted)
    media = call.media
    return page(call, [product_document(product, media) for product in products], cursor and tuple(cursor))


async def show_product(call: Call) -> web.StreamResponse:
    async def read(media: str) -> tuple[ProductId, Any, str]:
        product = await call.services.products.product(call.params["sku"])
        return product.family, product_document(product, media), f"p{product.id}-{product.revision}-"

    return await answer_cached(call, read)


SCHEMAS: Final = {**DOCUMENTS, "Products": listed("Product")}

ROWS: Final = (
    Row(
        "GET",
        "/v1/products",
        "reader",
        find_products,
        "Find products. A page may hold fewer than `limit`, even none, although the list goes on.",
        {200: Response("A page of them.", json(ref("Products")), ("Link",))},
        query=_List,
        sentences=_SENTENCES,
    ),
    Row(
        "GET",
        "/v1/products/{sku}",
        "reader",
        show_product,
        "A product, with how many images it has in which state, and what it lacks.",
        {
            200: Response("The product.", json(ref("Product")), ("ETag",)),
            304: Response("It is still the one that `If-None-Match` names."),
        },
    ),
)
