"""Whatever a file has become on its way, an import ends in counts or in a sentence."""

import gzip
import random
from collections.abc import Callable
from typing import Final

import pytest

from app.errors import ProductImagesError, sentence
from app.service.transfer.glue.report import Counts
from tests.lengths import by_length
from tests.service.transfer.glue.conftest import Importer

FILES: Final = by_length(200, 4000)
ABSTRACT: Final = "abstract_sku,name.en_US,name.de_DE\n177,Kettle,Kessel\n178,Ümläut,Größe\n".encode()
CONCRETE: Final = b"abstract_sku,concrete_sku,is_active\n177,c1,1\n178,c2,0\n"
IMAGES: Final = (
    "image_set_name,external_url_large,external_url_small,locale,abstract_sku,concrete_sku,sort_order,"
    "product_image_key,product_image_set_key,alt_text_large.en_US,alt_text_small.de_DE\n"
    "default,https://img.example/a b$.jpg,//img.example/s.jpg,en_US,177,,0,k1,,Front,Vorne\n"
    'default,"https://img.example/b,c.jpg",/x,de_DE,177,,1,k2,,,\n'
    "default,/L,/S,,178,,3,k3,,größer,\n"
    'picto,"two\nlines",/S,de_DE,,c1,7,k4,set1,,\n'
    "default,/L,/S,en_US,,,0,k5,for-something-else,,\n"
).encode()
PIECES: Final = (
    b"\0", b"\r", b"\n", b"\r\n", b'"', b'""', b",", b";", b"\t", b"|", b"\xff", b"\xc3", b"\xed\xa0\x80",
    b"\xef\xbb\xbf", b"\xff\xfe", b"\x1f\x8b", b"sep=;\n", b"9" * 400, b"9" * 5000, b"-1", b"1e9",
    b"x" * 140_000, b"en_US", b"177", b"k1", b"c1", b"\\", b"'", b"%", b"$1", b"\x1b[31m", "\u202e".encode(),
    "\U0001f600".encode(), "e\u0301".encode(), b"abstract_sku", b"product_image.",
    b"locale,locale", b"\x7f", b"\x85", "\u2028".encode(),
    b"NULL", b"\\N", b"\\.",
)  # fmt: skip

Mutation = Callable[[random.Random, bytes], bytes]


def cut(dice: random.Random, data: bytes) -> bytes:
    return data[: dice.randrange(len(data) + 1)]


def without_a_part(dice: random.Random, data: bytes) -> bytes:
    at = dice.randrange(len(data) + 1)
    return data[:at] + data[at + dice.randrange(60) :]


def with_a_piece(dice: random.Random, data: bytes) -> bytes:
    at = dice.randrange(len(data) + 1)
    return data[:at] + dice.choice(PIECES) * dice.choice((1, 1, 2)) + data[at:]


def with_flipped_bits(dice: random.Random, data: bytes) -> bytes:
    damaged = bytearray(data)
    for _ in range(min(len(damaged), dice.randrange(1, 6))):
        damaged[dice.randrange(len(damaged))] ^= 1 << dice.randrange(8)
    return bytes(damaged)


def with_lines_moved(dice: random.Random, data: bytes) -> bytes:
    lines = data.splitlines(keepends=True)
    return b"".join(dice.choices(lines, k=dice.randrange(2 * len(lines)))) if lines else data


def with_cells_moved(dice: random.Random, data: bytes) -> bytes:
    cells = data.split(b",")
    dice.shuffle(cells)
    return b",".join(cells)


def separated_otherwise(dice: random.Random, data: bytes) -> bytes:
    return data.replace(b",", dice.choice((b";", b"\t", b"|", b" ")))


def encoded_otherwise(dice: random.Random, data: bytes) -> bytes:
    encoding = dice.choice(("utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1", "cp437", "utf-7"))
    return data.decode("utf-8", "replace").encode(encoding, "replace")


def ending_otherwise(dice: random.Random, data: bytes) -> bytes:
    return data.replace(b"\n", dice.choice((b"\r", b"\r\n", b"\r\r\n", b"\n\n", b"\x0b", b"")))


def packed(dice: random.Random, data: bytes) -> bytes:
    return dice.choice(
        (gzip.compress(data, mtime=0), b"PK\x03\x04" + data, dice.randbytes(len(data)), b"{" + data, b"")
    )


MUTATIONS: Final[tuple[Mutation, ...]] = (
    cut, without_a_part, with_a_piece, with_a_piece, with_a_piece, with_flipped_bits, with_flipped_bits,
    with_lines_moved, with_cells_moved, separated_otherwise, encoded_otherwise, ending_otherwise, packed,
)  # fmt: skip


def mutated(dice: random.Random, data: bytes) -> bytes:
    for mutate in dice.choices(MUTATIONS, k=dice.choice((1, 1, 2, 3))):
        data = mutate(dice, data)
    return data


@pytest.mark.timeout(by_length(120, 2400))  # fifty imports, or a thousand
@pytest.mark.parametrize("part", range(4))
async def test_any_file_ends_in_counts_or_a_sentence(importer: Importer, part: int) -> None:
    """Hundreds of files that were cut, bent, packed, encoded or filled with what does not belong there: each import
    counts what it did or refuses a file in one sentence, and no failure is unforeseen."""
    dice = random.Random(part)
    refused = imported = 0
    for _ in range(FILES // 4):
        files = {"product_abstract.csv": ABSTRACT, "product_concrete.csv": CONCRETE, "product_image.csv": IMAGES}
        which = dice.choice((*files, "product_image.csv", "product_image.csv"))
        files[which] = mutated(dice, files[which])
        for name, data in files.items():
            (importer.folder / name).write_bytes(data)
        counts = await outcome(importer, dice)
        if isinstance(counts, str):
            assert counts.startswith(which), files[which]
            assert counts.isprintable()
            refused += 1
        else:
            imported += counts["products"]["rejected"] + counts["images"]["rejected"] > 0
    assert refused > FILES // 100
    assert imported > FILES // 33


async def outcome(importer: Importer, dice: random.Random) -> Counts | str:
    try:
        return await importer.run(keep=dice.random() < 0.2, fold=dice.random() < 0.3)
    except ProductImagesError as error:
        return sentence(error)
