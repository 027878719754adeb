import csv
import io
import json
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from app.commands.product_file import read_products
from app.service.catalogue.plan import ProductOptions
from tests.commands.conftest import CommandLine


def _write(folder: Path, content: str | bytes, name: str = "products.csv") -> str:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(path)


async def test_a_csv_file_is_imported_and_importing_it_again_changes_nothing(cli: CommandLine, tmp_path: Path) -> None:
    """The columns are the options of `product add`; a second import writes nothing."""
    path = _write(
        tmp_path,
        "sku,id,slug,name,parent,disabled,hidden,no_images,website,no_website\n"
        "mug,70,blue-mug,Mug,,,,,eu|us,\n"
        'mug-red,,,"Mug, red",mug,yes,1,true,,yes\n',
    )
    assert await cli("product", "import", path) == {"created": 2, "updated": 0, "unchanged": 0, "rejected": 0}
    assert await cli("product", "import", path) == {"created": 0, "updated": 0, "unchanged": 2, "rejected": 0}
    mug, red = (await cli("product", "list"))["products"]
    assert (mug["id"], mug["slug"], mug["websites"]) == (70, "blue-mug", ["eu", "us"])
    assert (red["name"], red["parent"], red["websites"]) == ("Mug, red", "mug", [])
    assert (red["enabled"], red["visible"], red["supports_images"]) == (False, False, False)


async def test_json_lines_are_imported_with_the_same_columns(cli: CommandLine, tmp_path: Path) -> None:
    """A file that begins with a brace is read as JSON lines."""
    lines = [{"sku": "mug", "hidden": True, "website": ["eu", "us"]}, {"sku": 7, "parent": "mug", "id": "9"}]
    path = _write(tmp_path, "\n\n".join(map(json.dumps, lines)), "products.jsonl")
    assert (await cli("product", "import", path))["created"] == 2
    products = (await cli("product", "list"))["products"]
    assert [(row["sku"], row["visible"], row["parent"]) for row in products] == [
        ("7", True, "mug"),
        ("mug", False, None),
    ]


async def test_good_lines_are_imported_and_bad_ones_told_by_number(cli: CommandLine, tmp_path: Path) -> None:
    """A line that cannot be imported is told by its number, the others are imported, and the exit code is 1."""
    path = _write(
        tmp_path,
        b"\xef\xbb\xbfsku;name;id;hidden\r\n"
        b"one;fine;;\r\n"
        b'two;"a\r\nb";;\r\n'
        b"three;\xff;;\r\n"
        b"four;;x;\r\n"
        b"five;;5\r\n"
        b"\r\n"
        b"six;;6;perhaps\r\n"
        b"seven;;5;\r\n"
        b";no sku;;\r\n"
        b"eight;;5;1",
    )
    output = await cli.run("product", "import", path)
    assert (output.code, output.out) == (1, "Products: 2 created, 0 updated, 0 unchanged, 7 rejected.\n")
    assert [line.partition(":")[0] for line in output.err.splitlines()] == [
        f"line {number}" for number in (3, 5, 6, 7, 9, 11, 12)
    ]
    assert [row["sku"] for row in (await cli("product", "list"))["products"]] == ["seven", "one"]


async def test_bad_json_lines_are_told_by_number(cli: CommandLine, tmp_path: Path) -> None:
    """What is no JSON, no object, or has unknown or impossible values is reported by its line."""
    bad = ["nope", "[]", '{"sku":"a","colour":1}', '{"sku":"a","hidden":"maybe"}', '{"sku":[]}', "[" * 100_000]
    path = _write(tmp_path, "\n".join(['{"sku":"good"}', *bad]), "products.jsonl")
    output = await cli.run("product", "import", path)
    assert (output.code, len(output.err.splitlines())) == (1, len(bad))
    assert output.err.startswith("line 2: This is not JSON.\n")


async def test_later_lines_see_earlier_ones(cli: CommandLine, tmp_path: Path) -> None:
    """A line may name the parent of a line before it, and a SKU that comes twice is updated by the second line."""
    path = _write(tmp_path, "sku,parent,name\nmug,,First\nmug-red,mug,\nmug,,Second\nmug,mug-red,\n")
    output = await cli.run("product", "import", path)
    assert "2 created, 1 updated, 0 unchanged, 1 rejected" in output.out
    assert output.err == "line 5: The product mug-red has a parent itself, so it cannot be one.\n"


async def test_more_than_one_batch_is_imported(cli: CommandLine, tmp_path: Path) -> None:
    """Products of one name, more than a batch holds, each get a slug of their own."""
    rows = "".join(f"sku-{number},Shirt,{'sku-0' if number else ''}\n" for number in range(2500))
    path = _write(tmp_path, f"sku,name,parent\n{rows}")
    assert (await cli("product", "import", path))["created"] == 2500
    slugs = {row["slug"] for row in (await cli("product", "list"))["products"]}
    assert len(slugs) == 2500
    assert {"shirt", "shirt-sku-1"} <= slugs


async def test_slugs_may_change_hands_within_a_file(cli: CommandLine, tmp_path: Path) -> None:
    """One product gives up a slug and another takes it, whichever way the database would write them."""
    path = _write(tmp_path, "sku,slug\na,one\nb,two\n")
    await cli("product", "import", path)
    path = _write(tmp_path, "sku,slug\na,three\nb,one\na,two\n")
    assert (await cli("product", "import", path))["updated"] == 3
    slugs = {row["sku"]: row["slug"] for row in (await cli("product", "list"))["products"]}
    assert slugs == {"a": "two", "b": "one"}


async def test_files_that_cannot_be_read_are_refused_as_a_whole(cli: CommandLine, tmp_path: Path) -> None:
    """A missing file, a folder, and a header with unknown, missing or repeated columns are refused in a sentence."""
    assert "No such file" in await cli.fails("product", "import", str(tmp_path / "missing"))
    assert "directory" in await cli.fails("product", "import", str(tmp_path))
    for header, words in [
        ("sku,colour", "unknown columns: colour"),
        ("name", "sku among them"),
        ("", "sku among them"),
        ("sku,name,Name", "twice"),
    ]:
        assert words in await cli.fails("product", "import", _write(tmp_path, f"{header}\n"))


_texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30).map(str.strip).filter(bool)


@given(
    st.lists(st.tuples(_texts, _texts), min_size=1, max_size=20),
    st.sampled_from(",;\t"),
    st.sampled_from(["\n", "\r\n"]),
)
def test_whatever_a_csv_writer_writes_is_read_back(
    tmp_path_factory: object, rows: list[tuple[str, str]], delimiter: str, ending: str
) -> None:
    """SKUs and names come back as they were, whatever is in them and however the file is separated."""
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator=ending).writerows([("sku", "name"), *rows])
    path = tmp_path_factory.getbasetemp() / "any.csv"  # type: ignore[attr-defined]
    path.write_bytes(text.getvalue().encode())
    read = list(read_products(path, lambda _: None))
    assert [line for _, line in read] == [ProductOptions(sku, name=name) for sku, name in rows]
