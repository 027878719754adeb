from collections.abc import Mapping
from typing import Any, Final

import pytest

from app.access.accounts import ApiKey
from app.apis.spree.auth import Caller, authenticate, credentials
from app.apis.spree.errors import KeyMissing, KeyUnknown, Unauthorised

_SPREE: Final = frozenset({"spree"})
KEYS: Final = {
    "admin-key": ApiKey(1, "PIM", "admin", _SPREE),
    "customer-key": ApiKey(2, "shop", "customer", _SPREE),
}


async def find_key(key: str) -> ApiKey | None:
    return KEYS.get(key)


async def call(headers: Mapping[str, str], params: Mapping[str, Any], *, required: bool = True) -> Caller:
    return await authenticate(credentials(headers, params), find_key, required=required)


@pytest.mark.parametrize(
    ("headers", "params"),
    [
        ({"X-Spree-Token": "admin-key"}, {}),
        ({}, {"token": "admin-key"}),
        ({"X-Spree-Token": "admin-key"}, {"token": "wrong"}),
        ({"X-Spree-Token": "admin-key", "X-Spree-Order-Token": "any"}, {}),
        ({"X-Spree-Token": "admin-key"}, {"order_token": "any"}),
    ],
)
async def test_an_admin_is_known_by_header_or_parameter(headers: Mapping[str, str], params: Mapping[str, Any]) -> None:
    """An admin's key counts in the header or as a parameter, and makes order tokens irrelevant."""
    assert (await call(headers, params)).admin


@pytest.mark.parametrize("required", [True, False])
async def test_a_customer_is_known_and_no_admin(required: bool) -> None:
    """A customer's key is accepted and gives no admin."""
    assert not (await call({"X-Spree-Token": "customer-key"}, {}, required=required)).admin


@pytest.mark.parametrize(
    ("headers", "params"),
    [
        ({}, {}),
        ({"X-Spree-Token": ""}, {}),
        ({"X-Spree-Token": ""}, {"token": "admin-key"}),
        ({}, {"token": "  "}),
        ({}, {"token": None}),
        ({}, {"token": ["admin-key"]}),
        ({"X-Spree-Order-Token": " "}, {}),
        ({"Authorization": "Bearer admin-key"}, {}),
    ],
)
async def test_no_key_is_refused_unless_anybody_may_come(headers: Mapping[str, str], params: Mapping[str, Any]) -> None:
    """Without a key, a blank header included, the caller is refused or anonymous, as configured."""
    with pytest.raises(KeyMissing, match=r"^You must specify an API key\.$"):
        await call(headers, params)
    assert not (await call(headers, params, required=False)).admin


@pytest.mark.parametrize("required", [True, False])
async def test_an_unknown_key_is_refused_by_name(required: bool) -> None:
    """An unknown key is refused whether one is required or not, and told verbatim."""
    with pytest.raises(KeyUnknown) as caught:
        await call({"X-Spree-Token": "nope"}, {"token": "admin-key"}, required=required)
    assert caught.value.public == "Invalid API key (nope) specified."


@pytest.mark.parametrize("headers", [{}, {"X-Spree-Token": "customer-key"}, {"X-Spree-Token": "unknown"}])
async def test_an_order_token_is_refused_before_the_key_is_looked_at(headers: Mapping[str, str]) -> None:
    """An order token of anybody but an admin is refused first, whatever the key is."""
    for given in ({**headers, "X-Spree-Order-Token": "x"}, headers):
        with pytest.raises(Unauthorised) as caught:
            await call(given, {"order_token": "x"}, required=False)
        assert caught.value.public == "You are not authorized to perform that action."
