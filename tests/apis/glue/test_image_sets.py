"""Which image sets a storefront sees."""

import asyncio

import pytest

from app.db.pool import Database
from app.errors import ProductNotFound
from app.events import Event, StatementDone
from app.service.galleries.glue import ImageSetReader, ProductFamily, SetImage, Wanted
from app.settings import Settings
from tests.apis.glue.catalogue import BLOB, Catalogue

SETTINGS = Settings()
MEDIA = "https://cdn.example.com"


class Storefront:
    """Asks as storefronts do, and tells only what matters to a test."""

    def __init__(self, database: Database) -> None:
        self._reader = ImageSetReader(database, SETTINGS)

    async def family(
        self, sku: str, *, concrete: bool = False, locale: str = "en_US", **relatives: bool
    ) -> ProductFamily:
        return await self._reader.read(Wanted(sku, not concrete, locale, MEDIA, **relatives))

    async def sets(self, sku: str, locale: str = "en_US", *, concrete: bool = False) -> dict[str, list[str]]:
        """Large URLs by the names of sets."""
        family = await self.family(sku, concrete=concrete, locale=locale)
        return {one.name: [image.large_url for image in one.images] for one in family.main.sets}

    async def images(self, sku: str, locale: str = "en_US") -> list[SetImage]:
        family = await self.family(sku, locale=locale)
        return [image for one in family.main.sets for image in one.images]


@pytest.fixture
def storefront(database: Database) -> Storefront:
    return Storefront(database)


async def test_a_product_without_images_shows_no_sets(storefront: Storefront, catalogue: Catalogue) -> None:
    """A known product without images shows no sets."""
    await catalogue.product("177", await catalogue.website())
    assert await storefront.sets("177") == {}


async def test_localised_sets_hide_those_without_locale(storefront: Storefront, catalogue: Catalogue) -> None:
    """Sets in the locale are shown alone; without any, those without locale and the gallery are."""
    product = await catalogue.product("177", await catalogue.website())
    await catalogue.set(product, "picto", None, ("null", 5))
    await catalogue.set(product, "default", "de_DE", ("german", 0))
    await catalogue.image(product, await catalogue.picture("gallery"), 1)
    assert await storefront.sets("177", "de_DE") == {"default": ["german"]}
    assert await storefront.sets("177", "en_US") == {"default": ["gallery"], "picto": ["null"]}


async def test_an_empty_set_counts_as_none(storefront: Storefront, catalogue: Catalogue) -> None:
    """A localised set without images hides nothing."""
    product = await catalogue.product("177", await catalogue.website())
    await catalogue.set(product, "default", "en_US")
    await catalogue.image(product, await catalogue.picture("gallery"), 1)
    assert await storefront.sets("177") == {"default": ["gallery"]}


async def test_images_are_ordered_by_sort_order_then_creation(storefront: Storefront, catalogue: Catalogue) -> None:
    """Images stand by sort order, then creation; sets by their first image."""
    product = await catalogue.product("177", await catalogue.website())
    await catalogue.set(product, "later", "en_US", ("l1", 1), ("l0", 0))
    await catalogue.set(product, "tie", "en_US", ("t1", 0), ("t2", 0))
    await catalogue.set(product, "first", "en_US", ("f9", 9))
    first = await catalogue.connection.fetchval("select id from image_set where name = 'first'")
    await catalogue.connection.execute(
        "update image_set_link set sort_order = 0, ordinal = -1 where set_id = $1", first
    )
    sets = await storefront.sets("177")
    assert list(sets.items()) == [("first", ["f9"]), ("later", ["l0", "l1"]), ("tie", ["t1", "t2"])]


async def test_the_gallery_counts_from_position_one(storefront: Storefront, catalogue: Catalogue) -> None:
    """A gallery's position n is sort order n - 1, and an unset position comes last."""
    product = await catalogue.product("177", await catalogue.website())
    for url, position in (("unset", None), ("two", 2), ("one", 1), ("nought", 0)):
        await catalogue.image(product, await catalogue.picture(url), position)
    await catalogue.set(product, "other", None, ("other", 0))
    assert list((await storefront.sets("177")).items()) == [
        ("default", ["nought", "one", "two", "unset"]),
        ("other", ["other"]),
    ]
    await catalogue.connection.execute("update image set position = position + 2")
    assert list(await storefront.sets("177")) == ["other", "default"]


async def test_a_gallery_of_unset_positions_comes_last(storefront: Storefront, catalogue: Catalogue) -> None:
    """A gallery whose positions are all unset comes after every other set."""
    product = await catalogue.product("177", await catalogue.website())
    await catalogue.image(product, await catalogue.picture("unset"), None)
    await catalogue.set(product, "other", None, ("other", 2**31 - 1))
    assert list(await storefront.sets("177")) == ["other", "default"]


