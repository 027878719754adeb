"""Who is told of events: `/v1/webhooks` and all below it, operation by operation."""

from typing import Any, Final

from aiohttp import web

from app.apis.v1.call import MERGE_PATCH, Call, Row, Services
from app.apis.v1.errors import Mistake
from app.apis.v1.feed.webhook_documents import SCHEMAS as DOCUMENTS
from app.apis.v1.feed.webhook_documents import STATES, delivery, document
from app.apis.v1.fields import Many, Schema, Text, Truth, made
from app.apis.v1.lists import After, Listed, cut, page
from app.apis.v1.parse import number_in_path
from app.apis.v1.present import answer, nothing
from app.errors import WebhookNotFound
from app.http.retries.answers import keep_instead
from app.openapi.sections import Parameter, Response, json, ref
from app.service.feed.kinds import TYPES, is_known
from app.service.webhooks.hooks import LONGEST_DESCRIPTION, LONGEST_URL
from app.service.webhooks.keeper import WebhookOptions


class _List(Listed):
    after = After(int, load_default=(0,))


class _Deliveries(Listed):
    after = After(int, load_default=(None,))
    state = Text(words=STATES, load_default=None)


class _Webhook(Schema):
    url = Text(LONGEST_URL, least=1, word=True, required=True)
    types = Many(Text(100), least=1, most=len(TYPES), unique=True)
    sku_prefix = Text(least=1, allow_none=True)
    description = Text(LONGEST_DESCRIPTION, allow_none=True)


class _Patch(_Webhook):
    url = Text(LONGEST_URL, least=1, word=True)
    enabled = Truth()


async def _strange_values(services: Services, body: Any) -> list[Mistake]:
    """What only the service knows to be wrong with an address and types, whatever else is wrong with the body."""
    if not isinstance(body, dict):
        return []
    url, types = body.get("url"), body.get("types")
    mistakes = [
        Mistake(f"/types/{place}", "out_of_range", f"There are no events {one[:100]}.")
        for place, one in enumerate(types if isinstance(types, list) else ())
        if isinstance(one, str) and not is_known(one)
    ]
    is_text = isinstance(url, str) and not made(_Patch).validate({"url": url})
    trouble = services.webhooks.trouble_with(str(url)) if is_text else None
    return [*mistakes, *([Mistake("/url", "out_of_range", trouble)] if trouble else [])]


async def show_webhooks(call: Call) -> web.Response:
    hooks = await call.services.webhooks.page(call.query["after"][0], call.query["limit"] + 1)
    shown = hooks[: call.query["limit"]]
    return page(call, [document(hook) for hook in shown], (shown[-1].id,) if len(hooks) > len(shown) else None)


async def add_webhook(call: Call) -> web.Response:
    """The only answer, but for one that rotates, which has a secret."""
    given = call.body
    keep_instead(None)
    options = WebhookOptions(
        given["url"], tuple(given.get("types", ("*",))), given.get("sku_prefix"), given.get("description")
    )
    hook, secret = await call.services.webhooks.add(options)
    return answer({**document(hook), "secret": secret}, 201, {"Location": f"/v1/webhooks/{hook.id}"})


async def show_webhook(call: Call) -> web.Response:
    return answer(document(await call.services.webhooks.webhook(_number(call))))


async def change_webhook(call: Call) -> web.Response:
    return answer(document(await call.services.webhooks.change(_number(call), call.body)))


async def remove_webhook(call: Call) -> web.Response:
    await call.services.webhooks.remove(_number(call))
    return nothing()


async def rotate_secret(call: Call) -> web.Response:
    keep_instead(None)
    return answer({"secret": await call.services.webhooks.rotate(_number(call))})


async def send_test(call: Call) -> web.Response:
    return answer({"id": await call.services.webhooks.test(_number(call))}, 202)


async def show_deliveries(call: Call) -> web.Response:
    query = call.query
    rows = await call.services.webhooks.deliveries(_number(call), query["state"], query["after"][0], query["limit"] + 1)
    shown, cursor = cut(call, rows, "number")
    return page(call, [delivery(row) for row in shown], cursor)


async def resend_delivery(call: Call) -> web.Response:
    return answer(delivery(await call.services.webhooks.resend(_number(call), call.params["delivery"])), 202)


def _number(call: Call) -> int:
    return number_in_path(call.params["id"], WebhookNotFound)


SCHEMAS: Final = DOCUMENTS
_ID: Final = Parameter("id", "path", "Id of the webhook.", 1, {"type": "integer", "minimum": 1})
_DELIVERY: Final = Parameter("delivery", "path", "Id of the delivery, which is its `webhook-id`.", "wh1_test_1")

ROWS: Final = (
    Row(
        "GET",
        "/v1/webhooks",
        "admin",
        show_webhooks,
        "The webhooks, by id, without their secrets.",
        {200: Response("A page of them.", json(ref("Webhooks")))},
        query=_List,
    ),
    Row(
        "POST",
        "/v1/webhooks",
        "admin",
        add_webhook,
        "Have an address told of events: of types by name, by family (`image.*`), or of all, which is the usual; of "
        "products whose SKUs begin with a prefix. Signed as Standard Webhooks 1.0 has it.",
        {201: Response("The webhook, and its secret, told this once.", json(ref("NewWebhook")), ("Location",))},
        body=_Webhook,
        names=_strange_values,
        example={"url": "https://shop.example/hooks/images", "types": ["image.*", "media.withdrawn"]},
        refusals=(409,),
    ),
    Row(
        "GET",
        "/v1/webhooks/{id}",
        "admin",
        show_webhook,
        "A webhook.",
        {200: Response("The webhook.", json(ref("Webhook")))},
        path=(_ID,),
    ),
    Row(
        "PATCH",
        "/v1/webhooks/{id}",
        "admin",
        change_webhook,
        "Change a webhook. One that is enabled anew is told of what happens from then on.",
        {200: Response("The webhook.", json(ref("Webhook")))},
        body=_Patch,
        names=_strange_values,
        media_types=MERGE_PATCH,
        example={"description": "The shop's cache"},
        path=(_ID,),
    ),
    Row(
        "DELETE",
        "/v1/webhooks/{id}",
        "admin",
        remove_webhook,
        "Tell an address no more; what is on its way to it is dropped.",
        {204: Response("It is gone.")},
        path=(_ID,),
    ),
    Row(
        "POST",
        "/v1/webhooks/{id}/rotate",
        "admin",
        rotate_secret,
        "Give a webhook another secret. The one before signs beside it for a day, unless a third one comes.",
        {200: Response("The secret, told this once.", json(ref("Secret")))},
        path=(_ID,),
    ),
    Row(
        "POST",
        "/v1/webhooks/{id}/test",
        "admin",
        send_test,
        "Send an event `webhook.test`, whatever the webhook is told else, also while it is disabled.",
        {202: Response("It is on its way, as this delivery.", json(ref("TestDelivery")))},
        path=(_ID,),
    ),
    Row(
        "GET",
        "/v1/webhooks/{id}/deliveries",
        "admin",
        show_deliveries,
        "What was sent to a webhook, the latest first, and what became of it.",
        {200: Response("A page of the deliveries.", json(ref("Deliveries")))},
        query=_Deliveries,
        path=(_ID,),
        sentences={"state": "Only those in this state."},
    ),
    Row(
        "POST",
        "/v1/webhooks/{id}/deliveries/{delivery}/resend",
        "admin",
        resend_delivery,
        "Send a delivery once more, the same bytes under the same id.",
        {202: Response("The delivery.", json(ref("Delivery")))},
        path=(_ID, _DELIVERY),
    ),
)
