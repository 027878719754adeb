"""What rule sets say of images: by product, of all by pages, and as tables."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
from aiohttp import ClientPayloadError
from PIL import Image
from yarl import URL

from app.apis.v1.documents import tables
from app.db.connections.connect import Connection
from app.model import BlobHash
from app.service.reports.cells import COLUMNS
from app.service.reports.checks import LOOKED_AT, CheckReader
from tests.apis.v1.conftest import Answer, Serve, Shop
from tests.apis.v1.gallery import ROWS
from tests.e2e.conftest import eventually
from tests.parts_of import process
from tests.pictures import encoded

MADE: Final = """
    insert into recipe (hash, name, version, quality) values ('c', 'clean', 1, '{}');
    insert into rendition (blob_hash, recipe_hash, format, width, height, size, etag)
        values (sha256('ready'), 'c', 'jpeg', 3000, 2000, 1400000, 'e');
"""
CSV: Final = {"headers": {"Accept": "text/csv"}}


@pytest.fixture(name="gallery")
async def _gallery(shop: Shop, connection: Connection) -> Shop:
    await connection.execute(ROWS + MADE)
    return shop


def results(answer: Answer, image: int) -> Mapping[str, tuple[str, Any]]:
    """Of an image by rule: the result, and what was measured."""
    assert answer.status == 200, answer.body
    items = [item for item in answer.json()["items"] if item["image"] == image]
    return {item["rule"]: (item["result"], item["measured"]) for item in items}


async def test_a_products_images_are_checked(gallery: Shop) -> None:
    """Each image in the order of the gallery, each rule in that of its set; sides as the picture is seen, size and
    extension of the public original; what failed, and what lies elsewhere, is not checked."""
    answer = await gallery.get("/v1/products/dress/checks?set=google", "reader")
    items = answer.json()["items"]
    assert [item["image"] for item in items] == [706] * 7 + [705] * 7 + [707] * 7
    assert items[7] == {
        "sku": "dress", "product_id": 8, "image": 705, "rule": "size", "result": "pass", "measured": 2000, "limit": 500,
        "from": "2027-01-31",
    }  # fmt: skip
    assert [set(item) for item in items[8:14]] == [set(items[7]) - {"from"}] * 6
    assert (answer.json()["next"], answer.headers["Vary"]) == (None, "Accept")
    assert results(answer, 705) == {
        "size": ("pass", 2000),
        "size_advised": ("pass", 2000),
        "megapixels": ("pass", 6_000_000),
        "bytes": ("pass", 1_400_000),
        "format": ("pass", "jpeg"),
        "extension": ("pass", "jpg"),
        "overlays": ("not_checked", None),
    }
    for image in (706, 707):
        assert set(results(answer, image).values()) == {("not_checked", None)}
    alone = await gallery.get("/v1/products/dress/checks?set=google&image=705", "reader")
    assert alone.json() == {"items": items[7:14], "next": None}
    assert (await gallery.get("/v1/products/dress/checks?set=google&image=1")).json()["items"] == []
    failed = await gallery.get("/v1/products/dress/checks?set=google&result=warn", "reader")
    assert failed.json() == {"items": [], "next": None}
    assert (await gallery.get("/v1/products/dress-red/checks?set=google")).json() == {"items": [], "next": None}


async def test_texts_and_duplicates_are_what_a_storefront_shows(gallery: Shop, connection: Connection) -> None:
    """A language has a text where the picture, the store view or the image itself has one; where the image is not
    shown none is needed; other galleries do not count."""
    await connection.execute("""
        insert into image (id, product_id, picture_id, position) values (801, 9, 1, 1), (802, 9, 1, 2), (803, 10, 1, 1);
        insert into image_store (image_id, store_view_id, label, excluded) values
            (802, 1, '', null), (802, 3, null, true), (803, 1, 'Blue', null), (803, 3, 'Bleu', null);
        update store_view set locale = null where id = 3;
    """)
    red = await gallery.get("/v1/products/dress-red/checks?set=house")
    blue = await gallery.get("/v1/products/dress%2Fblue/checks?set=house")
    assert results(red, 801)["alt_text"] == ("fail", ["en_US", "french"])
    assert results(red, 802)["alt_text"] == ("fail", ["en_US"])
    assert results(blue, 803)["alt_text"] == ("pass", [])
    assert results(red, 801)["duplicate"] == ("fail", [802])
    assert results(blue, 803)["duplicate"] == ("pass", [])
    await connection.execute("update image set excluded = true where id = 801")
    red = await gallery.get("/v1/products/dress-red/checks?set=house")
    assert results(red, 801)["alt_text"] == ("not_checked", None)
    await connection.execute("update store_view set active = false; update image set label = 'All' where id = 803")
    blue = await gallery.get("/v1/products/dress%2Fblue/checks?set=house")
    assert results(blue, 803)["alt_text"] == ("pass", [])
    await connection.execute(
        "insert into image (id, product_id, picture_id) select 30000 + n, 9, 1 from generate_series(1, 2000) n"
    )
    path = "/v1/products/dress-red/checks?set=house&image="
    last, beyond = [results(await gallery.get(f"{path}{image}"), image)["duplicate"] for image in (31998, 31999)]
    assert (last[0], last[1][:3], len(last[1]), beyond) == ("fail", [801, 802, 30001], 20, ("not_checked", None))


async def test_pixels_are_those_of_what_is_shown(gallery: Shop, connection: Connection) -> None:
    """What was found in them, or nobody has looked yet; of an edited picture its sides and its state count, while the
    public original stays what it is."""
    path = "/v1/products/dress/checks?set=amazon_main"
    assert results(await gallery.get(path), 705)["fill"] == ("not_checked", None)
    await connection.execute("""
        update blob set pixel_facts = '{"border_white": 0.9912, "border_color": null, "fill": 0.81, "blur": 9.0}'
            where hash = sha256('ready')
    """)
    found = results(await gallery.get(path), 705)
    assert (found["white_border"], found["fill"], found["size"]) == (("pass", 0.9912), ("fail", 0.81), ("pass", 3000))
    await connection.execute("""
        update image set edit = '{"crop": [0, 0, 0.2, 0.2]}', edit_key = '0123456789abcdef' where id = 705;
        insert into edited_picture (blob_hash, key, edit, marks, width, height, state)
            values (sha256('ready'), '0123456789abcdef', '{}', '', 400, 600, 'ready');
    """)
    found = results(await gallery.get(path), 705)
    assert (found["white_border"], found["size"]) == (("not_checked", None), ("fail", 600))
    assert results(await gallery.get("/v1/products/dress/checks?set=google"), 705)["bytes"] == ("pass", 1_400_000)
    await connection.execute("""
        update edited_picture
        set pixel_facts = '{"border_white": 0.5, "border_color": "#ffffff", "fill": 0.86, "blur": 9.0}'
    """)
    found = results(await gallery.get(path), 705)
    assert (found["white_border"], found["fill"]) == (("fail", 0.5), ("pass", 0.86))
    await connection.execute("update edited_picture set state = 'processing'")
    assert set(results(await gallery.get(path), 705).values()) == {("not_checked", None)}


async def test_a_withdrawn_original_is_not_judged(gallery: Shop, connection: Connection) -> None:
    """Nobody can fetch it: size, format and extension are not checked, sides are; nor is one that was not made."""
    await connection.execute("delete from rendition where recipe_hash = 'c'")
    found = results(await gallery.get("/v1/products/dress/checks?set=google"), 705)
    assert (found["bytes"], found["extension"]) == (("not_checked", None), ("pass", "jpg"))
    await connection.execute("update file_path set withdrawn_at = now()")
    found = results(await gallery.get("/v1/products/dress/checks?set=google"), 705)
    assert [found[rule][0] for rule in ("bytes", "extension", "format", "size")] == ["not_checked"] * 3 + ["pass"]


async def test_an_upload_is_checked_once_it_is_rendered(shop: Shop, tmp_path: Path) -> None:
    """Until then nothing of it is; then by what was found in it, and by what is served as its public file, which is
    smaller than what was uploaded."""
    white = Image.new("RGB", (900, 1200), "white")
    white.paste("#204060", (300, 70, 600, 1130))
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Nobody's business" * 99
    headers = {"Content-Type": "image/jpeg"}
    made = await shop.call(
        "POST", "/v1/products/dress/images?file_name=a.jpg", data=encoded(white, exif=exif), headers=headers
    )
    image, path = made.json(), "/v1/products/dress/checks?set="
    before = await shop.get(f"{path}google")
    assert set(results(before, image["id"]).values()) == {("not_checked", None)}
    async with process(shop.database.dsn, tmp_path) as parts:
        await parts.pictures.renderer.build_all(BlobHash(image["picture"]["sha256"]))
    google, amazon = [results(await shop.get(path + name), image["id"]) for name in ("google", "amazon_main")]
    public = await shop.call("GET", urlsplit(image["original"]).path, None)
    assert google["bytes"] == ("pass", len(public.body))
    assert len(public.body) < image["picture"]["size"]
    assert (google["size"], google["extension"], google["format"]) == (("pass", 900), ("pass", "jpg"), ("pass", "jpeg"))
    assert (amazon["size"], amazon["white_border"]) == (("pass", 1200), ("pass", 1.0))
    assert amazon["fill"] == ("pass", pytest.approx(1060 / 1200, abs=0.005))


async def whole(shop: Shop, query: str) -> list[dict[str, Any]]:
    """All items, page by page, by `next` and `Link` alike."""
    items, path = [], f"/v1/checks?{query}"
    while path:
        answer = await shop.get(path, "reader")
        assert answer.status == 200, answer.body
        document, link = answer.json(), answer.headers.get("Link")
        items += document["items"]
        assert (document["next"] is None) == (link is None)
        path = link.partition(">")[0][1:] if link else ""
    return items


async def test_all_images_are_checked_page_by_page(gallery: Shop, connection: Connection) -> None:
    """Every image and rule once, by id, wherever a page ends: within an image, too; a table has the same."""
    await connection.execute("""
        insert into blob (hash, size, format, width, height, state)
            select sha256(n::text::bytea), 9, 'png', 400 + 10 * n, 800, 'ready' from generate_series(1, 20) n;
        insert into picture (id, blob_hash) select 100 + n, sha256(n::text::bytea) from generate_series(1, 20) n;
        insert into image (id, product_id, picture_id) select 1000 + n, 10, 100 + n from generate_series(1, 20) n;
        update image set deleted_at = now() where id in (1003, 1004, 1020);
    """)
    items = await whole(gallery, "set=google&limit=200")
    ids = [705, 706, 707, *(n for n in range(1001, 1020) if n not in (1003, 1004))]
    assert [item["image"] for item in items] == [image for image in ids for _ in range(7)]
    for limit in (1, 5, 7, 20):
        assert await whole(gallery, f"set=google&limit={limit}") == items
    failed = await whole(gallery, "set=google&result=fail&limit=3")
    assert failed == [item for item in items if item["result"] == "fail"]
    assert [(item["image"], item["measured"]) for item in failed] == [
        (1000 + n, 400 + 10 * n) for n in range(1, 10) if n not in (3, 4)
    ]
    table = await gallery.call("GET", "/v1/checks?set=google&result=fail", "reader", **CSV)
    assert (table.headers["Content-Type"], table.headers["Vary"]) == ("text/csv; charset=utf-8", "Accept")
    rows = list(csv.DictReader(io.StringIO(table.body.decode(), newline="")))
    assert rows == [{name: str(item[name]) for name in COLUMNS} for item in failed]
    refused = {"Accept": "application/json, text/csv;q=0"}
    listed = await gallery.call("GET", "/v1/checks?set=google&result=fail&limit=200", "reader", headers=refused)
    assert listed.json()["items"] == failed
    behind = (await gallery.get("/v1/checks?set=google&result=fail&limit=3")).json()["next"]
    rest = await gallery.call("GET", f"/v1/checks?set=google&result=fail&after={behind}", "reader", **CSV)
    assert rest.body == b"\r\n".join([b",".join(name.encode() for name in COLUMNS), *table.body.split(b"\r\n")[4:]])


async def test_a_page_looks_at_a_bounded_number_of_images(gallery: Shop, connection: Connection) -> None:
    """However rare what is asked for is: a page may be empty and lead on."""
    await connection.execute(f"""
        insert into image (id, product_id, picture_id, deleted_at)
            select 10000 + n, 10, 1, case when n % 2 = 0 then now() end from generate_series(1, {LOOKED_AT + 600}) n;
        insert into image (id, product_id, picture_id) values (20000, 9, 1);
        update blob set width = 300 where hash = sha256('ready');
    """)
    await connection.execute("update picture set blob_hash = sha256('failed') where id = 1")
    await connection.execute("update image set picture_id = 1 where id < 20000")
    await connection.execute("insert into picture (id, blob_hash) values (50, sha256('ready'))")
    await connection.execute("update image set picture_id = 50 where id = 20000")
    first = (await gallery.get("/v1/checks?set=google&result=fail")).json()
    assert (first["items"], first["next"] is None) == ([], False)
    assert [item["image"] for item in await whole(gallery, "set=google&result=fail")] == [20000]


async def test_tables_are_harmless(gallery: Shop, connection: Connection) -> None:
    """A cell that begins with what a spreadsheet reckons with has a quote before it; lists are one cell; HEAD is
    empty."""
    await connection.execute("""
        update product set sku = '=1+1', sku_key = '=1+1' where id = 9;
        insert into image (id, product_id, picture_id) values (801, 9, 1), (802, 9, 1);
    """)
    table = await gallery.call("GET", "/v1/products/%3D1%2B1/checks?set=house&result=fail", "reader", **CSV)
    assert table.body.decode().splitlines() == [
        "sku,product_id,image,rule,result,measured,limit",
        '\'=1+1,9,801,alt_text,fail,"en_US, fr_FR",',
        "'=1+1,9,801,duplicate,fail,802,",
        '\'=1+1,9,802,alt_text,fail,"en_US, fr_FR",',
        "'=1+1,9,802,duplicate,fail,801,",
    ]
    head = await gallery.call("HEAD", "/v1/checks?set=house", "reader", **CSV)
    assert (head.status, head.body, head.headers["Content-Type"]) == (200, b"", "text/csv; charset=utf-8")


async def _sent(shop: Shop, count: int) -> bool:
    return f'slots_taken{{work="table"}} {count}' in (await shop.get("/metrics", None)).body.decode()


async def test_so_many_tables_are_sent_and_to_who_may_have_them(
    gallery: Shop, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One too many is sent away in words, whatever it is a table of. One of a catalogue without an end, in which
    nothing is found, ends when its reader leaves, and breaks off when his key is revoked."""

    async def endless(*_: object) -> AsyncIterator[Sequence[object]]:
        while True:
            yield []
            await asyncio.sleep(0.01)

    monkeypatch.setattr(CheckReader, "all", endless)
    monkeypatch.setattr(tables, "_LOOK_SECONDS", 0.02)
    async with AsyncExitStack() as stack:
        headers = {"Authorization": f"Bearer {gallery.keys['reader']}", "Accept": "text/csv"}
        url = gallery.base.join(URL("/v1/checks?set=google"))
        open_ones = [await stack.enter_async_context(gallery.session.get(url, headers=headers)) for _ in range(4)]
        assert [one.status for one in open_ones] == [200] * 4
        for path in ("/v1/checks?set=google", "/v1/texts"):
            refused = await gallery.call("GET", path, "admin", **CSV)
            assert (refused.status, refused.code, refused.headers["Retry-After"]) == (503, "busy", "1")
        open_ones[0].close()
        open_ones[1].close()
        await eventually(lambda: _sent(gallery, 2))
        assert (await gallery.get("/v1/texts")).status == 200
        await connection.execute("update api_key set revoked_at = now() where name = 'the reader'")
        for one in open_ones[2:]:
            with pytest.raises(ClientPayloadError):
                await one.read()
        await eventually(lambda: _sent(gallery, 0))


