"""Changing images: `PATCH` and `DELETE /v1/images/{id}`, `POST …/copy`, `PUT /v1/products/{sku}/images/order`."""

from collections.abc import Mapping
from typing import Any, Final, cast

from aiohttp import hdrs, web

from app.apis.v1.body.image import ImageBody, unknown_names
from app.apis.v1.cached_answers import tag
from app.apis.v1.call import MERGE_PATCH, Call, Row
from app.apis.v1.conditions import guarded, revisions_of
from app.apis.v1.documents.images import image_document
from app.apis.v1.fields import Many, Schema, Text, Whole
from app.apis.v1.parse import number_in_path
from app.apis.v1.present import answer, answer_of, json_bytes, nothing
from app.errors import ImageNotFound
from app.model import ImageId
from app.openapi.sections import Response, json, ref
from app.service.galleries.v1.fresh import Made
from app.service.galleries.v1.input import ImageInput, PictureOf


class _Copy(ImageBody):
    sku = Text(5000, least=1, required=True)


class _Order(Schema):
    images = Many(Whole(1), most=100_000, unique=True, required=True)


class _Scope(Schema):
    store = Text()


async def change_image(call: Call) -> web.Response:
    number = number_of(call)
    change = call.services.writer.patch(number, _given(call), revisions_of(call.request, f"{number}-"))
    await guarded(change, lambda: document(call, number))
    return await show(call, number)


async def delete_image(call: Call) -> web.Response:
    number = number_of(call)
    change = call.services.writer.delete(number, revisions_of(call.request, f"{number}-"))
    await guarded(change, lambda: document(call, number))
    return nothing()


async def copy_image(call: Call) -> web.Response:
    source = PictureOf(number_of(call), edited=True)
    product = await call.services.writer.product(call.body["sku"])
    return await show_made(call, await call.services.writer.create(product, source, _given(call)))


async def order_gallery(call: Call) -> web.Response:
    """The gallery as it is now."""
    sku, store = call.params["sku"], call.query.get("store")
    await call.services.order.put(sku, call.body["images"], store)
    gallery = await call.services.images.gallery(sku, store)
    media = call.media
    return answer({"items": [image_document(image, media) for image in gallery.images], "next": None})


async def show(call: Call, image: int, status: int = 200) -> web.Response:
    """An image that was written: 201 says where it is."""
    return _shown(await document(call, image), status)


async def show_made(call: Call, made: Made) -> web.Response:
    """A new image."""
    image = made.image or await call.services.images.image(made.id)
    return _shown(image_document(image, call.media), 201)


def _shown(value: Mapping[str, Any], status: int) -> web.Response:
    body, image = json_bytes(value), value["id"]
    headers: dict[str, str] = {hdrs.ETAG: tag(f"{image}-{value['revision']}-", body)}
    if status == 201:
        headers[hdrs.LOCATION] = f"/v1/images/{image}"
    return answer_of(body, status, headers)


async def document(call: Call, image: int) -> dict[str, Any]:
    return image_document(await call.services.images.image(image), call.media)


def number_of(call: Call) -> ImageId:
    return ImageId(number_in_path(call.params["id"], ImageNotFound))


def _given(call: Call) -> ImageInput:
    return cast("ImageInput", {name: value for name, value in call.body.items() if name != "sku"})


SCHEMAS: Final[dict[str, Any]] = {}

_IMAGE: Final = Response("The image as it is now.", json(ref("Image")), (hdrs.ETAG,))

ROWS: Final = (
    Row(
        "PATCH",
        "/v1/images/{id}",
        "editor",
        change_image,
        "Change what is said of an image, and what is done to its picture (`edit`): a merge patch (RFC 7396). Types "
        "move from whichever image held them.",
        {200: _IMAGE},
        body=ImageBody,
        media_types=MERGE_PATCH,
        names=unknown_names,
        example={"label": "Front"},
        refusals=(409, 412),
    ),
    Row(
        "DELETE",
        "/v1/images/{id}",
        "editor",
        delete_image,
        "Take an image out of its gallery; its path stops answering.",
        {204: Response("It is gone.")},
        refusals=(412,),
    ),
    Row(
        "POST",
        "/v1/images/{id}/copy",
        "editor",
        copy_image,
        "Show the same picture, as it is edited, in another place of this or another product; nothing is uploaded or "
        "rendered again.",
        {201: Response("The new image.", json(ref("Image")), (hdrs.LOCATION, hdrs.ETAG))},
        body=_Copy,
        names=unknown_names,
        example={"sku": "mug", "label": "Copy"},
        refusals=(409,),
    ),
    Row(
        "PUT",
        "/v1/products/{sku}/images/order",
        "editor",
        order_gallery,
        "Put a whole gallery in order.",
        {200: Response("The gallery as it is now.", json(ref("Images")))},
        query=_Scope,
        sentences={"store": "Code of the store view whose order it is; by default the order of all."},
        body=_Order,
        example={"images": [2, 1]},
        refusals=(409,),
    ),
)
