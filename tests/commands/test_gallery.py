"""`import gallery` and `export products`, as a pipeline runs them."""

import asyncio
import json
import re
import signal
import unicodedata
from pathlib import Path
from typing import Any

import pytest

from app.commands import progress
from app.db.connections.connect import Connection
from app.service.pictures.intake import Blob
from app.service.transfer.galleries.files import GalleryFiles
from app.service.transfer.galleries.importer import BATCH
from tests.commands.conftest import CommandLine
from tests.pictures import encoded, picture
from tests.processes import command

COUNTS = {"created": 0, "updated": 0, "unchanged": 0, "rejected": 0}


def write(folder: Path, lines: list[Any], *pictures: str) -> tuple[str, ...]:
    """The words of an import of these lines, with the files named beside them."""
    for name in pictures:
        path = folder / "media" / name.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encoded(picture(9, 9)))
    (folder / "media").mkdir(exist_ok=True)
    (folder / "lines").write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))
    report = str(folder / "rejected.txt")
    return "import", "gallery", str(folder / "lines"), "--files", str(folder / "media"), "--report", report


@pytest.fixture
async def lamp(cli: CommandLine) -> CommandLine:
    await cli("product", "add", "--sku", "lamp")
    await cli("product", "add", "--sku", "1234")
    return cli


async def test_ids_that_a_file_brings_along_are_kept_free_for_it(
    lamp: CommandLine, tmp_path: Path, connection: Connection
) -> None:
    """From before the first batch on uploads get ids behind all that the file brings, whatever became of its lines:
    what is repaired and repeated still gets its own."""
    lines = [{"sku": "lamp", "id": 20000 + number, "path": f"/r/1/r{number}.jpg"} for number in (1, 2, 150)]
    words = write(tmp_path, lines, "/r/1/r1.jpg")
    assert (await lamp.run(*words)).code == 1
    assert await connection.fetchval("select nextval('image_id_seq')") == 20151
    words = write(tmp_path, lines, "/r/1/r2.jpg", "/r/1/r150.jpg")
    assert (await lamp(*words))["images"] == COUNTS | {"created": 2, "unchanged": 1}


async def test_a_dry_run_keeps_no_ids_free(lamp: CommandLine, tmp_path: Path, connection: Connection) -> None:
    """A dry run leaves the numbering where it was, but for what it may count itself."""
    words = write(tmp_path, [{"sku": "lamp", "id": 20001, "path": "/r/1/r1.jpg"}], "/r/1/r1.jpg")
    assert (await lamp(*words, "--dry-run"))["images"]["created"] == 1
    assert await connection.fetchval("select nextval('image_id_seq')") == 1


async def test_lines_from_a_database_dump_are_taken(lamp: CommandLine, tmp_path: Path) -> None:
    """Texts stand for numbers and numbers for texts; a path that can be none is told what one has to be."""
    lines = [
        {"sku": "lamp", "id": "705", "path": "/a/a/aa.jpg", "position": "2", "exclude": "0", "label": 7},
        {"sku": 1234, "id": 706.0, "path": "/b/b/bb.jpg", "file_updated_at": "1371224744", "file_name": 12},
        {"sku": "lamp", "id": 707, "path": "c/c/cc.jpg"},
        {"sku": "lamp", "id": 708, "path": "/b/a/back\\slash.jpg"},
        {"path": "w/i/withdrawn.jpg", "file": None},
        {"sku": "lamp", "id": "7x", "path": "/a/a/aa.jpg"},
        {"sku": "lamp", "id": True, "path": "/a/a/aa.jpg"},
        {"sku": "lamp", "id": 1.5, "path": "/a/a/aa.jpg"},
        {"sku": "lamp", "id": 9, "path": ""},
        {"sku": "lamp", "id": 9, "file": "x" * 300},
    ]
    words = write(tmp_path, lines, "/a/a/aa.jpg", "/b/b/bb.jpg", "/c/c/cc.jpg", "/b/a/back\\slash.jpg")
    output = await lamp.run(*words)
    assert output.out.startswith("Images: 2 created, 0 updated, 0 unchanged, 8 rejected.")
    rule = (
        "cannot be a path: one begins with /, and has no backslash, no control character and no part that is empty, "
        "a dot or two."
    )
    media = tmp_path / "media"
    assert (tmp_path / "rejected.txt").read_text().splitlines() == [
        f"line 3: c/c/cc.jpg {rule}",
        f"line 4: /b/a/back\\slash.jpg {rule}",
        f"line 5: w/i/withdrawn.jpg {rule}",
        *(f"line {number}: id must be a whole number." for number in (6, 7, 8)),
        "line 9: path must not be empty.",
        f"line 10: there is no file {'x' * 300} in {media}.",
    ]
    await lamp("export", "gallery", str(tmp_path / "out"))
    first, second = map(json.loads, (tmp_path / "out").read_bytes().splitlines())
    assert (first["id"], first["position"], first["exclude"], first["label"]) == (705, 2, False, "7")
    assert (second["sku"], second["file_updated_at"], second["file_name"]) == (
        "1234",
        "2013-06-14T15:45:44+00:00",
        "12",
    )


