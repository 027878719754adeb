"""Images: `GET /v1/images`, `GET /v1/images/{id}`, `GET /v1/products/{sku}/images`."""

from typing import Any, Final

from aiohttp import web

from app.apis.v1.cached_answers import answer_cached
from app.apis.v1.call import Call, Row
from app.apis.v1.documents.images import SCHEMAS as DOCUMENTS
from app.apis.v1.documents.images import image_document
from app.apis.v1.documents.wait import applied, seconds_waited_for
from app.apis.v1.fields import Many, Schema, Text, TruthInQuery, WholeInQuery
from app.apis.v1.lists import After, Listed, page
from app.apis.v1.operations.missing import CODE, refuse_unknown
from app.apis.v1.parse import number_in_path
from app.errors import ImageNotFound
from app.model import BlobHash, ProductId
from app.openapi.sections import Response, json, listed, ref
from app.service.galleries.v1.reader import Wanted
from app.service.reports.missing import LABEL


class _List(Listed):
    after = After(int, load_default=(0,))
    sku = Many(Text(5000), most=200)
    product = WholeInQuery(1)
    state = Text(words=("processing", "ready", "failed", "external"))
    sha256 = Text(64, pattern="[0-9a-f]{64}")
    missing = Text(pattern=f"{LABEL}{CODE}")
    deleted = TruthInQuery(load_default=False)


class _Gallery(Schema):
    store = Text()


async def find_images(call: Call) -> web.Response:
    """By id."""
    await refuse_unknown(call)
    asked = call.query
    wanted = Wanted(
        asked["after"][0],
        asked["limit"],
        tuple(asked["sku"]) if "sku" in asked else None,
        asked.get("product"),
        asked.get("state"),
        BlobHash(asked["sha256"]) if "sha256" in asked else None,
        asked["missing"].removeprefix(LABEL) if "missing" in asked else None,
        asked["deleted"],
    )
    images, last = await call.services.images.page(wanted)
    media = call.media
    return page(call, [image_document(image, media) for image in images], None if last is None else (last,))


async def show_image(call: Call) -> web.StreamResponse:
    number = number_in_path(call.params["id"], ImageNotFound)

    async def read(media: str) -> tuple[ProductId, Any, str]:
        image = await call.services.images.image(number)
        return image.family, image_document(image, media), f"{image.id}-{image.revision}-"

    seconds = await seconds_waited_for(call, number)
    return applied(await answer_cached(call, read), seconds)


async def show_gallery(call: Call) -> web.StreamResponse:
    """The whole of it."""

    async def read(media: str) -> tuple[ProductId, Any, str]:
        gallery = await call.services.images.gallery(call.params["sku"], call.query.get("store"))
        items = [image_document(image, media) for image in gallery.images]
        return gallery.family, {"items": items, "next": None}, ""

    return await answer_cached(call, read)


_HELD: Final = {304: Response("It is still the one that `If-None-Match` names.")}
SCHEMAS: Final = {**DOCUMENTS, "Images": listed("Image")}

ROWS: Final = (
    Row(
        "GET",
        "/v1/images",
        "reader",
        find_images,
        "Images of all products, by id. A page may hold fewer than `limit`, even none, although the list goes on.",
        {200: Response("A page of them.", json(ref("Images")), ("Link",))},
        query=_List,
        sentences={
            "sku": "Of these products, the parameter repeated.",
            "product": "Of the product with this id.",
            "state": "In this state.",
            "sha256": "With these bytes.",
            "missing": "That have no label in a store view where they are shown: `label:STORE`.",
            "deleted": "Deleted ones, as long as they can be restored, instead of the others.",
        },
    ),
    Row(
        "GET",
        "/v1/images/{id}",
        "reader",
        show_image,
        "An image, also a deleted one as long as it can be restored.",
        {200: Response("The image.", json(ref("Image")), ("ETag",)), **_HELD},
    ),
    Row(
        "GET",
        "/v1/products/{sku}/images",
        "reader",
        show_gallery,
        "A product's whole gallery in order.",
        {200: Response("All of it.", json(ref("Images")), ("ETag",)), **_HELD},
        query=_Gallery,
        sentences={"store": "Code of the store view that orders and hides; by default no one's."},
    ),
)
