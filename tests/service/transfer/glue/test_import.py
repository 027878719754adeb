"""What becomes of a Glue shop's files."""

import asyncio

import pytest

from app.errors import InvalidCommand
from app.service.transfer.glue import products
from app.service.transfer.glue.run import Options
from tests.service.transfer.glue.conftest import Importer

UNCHANGED = {"created": 0, "updated": 0, "rejected": 0}


async def test_a_catalogue_is_imported(importer: Importer) -> None:
    """Products, sets, images and links are created, and a storefront sees them."""
    importer.products("177", c1="177", c2="177")
    importer.images(
        "default,L2,S2,en_US,177,,1,k2,",
        "default,L1,S1,en_US,177,,0,k1,",
        "default,D1,,de_DE,177,,,k3,",
        "picto,P1,P1,en_US,,c1,0,k4,",
    )
    assert await importer.created() == {"products": 3, "sets": 3, "images": 4, "links": 4}
    assert await importer.sets("177") == {"default": ["L1", "L2"]}
    assert await importer.sets("177", "de_DE") == {"default": ["D1"]}
    assert await importer.sets("c1", concrete=True) == {"picto": ["P1"]}
    assert await importer.sets("c2", concrete=True) == {"default": ["L1", "L2"]}
    assert await importer.connection.fetchval("select name from product where sku = '177'") == "Name of 177"


