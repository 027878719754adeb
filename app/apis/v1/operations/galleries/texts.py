"""What is said of images as a table for spreadsheets: `GET` and `POST /v1/texts`."""

import asyncio
import io
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict
from itertools import islice
from typing import Any, Final

from aiohttp import hdrs, web

from app.apis.v1.call import OWN, Call, Row
from app.apis.v1.digest import checked
from app.apis.v1.documents.tables import CSV, send_table
from app.apis.v1.errors import Malformed, UnsupportedMediaType, refuse
from app.apis.v1.fields import Many, Schema, Text, TruthInQuery
from app.apis.v1.parse import checked_query, media_type_of, read_query
from app.apis.v1.present import answer
from app.errors import StoreViewNotFound
from app.http.body import body_chunks
from app.http.retries.answers import require_first
from app.openapi.sections import Content, Response, array, integer, json, nullable, record, ref
from app.service.catalogue.stores import list_stores
from app.service.transfer.csv_table import Table
from app.service.transfer.spreadsheet import lines_of
from app.service.transfer.text_file import TextFile
from app.service.transfer.texts.cells import COLUMNS
from app.service.transfer.texts.importer import MOST_LINES, MOST_REPORTED, ImportResult
from app.service.transfer.texts.lines import Mistake, Wish, wishes
from app.service.transfer.texts.stored import all_images, cells_of

_BOM: Final = "\ufeff"
_MOST_BYTES: Final = 16 * 1024 * 1024


class _Chosen(Schema):
    sku = Many(Text(5000), most=200)
    store = Many(Text(), most=200)


class _How(Schema):
    dry_run = TruthInQuery(load_default=False)


async def send_texts(call: Call) -> web.StreamResponse:
    """As it is read, however much there is."""
    return await send_table(call, "texts", _BOM + lines_of([COLUMNS]), _pages(call, await _stores(call)))


async def _pages(call: Call, stores: Sequence[str]) -> AsyncIterator[str]:
    async for images in all_images(call.services.database, stores, call.query.get("sku")):
        yield lines_of(line for image in images for line in cells_of(image))


async def take_texts(call: Call) -> web.Response:
    """What cannot be done costs no other line."""
    request = call.request
    if media_type_of(request) != CSV:
        raise UnsupportedMediaType(request.headers[hdrs.CONTENT_TYPE][:100])
    chunks = checked(request, body_chunks(request, min(call.services.settings.max_body_bytes, _MOST_BYTES)))
    data = b"".join([chunk async for chunk in chunks])
    await require_first()
    how, mistakes = checked_query(_How, read_query(request.rel_url.raw_query_string))
    refuse(mistakes)
    lines = await asyncio.to_thread(_read, data)
    return answer(_document(await call.services.texts.run(lines, dry_run=how["dry_run"]), dry_run=how["dry_run"]))


async def _stores(call: Call) -> Sequence[str]:
    """StoreViewNotFound."""
    there = [row["code"] for row in await list_stores(call.services.database) if row["active"]]
    chosen = call.query.get("store", there)
    if unknown := [code for code in chosen if code not in there]:
        raise StoreViewNotFound(f"store view {unknown[0]}")
    return [code for code in there if code in chosen]


def _read(data: bytes) -> list[Wish | Mistake]:
    if not data:
        raise Malformed("The body is empty.")
    table = Table(TextFile(io.BufferedReader(io.BytesIO(data)), "The table", lambda _: None))
    return list(islice(wishes(table), MOST_LINES + 1))


def _document(result: ImportResult, *, dry_run: bool) -> dict[str, Any]:
    lines = {
        "changed": result.changed,
        "unchanged": result.unchanged,
        "wrong": len({m.line for m in result.mistakes}),
    }
    return {
        "dry_run": dry_run,
        "batch": result.batch,
        "lines": lines,
        "images": result.images,
        "products": result.products,
        "changes": [asdict(one) for one in result.differences[:MOST_REPORTED]],
        "mistakes": [asdict(one) for one in result.mistakes[:MOST_REPORTED]],
        "more": max(len(result.differences), len(result.mistakes)) > MOST_REPORTED,
    }


_TEXT: Final = {"type": "string"}
_EXAMPLE: Final = "image,store,label\r\n1,,A mug\r\n"

SCHEMAS: Final = {
    "TextsTaken": record(
        {
            "dry_run": {"type": "boolean"},
            "batch": nullable("string"),
            "lines": record({name: integer() for name in ("changed", "unchanged", "wrong")}),
            "images": integer(),
            "products": integer(),
            "changes": array(
                record(
                    {
                        "line": integer(1),
                        "sku": _TEXT,
                        "image": integer(1),
                        "store": _TEXT,
                        "column": _TEXT,
                        "before": _TEXT,
                        "after": _TEXT,
                    }
                )
            ),
            "mistakes": array(
                record({"line": integer(1), "column": nullable("string"), "code": _TEXT, "detail": _TEXT})
            ),
            "more": {"type": "boolean"},
        }
    )
}

ROWS: Final = (
    Row(
        "GET",
        "/v1/texts",
        "reader",
        send_texts,
        "Labels, positions, exclusions and types as CSV: a line for each image globally, where `store` is empty, and "
        "for each store view. UTF-8 with a byte order mark, as spreadsheets take it.",
        {200: Response("The table.", json(_TEXT, media_type=CSV))},
        query=_Chosen,
        sentences={
            "sku": "Of these products, the parameter repeated; by default of all.",
            "store": "Codes of the store views that have lines, the parameter repeated; by default all active ones.",
        },
    ),
    Row(
        "POST",
        "/v1/texts",
        "editor",
        take_texts,
        "Take such a table in, with commas, semicolons or tabs: what differs from what is so is written, as one batch "
        "that can be undone. An empty cell is no value, in a store view the global one; columns may be left out. "
        "What cannot be done costs no other line.",
        {200: Response("What became of the lines, or would.", json(ref("TextsTaken")))},
        query=_How,
        sentences={"dry_run": "Only tell what would be done."},
        body=OWN,
        content=Content({CSV: _TEXT}, _EXAMPLE),
    ),
)
