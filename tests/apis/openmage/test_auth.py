"""Who may do what, and which of several failures is reported."""

import pytest

from app.apis.openmage.auth.rights import Asked, Principal, authorise
from app.apis.openmage.errors import OpenMageError
from app.apis.openmage.match import Route

COLLECTION = Route("1", "1", None, None)
ENTITY = Route("1", "1", "5", None)
ADMIN = Principal("admin", None, 1)
GUEST = Principal("guest", frozenset({"retrieve"}))
CUSTOMER = Principal("customer", frozenset({"retrieve"}))


def failure(
    principal: Principal, method: str, route: Route = COLLECTION, version: str | None = None
) -> tuple[int, str]:
    with pytest.raises(OpenMageError) as caught:
        authorise(Asked(principal, method, route, version))
    message = caught.value.messages[-1]
    return message.status, message.documented


@pytest.mark.parametrize(
    ("method", "route", "operation"),
    [
        ("GET", COLLECTION, "list"),
        ("GET", ENTITY, "read"),
        ("POST", COLLECTION, "create"),
        ("PUT", ENTITY, "update"),
        ("DELETE", ENTITY, "delete"),
    ],
)
def test_an_admin_may_do_everything_that_there_is(method: str, route: Route, operation: str) -> None:
    """Each method has its operation, which an admin with all privileges may ask for."""
    assert authorise(Asked(ADMIN, method, route, None)) == operation


@pytest.mark.parametrize("principal", [GUEST, CUSTOMER])
@pytest.mark.parametrize("route", [COLLECTION, ENTITY])
def test_the_public_reads_and_does_not_write(principal: Principal, route: Route) -> None:
    """Customers and guests read; every write is denied, even one that does not exist."""
    assert authorise(Asked(principal, "GET", route, None)) in ("list", "read")
    for method in ("POST", "PUT", "DELETE"):
        assert failure(principal, method, route) == (403, "Access denied")


@pytest.mark.parametrize(("method", "route"), [("PUT", COLLECTION), ("DELETE", COLLECTION), ("POST", ENTITY)])
def test_what_a_route_does_not_offer_is_a_405(method: str, route: Route) -> None:
    """A method that the route does not offer is not implemented yet."""
    assert failure(ADMIN, method, route) == (405, "Resource method not implemented yet.")


@pytest.mark.parametrize("method", ["PATCH", "OPTIONS", "HEAD", "TRACE", "get"])
def test_an_unknown_method_is_a_400_for_everybody(method: str) -> None:
    """Any other method is invalid, which is reported before anything about permission."""
    for principal in (ADMIN, GUEST, Principal("admin", None, 3, has_role=False)):
        assert failure(principal, method) == (400, "Invalid request method")


@pytest.mark.parametrize(
    ("privilege", "method", "route"),
    [
        ("create", "POST", COLLECTION),
        ("retrieve", "GET", ENTITY),
        ("update", "PUT", ENTITY),
        ("delete", "DELETE", ENTITY),
    ],
)
def test_each_method_needs_its_privilege(privilege: str, method: str, route: Route) -> None:
    """An admin may do what the role grants, and nothing else."""
    every = frozenset({"create", "retrieve", "update", "delete"})
    assert authorise(Asked(Principal("admin", frozenset({privilege})), method, route, None))
    assert failure(Principal("admin", every - {privilege}), method, route) == (403, "Access denied")


def test_a_guest_may_be_shut_out() -> None:
    """Where reading is not granted, a guest is denied it."""
    assert failure(Principal("guest", frozenset()), "GET") == (403, "Access denied")


def test_an_admin_without_a_role_is_an_internal_error() -> None:
    """An admin token whose admin has no role is reported as an internal error with the code 0."""
    principal = Principal("admin", None, 3, has_role=False)
    assert failure(principal, "GET") == (500, "Admin role for user ID 3 not found")


def test_write_privileges_of_the_public_lead_nowhere() -> None:
    """Customers and guests cannot write even if it were granted."""
    principal = Principal("guest", frozenset({"create", "update", "delete"}))
    assert failure(principal, "POST") == (405, "Resource does not support method.")
    assert failure(principal, "PUT", ENTITY) == (405, "Resource does not support method.")
    assert failure(principal, "PUT", COLLECTION) == (405, "Resource method not implemented yet.")


@pytest.mark.parametrize("version", ["1", "2", "99999"])
def test_any_version_from_one_up_is_served(version: str) -> None:
    """Every version from 1 up is served by the one there is."""
    assert authorise(Asked(GUEST, "GET", COLLECTION, version)) == "list"


@pytest.mark.parametrize(
    ("version", "reported"),
    [
        ("abc", "abc"),
        ("0", "0"),
        ("01", "01"),
        ("", ""),
        ("1.0", "1.0"),
        ("<'\"&>", "&lt;&#039;&quot;&amp;&gt;"),
        (b"\xe9\xc3\xa9".decode("utf-8", "surrogateescape"), "\ufffdé"),
    ],
)
def test_an_invalid_version_is_told_escaped(version: str, reported: str) -> None:
    """An invalid version is reported, HTML-escaped and readable, whatever bytes it came as."""
    assert failure(GUEST, "GET", COLLECTION, version) == (400, f'Invalid version "{reported}" requested.')


def test_permission_comes_before_the_version_and_that_before_the_action() -> None:
    """Of several failures the first in the order of checks is reported."""
    assert failure(GUEST, "PUT", COLLECTION, "abc")[0] == 403
    assert failure(ADMIN, "PUT", COLLECTION, "abc")[0] == 400
    assert failure(ADMIN, "PUT", COLLECTION, "1")[0] == 405