async def test_a_first_import_looks_at_each_product_a_few_times(
    importer: Importer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many there are by then: statements are planned while there are none, and might build the state of all of
    them for each batch."""
    monkeypatch.setattr(products, "_BATCH", 100)
    count = 2000
    importer.products(*(f"{number:05d}" for number in range(count)))
    importer.images()
    await importer.run()
    looks = "select idx_scan from pg_stat_user_tables where relname = 'product_website' and n_tup_ins >= $1"
    async with asyncio.timeout(30):  # the import's connection tells what it did as it ends
        while (looked := await importer.connection.fetchval(looks, count)) is None:  # noqa: ASYNC110 -- elsewhere
            await asyncio.sleep(0.05)
    assert looked <= 4 * count


async def test_a_second_run_writes_nothing(importer: Importer) -> None:
    """A second run finds everything unchanged, and no row has a new version."""
    importer.products("177", "178", c1="177")
    importer.images(
        "default,L1,S1,en_US,177,,0,k1,,a,,,",
        "default,L2,S2,,178,,3,k2,,a,b,c,",
        "default,L3,S3,de_DE,,c1,7,k3,setkey,,,x,y",
        "other,L1,S1,,178,,0,k1,,,,,",
        texts=True,
    )
    await importer.run()
    before = await versions(importer)
    unchanged = {
        subject: UNCHANGED | {"unchanged": number}
        for subject, number in (("products", 3), ("sets", 3), ("images", 3), ("links", 4))
    }
    assert await importer.run() == unchanged | {"images": unchanged["images"] | {"skipped": 0}}
    assert await versions(importer) == before


async def versions(importer: Importer) -> list[str]:
    tables = ("product", "picture", "picture_text", "image_set", "image_set_link", "image", "product_website")
    return [
        str(await importer.connection.fetch(f"select xmin::text, ctid::text, xmax::text from {table} order by ctid"))
        for table in tables
    ]


async def test_a_dry_run_tells_and_changes_nothing(importer: Importer) -> None:
    """A dry run says what would happen, and changes nothing."""
    importer.products("177")
    importer.images("default,L1,S1,en_US,177,,0,k1,")
    dry = await importer.run(keep=False)
    assert await importer.connection.fetchval("select count(*) from product") == 0
    assert await importer.run() == dry


async def test_the_last_row_of_a_key_decides_everywhere(importer: Importer) -> None:
    """A reused image key has the URLs of its last row, in every set that links to it."""
    importer.products("177", "178")
    importer.images("default,old,old,en_US,177,,0,k1,", "default,new,new,en_US,178,,0,k1,")
    await importer.run()
    assert [await importer.sets(sku) for sku in ("177", "178")] == [{"default": ["new"]}] * 2
    importer.images("default,newest,newest,de_DE,178,,0,k1,")
    assert (await importer.run())["images"] == {"created": 0, "updated": 1, "unchanged": 0, "rejected": 0, "skipped": 0}
    assert await importer.sets("177") == {"default": ["newest"]}


async def test_nothing_is_ever_deleted(importer: Importer) -> None:
    """What a later file does not name stays; a link named again gets its new sort order."""
    importer.products("177")
    importer.images("default,A,A,en_US,177,,0,a,", "default,B,B,en_US,177,,1,b,")
    await importer.run()
    importer.images("default,A,A,en_US,177,,5,a,", "default,C,C,en_US,177,,3,c,")
    counts = await importer.run()
    assert counts["links"] == {"created": 1, "updated": 1, "unchanged": 0, "rejected": 0}
    assert await importer.sets("177") == {"default": ["B", "C", "A"]}


async def test_ties_keep_the_order_of_lines(importer: Importer) -> None:
    """Equal sort orders keep the order of the lines, over sets and gallery alike."""
    importer.products("177", "178")
    importer.images(
        *(f"z-set,{url},{url},en_US,177,,0,{url}," for url in "qwerty"),
        "a-set,u,u,en_US,177,,0,u,",
        "named,n,n,,178,,0,n,",
        "default,g,g,,178,,0,g,",
        "also,o,o,,178,,0,o,",
    )
    await importer.run()
    assert list((await importer.sets("177")).items()) == [("z-set", list("qwerty")), ("a-set", ["u"])]
    assert list(await importer.sets("178")) == ["named", "default", "also"]


async def test_a_set_key_is_the_identity_of_a_set(importer: Importer) -> None:
    """A row with a known set key overwrites name, locale and owner; a natural key matches only sets without key."""
    importer.products("177", "178")
    importer.images("default,A,A,en_US,177,,0,a,s1", "default,B,B,en_US,177,,0,b,")
    assert (await importer.created())["sets"] == 2
    importer.images("moved,C,C,de_DE,178,,1,c,s1")
    assert (await importer.run())["sets"] == {"created": 0, "updated": 1, "unchanged": 0, "rejected": 0}
    assert await importer.sets("177") == {"default": ["B"]}
    assert await importer.sets("178", "de_DE") == {"moved": ["A", "C"]}


async def test_rows_without_locale_named_default_are_the_gallery(importer: Importer) -> None:
    """A row without locale and set key, named `default`, goes to the gallery: sort order n is position n + 1."""
    importer.products("177")
    importer.images("default,A,A,,177,,4,a,", "default,B,B,,177,,,b,")
    assert await importer.created() == {"products": 1, "sets": 0, "images": 2, "links": 2}
    rows = await importer.connection.fetch(
        "select position, excluded, imported_picture_id = picture_id as own from image order by id"
    )
    assert [tuple(row) for row in rows] == [(5, False, True), (1, False, True)]
    assert await importer.sets("177", "de_DE") == {"default": ["B", "A"]}


async def test_a_gallery_entry_that_was_deleted_or_replaced_does_not_come_back(importer: Importer) -> None:
    """A key counts as present in the gallery even when its entry was replaced or deleted since."""
    importer.products("177")
    importer.images("default,A,A,,177,,0,a,", "default,B,B,,177,,1,b,")
    await importer.run()
    execute = importer.connection.execute
    await execute("update image set deleted_at = now() where position = 1")
    await execute("with p as (insert into picture (url_large) values ('N') returning id)"
                  " update image set picture_id = p.id from p where position = 2")  # fmt: skip
    assert (await importer.run())["links"] == {"created": 0, "updated": 0, "unchanged": 2, "rejected": 0}
    assert await importer.sets("177") == {"default": ["N"]}


async def test_a_fetched_picture_is_external_again_once_its_urls_change(importer: Importer) -> None:
    """A fetched picture stays ours while its URLs stay; with other URLs it is external again."""
    importer.products("177")
    importer.images("default,A,A,,177,,0,a,")
    await importer.run()
    await importer.connection.execute(
        "insert into blob (hash, size, format, width, height) values (sha256('x'), 1, 'png', 1, 1);"
        "insert into file_path (path, blob_hash, clean_recipe) values ('/a/a.png', sha256('x'), 'c');"
        "update picture set blob_hash = sha256('x');"
        "update image set file_path = '/a/a.png', file_name = 'a.png', recipes = '{large-1}'"
    )
    assert (await importer.run())["images"]["unchanged"] == 1
    assert (await importer.sets("177"))["default"][0].endswith("/a.png")
    importer.images("default,A2,A,,177,,0,a,")
    assert (await importer.run())["images"]["updated"] == 1
    assert await importer.sets("177") == {"default": ["A2"]}
    row = await importer.connection.fetchrow("select file_path, file_name, recipes from image")
    assert row is not None
    assert tuple(row) == (None, None, [])


async def test_alternative_texts_are_kept_per_locale(importer: Importer) -> None:
    """A set with a locale stores that locale's texts only, one without stores all; an empty cell is an empty text."""
    importer.products("177", "178")
    importer.images(
        "default,A,A,de_DE,177,,0,a,,no,no,groß,",
        "default,B,B,,178,,0,b,,big,,groß,klein",
        texts=True,
    )
    await importer.run()
    assert await importer.texts("177", "de_DE") == [("groß", "")]
    assert await importer.texts("178", "en_US") == [("big", "")]
    assert await importer.texts("178", "de_DE") == [("groß", "klein")]
    importer.images("default,A,A,de_DE,177,,0,a,,,,größer,", "default,B,B,,178,,0,b,,big,,groß,klein", texts=True)
    assert (await importer.run())["images"] == {"created": 0, "updated": 1, "unchanged": 1, "rejected": 0, "skipped": 0}
    assert await importer.texts("177", "de_DE") == [("größer", "")]


async def test_what_is_wrong_with_a_line_is_reported(importer: Importer) -> None:
    """Lines that cannot be imported are reported with number and reason, and cost no other line."""
    importer.products("177", c1="177")
    importer.images(
        "default,A,A,fr_FR,177,,0,a,",
        "default,A,A,en_US,nope,,0,a,",
        "default,A,A,en_US,c1,,0,a,",
        "default,A,A,en_US,,177,0,a,",
        "default,A,A,en_US,,,0,a,",
        "default,A,A,en_US,,,0,a,for-something-else",
        "default,,,en_US,177,,0,a,",
        ",A,A,en_US,177,,0,a,",
        "default,A,A,en_US,177,,0,,",
        f"default,A,A,en_US,177,,0,{'k' * 33},",
        f"default,A,{'u' * 2049},en_US,177,,0,a,",
        f"{'n' * 256},A,A,en_US,177,,0,a,",
        "default,A,A,en_US,177,,many,a,",
        "default,A,A,en_US,177,,-4,a,",
    )
    counts = await importer.run()
    assert counts["images"] == {"created": 1, "updated": 0, "unchanged": 0, "rejected": 12, "skipped": 1}
    assert sorted(importer.rejected(), key=lambda line: int(line.partition(",")[0])) == [
        '2,"Locale by name ""fr_FR"" not found."',
        '3,"Abstract product with sku ""nope"" not found."',
        '4,"Abstract product with sku ""c1"" not found."',
        '5,"Concrete product with sku ""177"" not found."',
        "6,There is neither an abstract_sku nor a concrete_sku.",
        "8,external_url_large and external_url_small are empty.",
        "9,image_set_name is empty.",
        "10,product_image_key is empty.",
        "11,product_image_key is longer than 32 characters.",
        "12,external_url_small is longer than 2048 characters.",
        "13,image_set_name is longer than 255 characters.",
        '14,"sort_order ""many"" is not an integer."',
    ]


async def test_where_both_owners_are_named_the_concrete_wins(importer: Importer) -> None:
    """Where both owners are named the concrete one wins."""
    importer.products("177", c1="177")
    importer.images("default,A,A,en_US,177,c1,0,a,")
    await importer.run()
    assert await importer.sets("177") == {}
    assert await importer.sets("c1", concrete=True) == {"default": ["A"]}


async def test_files_are_read_as_they_come(importer: Importer) -> None:
    """Byte order mark, CRLF, quotes, line breaks in cells, blank lines and a truncated last line are borne."""
    importer.products("177")
    (importer.folder / "product_image.csv").write_bytes(
        b"\xef\xbb\xbfproduct_image_key,image_set_name,external_url_large,external_url_small,locale,abstract_sku\r\n"
        b'k1,"de ""fault""",https://h/a b$.jpg,"//h/c,d.jpg",en_US,177\r\n'
        b"\r\n"
        b'k2,"two\r\nlines",/x,/x,en_US,177\r\n'
        b"k3,\xff,x,x,en_US,177\r\n"
        b"k4,nul\0,x,x,en_US,177\r\n"
        b'k5,"de ""fault""",/same,/same,en_US,177,\r\n'
        b"k6,a,b,c,en_US,177,surplus\r\n"
        b'k7,"x"y,b,c,en_US,177\r\n'
        b'k8,"de ""fault""",/same,/same,en_US,177\r\n'
        b'k9,"unfinished,x'
    )
    assert (await importer.run())["images"] == {"created": 4, "updated": 0, "unchanged": 0, "rejected": 5, "skipped": 0}
    assert await importer.sets("177") == {'de "fault"': ["https://h/a b$.jpg", "same", "same"], "two\r\nlines": ["x"]}
    assert importer.rejected() == [
        "6,The line is not UTF-8.",
        "7,The line has a null character.",
        "9,The line has 7 cells instead of 6.",
        "10,\"This is no row: ',' expected after '\"\"'.\"",
        "12,This is no row: unexpected end of data.",
    ]


async def test_combined_files_are_read_too(importer: Importer) -> None:
    """Columns of combined files are known with their prefix, and say to which product an image belongs."""
    importer.products("177", c1="177")
    importer.write(
        "product_image.csv",
        "abstract_sku,concrete_sku,product_image.image_set_name,product_image.external_url_large,"
        "product_image.external_url_small,product_image.locale,product_image.product_image_key,"
        "product_image.assigned_product_type",
        "177,c1,default,/A,/A,en_US,a,abstract",
        "177,c1,default,/C,/C,en_US,c,concrete",
    )
    await importer.run()
    assert await importer.sets("177") == {"default": ["A"]}
    assert await importer.sets("c1", concrete=True) == {"default": ["C"]}


async def test_a_concrete_may_be_inactive(importer: Importer) -> None:
    """`is_active` decides whether a concrete is known; empty means active."""
    importer.write("product_abstract.csv", "abstract_sku", "177")
    importer.write(
        "product_concrete.csv", "abstract_sku,concrete_sku,is_active", "177,a,1", "177,b,", "177,c,0", ",d,1"
    )
    counts = await importer.run()
    assert counts["products"] == {"created": 4, "updated": 0, "unchanged": 0, "rejected": 1}
    enabled = await importer.connection.fetch("select sku from product where enabled order by sku")
    assert [row["sku"] for row in enabled] == ["177", "a", "b"]
    assert importer.rejected() == ["5,abstract_sku is empty."]


async def test_a_folder_without_files_is_refused(importer: Importer) -> None:
    """A folder without any of the files is refused, and so is a file without a needed column."""
    with pytest.raises(InvalidCommand, match="There is none of"):
        await importer.run()
    importer.write("product_image.csv", "image_set_name,external_url_large", "a,b")
    with pytest.raises(InvalidCommand, match="no column external_url_small, product_image_key"):
        await importer.run()


async def test_products_that_exist_keep_what_the_file_does_not_say(importer: Importer) -> None:
    """An image file alone is enough where the products exist already."""
    importer.products("177")
    await importer.run()
    (importer.folder / "product_abstract.csv").unlink()
    importer.images("default,A,A,en_US,177,,0,a,")
    assert await importer.created() == {"products": 0, "sets": 1, "images": 1, "links": 1}


@pytest.mark.parametrize(
    ("encoding", "separator", "end", "note"),
    [
        ("utf-8", ",", "\r", "lines that end in CR"),
        ("utf-8-sig", ";", "\r\n", "separated by semicolons"),
        ("utf-16", "\t", "\r\n", "UTF-16, separated by tabs"),
    ],
)
async def test_what_excel_writes_is_imported(
    importer: Importer, encoding: str, separator: str, end: str, note: str
) -> None:
    """Excel's German CSV, its Unicode text and an old Mac's line ends are simply read, with a line that says so."""
    importer.products("177")
    importer.images("default,https://img.example/ü.jpg,S,de_DE,177,,0,k1,")
    path = importer.folder / "product_image.csv"
    path.write_bytes(path.read_text().replace(",", separator).replace("\n", end).encode(encoding))
    assert await importer.created() == {"products": 1, "sets": 1, "images": 1, "links": 1}
    assert await importer.sets("177", "de_DE") == {"default": ["https://img.example/ü.jpg"]}
    assert importer.notes == [f"product_image.csv is read as {note}."]


async def test_files_that_are_not_there_are_told(importer: Importer) -> None:
    """A missing file is told; one whose name is spelled otherwise, or that is a folder, is refused with its remedy."""
    importer.write("product_abstract.csv", "abstract_sku", "177")
    await importer.run()
    assert importer.notes == [
        f"There is no {name} in {importer.folder}." for name in ("product_concrete.csv", "product_image.csv")
    ]
    importer.write("Product_Image.csv", "image_set_name")
    with pytest.raises(InvalidCommand, match=r"Product_Image\.csv would not be read: call it product_image\.csv\."):
        await importer.run()
    (importer.folder / "Product_Image.csv").unlink()
    (importer.folder / "product_image.csv").mkdir()
    with pytest.raises(InvalidCommand, match="Is a directory"):
        await importer.run()
    with pytest.raises(InvalidCommand, match="cannot be read: No such file"):
        Options(importer.folder / "nowhere", ("en_US",)).files()


async def test_rows_for_something_else_are_counted(importer: Importer) -> None:
    """Rows without an owner, whose set has a key, are for something other than products: skipped, and counted so."""
    importer.products("177")
    importer.images("default,A,A,en_US,177,,0,a,", "banner,B,B,en_US,,,0,b,s1", "banner,C,C,de_DE,,,0,c,s2")
    assert (await importer.run())["images"]["skipped"] == 2
