"""A shop moves in with everything it has, and every stored id and URL goes on working."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from yarl import URL

from app.db.connections.connect import Connection
from app.db.pool import Database
from app.model import BlobHash
from app.service.transfer.galleries.export import GalleryExport
from app.service.transfer.galleries.files import GalleryFiles
from app.service.transfer.galleries.importer import BATCH, GalleryImport, Numbered
from app.service.transfer.galleries.report import Report
from app.store import blob_key
from app.wiring.parts import Parts
from tests.e2e.conftest import Fresh, Serve, Shop
from tests.e2e.test_main_job import body
from tests.pictures import encoded, picture

IMAGES: Final = "/api/rest/products/dress/images"
JSON: Final = {"Content-Type": "application/json"}

READS: Final = (
    *(
        f"/api/rest/products/{sku}/images{store}"
        for sku in ("dress", "9", "10")
        for store in ("", "/store/german", "/store/3")
    ),
    *(f"/api/v1/variants/{product}/images" for product in (8, 9, 10)),
    *(
        f"/{kind}-products/{sku}/{kind}-product-image-sets"
        for kind, sku in (("abstract", "dress"), ("concrete", "dress-red"))
    ),
)


async def imported(
    parts: Parts, lines: list[dict[str, Any]], folder: Path, *, dry_run: bool = False
) -> tuple[dict[str, Any], list[str]]:
    """What an import of these lines counts, and what it rejects."""
    rejected: list[str] = []
    report = Report(lambda number, reason: rejected.append(f"{number}: {reason}"))
    files = GalleryFiles(parts.pictures.intake, folder, keep=not dry_run)
    numbered = [(number, json.dumps(line).encode()) for number, line in enumerate(lines, 1)]
    await GalleryImport(parts.storage.database, parts.pictures.filing, files, report, dry_run=dry_run).run(numbered)
    return {subject: {o: n for o, n in outcomes.items() if n} for subject, outcomes in report.counts.items()}, rejected


@asynccontextmanager
async def parts_of(shop: Shop) -> AsyncIterator[Parts]:
    parts = Parts(shop.settings, shop.database.dsn)
    async with parts.opened():
        yield parts


def files(folder: Path, **named: bytes) -> Path:
    for name, data in named.items():
        path = folder / name.replace("__", "/").replace("_jpg", ".jpg")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


async def test_an_existing_shop_keeps_its_ids_paths_and_stamps(serve: Serve, tmp_path: Path) -> None:
    """Imported images show in all dialects with what they had; new ones get ids behind them."""
    shop = await serve(run_worker=False)
    front, old = encoded(picture(60, 40)), encoded(picture(50, 40, seed=2))
    folder = files(tmp_path / "media", v__e__ve2011_jpg=front, o__l__old_jpg=old)
    lines = [
        {
            "sku": "dress", "id": 705, "path": "/v/e/ve2011.jpg", "file_updated_at": "2013-06-06T15:44:36Z",
            "label": "Front", "position": 3, "exclude": False, "types": ["image", "thumbnail"],
            "stores": {"german": {"label": "Vorne", "types": ["image"]}, "3": {"hidden": True}},
        },
        {"sku": "dress-red", "id": 7, "url_large": "https://img.example/l.jpg", "url_small": "//img.example/s.jpg",
         "key": "k1", "texts": {"en_US": {"large": "Large"}}},
        {"path": "/o/l/old.jpg", "file": "o/l/old.jpg"},
        {"path": "/w/i/withdrawn.jpg", "file": None},
    ]  # fmt: skip
    async with parts_of(shop) as parts:
        counts, rejected = await imported(parts, lines, folder)
        assert (counts, rejected) == ({"images": {"created": 2}, "paths": {"created": 2}, "types": {}}, [])
        counts, rejected = await imported(parts, lines, folder)
        assert (counts, rejected) == ({"images": {"unchanged": 2}, "paths": {"unchanged": 2}, "types": {}}, [])
    [image] = (await shop.signed("GET", IMAGES)).json()
    url = str(shop.url.join(URL("/media/catalog/product/v/e/ve2011.jpg")))
    assert image == {
        "id": "705", "label": "Front", "position": "3", "exclude": "0", "url": url, "types": ["image", "thumbnail"],
    }  # fmt: skip
    [german] = (await shop.signed("GET", f"{IMAGES}/store/german")).json()
    assert (german["label"], german["types"]) == ("Vorne", ["image", "thumbnail"])
    assert (await shop.signed("GET", f"{IMAGES}/store/3")).json() == []
    spree = (await shop.call("GET", "/api/v1/variants/8/images", headers={"X-Spree-Token": shop.api_key})).json()
    assert spree["images"][0]["attachment_updated_at"] == "2013-06-06T15:44:36.000Z"
    assert (await shop.get("/media/catalog/product/o/l/old.jpg")).status == 200
    assert (await shop.get("/media/catalog/product/w/i/withdrawn.jpg")).status == 404
    red = (await shop.get("/concrete-products/dress-red/concrete-product-image-sets", Accept="*/*")).json()
    [shown] = red["data"][0]["attributes"]["imageSets"][0]["images"]
    assert shown == {"externalUrlLarge": "https://img.example/l.jpg", "externalUrlSmall": "//img.example/s.jpg"}
    created = await shop.signed("POST", IMAGES, data=body(old, file_name="ve2011"), headers=JSON)
    assert created.headers["Location"] == f"{IMAGES}/706"
    listed = (await shop.signed("GET", f"{IMAGES}/706")).json()
    assert listed["url"].endswith("/v/e/ve2011_1.jpg")


BAD: Final[list[tuple[dict[str, Any], str]]] = [
    ({"sku": "nothing", "path": "/a/b/ab.jpg"}, "1: there is no product with the SKU 'nothing'."),
    ({"sku": "dress", "path": "/n/o/no.jpg"}, "1: there is no file /n/o/no.jpg in "),
    ({"sku": "dress", "path": "/../../etc/passwd"}, "1: there is no file /../../etc/passwd in "),
    ({"sku": "dress", "file": "bad.jpg"}, "1: "),
    ({"sku": "dress", "path": "/a/b/ab.jpg", "types": ["nonsense"]}, "1: there is no image type 'nonsense'."),
    ({"sku": "dress", "path": "/a/b/ab.jpg", "stores": {"mars": {}}}, "1: there is no store view 'mars'."),
    ({"sku": "dress", "path": "/a/b/ab.jpg", "position": -1}, "1: position "),
    ({"sku": "dress", "path": "/a/b/ab.jpg", "colour": "red"}, "1: colour Unknown field."),
    ({"sku": "dress"}, "1: an image needs "),
    ({"path": "/a/b/ab.jpg"}, "1: a line has a sku, or a path and a file"),
]


@pytest.mark.parametrize(("line", "reason"), BAD)
async def test_a_line_that_cannot_be_right_is_left_out(
    serve: Serve, tmp_path: Path, line: dict[str, Any], reason: str
) -> None:
    """A bad line is reported with its number and reason; the good ones beside it are imported."""
    shop = await serve(run_worker=False)
    folder = files(
        tmp_path / "media",
        a__b__ab_jpg=encoded(picture(20, 20)),
        bad_jpg=b"no picture",
        good_jpg=encoded(picture(9, 9)),
    )
    async with parts_of(shop) as parts:
        counts, rejected = await imported(parts, [line, {"sku": "dress", "file": "good.jpg"}], folder)
    assert len(rejected) == 1
    assert rejected[0].startswith(reason)
    assert counts["images"] == {"created": 1, "rejected": 1}


async def test_an_import_that_is_broken_off_leaves_ids_for_uploads(serve: Serve, tmp_path: Path) -> None:
    """From the first batch on, uploads get ids behind those that came along."""
    shop = await serve(run_worker=False)
    folder = files(tmp_path / "media", a__b__ab_jpg=encoded(picture(20, 20)))

    def lines() -> Iterator[Numbered]:
        yield 1, json.dumps({"sku": "dress", "id": 1, "path": "/a/b/ab.jpg"}).encode()
        yield from ((number, b"") for number in range(2, BATCH + 1))
        raise EOFError

    async with parts_of(shop) as parts:
        importing = GalleryImport(
            parts.storage.database,
            parts.pictures.filing,
            GalleryFiles(parts.pictures.intake, folder, keep=True),
            Report(lambda _, reason: pytest.fail(reason)),
        )
        with pytest.raises(EOFError):
            await importing.run(lines())
    created = await shop.signed("POST", IMAGES, data=body(encoded(picture(9, 9))), headers=JSON)
    assert created.headers["Location"] == f"{IMAGES}/2"


@pytest.mark.parametrize(
    ("largest", "dry_run", "following"),
    [(1, False, 2), (5, False, 6), (5, True, 6), (9_000, False, 9_001), (9_000, True, 1), (0, False, 1)],
)
async def test_new_ids_come_behind_those_brought_along(
    database: Database, connection: Connection, largest: int, dry_run: bool, following: int
) -> None:
    """Numbering moves beyond the largest id, never back; a dry run moves it only as far as it may count itself."""
    for one in (largest, 0, largest - 1):
        await database.fetchval("move_image_ids_beyond", one, dry_run)
    assert await connection.fetchval("select nextval('image_id_seq')") == following


async def test_a_key_never_gets_other_bytes(serve: Serve, tmp_path: Path) -> None:
    """A key whose picture shows another file is refused: entries that use it would show one file and serve another."""
    shop = await serve(run_worker=False)
    folder = files(tmp_path / "media", one_jpg=encoded(picture(20, 20)), two_jpg=encoded(picture(30, 20)))
    lines = [
        {"sku": sku, "key": "k1", "file": file}
        for sku, file in (("dress", "one.jpg"), ("dress-red", "two.jpg"), ("dress-blue", "one.jpg"))
    ]
    async with parts_of(shop) as parts:
        counts, rejected = await imported(parts, lines, folder)
    assert rejected == ["2: the key 'k1' is taken here by another file."]
    assert counts["images"] == {"created": 2, "rejected": 1}


async def test_two_imports_at_a_time_do_not_lock_each_other_out(serve: Serve, tmp_path: Path) -> None:
    """Of two imports that want the same paths in opposite orders one gets them; each has a single upload slot."""
    shop = await serve(run_worker=False, max_uploads=1)
    folder = files(tmp_path / "media", one_jpg=encoded(picture(20, 20)), two_jpg=encoded(picture(30, 20)))
    paths = [f"/p/a/path{number}.jpg" for number in range(50)]
    forth = [{"sku": "dress", "path": path, "file": "one.jpg"} for path in paths]
    back = [{"sku": "dress-red", "path": path, "file": "two.jpg"} for path in reversed(paths)]
    async with parts_of(shop) as one, parts_of(shop) as other:
        both = await asyncio.gather(imported(one, forth, folder), imported(other, back, folder))
    reported = sorted(tuple(counts["images"].items()) for counts, _ in both)
    assert reported == [(("created", len(paths)),), (("rejected", len(paths)),)]


async def test_a_dry_run_says_what_would_happen_and_changes_nothing(
    serve: Serve, connection: Connection, tmp_path: Path
) -> None:
    """A dry run counts and rejects as the real one would, and leaves no row, no claim and no object."""
    shop = await serve(run_worker=False)
    folder = files(tmp_path / "media", a__b__ab_jpg=encoded(picture(20, 20)))
    lines = [{"sku": "dress", "path": "/a/b/ab.jpg"}, {"sku": "nothing", "path": "/a/b/ab.jpg"}]
    async with parts_of(shop) as parts:
        counts, rejected = await imported(parts, lines, folder, dry_run=True)
    assert (counts["images"], len(rejected)) == ({"created": 1, "rejected": 1}, 1)
    assert (await shop.signed("GET", IMAGES)).json() == []
    assert not list((shop.settings.data_dir / "objects").rglob("blobs/*/*/*"))
    assert await connection.fetchval("select count(*) from blob_claim") == 0


def fail(path: str, reason: str) -> None:
    pytest.fail(f"{path}: {reason}")


LONG: Final = "ü" * 200
ODD_PATHS: Final = (
    f"/l/o/{LONG}.jpg",
    f"/l/o/{'l' * 260}.jpg",
    "/a/folder/and.jpg",
    "/a/folder",
    "/no extension",
    "/d/o/..dots..",
    "/q/u/\"quotes' & <b>;%2F?#.jpg",
    "/n/f/e\u0301.jpg",
    "/n/f/\u00e9.jpg",
)


async def test_an_export_takes_any_name_and_an_import_takes_it_back(
    serve: Serve, fresh: Fresh, connection: Connection, tmp_path: Path
) -> None:
    """Names that a disc does not take lie elsewhere, and their lines say where; nothing is left out on the way."""
    first = await serve(run_worker=False)
    for number in range(len(ODD_PATHS) + 2):
        data = encoded(picture(30, 20, seed=number))
        assert (await first.signed("POST", IMAGES, data=body(data, file_name="L" * 250), headers=JSON)).status == 200
    await connection.execute(
        "insert into file_path (path, blob_hash, clean_recipe) select odd.path, p.blob_hash, p.clean_recipe"
        " from unnest($1::text[]) with ordinality odd (path, nr) join image i on i.id = odd.nr"
        " join file_path p on p.path = i.file_path",
        ODD_PATHS,
    )
    await connection.execute(
        "update image set file_path = odd.path, file_name = $2 || odd.path"
        " from unnest($1::text[]) with ordinality odd (path, nr) where id = odd.nr",
        ODD_PATHS,
        LONG,
    )
    folder = tmp_path / "moving"
    async with parts_of(first) as parts:
        lines = [
            line async for line in GalleryExport(parts.storage.database, parts.storage.store, folder, fail).lines()
        ]
    paths = {str(line["path"]) for line in lines}
    assert paths > set(ODD_PATHS)
    async with fresh() as database:
        second = await serve(database=database, run_worker=False, data_dir=tmp_path / "second")
        async with parts_of(second) as parts:
            assert (await imported(parts, lines, folder))[1] == []
            again = [
                line async for line in GalleryExport(parts.storage.database, parts.storage.store, None, fail).lines()
            ]
    assert {line["path"] for line in again} == paths
    assert [line.get("file_name") for line in again] == [line.get("file_name") for line in lines]


async def test_an_export_goes_on_behind_a_file_that_cannot_be_written(serve: Serve, tmp_path: Path) -> None:
    """A file that the store has lost is reported by its path; all lines are written, and all other files."""
    shop = await serve(run_worker=False)
    for name in ("gone", "there"):
        data = encoded(picture(30, 20, seed=len(name)))
        assert (await shop.signed("POST", IMAGES, data=body(data, file_name=name), headers=JSON)).status == 200
        if name == "gone":
            lost = blob_key(BlobHash(hashlib.sha256(data).hexdigest()))
    (shop.settings.data_dir / "objects" / lost).unlink()
    reported: list[str] = []
    async with parts_of(shop) as parts:
        export = GalleryExport(
            parts.storage.database, parts.storage.store, tmp_path / "out", lambda path, _: reported.append(path)
        )
        lines = [line["path"] async for line in export.lines()]
    assert lines == ["/g/o/gone.jpg", "/t/h/there.jpg"]
    assert reported == ["/g/o/gone.jpg"]
    assert (tmp_path / "out/t/h/there.jpg").read_bytes() == data


async def answers(shop: Shop) -> dict[str, Any]:
    """What every dialect says of every product, hosts left out."""
    reported = {}
    for path in READS:
        for language in ("en", "de"):
            headers = {"Accept": "application/json", "Accept-Language": language, "X-Spree-Token": shop.api_key}
            plain = await shop.call("GET", path, headers=headers)
            reported[path, language] = plain.status, plain.body.replace(f":{shop.url.port}".encode(), b"")
        if path.startswith("/api/rest"):
            reported[path, "admin"] = (await shop.signed("GET", path)).body.replace(f":{shop.url.port}".encode(), b"")
    return reported


async def test_what_is_exported_and_imported_answers_the_same(serve: Serve, fresh: Fresh, tmp_path: Path) -> None:
    """An export imported into an empty catalogue gives the same answers in all three dialects, and exports the same."""
    first = await serve(run_worker=False)
    for number, (path, fields) in enumerate(
        [
            (IMAGES, {"label": "Front", "types": ["image", "small_image"]}),
            (IMAGES, {"file_name": "back", "label": "Back & <b> é", "exclude": 1}),
            (f"{IMAGES}/store/german", {"label": "Nur deutsch", "types": ["thumbnail"]}),
            ("/api/rest/products/9/images", {"file_name": "back"}),
            ("/api/rest/products/dress/images", {"file_name": "gone"}),
        ]
    ):
        data = encoded(picture(40, 30, seed=number % 2))
        assert (await first.signed("POST", path, data=body(data, **fields), headers=JSON)).status == 200
    ids = [image["id"] for image in (await first.signed("GET", IMAGES)).json()]
    put = json.dumps({"label": "Vorne", "position": 9, "types": ["thumbnail"]})
    assert (await first.signed("PUT", f"{IMAGES}/{ids[1]}/store/german", data=put, headers=JSON)).status == 200
    assert (await first.signed("PUT", f"{IMAGES}/{ids[2]}", data='{"file_name":"renamed"}', headers=JSON)).status == 200
    assert (await first.signed("DELETE", f"{IMAGES}/{ids[0]}/store/3")).status == 200
    spree = await first.call("DELETE", f"/api/v1/variants/8/images/{ids[3]}", headers={"X-Spree-Token": first.api_key})
    assert spree.status == 204
    edit = {"edit": {"rotate": 90, "crop": [0, 0, 1, 0.75], "focal": [1, 0]}}
    key = {"Authorization": f"Bearer {first.api_key}"}
    assert (await first.call("PATCH", f"/v1/images/{ids[1]}", json=edit, headers=key)).status == 200

    folder = tmp_path / "moving"
    async with parts_of(first) as parts:
        lines = [
            line async for line in GalleryExport(parts.storage.database, parts.storage.store, folder, fail).lines()
        ]
    async with fresh() as database:
        second = await serve(database=database, run_worker=False, data_dir=tmp_path / "second")
        async with parts_of(second) as parts:
            counts, rejected = await imported(parts, lines, folder)
            assert rejected == []
            assert counts["images"] == {"created": 4}
            assert [
                line async for line in GalleryExport(parts.storage.database, parts.storage.store, None, fail).lines()
            ] == lines
            [moved] = [line for line in lines if "edit" in line]
            earlier = moved | {"file_updated_at": "2013-06-06T15:44:36Z"}
            tiny, wrong = ({**moved, "edit": {"crop": [0, 0, width, 1]}} for width in (0.1, 0))
            unsaid = {name: value for name, value in earlier.items() if name != "edit"}
            counts, rejected = await imported(parts, [*lines, earlier, unsaid, tiny, wrong], folder)
            assert counts["images"] == {"unchanged": 6, "rejected": 2}
            assert rejected == ["10: too little is left", "11: edit crop must leave something, within the picture."]
        assert moved["edit"] == {"rotate": 90, "crop": (0.0, 0.0, 1.0, 0.75), "focal": (1.0, 0.0)}
        assert await answers(second) == await answers(first)


async def test_lines_name_products_and_store_views_as_other_systems_do(serve: Serve, tmp_path: Path) -> None:
    """SKUs and codes have no case where one is meant, and the global scope may be called `admin` or 0."""
    shop = await serve(run_worker=False)
    folder = files(tmp_path / "media", a_jpg=encoded(picture(20, 20)), b_jpg=encoded(picture(21, 20)))
    lines: list[dict[str, Any]] = [
        {"sku": "DRESS", "id": 1, "file": "a.jpg", "stores": {"admin": {"label": "All", "types": ["image"]}}},
        {"sku": "Dress-Red", "id": 2, "file": "b.jpg", "stores": {"0": {"label": "R"}, "GERMAN": {"label": "D"}}},
        {"sku": "dress", "file": "a.jpg", "label": "x", "stores": {"Admin": {"label": "y"}}},
        {"sku": "dress", "file": "a.jpg", "stores": {"german": {"label": "x"}, "2": {"label": "y"}}},
        {"sku": "dress", "file": "a.jpg", "stores": {"0": {"hidden": True}}},
        {"sku": "Dress", "stores": {"ADMIN": {"types": {"thumbnail": None}}}},
    ]  # fmt: skip
    async with parts_of(shop) as parts:
        for outcome in ("created", "unchanged"):
            counts, rejected = await imported(parts, lines, folder)
            assert sorted(rejected) == [
                "3: label is said twice of the global scope.",
                "4: the store view '2' is named twice.",
                "5: the global scope hides no image.",
            ]
            assert counts["images"] == {outcome: 2, "rejected": 3}
        exported = [
            line async for line in GalleryExport(parts.storage.database, parts.storage.store, None, fail).lines()
        ]
    given = {line["id"]: line for line in exported if "id" in line}
    assert (given[1]["sku"], given[1]["label"], given[1]["types"]) == ("dress", "All", ["image"])
    assert (given[2]["sku"], given[2]["label"], given[2]["stores"]) == ("dress-red", "R", {"german": {"label": "D"}})
    assert {"sku": "dress", "types": {"thumbnail": None}} in exported
