import asyncio
from pathlib import Path

import pytest

from app.db.connections.connect import Connection
from tests.commands.conftest import CommandLine

IMAGES = (
    "image_set_name,external_url_large,external_url_small,locale,abstract_sku,sort_order,product_image_key\n"
    "default,/L,/S,en_US,mug,0,k1\n"
    "default,/L,/S,de_DE,mug,0,k2\n"
)
NOTHING = {"created": 0, "updated": 0, "unchanged": 0, "rejected": 0}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "catalogue"
    folder.mkdir()
    (folder / "product_abstract.csv").write_text("abstract_sku\nmug\n")
    (folder / "product_image.csv").write_text(IMAGES)
    return folder


def report(tmp_path: Path) -> tuple[str, ...]:
    return "--report", str(tmp_path / "rejected.csv")


async def test_an_import_tells_what_it_did(cli: CommandLine, folder: Path, tmp_path: Path) -> None:
    """An import counts products, sets, images and links by what became of them."""
    created = {"created": 2, "updated": 0, "unchanged": 0, "rejected": 0}
    assert await cli("import", "glue", str(folder), *report(tmp_path)) == {
        "products": created | {"created": 1},
        "sets": created,
        "images": created | {"skipped": 0},
        "links": created,
        "folded_owners": 0,
        "dry_run": False,
        "report": None,
    }
    assert not (tmp_path / "rejected.csv").exists()


async def test_folding_makes_galleries(cli: CommandLine, folder: Path, tmp_path: Path, connection: Connection) -> None:
    """With --fold-locales a product that shows the same in both languages gets a gallery, and no sets."""
    reported = await cli("import", "glue", str(folder), "--fold-locales", *report(tmp_path))
    assert (reported["folded_owners"], reported["sets"], reported["links"]["created"]) == (1, NOTHING, 1)
    assert await connection.fetchval("select count(*) from image") == 1


async def test_a_dry_run_changes_nothing(
    cli: CommandLine, folder: Path, tmp_path: Path, connection: Connection
) -> None:
    """A dry run tells the same and changes nothing."""
    reported = await cli("import", "glue", str(folder), "--dry-run", *report(tmp_path))
    assert (reported["dry_run"], reported["images"]["created"]) == (True, 2)
    assert await connection.fetchval("select count(*) from picture") == 0


async def test_lines_left_out_are_listed(cli: CommandLine, folder: Path, tmp_path: Path) -> None:
    """Lines that were left out are listed in the report, the command says where it is, and its exit code is 1."""
    with (folder / "product_image.csv").open("a") as file:
        file.write("default,/L,/S,en_US,cup,0,k3\n")
    output = await cli.run("import", "glue", str(folder), *report(tmp_path))
    assert output.code == 1
    assert "Images: 2 created, 0 updated, 0 unchanged, 1 rejected." in output.out
    assert str(tmp_path / "rejected.csv") in output.out
    assert (tmp_path / "rejected.csv").read_text() == (
        'file,line,reason\nproduct_image.csv,4,"Abstract product with sku ""cup"" not found."\n'
    )


async def test_what_cannot_be_imported_is_refused(cli: CommandLine, folder: Path, tmp_path: Path) -> None:
    """A folder without files is refused, and so is to fetch on a dry run."""
    assert "There is none of" in await cli.fails("import", "glue", str(tmp_path), *report(tmp_path))
    assert "do not go together" in await cli.fails("import", "glue", str(folder), "--dry-run", "--fetch")


async def test_a_fetch_tells_what_is_still_foreign(cli: CommandLine, folder: Path, tmp_path: Path) -> None:
    """A fetch tells how many URLs are still foreign, and why in the report."""
    output = await cli.run("import", "glue", str(folder), "--fetch", "--json", *report(tmp_path))
    assert output.code == 1
    assert '"fetched":0,"still_foreign":1' in output.out
    assert (tmp_path / "rejected.csv").read_text().splitlines()[1].startswith("/L,,The address may not be fetched.")


async def test_what_is_unusual_is_told_where_no_program_reads(cli: CommandLine, folder: Path, tmp_path: Path) -> None:
    """How a file is read, and rows that are for something else, are told to people."""
    rows = IMAGES.replace("product_image_key", "product_image_key,product_image_set_key").replace("k1", "k1,")
    (folder / "product_image.csv").write_text(f"{rows.replace('k2', 'k2,')}banner,/L,/S,,,0,k3,s1\n".replace(",", ";"))
    output = await cli.run("import", "glue", str(folder), *report(tmp_path))
    assert output.code == 0
    assert "Images: 2 created, 0 updated, 0 unchanged, 0 rejected, 1 skipped." in output.out
    assert "product_image.csv is read as separated by semicolons." in output.err


async def test_two_imports_at_once_have_a_report_each(cli: CommandLine, folder: Path, tmp_path: Path) -> None:
    """One import waits for the other, both succeed, and neither writes into the other's report or removes it."""
    with (folder / "product_image.csv").open("a") as file:
        file.write("default,/L,/S,en_US,cup,0,k3\n")
    outputs = await asyncio.gather(*(cli.run("import", "glue", str(folder), *report(tmp_path)) for _ in range(2)))
    assert [output.code for output in outputs] == [1, 1]
    reports = [(tmp_path / name).read_text() for name in ("rejected.csv", "rejected-2.csv")]
    assert (reports[0], reports[0].count("cup")) == (reports[1], 1)
