"""Bytes that are no text, in every place where a request has one: refused, and never replaced."""

import json
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote_from_bytes

import pytest

from app.db.connections.connect import Connection
from tests.e2e.conftest import Answer, Serve, Shop
from tests.pictures import encoded, picture

OPENMAGE: Final = "/api/rest/products/8/images"
SPREE: Final = "/api/v1/products/a-dress/images"
GLUE: Final = "/abstract-products/dress/abstract-product-image-sets"
FORM: Final = "application/x-www-form-urlencoded"
PARTS: Final = "multipart/form-data; boundary=XX"
GOOD: Final = "größe".encode()
BAD: Final = "größe".encode("latin-1")
PNG: Final = encoded(picture(12, 8), "PNG")
ALL: Final = """select coalesce(string_agg(t, ' '), '') from (
    select concat_ws(' ', label, file_name) as t from image union all select label from image_store
    union all select path from file_path union all select concat(large, small) from picture_text
) texts"""
"""Every text that a request can bring."""


@dataclass(frozen=True)
class Entry:
    """One place for a text. `send` puts bytes there, after the image of the id was made."""

    name: str
    send: Callable[[Shop, int, bytes], tuple[str, str, bytes | None, str]]
    """Method, path, body and its type."""
    is_kept: bool = True
    """Whether a good text ends up in the catalogue."""


def _part(head: bytes, body: bytes) -> bytes:
    return b"--XX\r\nContent-Disposition: form-data; " + head + b"\r\n\r\n" + body + b"\r\n"


def _image(**fields: str) -> str:
    given = {"file_mime_type": "image/png", "file_content": b64encode(PNG).decode(), **fields}
    return json.dumps(given)


ENTRIES: Final = [
    Entry("spree form value", lambda _, i, b: ("PUT", f"{SPREE}/{i}", b"image[alt]=" + b, FORM)),
    Entry(
        "spree escaped form value",
        lambda _, i, b: ("PUT", f"{SPREE}/{i}", b"image[alt]=" + quote_from_bytes(b).encode(), FORM),
    ),
    Entry("spree form name", lambda _, i, b: ("PUT", f"{SPREE}/{i}", b"image[alt]=x&" + b + b"=1", FORM), False),
    Entry("spree part", lambda _, i, b: ("PUT", f"{SPREE}/{i}", _part(b'name="image[alt]"', b) + b"--XX--\r\n", PARTS)),
    Entry(
        "spree part's name",
        lambda _, i, b: (
            "PUT",
            f"{SPREE}/{i}",
            _part(b'name="image[alt]"', b"x") + _part(b'name="' + b + b'"', b"x") + b"--XX--\r\n",
            PARTS,
        ),
        False,
    ),
    Entry("spree JSON", lambda _, i, b: ("PUT", f"{SPREE}/{i}", b'{"alt":"' + b + b'"}', "application/json")),
    Entry(
        "spree JSON's name",
        lambda _, i, b: ("PUT", f"{SPREE}/{i}", b'{"alt":"x","' + b + b'":1}', "application/json"),
        False,
    ),
    Entry(
        "spree query",
        lambda _, i, b: ("PUT", f"{SPREE}/{i}?note={quote_from_bytes(b)}", b"image[alt]=x", FORM),
        False,
    ),
    Entry("openmage JSON", lambda _, i, b: ("PUT", f"{OPENMAGE}/{i}", b'{"label":"' + b + b'"}', "application/json")),
    Entry(
        "openmage XML",
        lambda _, i, b: ("PUT", f"{OPENMAGE}/{i}", b"<a><label>" + b + b"</label></a>", "application/xml"),
    ),
    Entry(
        "openmage escaped query string as a body",
        lambda _, i, b: ("PUT", f"{OPENMAGE}/{i}", b"label=" + quote_from_bytes(b).encode(), "text/plain"),
    ),
    Entry(
        "openmage upload's label",
        lambda *given: (
            "POST",
            OPENMAGE,
            _image(label="@", file_name="f").encode().replace(b"@", given[2]),
            "application/json",
        ),
    ),
]


async def sent(shop: Shop, entry: Entry, image: int, text: bytes) -> Answer:
    method, path, body, content_type = entry.send(shop, image, text)
    if path.startswith(SPREE):
        headers = {"X-Spree-Token": shop.api_key, "Content-Type": content_type}
        return await shop.call(method, path, data=body, headers=headers)
    return await shop.signed(method, path, data=body, headers={"Content-Type": content_type})


async def _made(shop: Shop) -> int:
    body = _part(b'name="image[attachment]"; filename="a.png"', PNG) + b"--XX--\r\n"
    headers = {"X-Spree-Token": shop.api_key, "Content-Type": PARTS}
    answer = await shop.call("POST", SPREE, data=body, headers=headers)
    assert answer.status == 201, answer.body
    return int(answer.json()["id"])


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
async def test_bytes_that_are_no_text_are_refused_wherever_they_stand(
    serve: Serve, connection: Connection, entry: Entry
) -> None:
    """They get 400, and nothing of them is kept; the same place takes the text in UTF-8, letter by letter."""
    shop = await serve(run_worker=False)
    image = await _made(shop)
    before = await connection.fetchval(ALL)
    refused = await sent(shop, entry, image, BAD)
    assert refused.status == 400, refused.body
    assert "\ufffd" not in refused.body.decode()
    assert await connection.fetchval(ALL) == before

    taken = await sent(shop, entry, image, GOOD)
    assert taken.status in {200, 201}, taken.body
    assert ("größe" in await connection.fetchval(ALL)) == entry.is_kept
