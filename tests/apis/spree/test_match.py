from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.apis.spree.match import action_of, binary_of, leading_integer, place_of, plain_integer

COLLECTION = "/api/v1/products/a-product/images"
MEMBER = "/api/v1/variants/7/images/12"


@pytest.mark.parametrize(
    ("method", "path", "action"),
    [
        ("GET", COLLECTION, "index"),
        ("HEAD", COLLECTION, "index"),
        ("POST", COLLECTION, "create"),
        ("GET", f"{COLLECTION}/new", "new"),
        ("HEAD", f"{COLLECTION}/new", "new"),
        ("PUT", f"{COLLECTION}/new", "update"),
        ("GET", MEMBER, "show"),
        ("HEAD", MEMBER, "show"),
        ("PUT", MEMBER, "update"),
        ("PATCH", MEMBER, "update"),
        ("DELETE", MEMBER, "destroy"),
        ("PUT", COLLECTION, None),
        ("DELETE", COLLECTION, None),
        ("OPTIONS", COLLECTION, None),
        ("POST", MEMBER, None),
        ("OPTIONS", MEMBER, None),
        ("GET", f"{MEMBER}/edit", None),
    ],
)
def test_each_verb_has_its_action_and_nothing_else_matches(method: str, path: str, action: str | None) -> None:
    """Each verb has its action; what the original does not route has none."""
    place = place_of(path)
    assert place is not None
    assert action_of(place, method) == action


@pytest.mark.parametrize("tail", ["", "/", ".json", ".json/"])
@pytest.mark.parametrize("path", [COLLECTION, MEMBER, f"{COLLECTION}/new"])
def test_a_json_suffix_and_one_slash_change_nothing(path: str, tail: str) -> None:
    """A `.json` suffix and one trailing slash change nothing."""
    plain, other = place_of(path), place_of(path + tail)
    assert plain is not None
    assert other is not None
    assert (plain.parents, plain.parent, plain.image) == (other.parents, other.parent, other.image)
    assert other.representable


def test_the_unversioned_paths_are_aliases() -> None:
    """The paths without a version are aliases."""
    assert place_of("/api/products/x/images") == place_of("/api/v1/products/x/images")
    assert place_of("/api/variants/3/images/4.json") == place_of("/api/v1/variants/3/images/4.json")


@pytest.mark.parametrize("suffix", ["xml", "html", "JSON", "jpg"])
def test_other_suffixes_are_recognised_but_not_representable(suffix: str) -> None:
    """Any other suffix is routed, and asks for a form that does not exist."""
    for path in (COLLECTION, MEMBER):
        place = place_of(f"{path}.{suffix}")
        assert place is not None
        assert place.suffix == suffix
        assert not place.representable


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/images",
        "/api/v1/images/1",
        "/api/v2/products/1/images",
        "/api/v1/products/images",
        "/api/v1/products//images",
        "/api/v1/products/1/images//",
        "/api/v1/products/1/images/2/more",
        "/api/v1/products/1/images.",
        "/api/v1/users/1/images",
        "/API/v1/products/1/images",
        "/api/v1/products/1",
        "/api",
    ],
)
def test_nothing_else_is_routed(path: str) -> None:
    """Other paths name no place."""
    assert place_of(path) is None


@given(st.text(min_size=1))
def test_any_slug_survives_its_percent_encoding(slug: str) -> None:
    """Any slug is found again behind its percent-encoding, slashes and dots included."""
    slug = slug.encode("utf-8", "replace").decode()
    place = place_of(f"/api/v1/products/{quote(slug, safe='')}/images/1")
    assert place is not None
    assert place.parent == slug


@pytest.mark.parametrize(
    ("text", "number"),
    [("12", 12), ("1abc", 1), ("abc", 0), ("", 0), ("-3", 0), (" 7", 7), ("9" * 30, 0), ("0", 0), ("1.5", 1)],
)
def test_ids_are_the_integer_that_a_text_begins_with(text: str, number: int) -> None:
    """An id is the integer that its text begins with, and 0 finds nothing."""
    assert leading_integer(text) == number


@pytest.mark.parametrize(("text", "number"), [("12", 12), ("1abc", None), ("-1", None), ("９", None), ("9" * 19, None)])
def test_a_product_id_has_nothing_but_digits(text: str, number: int | None) -> None:
    """A product is found by id only where the text is a plain integer."""
    assert plain_integer(text) == number


def test_binaries_keep_their_name_as_it_stands_in_the_url() -> None:
    """The path of a binary gives id, style and the file's segment undecoded."""
    found = binary_of("/spree/products/5/mini/caf%C3%A9.png")
    assert found is not None
    assert (found.image, found.style, found.file) == (5, "mini", "caf%C3%A9.png")
    assert binary_of("/spree/products/5/mini/") is None
    assert binary_of("/spree/products/5/mini/a/b.png") is None