async def test_bytes_that_are_purged_while_an_import_reads_them_stay_away(
    lamp: CommandLine, tmp_path: Path, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of them is recorded again; the other lines are done."""
    read = GalleryFiles.read

    async def read_and_purge(self: GalleryFiles, name: str) -> Blob:
        blob = await read(self, name)
        if name == "/a/a/aa.jpg":
            await connection.execute("insert into blob_barred (hash) values ($1)", bytes.fromhex(blob.hash))
        return blob

    monkeypatch.setattr(GalleryFiles, "read", read_and_purge)
    lines = [{"sku": "lamp", "path": "/a/a/aa.jpg"}, {"sku": "lamp", "path": "/b/b/bb.jpg"}]
    words = write(tmp_path, lines, "/a/a/aa.jpg", "/b/b/bb.jpg")
    (tmp_path / "media/b/b/bb.jpg").write_bytes(encoded(picture(9, 8)))

    assert (await lamp.run(*words)).code == 1

    left_out = (tmp_path / "rejected.txt").read_text()
    assert left_out == "line 1: these bytes were purged and may not come back.\n"
    kept = await connection.fetch("select hash in (select hash from blob_barred) as is_barred from blob")
    assert [row["is_barred"] for row in kept] == [False]


@pytest.mark.parametrize(("on_disc", "in_line"), [("NFC", "NFD"), ("NFD", "NFC"), ("NFD", "NFD")])
async def test_names_find_each_other_however_they_are_composed(
    lamp: CommandLine, tmp_path: Path, on_disc: Any, in_line: Any
) -> None:
    """A file whose name was composed otherwise on its way, as archives from macOS do, is found."""
    name = "/ü/é/Größe é.jpg"
    lines = [{"sku": "lamp", "path": "/a/b/ab.jpg", "file": unicodedata.normalize(in_line, name)}]
    words = write(tmp_path, lines, unicodedata.normalize(on_disc, name))
    assert (await lamp(*words))["images"]["created"] == 1


async def test_the_report_is_in_the_order_of_the_file(lamp: CommandLine, tmp_path: Path) -> None:
    """Two reports of one file are the same, line by line, whatever was reported first; a good run leaves none."""
    bad: list[Any] = [
        {"sku": "lamp", "path": f"/n/o/no{number}.jpg"} if number % 2 else {"sku": "none", "path": "/a/a/aa.jpg"}
        for number in range(BATCH + 20)
    ]
    reports = []
    for _ in range(2):
        await lamp.run(*write(tmp_path, bad, "/a/a/aa.jpg"))
        reports.append((tmp_path / "rejected.txt").read_text())
    numbers = [int(line.split()[1].rstrip(":")) for line in reports[0].splitlines()]
    assert numbers == list(range(1, BATCH + 21))
    assert reports[0] == reports[1]
    words = write(tmp_path, [{"sku": "lamp", "path": "/a/a/aa.jpg"}])
    assert (await lamp(*words))["report"] is None
    assert not (tmp_path / "rejected.txt").exists()


async def test_what_was_left_out_is_known_after_a_kill(lamp: CommandLine, tmp_path: Path) -> None:
    """After `kill -9` the report has all lines that were reported, and the repeated import is complete."""
    lines: list[Any] = [{"sku": "none", "path": "/a/a/aa.jpg"}]
    lines += [{"sku": "lamp", "path": f"/p/a/path{number}.jpg", "file": "a.jpg"} for number in range(3 * BATCH)]
    words = write(tmp_path, lines, "a.jpg", "/a/a/aa.jpg")
    process = await command(*words, **lamp.environ)
    report = tmp_path / "rejected.txt"
    async with asyncio.timeout(40):
        while not (report.exists() and report.stat().st_size):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    await process.communicate()
    assert report.read_text() == "line 1: there is no product with the SKU 'none'.\n"
    again = await lamp.run(*words)
    assert "1 rejected" in again.out
    assert "unchanged" in again.out
    assert again.out.count(" 0 unchanged") < 3


async def test_life_is_told_where_there_is_no_terminal(
    lamp: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a terminal a line every ten seconds tells how far an import is; here, every few milliseconds."""
    assert progress._EVERY_SECONDS == 10
    monkeypatch.setattr(progress, "_EVERY_SECONDS", 0.005)
    output = await lamp.run(*write(tmp_path, [{"sku": "lamp", "path": "/a/a/aa.jpg"}], "/a/a/aa.jpg"))
    size = (tmp_path / "lines").stat().st_size
    assert re.search(rf"At work for \d+ s: {size} of {size} \(100 %\) bytes\.", output.err)


@pytest.mark.parametrize("way", ["list", "export"])
async def test_products_move_out_and_in(cli: CommandLine, tmp_path: Path, connection: Connection, way: str) -> None:
    """What `product list --json` and `export products` write is imported as it is, variants with smaller ids than
    their parents too; the same again changes nothing."""
    file = tmp_path / "products.jsonl"
    await cli("product", "add", "--sku", "mug", "--id", "9", "--name", "Becher", "--website", "eu", "us")
    await cli("product", "add", "--sku", "mug-red", "--id", "3", "--parent", "mug", "--hidden", "--no-website")
    await cli("product", "add", "--sku", "card", "--no-images", "--disabled")
    products = (await cli("product", "list"))["products"]
    if way == "export":
        assert await cli("export", "products", str(file)) == {"lines": 3}
    else:
        file.write_text((await cli.run("product", "list", "--json")).out)
    assert await cli("product", "import", str(file)) == COUNTS | {"unchanged": 3}
    await connection.execute("truncate product, website restart identity cascade")
    assert await cli("product", "import", str(file)) == COUNTS | {"created": 3}
    assert (await cli("product", "list"))["products"] == products