async def test_a_concrete_without_images_inherits(storefront: Storefront, catalogue: Catalogue) -> None:
    """A concrete without images shows those of its abstract product, all or nothing."""
    website = await catalogue.website()
    abstract = await catalogue.product("177", website)
    concrete = await catalogue.product("177_1", website, parent=abstract)
    await catalogue.set(abstract, "default", "en_US", ("abstract", 0))
    await catalogue.set(abstract, "picto", None, ("null", 0))
    assert await storefront.sets("177_1", concrete=True) == {"default": ["abstract"]}
    assert await storefront.sets("177_1", "de_DE", concrete=True) == {"picto": ["null"]}
    await catalogue.image(concrete, await catalogue.picture("own"), 1)
    assert await storefront.sets("177_1", concrete=True) == {"default": ["own"]}
    assert await storefront.sets("177") == {"default": ["abstract"]}


async def test_nothing_is_inherited_from_an_unknown_product(storefront: Storefront, catalogue: Catalogue) -> None:
    """A concrete is known by itself, but inherits nothing from an abstract product that is not."""
    website = await catalogue.website()
    abstract = await catalogue.product("177", website, enabled=False)
    await catalogue.product("177_1", website, parent=abstract)
    await catalogue.set(abstract, "default", "en_US", ("abstract", 0))
    family = await storefront.family("177_1", concrete=True, abstract=True)
    assert (family.main.sets, family.main.abstract_sku, family.abstract) == ((), "177", None)


async def test_unknown_products_are_not_found(storefront: Storefront, catalogue: Catalogue) -> None:
    """Disabled, deleted and unpublished products, those of the other kind and those that never were are unknown."""
    website = await catalogue.website()
    known = await catalogue.product("known", website)
    await catalogue.product("disabled", website, enabled=False)
    await catalogue.product("nowhere", None)
    await catalogue.product("concrete", website, parent=known)
    deleted = await catalogue.product("deleted", website)
    await catalogue.connection.execute("update product set deleted_at = now() where id = $1", deleted)
    for sku in ("disabled", "nowhere", "deleted", "concrete", "never", "", "a\0b", "\ufffd"):
        with pytest.raises(ProductNotFound):
            await storefront.family(sku)
    with pytest.raises(ProductNotFound):
        await storefront.family("known", concrete=True)


@pytest.mark.parametrize(
    ("typed", "found"),
    [("a b", "a b"), ("A-B", "A-B"), ("a-B", "a b"), (" a'b ", "a b"), ('A"b', "a b")],
)
async def test_spelling_of_a_sku_is_forgiven(
    storefront: Storefront, catalogue: Catalogue, typed: str, found: str
) -> None:
    """Case, quotes and blanks of a SKU are forgiven; the exact spelling wins, then the lowest id."""
    website = await catalogue.website()
    await catalogue.product("A'B", website, enabled=False)
    for sku in ("a b", "a-b", "A-B"):
        await catalogue.product(sku, website)
    assert (await storefront.family(typed)).main.sku == found


async def test_the_gallery_is_read_in_the_store_view_of_the_locale(
    storefront: Storefront, catalogue: Catalogue
) -> None:
    """The gallery is read in the active store view with the locale, of those in the product's websites the first."""
    website, elsewhere = await catalogue.website(), await catalogue.website("elsewhere")
    await catalogue.view(1, "de_DE", elsewhere)
    await catalogue.view(2, "de_DE", website, active=False)
    await catalogue.view(4, "de_DE", website)
    await catalogue.view(3, "de_DE", website)
    product = await catalogue.product("177", website)
    pictures = [await catalogue.picture(url) for url in ("a", "b", "c", "d")]
    a, b, c, d = [await catalogue.image(product, pic, i + 1, label="all") for i, pic in enumerate(pictures)]
    for view in (1, 2, 4):
        await catalogue.in_view(a, view, excluded=True)
    await catalogue.in_view(a, 3, position=3, label="deutsch")
    await catalogue.in_view(b, 3, hidden=True)
    await catalogue.in_view(c, 3, excluded=True)
    await catalogue.connection.execute("update image set excluded = true where id = $1", d)
    await catalogue.in_view(d, 3, excluded=False, position=1)
    assert await storefront.sets("177", "de_DE") == {"default": ["d", "a"]}
    assert [image.alt_large for image in await storefront.images("177", "de_DE")] == ["all", "deutsch"]
    assert await storefront.sets("177", "en_US") == {"default": ["a", "b", "c"]}


async def test_a_gallery_that_shows_nothing_lets_a_concrete_inherit(
    storefront: Storefront, catalogue: Catalogue
) -> None:
    """A gallery all of which is excluded holds no image, so a concrete inherits."""
    website = await catalogue.website()
    abstract = await catalogue.product("177", website)
    concrete = await catalogue.product("177_1", website, parent=abstract)
    await catalogue.image(abstract, await catalogue.picture("abstract"), 1)
    await catalogue.image(concrete, await catalogue.picture("own"), 1, excluded=True)
    assert await storefront.sets("177_1", concrete=True) == {"default": ["abstract"]}


