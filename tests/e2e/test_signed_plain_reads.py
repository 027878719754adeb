"""Signed reads that are answered in front of the parser: whatever is refused behind it is refused, and nothing else."""

import asyncio
import base64
import json
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.access.secrets import SecretBox
from app.db.listen import Hearing
from app.db.pool import Database
from app.http.appkeys import SETTINGS
from app.service.catalogue.oauth import IssuedToken, TokenOptions, put_token, revoke_token
from bench.wire import HOST, Signer
from tests.e2e.conftest import SECRET_KEY
from tests.e2e.test_plain_reads import Seen, Service, _both, loop, request, services
from tests.lengths import by_length
from tests.pictures import encoded, picture

__all__ = ["loop", "services"]

PATH: Final = "/api/rest/products/8/images"
LAST: Final = "/api/rest/products/10/images"
OTHER: Final = "/api/rest/products/9/images"
WHO: Final = {
    "admin": TokenOptions("admin"),
    "customer": TokenOptions("customer"),
    "narrow": TokenOptions("admin", privileges=("create",)),
    "without a role": TokenOptions("admin", has_role=False),
    "revoked": TokenOptions("admin"),
}
REFUSED: Final = {
    "narrow": b"HTTP/1.1 403 ",
    "without a role": b"HTTP/1.1 500 ",
    "revoked": b"oauth_problem=token_revoked",
    "stranger": b"oauth_problem=token_rejected",
}
"""Those who may see nothing, and what they hear; a stranger has his token from another consumer."""


Tokens = Mapping[str, IssuedToken]
"""Of those who ask, by what they are."""


@pytest.fixture(name="tokens", scope="module")
def _tokens(loop: asyncio.Runner, services: tuple[Service, Service, str]) -> Tokens:
    return loop.run(_put(_dsn(services)))


async def _put(dsn: str) -> Tokens:
    box = SecretBox(SECRET_KEY)
    async with Database(dsn) as database:
        async with database.transaction() as tx:
            tokens = {name: await put_token(tx, box, options) for name, options in WHO.items()}
        await revoke_token(database, tokens["revoked"].token)
    customer = tokens["customer"]
    return tokens | {"stranger": replace(tokens["admin"], token=customer.token, token_secret=customer.token_secret)}


def _dsn(services: tuple[Service, Service, str]) -> str:
    return services[0].runner.app[SETTINGS].database_url


class Change(NamedTuple):
    """What is different from a request as it should be: parameters that are signed as they are sent, and the text of
    the header once it is signed."""

    signed: Mapping[str, str | None] = MappingProxyType({})
    edited: tuple[str, str] = ("", "")


CHANGES: Final = {
    "none": Change(),
    "another nonce": Change(edited=('oauth_nonce="0', 'oauth_nonce="f')),
    "no nonce": Change({"oauth_nonce": None}),
    "nonce of nothing": Change({"oauth_nonce": "0"}),
    "the same nonce": Change({"oauth_nonce": "once"}),
    "old": Change({"oauth_timestamp": "1000000000"}),
    "far ahead": Change({"oauth_timestamp": "9999999999"}),
    "timeless": Change({"oauth_timestamp": None}),
    "never": Change({"oauth_timestamp": "soon"}),
    "another method": Change({"oauth_signature_method": "HMAC-SHA256"}),
    "plain": Change({"oauth_signature_method": "PLAINTEXT"}),
    "another version": Change({"oauth_version": "2.0"}),
    "no version": Change({"oauth_version": None}),
    "no token": Change({"oauth_token": None}),
    "unknown token": Change({"oauth_token": "u" * 32}),
    "unknown consumer": Change({"oauth_consumer_key": "x" * 32}),
    "short consumer": Change({"oauth_consumer_key": "x"}),
    "no signature": Change(edited=("oauth_signature=", "oauth_unsigned=")),
    "another signature": Change(edited=('oauth_signature="', 'oauth_signature="A')),
    "a realm": Change(edited=("OAuth ", 'OAuth realm="shop", ')),
    "padded": Change(edited=("OAuth ", f'OAuth realm="{"a" * 3000}", ')),
    "too long": Change(edited=("OAuth ", f'OAuth realm="{"a" * 9000}", ')),
    "far too long": Change(edited=("OAuth ", f'OAuth realm="{"a" * 200_000}", ')),
    "of many parts": Change(edited=("OAuth ", f"OAuth {'a=b,' * 50_000} ")),
    "small": Change(edited=("OAuth ", "oauth ")),
    "twice": Change(edited=("OAuth ", "OAuth a=b\r\nAuthorization: OAuth ")),
    "folded": Change(edited=(", oauth_token", ",\r\n oauth_token")),
    "guest": Change(edited=("OAuth ", "Other ")),
    "nothing": Change(),
}
Asked = list[tuple[str, str, str, bool, tuple[str, ...]]]


