import json
from pathlib import Path

from app.db.connections.connect import Connection
from tests.commands.conftest import CommandLine
from tests.pictures import encoded, picture


async def _product(cli: CommandLine, sku: str) -> dict[str, object]:
    [product] = [row for row in (await cli("product", "list"))["products"] if row["sku"] == sku]
    return dict(product)


async def test_a_product_is_added_with_everything_at_its_default(cli: CommandLine) -> None:
    """A product of which only the SKU is said is on sale, visible, may have images and is in the website base."""
    added = await cli("product", "add", "--sku", "Blue Mug")
    assert (added["sku"], added["slug"], added["outcome"]) == ("Blue Mug", "blue-mug", "created")
    assert await _product(cli, "Blue Mug") == {
        "id": added["id"],
        "sku": "Blue Mug",
        "slug": "blue-mug",
        "name": None,
        "parent": None,
        "enabled": True,
        "visible": True,
        "supports_images": True,
        "websites": ["base"],
    }


async def test_adding_again_updates_what_was_given(cli: CommandLine) -> None:
    """A second add changes the options that were given and leaves the rest; a third one changes nothing."""
    await cli("product", "add", "--sku", "mug", "--name", "Mug", "--hidden", "--website", "eu", "us")
    again = ("product", "add", "--sku", "mug", "--disabled", "--visible", "--no-images")
    assert (await cli(*again))["outcome"] == "updated"
    assert (await cli(*again))["outcome"] == "unchanged"
    product = await _product(cli, "mug")
    assert (product["name"], product["slug"], product["websites"]) == ("Mug", "mug", ["eu", "us"])
    assert (product["enabled"], product["visible"], product["supports_images"]) == (False, True, False)


async def test_a_product_goes_into_the_default_website(cli: CommandLine) -> None:
    """The website of the default store view is meant where none is named."""
    await cli("store", "add", "--code", "english", "--website", "eu", "--default")
    await cli("product", "add", "--sku", "mug")
    assert (await _product(cli, "mug"))["websites"] == ["eu"]


async def test_websites_are_replaced_or_left(cli: CommandLine) -> None:
    """Naming websites replaces those that a product was in, and --no-website takes it out of all."""
    await cli("product", "add", "--sku", "mug", "--website", "eu", "--website", "us")
    await cli("product", "add", "--sku", "mug", "--website", "asia")
    assert (await _product(cli, "mug"))["websites"] == ["asia"]
    await cli("product", "add", "--sku", "mug", "--no-website")
    assert (await _product(cli, "mug"))["websites"] == []


async def test_a_variant_names_its_parent(cli: CommandLine) -> None:
    """A parent makes a product a variant; a variant is never a parent, and a parent never a variant."""
    await cli("product", "add", "--sku", "mug")
    await cli("product", "add", "--sku", "mug-red", "--parent", "mug")
    assert (await _product(cli, "mug-red"))["parent"] == "mug"
    assert "has a parent itself" in await cli.fails("product", "add", "--sku", "x", "--parent", "mug-red")
    await cli("product", "add", "--sku", "lamp")
    assert "has children" in await cli.fails("product", "add", "--sku", "mug", "--parent", "lamp")
    assert "no product" in await cli.fails("product", "add", "--sku", "mug", "--parent", "unknown")
    assert "no product" in await cli.fails("product", "add", "--sku", "lamp", "--parent", "lamp")


async def test_a_chosen_id_moves_the_numbering_on(cli: CommandLine) -> None:
    """After a product with a chosen id new ones are numbered beyond it, and a lower free id may be chosen, too."""
    assert (await cli("product", "add", "--sku", "a", "--id", "1"))["id"] == 1
    assert (await cli("product", "add", "--sku", "b", "--id", "500"))["id"] == 500
    assert (await cli("product", "add", "--sku", "c"))["id"] == 501
    assert (await cli("product", "add", "--sku", "d", "--id", "7"))["id"] == 7
    assert (await cli("product", "add", "--sku", "e"))["id"] == 502


async def test_an_id_is_given_once(cli: CommandLine) -> None:
    """An id is never changed, and never used again, not even that of a deleted product."""
    await cli("product", "add", "--sku", "a", "--id", "7")
    assert (await cli("product", "add", "--sku", "a", "--id", "7"))["outcome"] == "unchanged"
    assert "cannot be changed" in await cli.fails("product", "add", "--sku", "a", "--id", "8")
    await cli("product", "delete", "--sku", "a")
    assert "already given" in await cli.fails("product", "add", "--sku", "b", "--id", "7")
    assert "positive number" in await cli.fails("product", "add", "--sku", "b", "--id", "0")


async def test_slugs_are_made_from_the_name_and_never_twice(cli: CommandLine) -> None:
    """A slug comes from the name, with the SKU where that is taken; one that cannot be spelled in ASCII is made up."""
    slugs = [
        (await cli("product", "add", "--sku", sku, "--name", name))["slug"]
        for sku, name in [("A1", "Grüße & Co."), ("A2", "Grüße & Co"), ("Я", "Чашка")]
    ]
    assert slugs[:2] == ["grusse-co", "grusse-co-a2"]
    assert slugs[2].startswith("product-")