async def test_alternative_texts_are_those_of_the_locale(storefront: Storefront, catalogue: Catalogue) -> None:
    """A text is the picture's for the locale; in the gallery else the label; else there is none."""
    product = await catalogue.product("177", await catalogue.website())
    picture = await catalogue.picture("u")
    await catalogue.text(picture, "de_DE", "groß", None)
    await catalogue.text(picture, "en_US", "", "small")
    image_set = await catalogue.set(product, "picto", None)
    await catalogue.link(image_set, picture, 0)
    await catalogue.image(product, picture, 2, label="label")

    async def texts(locale: str) -> list[tuple[str | None, str | None]]:
        return [(image.alt_large, image.alt_small) for image in await storefront.images("177", locale)]

    assert await texts("de_DE") == [("groß", None), ("groß", "label")]
    assert await texts("en_US") == [("", "small"), ("", "small")]
    assert await texts("fr_FR") == [(None, None), ("label", "label")]


async def test_a_missing_url_is_repeated(storefront: Storefront, catalogue: Catalogue) -> None:
    """An external picture with one URL repeats it in both places."""
    product = await catalogue.product("177", await catalogue.website())
    await catalogue.image(product, await catalogue.picture("large"), 1)
    await catalogue.connection.execute("update picture set url_small = null")
    assert await storefront.images("177") == [SetImage("large", "large")]
    await catalogue.connection.execute("update picture set url_small = url_large, url_large = null")
    assert await storefront.images("177") == [SetImage("large", "large")]


async def test_an_own_picture_is_listed_by_its_renditions(storefront: Storefront, catalogue: Catalogue) -> None:
    """A picture whose bytes are here is listed by its large and small renditions, built or not."""
    product = await catalogue.product("177", await catalogue.website())
    picture = await catalogue.blob_picture()
    await catalogue.image(product, picture, 1, file_name="ve 2011.png")
    await catalogue.link(await catalogue.set(product, "other", None), picture, 5)
    slugs = {recipe.name: recipe.slug for recipe in SETTINGS.recipes}
    shown = {name: f"{MEDIA}/media/renditions/{slugs[name]}/{BLOB.hex()}" for name in ("large", "small")}
    assert await storefront.images("177") == [
        SetImage(f"{shown['large']}/ve%202011.jpg", f"{shown['small']}/ve%202011.jpg"),
        SetImage(f"{shown['large']}/p{picture}.jpg", f"{shown['small']}/p{picture}.jpg"),
    ]


async def test_relatives_are_read_on_request(storefront: Storefront, catalogue: Catalogue) -> None:
    """Relatives are read on request, the known ones by id, each with the sets that it shows."""
    website = await catalogue.website()
    root = await catalogue.product("177", website, name="Camera")
    for sku, enabled in (("177_2", True), ("177_1", True), ("177_0", False)):
        await catalogue.product(sku, website, parent=root, enabled=enabled)
    await catalogue.product("other", website)
    await catalogue.set(root, "default", "en_US", ("u", 0))
    from_root = await storefront.family("177", concretes=True, abstract=True)
    assert (from_root.main.name, from_root.abstract, from_root.id) == ("Camera", from_root.main, root)
    assert [(product.sku, len(product.sets)) for product in from_root.concretes] == [("177_2", 1), ("177_1", 1)]
    alone = await storefront.family("177", sets=False)
    assert (alone.concretes, alone.main.sets) == ((), ())
    upwards = await storefront.family("177_1", concrete=True, abstract=True, sets=False)
    assert (upwards.abstract and upwards.abstract.sku, len(upwards.concretes), upwards.id) == ("177", 1, root)
    around = await storefront.family("177_1", concrete=True, abstract=True, concretes=True)
    assert [product.sku for product in around.concretes] == ["177_2", "177_1"]


async def test_products_read_together_get_their_own_sets(database: Database, catalogue: Catalogue) -> None:
    """A rush on many products takes few statements; each answer is its own product's, whatever the locale."""
    website, skus = await catalogue.website(), [f"p{number}" for number in range(20)]
    for sku in skus:
        product = await catalogue.product(sku, website)
        await catalogue.set(product, "views", None, (f"{sku}-plain", 0))
        await catalogue.set(product, "views", "de_DE", (f"{sku}-german", 0))
    reported: list[Event] = []

    async with Database(database.dsn, observe=reported.append) as counted:
        storefront = Storefront(counted)
        asked = [(sku, locale) for sku in [*skus, "unknown"] for locale in ("de_DE", "en_US")]
        answers = await asyncio.gather(*(storefront.sets(*one) for one in asked), return_exceptions=True)

    *shown, unknown, unknown_too = answers
    suffixes = {"de_DE": "german", "en_US": "plain"}
    assert shown == [{"views": [f"{sku}-{suffixes[locale]}"]} for sku, locale in asked[:-2]]
    assert isinstance(unknown, ProductNotFound)
    assert isinstance(unknown_too, ProductNotFound)
    statements = [event for event in reported if isinstance(event, StatementDone) and event.query == "image_sets"]
    assert 1 < len(statements) <= 4
