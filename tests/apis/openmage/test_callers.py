"""Who sends a request, and whom a guard lets to what others got."""

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from app.access.oauth import AccessToken, Consumer, OAuth, OAuthProblem
from app.apis.openmage.auth.callers import Callers
from app.apis.openmage.auth.refusals import Refusals
from app.apis.openmage.auth.rights import Principal
from app.apis.openmage.errors import OpenMageError
from app.apis.openmage.profile_settings import ProfileSettings
from app.events import nobody
from app.settings import Settings

HEADER = (
    f'OAuth oauth_consumer_key="{"c" * 32}", oauth_token="{"t" * 32}", oauth_signature_method="PLAINTEXT", '
    'oauth_signature="s%26z"'
)
ADMIN = AccessToken("t" * 32, "z", "c" * 32, "admin", frozenset({"retrieve"}), True, 7, False)
WRITER = AccessToken("t" * 32, "z", "c" * 32, "admin", frozenset({"update"}), True, 7, False)
CUSTOMER = AccessToken("t" * 32, "z", "c" * 32, "customer", None, True, None, False)


class OneToken:
    """Credentials with one consumer and one token, which count how often they are asked."""

    def __init__(self, token: AccessToken) -> None:
        self.token = token
        self.asked = 0

    async def find_oauth(self, consumer_key: str, token: str) -> tuple[Consumer | None, AccessToken | None]:
        self.asked += 1
        return Consumer(consumer_key, "s"), self.token

    async def claim_nonce(self, consumer_key: str, nonce: str) -> bool:
        return True


def callers(credentials: OneToken) -> Callers:
    settings = Settings()
    return Callers(settings, OAuth(credentials, 600), ProfileSettings.of(settings), Refusals(settings, nobody))


def request(authorization: str = HEADER, **headers: str) -> web.Request:
    headers = {"Host": "shop.example", "Authorization": authorization, **headers}
    asked = make_mocked_request("GET", "/api/rest/products/1/images", headers=headers)
    return asked.clone(remote="127.0.0.1")


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        (WRITER, Principal("admin", frozenset({"update"}), 7, True, "c" * 32)),
        (CUSTOMER, Principal("customer", frozenset({"retrieve"}))),
    ],
)
async def test_the_token_decides_who_asks(token: AccessToken, expected: Principal) -> None:
    """An admin's token is an admin with the role's privileges, any other one a customer with the customers'."""
    assert await callers(OneToken(token)).principal(request()) == expected


@pytest.mark.parametrize("header", ["", "Basic abc", "Bearer abc"])
async def test_without_an_oauth_header_everybody_is_a_guest(header: str) -> None:
    """Any other authorization is a guest's."""
    principal = await callers(OneToken(ADMIN)).principal(request(header))

    assert principal == Principal("guest", frozenset({"retrieve"}))


async def test_a_broken_oauth_header_is_a_problem_and_no_guest() -> None:
    """Whoever tries to be authenticated and fails is told so, as often as anybody asks."""
    known, asked = callers(OneToken(ADMIN)), request("OAuth")
    for _ in range(2):
        with pytest.raises(OAuthProblem, match="parameter_absent"):
            await known.principal(asked)


async def test_a_request_is_verified_once() -> None:
    """A guard that has looked at a request leaves its nonce to it."""
    credentials = OneToken(ADMIN)
    known, asked = callers(credentials), request()

    assert await known.guards["admin"](asked)
    assert (await known.principal(asked)).user == "admin"
    assert credentials.asked == 1


async def test_a_guard_lets_nobody_of_another_kind() -> None:
    """A customer does not get what an admin got."""
    assert not await callers(OneToken(CUSTOMER)).guards["admin"](request())


async def test_a_guard_lets_nobody_without_the_privilege() -> None:
    """An admin who may not read does not get what another one read."""
    with pytest.raises(OpenMageError, match="Access denied"):
        await callers(OneToken(WRITER)).guards["admin"](request())


async def test_a_guard_leaves_forms_to_the_api() -> None:
    """A form is signed, too, and its body cannot be read twice."""
    asked = request(**{"Content-Type": "application/x-www-form-urlencoded"})

    assert not await callers(OneToken(ADMIN)).guards["admin"](asked)
