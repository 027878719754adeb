"""What an operator hears of requests that are refused as signed wrongly."""

import asyncio
import secrets
from typing import Any

import pytest
from aiohttp.test_utils import make_mocked_request
from oauthlib.oauth1 import Client as Signer

from app.access.oauth import AccessToken, Consumer, OAuth, OAuthProblem
from app.apis.openmage.auth.refusals import Refusals
from app.apis.openmage.auth.signed import signed_request
from app.events import Event, SignatureRefused, SignaturesFollowed
from app.settings import Settings

KEY, TOKEN, SECRET = "c" * 32, "t" * 32, "s" * 32
PATH = "/api/rest/products/8/images"


class OneConsumer:
    """Credentials with one consumer and one token."""

    async def find_oauth(self, consumer_key: str, token: str) -> tuple[Consumer | None, AccessToken | None]:
        if consumer_key != KEY:
            return None, None
        return Consumer(KEY, SECRET), AccessToken(TOKEN, SECRET, KEY, "admin", None, True, 7, False)

    async def claim_nonce(self, consumer_key: str, nonce: str) -> bool:
        return True


class Desk:
    """Where requests come in, and what is told of them."""

    def __init__(self, seconds: float = 60, **options: Any) -> None:
        self.reported: list[Event] = []
        self._settings = Settings(**options)
        self._oauth = OAuth(OneConsumer(), 600)
        self._refusals = Refusals(self._settings, self.reported.append, seconds)

    async def refuse(self, signed_for: str, target: str = PATH, key: str = KEY, **headers: str) -> None:
        """A request to `target` that a client has signed for a URL."""
        _, given, _ = Signer(key, SECRET, TOKEN, SECRET).sign(signed_for, "GET")
        sent = {"Host": "shop.example", **given, **{name.replace("_", "-"): value for name, value in headers.items()}}
        request = make_mocked_request("GET", target, headers=sent)
        signed = signed_request(request, self._settings)
        with pytest.raises(OAuthProblem) as caught:
            await self._oauth.verify(request.headers["Authorization"], signed)
        self._refusals.note(caught.value, request, signed)

    @property
    def first(self) -> SignatureRefused:
        assert isinstance(self.reported[0], SignatureRefused)
        return self.reported[0]


@pytest.mark.parametrize(
    ("signed_for", "target", "headers", "why"),
    [
        (f"https://shop.example{PATH}", PATH, {}, "signed for https"),
        (f"https://shop.example{PATH}?a=b", f"{PATH}?a=b", {"X_Forwarded_Proto": "https"}, "signed for https"),
        (f"http://www.example{PATH}", PATH, {"X_Forwarded_Host": "www.example"}, "signed for the host www.example"),
        (
            f"http://shop.example:8443{PATH}",
            PATH,
            {"X_Forwarded_Port": "8443"},
            "signed for the host shop.example:8443",
        ),
        (f"http://shop.example{PATH}", f"{PATH}?a=b", {}, "signed without its query"),
        (f"http://shop.example{PATH}?a=b", f"{PATH}?a=b&a=c", {}, "of a name that is in its query more than once"),
        (f"https://public.example{PATH}", PATH, {}, "signed for https"),
        (f"http://shop.example{PATH}/9", PATH, {}, "no usual cause"),
    ],
)
async def test_the_usual_cause_of_a_wrong_signature_is_told(
    signed_for: str, target: str, headers: dict[str, str], why: str
) -> None:
    """The line says which URL was compared, and in what the client's differs, where that is one of the usual things."""
    desk = Desk(public_url="https://public.example")
    await desk.refuse(signed_for, target, **headers)
    assert (desk.first.problem, desk.first.method) == ("oauth_problem=signature_invalid", "GET")
    names = "&".join("a=…" for _ in range(target.count("a=")))
    assert desk.first.url == f"http://shop.example{PATH}" + (names and f"?{names}")
    assert desk.first.why.startswith(why)
    assert desk.first.consumer == "cccccccc…"


async def test_nothing_private_is_told() -> None:
    """Values of the query, secrets and signatures are in no line."""
    desk = Desk()
    await desk.refuse(f"http://other.example{PATH}", f"{PATH}?password=hunter2&x[y]=z")
    text = repr(desk.reported)
    assert desk.first.url.endswith("?password=…&x%5By%5D=…")
    assert not any(secret in text for secret in ("hunter2", SECRET, TOKEN, KEY))


async def test_the_first_of_a_minute_is_told_and_then_how_many_followed() -> None:
    """One line for each consumer and cause, and one for those behind it."""
    desk = Desk(seconds=0.1)
    for _ in range(5):
        await desk.refuse(f"https://shop.example{PATH}")
    await desk.refuse(f"http://shop.example{PATH}", key="d" * 32)
    assert [type(event) for event in desk.reported] == [SignatureRefused, SignatureRefused]
    async with asyncio.timeout(10):
        while len(desk.reported) < 3:  # noqa: ASYNC110  # a timer of the product ends it
            await asyncio.sleep(0.02)
    assert desk.reported[2:] == [SignaturesFollowed("cccccccc…", "oauth_problem=signature_invalid", 4)]
    await desk.refuse(f"https://shop.example{PATH}")
    assert isinstance(desk.reported[3], SignatureRefused)


async def test_made_up_keys_do_not_fill_the_log() -> None:
    """Whoever makes up a key for each request gets a hundred lines a minute, and no more memory."""
    desk = Desk()
    for _ in range(300):
        await desk.refuse(f"http://shop.example{PATH}", key=secrets.token_hex(16))
    assert len(desk.reported) == 100
