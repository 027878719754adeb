"""Checks against channels: `GET /v1/checks`, `GET /v1/products/{sku}/checks`, `GET /v1/rule-sets`."""

from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

from aiohttp import hdrs, web

from app.apis.v1.call import Call, Row
from app.apis.v1.documents.checks import SCHEMAS as DOCUMENTS
from app.apis.v1.documents.checks import check_document, rule_set_document
from app.apis.v1.documents.tables import CSV, send_table
from app.apis.v1.errors import Mistake, refuse
from app.apis.v1.fields import Schema, Text, WholeInQuery
from app.apis.v1.lists import After, Listed, page
from app.apis.v1.present import JSON, answer
from app.checks.rule_set import RESULTS
from app.http.negotiate import is_wanted
from app.openapi.sections import Content, Response, json, ref
from app.service.reports.cells import COLUMNS, cells_of
from app.service.reports.checks import BEGINNING, Asked, Item, Place
from app.service.transfer.spreadsheet import lines_of


class _Asked(Schema):
    set = Text(required=True)
    result = Text(words=RESULTS)


class _OfProduct(_Asked):
    image = WholeInQuery(1)


class _OfAll(_Asked, Listed):
    after = After(int, int, load_default=tuple(BEGINNING))


async def show_checks(call: Call) -> web.StreamResponse:
    """A page, by images' ids; or all that there are from there on, as a table."""
    asked, after = _asked(call), Place(*call.query["after"])
    if _wants_table(call):
        return await _send_table(call, call.services.checker.all(asked, after))
    items, last = await call.services.checker.page(asked, after, call.query["limit"])
    answered = page(call, [check_document(item) for item in items], None if last is None else tuple(last))
    return _varying(answered)


async def show_checks_of_product(call: Call) -> web.StreamResponse:
    """The whole of them."""
    asked, image = _asked(call), call.query.get("image")
    items = await call.services.checker.of_product(call.params["sku"], asked, image)
    if _wants_table(call):
        return await _send_table(call, _once(items))
    return _varying(answer({"items": [check_document(item) for item in items], "next": None}))


async def show_rule_sets(call: Call) -> web.Response:
    return answer({"items": [rule_set_document(rules) for rules in call.services.checker.sets.values()], "next": None})


def _asked(call: Call) -> Asked:
    """Invalid for a set that is not there."""
    name, sets = call.query["set"], call.services.checker.sets
    if name not in sets:
        refuse([Mistake("?set", "not_found", f"It has to be one of: {', '.join(sets)}.")])
    return Asked(sets[name], call.query.get("result"))


def _wants_table(call: Call) -> bool:
    return is_wanted(call.request, CSV, JSON)


def _varying(answered: web.Response) -> web.Response:
    answered.headers[hdrs.VARY] = hdrs.ACCEPT
    return answered


async def _send_table(call: Call, pages: AsyncIterator[Sequence[Item]]) -> web.StreamResponse:
    texts = (lines_of(map(cells_of, items)) async for items in pages)
    return await send_table(call, "checks", lines_of([COLUMNS]), texts, {hdrs.VARY: hdrs.ACCEPT})


async def _once(items: Sequence[Item]) -> AsyncIterator[Sequence[Item]]:
    yield items


SCHEMAS: Final = DOCUMENTS

_EITHER: Final = Content({**json(ref("Checks")).schemas, CSV: {"type": "string"}})
_SENTENCES: Final[dict[str, str]] = {
    "set": "Id of the rule set, such as `google`.",
    "result": "Only what has come to this.",
    "image": "Only of the image with this id.",
    "limit": "Most items of a page; a table has all.",
}
_EXAMPLES: Final[dict[str, Any]] = {"set": "google"}

ROWS: Final = (
    Row(
        "GET",
        "/v1/checks",
        "reader",
        show_checks,
        "What a rule set says of all images: an item for each image and rule, by images' ids. A page may hold fewer "
        "than `limit`, even none, although the list goes on. With `Accept: text/csv` a table of all that there are.",
        {200: Response("A page of them, or a table.", _EITHER, ("Link",))},
        query=_OfAll,
        sentences=_SENTENCES,
        examples=_EXAMPLES,
    ),
    Row(
        "GET",
        "/v1/products/{sku}/checks",
        "reader",
        show_checks_of_product,
        "What a rule set says of a product's images, in the order of its gallery. With `Accept: text/csv` as a table.",
        {200: Response("All of them.", _EITHER)},
        query=_OfProduct,
        sentences=_SENTENCES,
        examples=_EXAMPLES,
    ),
    Row(
        "GET",
        "/v1/rule-sets",
        "reader",
        show_rule_sets,
        "What images can be checked against: sets that come along, and those of `CHECKS_DIR`.",
        {200: Response("All of them.", json(ref("RuleSets")))},
    ),
)
