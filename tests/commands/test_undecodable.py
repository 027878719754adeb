"""Bytes that are no text, in every file that a command takes: refused by line, and never replaced."""

import re
from pathlib import Path
from typing import Final

import pytest

from app.db.connections.connect import Connection
from tests.commands.conftest import CommandLine
from tests.pictures import encoded, picture

_LATIN: Final = "größe".encode("latin-1")
_GOOD: Final = "größe".encode()
FILES: Final = {
    "gallery": (b'{"sku":"lamp","path":"/a/b/%s.jpg","file":"a.jpg","label":"%s"}\n', b""),
    "product lines": (b'{"sku":"%s","name":"%s"}\n', b""),
    "product table": (b"%s,%s\n", b"sku,name\n"),
    "image sets": (
        b"default,/%s.jpg,/s.jpg,en_US,lamp,,%s,k%s\n",
        b"image_set_name,external_url_large,external_url_small,locale,abstract_sku,concrete_sku,alt_text_large.en_US,product_image_key\n",
    ),
}
"""What a line of each looks like, and its head."""

NAMES: Final = {
    "gallery": "g.jsonl", "product lines": "p.jsonl", "product table": "p.csv", "image sets": "product_image.csv"
}  # fmt: skip

ALL: Final = """select coalesce(string_agg(t, ' '), '') from (
    select concat_ws(' ', sku, slug, name) as t from product union all select label from image
    union all select path from file_path union all select large from picture_text
) texts"""
"""Every text that these files bring."""


async def imported(cli: CommandLine, kind: str, text: bytes, folder: Path) -> tuple[int, str]:
    """The exit code, and what standard error and the report say."""
    (folder / "a.jpg").write_bytes(encoded(picture(12, 8)))
    file = folder / NAMES[kind]
    report = ("--report", str(folder / "rejected.txt"))
    if kind == "image sets":
        words = ("import", "glue", str(folder), *report)
    elif kind == "gallery":
        words = ("import", "gallery", str(file), "--files", str(folder), *report)
    else:
        words = ("product", "import", str(file))
    file.write_bytes(text)
    output = await cli.run(*words, "--json")
    rejected = folder / "rejected.txt"
    return output.code, output.err + (rejected.read_text() if rejected.exists() else "")


@pytest.mark.parametrize("kind", FILES)
async def test_a_line_that_is_no_text_is_refused_alone(
    cli: CommandLine, connection: Connection, tmp_path: Path, kind: str
) -> None:
    """Its number is reported; the lines around it are imported as they are, and nothing becomes U+FFFD."""
    await cli("store", "add", "--id", "1", "--code", "default", "--locale", "en_US")
    await cli("product", "add", "--sku", "lamp")
    line, head = FILES[kind]
    names = (b"one" + _GOOD, b"two" + _LATIN, b"three" + _GOOD)
    text = head + b"".join(line.replace(b"%s", name) for name in names)
    code, err = await imported(cli, kind, text, tmp_path)
    kept = await connection.fetchval(ALL)
    assert code == 1
    assert re.search(rf"line {2 + bool(head)}\b|,{2 + bool(head)},", err)
    assert "onegröße" in kept
    assert "threegröße" in kept
    assert "two" not in kept
    assert "\ufffd" not in kept


@pytest.mark.parametrize("kind", FILES)
async def test_a_byte_order_mark_declares_the_charset(
    cli: CommandLine, connection: Connection, tmp_path: Path, kind: str
) -> None:
    """The same file in UTF-16, as Excel and PowerShell write it, is read."""
    await cli("store", "add", "--id", "1", "--code", "default", "--locale", "en_US")
    await cli("product", "add", "--sku", "lamp")
    line, head = FILES[kind]
    text = (head + line.replace(b"%s", _GOOD)).decode().encode("utf-16")
    assert (await imported(cli, kind, text, tmp_path))[0] == 0
    assert "größe" in await connection.fetchval(ALL)
