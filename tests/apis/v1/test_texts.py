"""Labels, positions, exclusions and types as a table: out, in, and taken back."""

import csv
import io
from typing import Any, Final

import pytest

from app.db.connections.connect import Connection
from app.service.transfer.spreadsheet import harmless, plain
from app.service.transfer.texts.cells import COLUMNS
from tests.apis.v1.conftest import Answer, Shop
from tests.apis.v1.dialects import Dialects
from tests.apis.v1.gallery import MANY, ROWS

_HEAD: Final = ",".join(COLUMNS)


@pytest.fixture(name="gallery")
async def _gallery(shop: Shop, connection: Connection) -> Shop:
    await connection.execute(ROWS)
    return shop


async def take(shop: Shop, text: str | bytes, query: str = "", **headers: str) -> Answer:
    data = text.encode() if isinstance(text, str) else text
    given = {"Content-Type": "text/csv", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return await shop.call("POST", f"/v1/texts{query}", "editor", data=data, headers=given)


async def told(shop: Shop, query: str = "") -> list[dict[str, str]]:
    answer = await shop.get(f"/v1/texts{query}", "reader")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/csv; charset=utf-8")
    assert answer.body.startswith(b"\xef\xbb\xbfsku,image,store,label,position,exclude,types\r\n")
    return list(csv.DictReader(io.StringIO(answer.body.decode("utf-8-sig"), newline="")))


async def test_what_is_said_is_a_line_for_each_scope(gallery: Shop, connection: Connection) -> None:
    """Globally, and of each store view what it says itself; products in order, their images as they are listed."""
    await connection.execute("update image set label = '=1+1' where id = 706")
    lines = await told(gallery)
    assert len(lines) == 3 * 4
    shown = [tuple(line.values()) for line in lines if line["store"] in ("", "german")]
    assert shown == [
        ("dress", "706", "", "'=1+1", "1", "1", ""),
        ("dress", "706", "german", "", "9", "", ""),
        ("dress", "705", "", "Front", "2", "0", "image,thumbnail"),
        ("dress", "705", "german", "Vorne", "", "", "image"),
        ("dress", "707", "", "", "", "0", ""),
        ("dress", "707", "german", "", "", "", ""),
    ]
    assert {line["store"] for line in await told(gallery, "?store=german&sku=dress")} == {"", "german"}
    assert await told(gallery, "?sku=none") == []
    assert (await gallery.get("/v1/texts?store=klingon")).status == 404
    head = await gallery.call("HEAD", "/v1/texts", "reader")
    assert (head.status, head.body) == (200, b"")


async def test_what_was_told_changes_nothing(gallery: Shop, connection: Connection) -> None:
    """A table comes back as it went out, and no row is written; nor by one that only says some of it."""
    await connection.execute("update image_store set label = '' where image_id = 706")
    whole = await gallery.get("/v1/texts")
    before = await connection.fetchval("select count(*) from change")
    for text in (whole.body, "image;label\r\n705;Front\r\n", 'sep=,\nimage,types\n705,"thumbnail, image"\n'):
        answer = (await take(gallery, text)).json()
        assert (answer["lines"]["changed"], answer["mistakes"], answer["batch"]) == (0, [], None), answer
    assert await connection.fetchval("select count(*) from change") == before


async def test_a_table_is_one_batch_that_can_be_undone(gallery: Shop, connection: Connection) -> None:
    """A dry run tells what would change and changes nothing; then it is done as told; all is taken back by its name,
    and every dialect's document is as before."""
    dialects = await Dialects.of(gallery, connection)
    before = await dialects.documents()
    text = (
        f"{_HEAD}\n"
        'dress,706,,"Back, ""red""",2,no,small_image\n'
        "dress,705,,Front,1,0,\n"
        "dress,705,german,,7,1,\n"
        "dress,707,french,Loin,,,\n"
        "dress,707,german,,,,\n"
    ).replace("\n", "\r\n")

    dry = (await take(gallery, text, "?dry_run=true")).json()
    assert await dialects.documents() == before
    done = (await take(gallery, text)).json()

    assert (dry["batch"], dry["dry_run"], done["dry_run"]) == (None, True, False)
    assert {**dry, "batch": done["batch"], "dry_run": False} == done
    assert done["lines"] == {"changed": 4, "unchanged": 1, "wrong": 0}
    assert (done["images"], done["products"], done["more"]) == (3, 1, False)
    first = {"line": 2, "sku": "dress", "image": 706, "store": ""}
    assert done["changes"][0] == {**first, "column": "label", "before": "", "after": 'Back, "red"'}
    images = {one["id"]: one for one in (await gallery.get("/v1/products/dress/images")).json()["items"]}
    assert [(one["id"], one["position"], one["types"]) for one in images.values()] == [
        (705, 1, []),
        (706, 2, ["small_image"]),
        (707, None, []),
    ]
    assert images[705]["stores"]["german"] == {
        "label": None, "position": 7, "exclude": True, "hidden": False, "types": [],
    }  # fmt: skip
    assert images[707]["stores"]["french"]["label"] == "Loin"
    rows = await connection.fetch("select kind, batch from change where image_id is not null")
    assert {(row["kind"], row["batch"]) for row in rows} == {("image.updated", done["batch"])}
    undone = await gallery.call("POST", "/v1/history/undo", "editor", json={"batch": done["batch"]})
    assert (undone.status, undone.json()["undone"]) == (200, 3)
    assert await dialects.documents() == before


async def test_mistakes_are_told_by_line_and_cost_no_other(gallery: Shop) -> None:
    """Each with its line and column; what is right beside them is done."""
    text = (
        f"{_HEAD}\n"
        "dress,705,,Side,2,0,image\n"
        f"dress,{'7' * 5000},,,,,\n"
        "gown,706,,,1,1,\n"
        "dress,999,,,,,\n"
        "dress,706,klingon,,,,\n"
        "dress,706,,,1.5,maybe,\n"
        "dress,706,german,,99999999999,,\n"
        "dress,706,french,,2147483648,,nope\n"
        "dress,705,,Again,,,\n"
        "dress,705\n"
        f'dress,707,,,,,"{"a," * 1500}"\n'
    )
    answer = (await take(gallery, text)).json()
    assert answer["lines"] == {"changed": 1, "unchanged": 0, "wrong": 10}
    assert [(one["line"], one["column"], one["code"]) for one in answer["mistakes"]] == [
        (3, "image", "wrong_type"),
        (4, "sku", "not_found"),
        (5, "image", "not_found"),
        (6, "store", "not_found"),
        (7, "position", "wrong_type"),
        (7, "exclude", "wrong_type"),
        (8, "position", "wrong_type"),
        (9, "position", "out_of_range"),
        (10, None, "conflict"),
        (11, None, "malformed"),
        (12, "types", "too_long"),
    ]
    image = (await gallery.get("/v1/images/705")).json()
    assert (image["label"], image["types"]) == ("Side", ["image"])


@pytest.mark.parametrize(
    ("data", "headers", "query", "status"),
    [
        (b"image,label\n705,x\n", {"Content_Type": "application/json"}, "", 415),
        (b"", {}, "", 400),
        (b"image,colour\n705,x\n", {}, "", 422),
        (b"sku,label\ndress,x\n", {}, "", 422),
        (b"PK\x03\x04", {}, "", 422),
        (b"image,label\n705,x\n", {}, "?dry_run=1", 422),
        (b"image,label\n705,x\n", {"Content_Digest": "sha-512=:AAAA:"}, "", 400),
        (b"image\n" + b"1\n" * 50_001, {}, "", 422),
    ],
)
async def test_what_is_no_such_table_is_refused_as_a_whole(
    gallery: Shop, data: bytes, headers: dict[str, Any], query: str, status: int
) -> None:
    """Nothing is changed."""
    before = (await gallery.get("/v1/images/705")).body
    assert (await take(gallery, data, query, **headers)).status == status
    assert (await gallery.get("/v1/images/705")).body == before


async def test_a_repeated_table_is_answered_as_before(gallery: Shop, connection: Connection) -> None:
    """With the same key it is taken in once, and in one transaction."""
    await connection.execute(MANY)
    text = "image,label\n705,A\n1001,B\n1002,C\n"
    first = await take(gallery, text, Idempotency_Key="once")
    again = await take(gallery, text, Idempotency_Key="once")
    assert (first.json()["lines"]["changed"], again.body) == (3, first.body)
    assert again.headers["Idempotency-Replayed"] == "true"
    rows = await connection.fetch("select distinct transaction from change where image_id is not null")
    assert len(rows) == 1


@pytest.mark.parametrize("text", ["=1", "+1", "-", "@a", "'a", "''", "'=1", "a", "", "\ta", "'", "=", "'-'"])
def test_no_cell_is_a_formula_and_each_comes_back(text: str) -> None:
    """Whatever a label begins with."""
    assert not harmless(text).startswith(("=", "+", "-", "@", "\t", "\r"))
    assert plain(harmless(text)) == text