@st.composite
def conversations(draw: st.DrawFn) -> Asked:
    """Who asks, what for, what is changed in what was signed, whether it is sent once more, and lines beside."""
    one = st.tuples(
        st.sampled_from(["admin", "admin", "customer", *REFUSED]),
        st.sampled_from([PATH, PATH, OTHER, f"{PATH}?attrs=id", "/abstract-products/dress"]),
        st.sampled_from(["none", "none", "none", *CHANGES]),
        st.booleans(),
        st.sampled_from([(), (), ("X-Forwarded-Proto: https",), ("Content-Type: application/x-www-form-urlencoded",)]),
    )
    return draw(st.lists(one, min_size=1, max_size=6))


def _lines(authorization: str, beside: tuple[str, ...] = ()) -> tuple[str, ...]:
    return (f"Host: {HOST}", "Accept: application/json", f"Authorization: {authorization}", *beside)


def _asked(signer: Signer, path: str = PATH, change: str = "none", beside: tuple[str, ...] = ()) -> tuple[bytes, bool]:
    """One piece of a talk."""
    signed, edited = CHANGES[change]
    authorization = signer("GET", path.partition("?")[0], **signed).replace(*edited, 1)
    return request(path, _lines("" if change == "nothing" else authorization, beside)), True


@settings(
    max_examples=by_length(150, 10_000),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(asked=conversations())
def test_nobody_can_tell_where_a_signature_was_looked_at(
    loop: asyncio.Runner, services: tuple[Service, Service, str], tokens: Tokens, asked: Asked
) -> None:
    """Answers and refusals to the byte: of times, nonces that were used, secrets, other methods and other callers."""
    pieces = []
    signers = {who: Signer(token) for who, token in tokens.items()}
    for who, path, change, again, beside in asked:
        pieces += [_asked(signers[who], path, change, beside)] * (1 + again)
    assert loop.run(_both(services[0].talk(pieces), services[1].talk(pieces)))


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_changed_is_refused_where_all_else_is_known(
    loop: asyncio.Runner, services: tuple[Service, Service, str], tokens: Tokens, change: str
) -> None:
    """With a right signature of what is sent, where the change leaves one, between reads that are answered in front."""
    signer = Signer(tokens["admin"])
    before = loop.run(_known(services[0], signer)) and services[0].in_front
    usual = [_asked(signer) for _ in range(4)]
    pieces = [*usual, _asked(signer, change=change), _asked(signer, change=change), _asked(signer)]
    assert loop.run(_both(services[0].talk(pieces), services[1].talk(pieces)))
    assert services[0].in_front - before >= 2


@pytest.mark.parametrize("who", REFUSED)
def test_who_may_not_read_is_refused_where_others_are_answered(
    loop: asyncio.Runner, services: tuple[Service, Service, str], tokens: Tokens, who: str
) -> None:
    """Again and again, so that he is known by then, with the very head of one who may."""
    signer, other = Signer(tokens["admin"]), Signer(tokens[who])
    loop.run(_known(services[0], signer))
    pieces = [piece for _ in range(6) for piece in (_asked(signer), _asked(other))]
    before = services[0].in_front
    seen = loop.run(services[0].talk(pieces))
    assert seen.came.count(b"HTTP/1.1 200 OK") == seen.came.count(REFUSED[who]) == 6
    assert 4 <= services[0].in_front - before <= 6


async def _known(service: Service, signer: Signer, path: str = PATH) -> int:
    """How many of eight reads on one connection were answered in front, once most are."""
    async with asyncio.timeout(20):
        while True:
            before = service.in_front
            await service.talk([_asked(signer, path) for _ in range(8)])
            if service.in_front - before >= 4:
                return service.in_front - before
            await asyncio.sleep(0.02)


def test_signed_reads_are_answered_in_front_and_no_nonce_twice(
    loop: asyncio.Runner, services: tuple[Service, Service, str], tokens: Tokens
) -> None:
    """From the third request of a connection on; the same once more is refused."""
    signer = Signer(tokens["admin"])

    def several() -> list[tuple[bytes, bool]]:
        return [_asked(signer) for _ in range(8)]

    loop.run(services[0].talk(several()))
    before, usual = services[0].in_front, several()
    seen = loop.run(services[0].talk(usual))
    assert seen.came.count(b"HTTP/1.1 200 OK") == 8
    assert services[0].in_front - before >= 6
    seen = loop.run(services[0].talk(usual))
    assert seen.came.count(b"HTTP/1.1 401 ") == seen.came.count(b"nonce_used") == 8


async def _said(service: Service, signer: Signer, text: bytes, path: str = PATH) -> Seen:
    """What four reads were answered, once all of them say that."""
    async with asyncio.timeout(20):
        while True:
            seen = await service.talk([_asked(signer, path) for _ in range(4)])
            if seen.came.count(text) == 4:
                return seen
            await asyncio.sleep(0.02)


def _of_his_own(loop: asyncio.Runner, services: tuple[Service, Service, str]) -> IssuedToken:
    """A token whose reads are answered in front."""

    async def put() -> IssuedToken:
        async with Database(_dsn(services)) as database, database.transaction() as tx:
            return await put_token(tx, SecretBox(SECRET_KEY), TokenOptions("admin"))

    token = loop.run(put())
    assert loop.run(_known(services[0], Signer(token))) >= 4
    return token


def test_a_token_that_is_revoked_is_refused(
    loop: asyncio.Runner, services: tuple[Service, Service, str], tokens: Tokens
) -> None:
    """Also once reads of others are answered in front again."""
    token = _of_his_own(loop, services)

    async def revoked() -> None:
        async with Database(_dsn(services)) as database:
            await revoke_token(database, token.token)
        await _said(services[0], Signer(token), b"oauth_problem=token_revoked")

    loop.run(revoked())
    assert loop.run(_known(services[0], Signer(tokens["admin"]))) >= 4
    loop.run(_said(services[0], Signer(token), b"oauth_problem=token_revoked"))


def test_a_token_that_may_less_is_refused(
    loop: asyncio.Runner, services: tuple[Service, Service, str], tokens: Tokens
) -> None:
    """The same of one that may no more read."""
    token = _of_his_own(loop, services)

    async def narrowed() -> None:
        async with Database(_dsn(services)) as database, database.transaction() as tx:
            await put_token(tx, SecretBox(SECRET_KEY), TokenOptions(token=token.token, privileges=("create",)))

    loop.run(narrowed())
    loop.run(_said(services[0], Signer(token), b"HTTP/1.1 403 "))
    assert loop.run(_known(services[0], Signer(tokens["admin"]))) >= 4
    loop.run(_said(services[0], Signer(token), b"HTTP/1.1 403 "))


def test_what_is_changed_elsewhere_is_shown_in_front(
    loop: asyncio.Runner, services: tuple[Service, Service, str], tokens: Tokens
) -> None:
    """An image that the other process takes, and changes, is in what is answered in front."""
    signer = Signer(tokens["admin"])
    loop.run(_known(services[0], signer, LAST))
    made = _write(loop, services[1], signer, "POST", LAST, FILE | {"label": "former"})
    loop.run(_said(services[0], signer, b'"label":"former"', LAST))
    assert loop.run(_known(services[0], signer, LAST)) >= 4
    image = made.partition(b"\r\nLocation: ")[2].partition(b"\r\n")[0].rpartition(b"/")[2].decode()
    _write(loop, services[1], signer, "PUT", f"{LAST}/{image}", {"label": "latter"})
    loop.run(_said(services[0], signer, b'"label":"latter"', LAST))
    before = services[0].in_front
    assert loop.run(services[0].talk([_asked(signer, LAST) for _ in range(8)])).came.count(b'"label":"latter"') == 8
    assert services[0].in_front > before


FILE: Final = {
    "file_mime_type": "image/png",
    "file_content": base64.b64encode(encoded(picture(20, 20), "PNG")).decode(),
}


def _write(
    loop: asyncio.Runner, service: Service, signer: Signer, method: str, path: str, fields: Mapping[str, str]
) -> bytes:
    body = json.dumps(fields).encode()
    lines = (*_lines(signer(method, path)), "Content-Type: application/json", f"Content-Length: {len(body)}")
    seen = loop.run(service.talk([(request(path, lines, method, body=body), True)]))
    assert seen.came.startswith(b"HTTP/1.1 200 OK"), seen.came
    return seen.came


def test_nothing_is_answered_in_front_while_changes_are_heard_of_late(
    loop: asyncio.Runner, services: tuple[Service, Service, str], tokens: Tokens
) -> None:
    """The application answers meanwhile, as ever."""
    signer, service = Signer(tokens["admin"]), services[0]
    loop.run(_known(service, signer))
    assert service.connections.reads is not None
    hearing = service.connections.reads._index._documents._hearing
    before, hearing.current = service.in_front, False
    seen = loop.run(_deaf(service, hearing, [_asked(signer) for _ in range(8)]))
    assert seen.came.count(b"HTTP/1.1 200 OK") == 8
    assert service.in_front == before
    assert loop.run(_known(service, signer)) >= 4


async def _deaf(service: Service, hearing: Hearing, pieces: list[tuple[bytes, bool]]) -> Seen:
    """A talk in which nothing is heard, although probes are answered meanwhile."""
    talk = asyncio.create_task(service.talk(pieces))
    while not talk.done():
        hearing.current = False
        await asyncio.sleep(0)
    return await talk