REFUSED: Final = {
    "": [("?set", "required")],
    "set=nobody": [("?set", "not_found")],
    "set=google&set=house": [("?set", "wrong_type")],
    "set=google&result=failed": [("?result", "out_of_range")],
    "set=google&after=x": [("?after", "wrong_type")],
    "set=google&after=WzFd": [("?after", "wrong_type")],
    "set=google&limit=0&x=": [("?limit", "out_of_range"), ("?x", "unknown")],
}


async def test_what_cannot_be_asked_is_refused(shop: Shop) -> None:
    """By its place; also where a table is asked for, and of a product that is not there."""
    for query, mistakes in REFUSED.items():
        for options in ({}, CSV):
            answer = await shop.call("GET", f"/v1/checks?{query}", "reader", **options)
            assert (answer.status, sorted(answer.mistakes)) == (422, mistakes)
    for query in ("", "set=nobody", "set=google&result=failed", "set=google&limit=5"):
        assert (await shop.get(f"/v1/products/nothing/checks?{query}")).status == 422
    assert (await shop.get("/v1/products/nothing/checks?set=google")).status == 404


async def test_rule_sets_are_listed(serve: Serve, tmp_path: Path) -> None:
    """With their words, also those of a folder of one's own; and images are checked against these."""
    folder = tmp_path / "sets"
    folder.mkdir()
    (folder / "own.toml").write_text(
        'id = "own"\ntitle = "Ours"\nsource = "us"\ndate = 2026-01-31\n'
        '[[rules]]\nid = "r"\ntitle = "Ratio"\nkind = "ratio"\nleast = 1\nmost = 1.5\nresult = "warn"\n'
    )
    shop = await serve(checks_dir=str(folder))
    sets = (await shop.get("/v1/rule-sets", "reader")).json()
    assert ([one["id"] for one in sets["items"]], sets["next"]) == (["amazon_main", "google", "house", "own"], None)
    assert sets["items"][3] == {
        "id": "own", "title": "Ours", "source": "us", "date": "2026-01-31", "rules": [
            {"id": "r", "title": "Ratio", "kind": "ratio", "result": "warn", "limit": [1, 1.5], "from": None}
        ],
    }  # fmt: skip
    assert sets["items"][1]["rules"][0]["from"] == "2027-01-31"
    assert (await shop.get("/v1/checks?set=own")).json() == {"items": [], "next": None}