async def test_a_slug_of_another_product_is_refused(cli: CommandLine) -> None:
    """A slug that another product has is refused, and so is what cannot be one part of a path."""
    await cli("product", "add", "--sku", "mug", "--slug", "blue")
    assert await cli.fails("product", "add", "--sku", "lamp", "--slug", "blue") == "Another product has the slug blue."
    for slug in ("a/b", "a b", "a?b", "a#b", ""):
        assert "one part of a path" in await cli.fails("product", "add", "--sku", "lamp", "--slug", slug)


async def test_renaming_keeps_the_former_slug(cli: CommandLine, connection: Connection) -> None:
    """A renamed product keeps its former slugs, the one given up last being the newest."""
    await cli("product", "add", "--sku", "mug", "--slug", "one")
    for slug in ("two", "one", "three"):
        assert (await cli("product", "rename", "--sku", "mug", "--slug", slug))["slug"] == slug
    rows = await connection.fetch("select slug from product_former_slug order by id")
    assert [row["slug"] for row in rows] == ["two", "one"]
    assert "no product" in await cli.fails("product", "rename", "--sku", "lamp", "--slug", "x")


async def test_deleting_takes_the_children_along(cli: CommandLine) -> None:
    """A deleted product takes its variants with it; deleting it again changes nothing; an unknown one is an error."""
    await cli("product", "add", "--sku", "mug")
    await cli("product", "add", "--sku", "mug-red", "--parent", "mug")
    assert sorted((await cli("product", "delete", "--sku", "mug"))["deleted"]) == ["mug", "mug-red"]
    assert (await cli("product", "delete", "--sku", "mug"))["deleted"] == []
    assert (await cli("product", "list"))["products"] == []
    assert await cli.fails("product", "delete", "--sku", "lamp") == "There is no product lamp."


async def test_a_deleted_sku_may_come_back_as_a_new_product(cli: CommandLine) -> None:
    """A SKU and slug that were deleted are free again, under a new id."""
    first = await cli("product", "add", "--sku", "mug")
    await cli("product", "delete", "--sku", "mug")
    second = await cli("product", "add", "--sku", "mug")
    assert (second["slug"], second["outcome"]) == (first["slug"], "created")
    assert second["id"] != first["id"]


async def test_a_sku_is_found_without_case_and_quotes(cli: CommandLine, connection: Connection) -> None:
    """The spelling for lookups that ignore case and quotes is written with the product."""
    await cli("product", "add", "--sku", '19" Rack')
    assert await connection.fetchval("select sku_key from product") == "19--rack"


async def test_text_that_cannot_be_kept_is_refused(cli: CommandLine) -> None:
    """Control characters, lone surrogates and overlong texts are refused in a sentence."""
    for sku in ("a\0b", "a\nb", "a\udce4b", "x" * 256):
        assert "control characters" in await cli.fails("product", "add", "--sku", sku)
    assert "needs a SKU" in await cli.fails("product", "add", "--sku", " ")


async def test_a_list_for_people_is_a_table(cli: CommandLine) -> None:
    """Without --json a list has columns under their names."""
    assert (await cli.run("product", "list")).out == "No products.\n"
    await cli("product", "add", "--sku", "mug")
    head, row = (await cli.run("product", "list")).out.splitlines()
    assert head.split()[:3] == ["id", "sku", "slug"]
    assert row.split()[1:] == ["mug", "mug", "-", "-", "yes", "yes", "yes", "base"]


async def test_a_product_is_shown_with_its_images(cli: CommandLine, tmp_path: Path) -> None:
    """`product show` and `image list` tell what pictures there are, where they lie and what is built of them."""
    await cli("product", "add", "--sku", "mug", "--name", "Becher")
    (tmp_path / "a.png").write_bytes(encoded(picture(9, 8), "PNG"))
    line = {"sku": "mug", "path": "/a/b/ab.png", "file": "a.png", "label": "Front", "position": 2, "types": ["image"]}
    url = {"sku": "mug", "url_large": "https://img.example/l.jpg", "position": 1}
    (tmp_path / "lines").write_text(f"{json.dumps(line)}\n{json.dumps(url)}\n")
    await cli("import", "gallery", str(tmp_path / "lines"), "--files", str(tmp_path))

    shown = await cli("product", "show", "--sku", "mug")
    assert (shown["product"]["name"], [image["file"] for image in shown["images"]]) == (
        "Becher",
        ["https://img.example/l.jpg", "/a/b/ab.png"],
    )
    one = (await cli("image", "list", "--sku", "mug"))["images"][1]
    assert {name: one[name] for name in ("sku", "label", "position", "types", "format", "width", "height")} == {
        "sku": "mug", "label": "Front", "position": 2, "types": ["image"], "format": "png", "width": 9, "height": 8,
    }  # fmt: skip
    assert one["renditions"] == 0
    assert [image["id"] for image in (await cli("image", "list"))["images"]] == [2, 1]
    assert "/a/b/ab.png" in (await cli.run("product", "show", "--sku", "mug")).out
    for words in (("product", "show"), ("image", "list")):
        assert "There is no product cup." in await cli.fails(*words, "--sku", "cup")
