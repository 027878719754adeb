"""What raw paths ask for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.apis.glue.match import Target, asks_for_version, main_type, match, split_target

ABSTRACT = "abstract-product-image-sets"
CONCRETE = "concrete-product-image-sets"


@pytest.mark.parametrize(
    ("path", "target"),
    [
        (f"/abstract-products/177/{ABSTRACT}", Target(ABSTRACT, "177")),
        (f"//abstract-products/177/{ABSTRACT}/", Target(ABSTRACT, "177")),
        (f"\\abstract-products/177/{ABSTRACT}\\/", Target(ABSTRACT, "177")),
        (f"/concrete-products/177_1/{CONCRETE}", Target(CONCRETE, "177_1")),
        (f"/abstract-products/177/{ABSTRACT}/x%2Fy", Target(ABSTRACT, "177", "x/y")),
        (f"/abstract-products/177/{ABSTRACT}/mine", Target(ABSTRACT, "177", "mine")),
        (f"/abstract-products/A%20%C3%BC/{ABSTRACT}", Target(ABSTRACT, "A ü")),
        (f"/abstract-products/\udcc3\udcbc/{ABSTRACT}", Target(ABSTRACT, "ü")),
        (f"/abstract-products/%FF/{ABSTRACT}", Target(ABSTRACT, "\ufffd")),
        (f"/abstract-products//{ABSTRACT}", Target(ABSTRACT, None)),
        (f"/abstract-products/0/{ABSTRACT}", Target(ABSTRACT, None)),
        (f"/concrete-products/0/{CONCRETE}", Target(CONCRETE, None)),
        (f"/{ABSTRACT}", Target(ABSTRACT, None)),
        (f"/{ABSTRACT}/x", Target(ABSTRACT, None)),
        (f"/{CONCRETE}", Target(CONCRETE, None)),
        ("/abstract-products/177", Target("abstract-products", "177")),
        ("/concrete-products/~!@", Target("concrete-products", "~!@")),
        ("/abstract-products", Target("abstract-products", None)),
        ("/abstract-products/", Target("abstract-products", None)),
        ("/concrete-products/0", Target("concrete-products", None)),
        ("/", None),
        ("", None),
        ("/unknown", None),
        ("/unknown/1", None),
        ("/Abstract-products/1", None),
        ("/abstract%2Dproducts/1", None),
        (f"/concrete-products/x/{ABSTRACT}", None),
        (f"/abstract-products/x/{CONCRETE}", None),
        (f"/unknown/x/{ABSTRACT}", None),
        ("/abstract-products/1/concrete-products", None),
        ("/abstract-products/1/abstract-products/1", None),
        (f"/abstract-products/1/abstract-products/1/{ABSTRACT}", None),
        (f"/abstract-products/1/{ABSTRACT}/1/{ABSTRACT}", None),
    ],
)
def test_a_path_is_read_in_pairs(path: str, target: Target | None) -> None:
    """A path is read in pairs of type and id; empty segments count, slashes around it do not."""
    assert match(path) == target


@pytest.mark.parametrize(
    ("path", "is_collection"),
    [
        (f"/abstract-products/177/{ABSTRACT}", True),
        (f"/abstract-products/177/{ABSTRACT}/mine", True),
        (f"/abstract-products/177/{ABSTRACT}/anything", False),
        ("/abstract-products/177", False),
    ],
)
def test_an_extra_id_makes_a_single_object(path: str, is_collection: bool) -> None:
    """An extra id makes a single object of a collection, unless it is `mine`."""
    target = match(path)
    assert target
    assert target.is_collection is is_collection


@given(st.text())
def test_no_path_is_an_error(path: str) -> None:
    """No path is an error."""
    target = match(path)
    assert target is None or target.type == main_type(path)


@pytest.mark.parametrize(
    ("content_type", "versioned"),
    [
        (None, False),
        ("application/json; version=1.0", False),
        ("application/vnd.api+json", False),
        ("application/vnd.api+json; version=1", False),
        ("application/vnd.api+json; version=1.0", True),
        ("Application/Vnd.Api+xml;charset=x;VERSION=2.13", True),
        ("application/vnd.api+json; version=10", True),
        ("application/vnd.api+json; version=0.1", False),
        ("application/vnd.api+json; version=x", False),
    ],
)
def test_a_version_needs_two_digits_and_a_major(content_type: str | None, versioned: bool) -> None:
    """A version is recognised from two digits on, and counts unless its major is 0."""
    assert asks_for_version(content_type) is versioned


@pytest.mark.parametrize(
    ("raw", "parts"),
    [
        ("/a/b", ("/a/b", "")),
        ("/a?b=?c", ("/a", "b=?c")),
        ("//a?", ("//a", "")),
        ("http://host:1/a//b?c", ("/a//b", "c")),
        ("http://host", ("/", "")),
        ("*", ("*", "")),
    ],
)
def test_a_request_target_is_split_in_path_and_query(raw: str, parts: tuple[str, str]) -> None:
    """A request target is split in path and query, in its absolute form too."""
    assert split_target(raw) == parts
