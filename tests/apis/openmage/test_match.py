from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.apis.openmage.errors import OpenMageError
from app.apis.openmage.match import Route, image_id, match, product_ref, scope
from app.service.galleries.openmage.reader import ProductRef, Scope

P = "/api/rest/products"


@pytest.mark.parametrize("slash", ["", "/", "//"])
@pytest.mark.parametrize(
    ("path", "route"),
    [
        (f"{P}//images", Route("", "", None, None)),
        (f"{P}/1/images", Route("1", "1", None, None)),
        (f"{P}/1/images/store/french", Route("1", "1", None, "french")),
        (f"{P}/1/images/5", Route("1", "1", "5", None)),
        (f"{P}/1/images/5/store/3", Route("1", "1", "5", "3")),
        (f"{P}/1/images/store", Route("1", "1", "store", None)),
        (f"{P}/1/images/store/store", Route("1", "1", None, "store")),
        (f"{P}/1/images/store/store/2", Route("1", "1", "store", "2")),
        (f"{P}/a%20b%2Fc/images", Route("a b/c", "a%20b%2Fc", None, None)),
        (f"{P}/A+B/images", Route("A+B", "A+B", None, None)),
        (f"{P}/%ff/images", Route("�", "%ff", None, None)),
    ],
)
def test_the_number_of_segments_tells_the_routes_apart(path: str, slash: str, route: Route) -> None:
    """Entity and collection, with and without a store view, are told apart by their segments."""
    assert match(path + slash) == route


@pytest.mark.parametrize(
    "path",
    [
        "/api/rest",
        "/api/rest/",
        P,
        f"{P}/1",
        f"{P}/1/categories",
        f"{P}/1/images/5/store",
        f"{P}/1/images/5/shop/3",
        f"{P}/1/images/5/store/3/x",
        f"{P}/1/images//store/3",
        "/api/rest/customers/1/images",
        "/api/restproducts/1/images",
        "/api/soap/products/1/images",
        "/oauth/initiate",
        "/oauth/token/authorize/1/images",
        "/admin/oauth_authorize",
        "/",
    ],
)
def test_any_other_path_is_no_route(path: str) -> None:
    """Any other path does not match any route."""
    with pytest.raises(OpenMageError, match="does not match any route"):
        match(path)


@pytest.mark.parametrize(
    ("parameter", "sku", "number"),
    [
        ("1", None, 1),
        ("+5", None, 5),
        ("-5", None, None),
        ("0", None, None),
        ("dress", "dress", None),
        ("02", "02", 2),
        ("2.0", "2.0", 2),
        ("2abc", "2abc", None),
        ("1e1", "1e1", 10),
        ("9" * 30, None, None),
        ("a\x00b", None, None),
    ],
)
def test_a_product_is_an_id_or_a_sku_first(parameter: str, sku: str | None, number: int | None) -> None:
    """An id is an id; anything else is a SKU first, and then the number that it may be."""
    assert product_ref(parameter) == ProductRef(sku, number)


@pytest.mark.parametrize(
    ("parameter", "number"),
    [("1", 1), ("1abc", 1), ("abc", 0), ("01", 1), ("store", 0), ("-3", 0), ("", 0), ("9" * 5000, 2**63 - 1), ("٣", 0)],
)
def test_an_image_is_the_digits_that_its_parameter_begins_with(parameter: str, number: int) -> None:
    """An image id is the leading digits, or none."""
    assert image_id(parameter) == number


@pytest.mark.parametrize(
    ("store", "named"),
    [(None, None), ("french", "french"), ("0", "0"), ("00", "0"), ("03", "3"), ("3", "3"), ("-1", "-1"), ("\x00", "")],
)
@pytest.mark.parametrize("public", [True, False])
def test_a_store_view_is_a_code_or_an_id(store: str | None, named: str | None, public: bool) -> None:
    """A store view is named by its code or its id, zeros in front of which do not matter."""
    assert scope(store, public=public) == Scope(named, public)


@given(st.text())
def test_no_path_breaks_the_matching(path: str) -> None:
    """Any path is a route with usable parameters, or none."""
    try:
        route = match(path)
    except OpenMageError:
        return
    route.product.encode()
    product_ref(route.product)


@given(st.text(min_size=1).filter(lambda sku: sku.strip("/")))
def test_any_sku_can_be_asked_for(sku: str) -> None:
    """A SKU of any characters is found again in its percent-encoded path."""
    assert match(f"{P}/{quote(sku, safe='')}/images").product == sku
