"""Sets that are equal in every language are written once."""

from tests.service.transfer.glue.conftest import Importer

BOTH = ("en_US", "de_DE")


def rows(name: str, sku: str, *urls: str, locale: str, order: int = 0) -> list[str]:
    return [
        f"{name},{url},{url}-s,{locale},{sku},,{order + at},{locale}-{sku}-{name}-{url}," for at, url in enumerate(urls)
    ]


def in_both(name: str, sku: str, *urls: str) -> list[str]:
    return [row for locale in BOTH for row in rows(name, sku, *urls, locale=locale)]


async def documents(importer: Importer, *skus: str) -> list[dict[str, list[str]]]:
    return [await importer.sets(sku, locale) for sku in skus for locale in BOTH]


async def test_equal_sets_become_the_gallery(importer: Importer) -> None:
    """An owner whose sets are equal in every language gets them once: `default` as its gallery."""
    importer.products("177")
    importer.images(
        *rows("picto", "177", "p", locale="en_US", order=9),
        *rows("default", "177", "b", "a", locale="en_US"),
        *rows("default", "177", "b", "a", locale="de_DE", order=20),
        *rows("picto", "177", "p", locale="de_DE", order=70),
    )
    assert await importer.created(fold=True) == {"products": 1, "sets": 1, "images": 6, "links": 3}
    assert await documents(importer, "177") == [{"default": ["b", "a"], "picto": ["p"]}] * 2
    gallery = await importer.connection.fetch(
        "select position, key from image join picture p on p.id = picture_id order by position"
    )
    assert [tuple(row) for row in gallery] == [(1, "en_US-177-default-b"), (2, "en_US-177-default-a")]
    again = await importer.run(fold=True)
    assert [outcomes["created"] + outcomes["updated"] for outcomes in again.values()] == [0, 0, 0, 0]


async def test_storefronts_see_no_difference(importer: Importer) -> None:
    """Folded or not, storefronts see the same, whatever keeps an owner from folding."""
    skus = ("equal", "order", "urls", "names", "language", "keyed", "without", "ties")
    importer.products(*skus)
    importer.images(
        *rows("default", "equal", "a", "b", locale="de_DE"),
        *rows("default", "equal", "a", "b", locale="en_US"),
        *rows("default", "order", "a", "b", locale="de_DE"),
        *rows("default", "order", "b", "a", locale="en_US"),
        *rows("default", "urls", "a", locale="de_DE"),
        *rows("default", "urls", "a", "c", locale="en_US"),
        *rows("default", "names", "a", locale="de_DE"),
        *rows("other", "names", "a", locale="en_US"),
        *rows("default", "language", "a", locale="de_DE"),
        "default,a,a,de_DE,keyed,,0,k1,",
        "default,a,a,en_US,keyed,,0,k2,set-key",
        *rows("default", "without", "a", locale="de_DE"),
        *rows("default", "without", "a", locale="en_US"),
        "default,a,a,,without,,0,k3,",
        *rows("y", "ties", "a", locale="de_DE"),
        *rows("x", "ties", "b", locale="de_DE"),
        *rows("y", "ties", "a", locale="en_US"),
        *rows("x", "ties", "b", locale="en_US"),
    )
    await importer.run()
    plain = [list(shown.items()) for shown in await documents(importer, *skus)]
    await importer.connection.execute("truncate image_set, image, picture cascade")
    await importer.run(fold=True)
    assert [list(shown.items()) for shown in await documents(importer, *skus)] == plain
    folded = await importer.connection.fetch(
        "select sku from product p"
        " where not exists (select from image_set s where s.product_id = p.id and not is_folded) order by id"
    )
    assert [row["sku"] for row in folded] == ["equal", "ties"]


async def test_texts_come_along(importer: Importer) -> None:
    """The texts of every language are copied to the pictures used."""
    importer.products("177")
    importer.images(
        "default,a,a,en_US,177,,0,k1,,large,small,,",
        "default,a,a,de_DE,177,,0,k2,,,,groß,klein",
        texts=True,
    )
    await importer.run(fold=True)
    assert [await importer.texts("177", locale) for locale in BOTH] == [[("large", "small")], [("groß", "klein")]]
    assert (await importer.run(fold=True))["images"]["updated"] == 0


async def test_a_gallery_that_others_filled_is_not_folded_into(importer: Importer) -> None:
    """An owner whose gallery others have added to gets its sets per language, and its gallery stays."""
    importer.products("177")
    importer.images(*in_both("default", "177", "a"))
    await importer.run(fold=True)
    await importer.connection.execute(
        "with p as (insert into picture (url_large) values ('own') returning id)"
        " insert into image (product_id, picture_id, position) select product_id, p.id, 7 from image, p"
    )
    assert await documents(importer, "177") == [{"default": ["a", "own"]}] * 2
    assert (await importer.created(fold=True))["sets"] == 2
    assert await documents(importer, "177") == [{"default": ["a"]}] * 2
    assert await importer.connection.fetchval("select count(*) from image where deleted_at is null") == 2


async def test_a_fold_goes_on_where_an_earlier_one_stopped(importer: Importer) -> None:
    """A later file that still folds adds to the gallery, and never takes from it."""
    importer.products("177")
    importer.images(*in_both("default", "177", "a", "b"))
    await importer.run(fold=True)
    importer.images(*in_both("default", "177", "b", "c"))
    counts = await importer.run(fold=True)
    assert (counts["sets"]["created"], counts["links"]["created"], counts["links"]["updated"]) == (0, 1, 1)
    assert await documents(importer, "177") == [{"default": ["a", "b", "c"]}] * 2


async def test_sets_that_an_import_without_folding_made_are_not_taken_back(importer: Importer) -> None:
    """What was folded gets its sets by an import without folding, and keeps them: the next fold leaves it alone."""
    importer.products("177")
    importer.images(*in_both("default", "177", "a"))
    await importer.run(fold=True)
    assert (await importer.created())["sets"] == 2
    counts = await importer.run(fold=True)
    assert [outcomes["created"] + outcomes["updated"] for outcomes in counts.values()] == [0, 0, 0, 0]
    assert await documents(importer, "177") == [{"default": ["a"]}] * 2
    assert await importer.connection.fetchval("select count(*) from image_set") == 2
