"""Reports of a whole catalogue, as text, as JSON and as CSV."""

import csv
import io
import json
from pathlib import Path
from typing import Final

import pytest

from app.db.connections.connect import Connection
from app.errors import InvalidCommand
from tests.commands.conftest import CommandLine

SHOP: Final = """
    insert into website (code) values ('base');
    insert into store_view (id, code, locale, website_id) values (1, 'default', 'en_US', 1);
    insert into product (id, sku, sku_key, slug) values (1, '@mug', '@mug', 'mug'), (2, 'lamp', 'lamp', 'lamp');
    insert into blob (hash, size, format, width, height, state) values (sha256('a'), 9, 'jpeg', 400, 900, 'ready');
    insert into picture (id, blob_hash, url_large) values (1, sha256('a'), null), (2, null, 'https://img.example/2.jpg');
    insert into image (id, product_id, picture_id, label) values (11, 1, 1, 'Mug'), (12, 1, 2, 'Elsewhere');
"""


@pytest.fixture(name="shop")
async def _shop(cli: CommandLine, connection: Connection) -> CommandLine:
    await connection.execute(SHOP)
    return cli


async def test_images_are_checked(shop: CommandLine, tmp_path: Path) -> None:
    """A line for each image and rule and, at the end, how many came to what; the same as one object and as a table;
    `--result` and `--sku` choose."""
    text = (await shop.run("report", "checks", "--set", "google")).out.splitlines()
    assert text[:2] == [
        "@mug  image 11  size: fail (400, limit 500)",
        "@mug  image 11  size_advised: warn (400, limit 1500)",
    ]
    assert text[14:17] == [
        "",
        "rule          pass  warn  fail  not_checked",
        "size          0     0     1     1",
    ]
    whole = await shop("report", "checks", "--set", "google")
    assert (whole["set"], len(whole["checks"]), whole["rules"][0]) == (
        "google", 14, {"rule": "size", "pass": 0, "warn": 0, "fail": 1, "not_checked": 1},
    )  # fmt: skip
    failed = await shop("report", "checks", "--set", "google", "--result", "fail")
    assert failed["checks"] == [whole["checks"][0]]
    assert whole["checks"][0]["from"] == "2027-01-31"
    assert await shop("report", "checks", "--set", "house", "--sku", "lamp", "--result", "fail") == {
        "checks": [],
        "set": "house",
        "rules": [{"rule": rule, "fail": 0} for rule in ("size", "ratio", "alt_text", "duplicate", "sharpness")],
    }
    table = (await shop.run("report", "checks", "--set", "house", "--csv", "--sku", "@mug", "--result", "fail")).out
    assert table == "sku,product_id,image,rule,result,measured,limit\r\n'@mug,1,11,size,fail,400,800\r\n"


async def test_what_cannot_be_reported_is_refused(shop: CommandLine, tmp_path: Path) -> None:
    """An unknown set or product, two forms at once, a rule file with a mistake: in a sentence."""
    assert await shop.fails("report", "checks", "--set", "ebay") == (
        "There is no rule set ebay; there are amazon_main, google, house."
    )
    assert await shop.fails("report", "checks", "--set", "house", "--sku", "x") == "There is no product x."
    for form in ("--json", "--csv"):
        told = await shop.fails("report", "checks", "--set", "house", "--sku", "@mug", "--sku", "x", form)
        assert (told, shop.capture.readouterr().out) == ("There is no product x.", "")
    assert "not both" in await shop.fails("report", "checks", "--set", "house", "--csv", "--json")
    (tmp_path / "own.toml").write_text("id = 3\n")
    told = await shop.fails_with({"CHECKS_DIR": str(tmp_path)}, "report", "checks", "--set", "own")
    first = told.splitlines()[0]
    assert first.startswith(f"{tmp_path}/own.toml, line 1: id has to be a word of a-z")
    doctor = await shop.run("doctor", "--json", CHECKS_DIR=str(tmp_path))
    found = json.loads(doctor.out.splitlines()[-1])["checks"][0]
    assert (doctor.code, found["name"], found["ok"]) == (1, "settings", False)
    assert found["detail"].splitlines()[0] == first


async def test_what_products_lack_is_listed(shop: CommandLine) -> None:
    """In the words of `missing`; `--what` chooses."""
    lacking = await shop("report", "missing")
    assert [(lack["sku"], lack["missing"]) for lack in lacking["missing"]] == [
        ("@mug", "type:image"), ("@mug", "type:small_image"), ("@mug", "type:thumbnail"), ("lamp", "image"),
    ]  # fmt: skip
    assert lacking["products"] == {"type:image": 1, "type:small_image": 1, "type:thumbnail": 1, "image": 1}
    table = (await shop.run("report", "missing", "--what", "type:image", "--csv")).out
    assert list(csv.reader(io.StringIO(table))) == [["sku", "product_id", "missing"], ["'@mug", "1", "type:image"]]
    text = (await shop.run("report", "missing", "--what", "image")).out
    assert text == "lamp  image\n\nmissing  products\nimage    1\n"
    assert (await shop.run("report", "missing", "--what", "label:default")).out == "Nothing is missing.\n"
    for what, name in (("label:nosuch", "nosuch"), ("type:nosuch", "nosuch"), ("label:image", "image")):
        with pytest.raises(InvalidCommand, match=f"There is no store view, or type, {name}."):
            await shop.run("report", "missing", "--what", what)
    with pytest.raises(SystemExit):
        await shop.run("report", "missing", "--what", "everything")
