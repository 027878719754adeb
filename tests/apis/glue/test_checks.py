"""The checks before the route, in their order."""

import pytest
from multidict import CIMultiDict

from app.apis.glue.checks import check
from app.apis.glue.errors import Refused
from app.apis.glue.headers import Cors
from app.apis.glue.match import ResourceType
from app.apis.glue.query import read_query

PREFLIGHT = {
    "Origin": "http://shop.example.com",
    "Access-Control-Request-Method": "GET",
    "Access-Control-Request-Headers": "accept",
    "Accept": "*/*",
}


def refusal(
    method: str = "GET",
    headers: dict[str, str] | None = None,
    query: str = "",
    main_type: ResourceType | None = "abstract-products",
) -> tuple[int, str] | None:
    try:
        check(method, CIMultiDict(headers or {}), read_query(query), main_type, Cors())
    except Refused as refused:
        return int(refused.status), refused.text
    return None


def test_a_request_with_accept_passes() -> None:
    """Any Accept passes, even an empty one."""
    assert [refusal(headers={"Accept": accept}) for accept in ("*/*", "text/html", "")] == [None] * 3


def test_a_request_without_accept_is_refused_on_unknown_routes_too() -> None:
    """A request without Accept is refused, on unknown routes too."""
    assert refusal() == refusal(main_type=None) == (406, "Not acceptable.")


@pytest.mark.parametrize("blank", ["", " ", "\t"])
def test_a_blank_content_type_is_refused(blank: str) -> None:
    """A Content-Type that is present but blank is refused."""
    assert refusal(headers={"Accept": "*/*", "content-type": blank}) == (415, "Unsupported media type.")


def test_a_bad_page_is_refused_before_anything_but_a_preflight() -> None:
    """A bad page is refused before a missing Accept is, but after an incomplete preflight."""
    assert refusal(query="page[limit]=0") == (400, "Pagination parameters are invalid.")
    assert refusal("OPTIONS", query="page[limit]=0") is not None
    assert (refusal("OPTIONS", query="page[limit]=0") or (0, ""))[0] == 501
    assert (refusal("OPTIONS", PREFLIGHT, query="page[limit]=0") or (0, ""))[0] == 400


@pytest.mark.parametrize("missing", ["Origin", "Access-Control-Request-Method", "Access-Control-Request-Headers"])
def test_a_preflight_needs_three_headers(missing: str) -> None:
    """A preflight without one of its three headers is refused."""
    headers = {name: value for name, value in PREFLIGHT.items() if name != missing}
    assert refusal("OPTIONS", headers) == (
        501,
        "One or more of the required headers (access-control-request-method, access-control-request-headers, origin)"
        " for the options method are missing.",
    )


def test_a_preflight_needs_accept() -> None:
    """A preflight needs Accept like any request."""
    headers = {name: value for name, value in PREFLIGHT.items() if name != "Accept"}
    assert refusal("OPTIONS", headers) == (406, "Not acceptable.")


@pytest.mark.parametrize(
    ("method", "names"),
    [
        ("GET", "accept"),
        ("OPTIONS", "Content-Type,AUTHORIZATION"),
        ("GET", "content-language, accept-language"),
        ("GET", "x-anonymous-customer-unique-id,access-control-allow-origin"),
    ],
)
def test_what_cors_allows_passes(method: str, names: str) -> None:
    """Allowed methods pass, and allowed headers in any case."""
    headers = PREFLIGHT | {"Access-Control-Request-Method": method, "Access-Control-Request-Headers": names}
    assert refusal("OPTIONS", headers) is None


@pytest.mark.parametrize(
    ("method", "names", "main_type"),
    [
        ("POST", "accept", "abstract-products"),
        ("HEAD", "accept", "abstract-products"),
        ("get", "accept", "abstract-products"),
        ("", "accept", "abstract-products"),
        ("GET", "", "abstract-products"),
        ("GET", "x-other", "abstract-products"),
        ("GET", "accept,", "abstract-products"),
        ("GET", "accept", None),
    ],
)
def test_what_cors_does_not_allow_is_refused(method: str, names: str, main_type: ResourceType | None) -> None:
    """Other methods, other headers and unknown resource types are refused, before Accept is looked at."""
    headers = PREFLIGHT | {"Access-Control-Request-Method": method, "Access-Control-Request-Headers": names}
    del headers["Accept"]
    assert refusal("OPTIONS", headers, main_type=main_type) == (403, "Not allowed.")
    assert refusal("GET", headers, main_type=main_type) == (403, "Not allowed.")


def test_an_operator_may_allow_further_headers() -> None:
    """A preflight's headers may be more than the original's, in any case, and are told."""
    cors = Cors(("X-Shop", "traceparent"))
    asked = CIMultiDict({"Access-Control-Request-Headers": "accept, x-shop,TraceParent", "Accept": "*/*"})
    check("GET", asked, read_query(""), "abstract-products", cors)
    assert cors.headers["access-control-allow-headers"].endswith(", access-control-allow-origin, X-Shop, traceparent")
    with pytest.raises(Refused):
        check("GET", asked, read_query(""), "abstract-products", Cors(("X-Shop",)))
