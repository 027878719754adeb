"""Documents, compared as bytes with files."""

from pathlib import Path

import pytest

from app.apis.glue.match import match
from app.apis.glue.present import PREFLIGHT, AltText, View, image_sets_document, product_document
from app.apis.glue.query import read_query
from app.model import ProductId
from app.service.galleries.glue import ImageSet, ProductFamily, ProductView, SetImage

GOLDEN = Path(__file__).parent / "golden"
BASE = "http://glue.example.com"
ABSTRACT = "/abstract-products/177/abstract-product-image-sets"
CONCRETE = "/concrete-products/177_24867659/concrete-product-image-sets"

ICECAT = "https://images.icecat.biz/img/norm"
DEFAULT = ImageSet("default", (SetImage(f"{ICECAT}/high/24867659-4916.jpg", f"{ICECAT}/medium/24867659-4916.jpg"),))
ODD = ImageSet(
    "Größe <b>&'\"\\",
    (
        SetImage("//host/a b$.jpg", "/assets/😀.png", "", None),
        SetImage("https://youtu.be/x?a=1&b=2", "https://youtu.be/x?a=1&b=2", "Süß", "klein"),
    ),
)


def view(query: str = "", alt_text: AltText = "omit") -> View:
    return View(BASE, read_query(query), alt_text)


def sets_document(path: str, *sets: ImageSet, query: str = "", alt_text: AltText = "omit") -> bytes:
    target = match(path)
    assert target
    assert target.sku
    return image_sets_document(target, target.sku, sets, view(query, alt_text))


def golden(name: str) -> bytes:
    return (GOLDEN / name).read_bytes()


@pytest.mark.parametrize(
    ("path", "sets", "query", "alt_text", "name"),
    [
        (ABSTRACT, [DEFAULT], "", "omit", "abstract_sets.json"),
        (CONCRETE, [DEFAULT], "", "omit", "concrete_sets.json"),
        (ABSTRACT, [], "", "omit", "abstract_sets_none.json"),
        (f"{ABSTRACT}/anything", [DEFAULT], "a=b", "omit", "abstract_sets_single.json"),
        (f"{ABSTRACT}/mine", [DEFAULT], "a=b", "omit", "abstract_sets_mine.json"),
        (ABSTRACT, [DEFAULT, ODD], "", "omit", "abstract_sets_odd.json"),
        (ABSTRACT, [DEFAULT, ODD], "", "null", "abstract_sets_alt_null.json"),
        (ABSTRACT, [DEFAULT, ODD], "", "on", "abstract_sets_alt_on.json"),
        (ABSTRACT, [], "x[]=1&x[]=2&q=%C3%BC+%26&include=whatever", "omit", "abstract_sets_echo.json"),
        (ABSTRACT, [DEFAULT], "fields[abstract-product-image-sets]=imageSets", "omit", "abstract_sets_fields.json"),
        (ABSTRACT, [DEFAULT], "fields[abstract-product-image-sets]=other", "omit", "abstract_sets_no_field.json"),
        (ABSTRACT, [DEFAULT], "fields[abstract-products]=sku&fields=abc", "omit", "abstract_sets_other_fields.json"),
        (ABSTRACT.replace("177", "a%2Fb%20ü!"), [], "", "omit", "abstract_sets_encoded_sku.json"),
    ],
)
def test_image_sets_are_written_to_the_byte(
    path: str, sets: list[ImageSet], query: str, alt_text: AltText, name: str
) -> None:
    """Image sets are written to the byte: keys, order, links, texts, sparse fieldsets."""
    assert sets_document(path, *sets, query=query, alt_text=alt_text) == golden(name)


FAMILY = ProductId(1)
ROOT = ProductView("177", None, "Camera", (DEFAULT,))
BLACK = ProductView("177_1", "177", "Camera, black", (DEFAULT,))
WHITE = ProductView("177_2", "177", None, ())
FROM_ROOT = ProductFamily(FAMILY, ROOT, ROOT, (BLACK, WHITE))
FROM_BLACK = ProductFamily(FAMILY, BLACK, ROOT, (BLACK, WHITE))


@pytest.mark.parametrize(
    ("family", "query", "name"),
    [
        (FROM_ROOT, "", "abstract.json"),
        (FROM_BLACK, "", "concrete.json"),
        (ProductFamily(FAMILY, WHITE, None), "include=abstract-products", "concrete_orphan.json"),
        (FROM_ROOT, "include=", "abstract_include_empty.json"),
        (FROM_ROOT, "include=unknown", "abstract_include_unknown.json"),
        (FROM_ROOT, "include=concrete-product-image-sets", "abstract_include_no_carrier.json"),
        (FROM_ROOT, "include=abstract-product-image-sets", "abstract_include_sets.json"),
        (
            FROM_ROOT,
            "include=concrete-products,concrete-product-image-sets",
            "abstract_include_variants.json",
        ),
        (
            FROM_ROOT,
            "include=concrete-products,abstract-products,abstract-product-image-sets",
            "abstract_include_circle.json",
        ),
        (FROM_ROOT, "include=abstract-product-image-sets, concrete-products", "abstract_include_untrimmed.json"),
        (FROM_BLACK, "include=concrete-product-image-sets,abstract-products", "concrete_include.json"),
        (
            FROM_BLACK,
            "include=abstract-products,abstract-product-image-sets,concrete-products",
            "concrete_include_circle.json",
        ),
        (
            FROM_ROOT,
            "include=abstract-product-image-sets&fields[abstract-products]=sku&fields[abstract-product-image-sets]=",
            "abstract_include_fields.json",
        ),
    ],
)
def test_products_are_written_to_the_byte(family: ProductFamily, query: str, name: str) -> None:
    """Products are written to the byte: relationships, what is included and in which order."""
    assert product_document(family, view(query)) == golden(name)


def test_a_preflight_is_answered_to_the_byte() -> None:
    """A preflight is answered to the byte."""
    assert golden("preflight.json") == PREFLIGHT
