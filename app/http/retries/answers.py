"""Answers that are kept with the change they tell of, and given again to who asks again.

The key is looked for twice: when the body has arrived, so that a replay costs no decode; and when the change's
transaction begins, behind a lock that is tried and never waited for, so that who overlapped unseen makes no second one.
"""

import hashlib
import math
import re
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import orjson
from aiohttp import hdrs, web
from multidict import CIMultiDict

from app.db.pool import Database, Record, Transaction
from app.db.unit import Unit
from app.errors import AnswerWithheld, KeyInFlight, KeyMalformed, KeyReused
from app.http.body import WATCHED, body_chunks
from app.http.retries.fingerprint import FORMER_BYTES, Fingerprint
from app.settings import Settings

KEY: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotency-Replayed"

Work = Callable[[], Awaitable[web.StreamResponse]]
RefusalOf = Callable[[Exception], web.Response | None]
"""The answer to a refusal whose cause is in the body's bytes alone; None to any other."""

_METHODS: Final = frozenset((hdrs.METH_POST, hdrs.METH_PUT, hdrs.METH_PATCH))
_KEY: Final = re.compile(r'("?)([\x20\x21\x23-\x7e]{1,255})\1')
_UNKEPT: Final = frozenset(
    name.lower()
    for name in (
        hdrs.DATE, hdrs.SET_COOKIE, "X-Request-Id", hdrs.CONTENT_LENGTH, hdrs.CONNECTION, hdrs.KEEP_ALIVE,
        hdrs.TRANSFER_ENCODING, hdrs.UPGRADE, hdrs.TRAILER, hdrs.TE, hdrs.PROXY_AUTHENTICATE,
    )
)  # fmt: skip
"""Headers that are the connection's, or differ from answer to answer."""


class _Replayed(Exception):
    """The request was answered before."""

    def __init__(self, response: web.Response) -> None:
        super().__init__("replayed")
        self.response = response


@dataclass(frozen=True, slots=True)
class _Kept:
    """What is kept of an answer."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def columns(self) -> tuple[object, ...]:
        return self.status, orjson.dumps(self.headers).decode(), self.body


class KeptAnswers:
    """Those of one process's requests; all processes share them through the database."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self.database = database
        self.limit = settings.max_body_bytes
        self.age = timedelta(hours=settings.idempotency_hours)
        self.in_flight: set[bytes] = set()
        self._former_until = -math.inf

    @property
    def are_former(self) -> bool:
        """Whether answers may be kept that a process of before has kept."""
        return time.monotonic() < self._former_until

    def expect_former(self) -> None:
        """One was found: until the last of them is too old, requests are also told apart as they were then."""
        self._former_until = time.monotonic() + self.age.total_seconds()

    async def answered(
        self,
        request: web.Request,
        api: str,
        credential: str | None,
        work: Work,
        refusal_of: RefusalOf,
        variant: str = "",
    ) -> web.StreamResponse:
        """What `work` answers, or what it did answer to the same request. `credential` None: it is not known yet, and
        `work` says whose the request is. `variant` is what of the headers the answer depends on.

        Raises KeyMalformed, KeyInFlight, KeyReused, AnswerWithheld, and whatever `work` raises.
        """
        if request.method not in _METHODS or KEY not in request.headers:
            return await work()
        attempt = _Attempt(self, request, f"{api}\0{_key(request)}", variant)
        with attempt.under_way():
            if credential is not None:
                attempt.take(credential)
            try:
                return await attempt.ended(await work())
            except _Replayed as replayed:
                return replayed.response
            except Exception as error:
                await attempt.unit.roll_back()
                if (answer := refusal_of(error)) is not None:
                    try:
                        await attempt.refused(answer)
                    except _Replayed as replayed:
                        return replayed.response
                raise
            finally:
                await attempt.unit.roll_back()


class _Attempt:
    """One request with a key."""

    def __init__(self, answers: KeptAnswers, request: web.Request, key: str, variant: str) -> None:
        self._answers = answers
        self._request = request
        self._key = key
        self._fingerprint = Fingerprint(request, variant, also_former=answers.are_former)
        self._is_read = False
        self._scope = b""
        self._instead: bytes | None = None
        self._is_withheld = False
        self.unit = Unit(self._opened)
        request[WATCHED] = self._fingerprint

    @contextmanager
    def under_way(self) -> Iterator[None]:
        token = _ATTEMPT.set(self)
        try:
            with self.unit.bound():
                yield
        finally:
            _ATTEMPT.reset(token)
            self._answers.in_flight.discard(self._scope)

    def take(self, credential: str) -> None:
        """The key is this credential's; KeyInFlight."""
        if self._scope:
            return
        scope = hashlib.sha256(f"{self._key}\0{credential}".encode("utf-8", "surrogateescape")).digest()
        if scope in self._answers.in_flight:
            raise KeyInFlight
        self._answers.in_flight.add(scope)
        self._scope = scope

    async def require_first(self) -> None:
        """Once the body has arrived; what nobody has read of it is read now."""
        if not self._is_read:
            async for _ in body_chunks(self._request, self._answers.limit):
                pass
            self._fingerprint.end()
            self._is_read = True
            self._judge(await self._answers.database.fetchrow("kept_answer", self._scope, self._answers.age))

    async def _opened(self, tx: Transaction) -> None:
        if not self._scope:  # who asks is not known yet: nothing that he could change
            return
        await self.require_first()
        if not await tx.fetchval("try_answer_lock", int.from_bytes(self._scope[:8], "big", signed=True)):
            raise KeyInFlight
        self._judge(await tx.fetchrow("kept_answer", self._scope, self._answers.age))

    def _judge(self, row: Record | None) -> None:
        if row is None:
            return
        if row["request"] != self._digest_like(row["request"]):
            raise KeyReused
        if row["status"] is None:
            raise AnswerWithheld
        headers: CIMultiDict[str] = CIMultiDict([*map(tuple, orjson.loads(row["headers"])), (REPLAYED, "true")])
        raise _Replayed(web.Response(status=row["status"], headers=headers, body=row["body"] or None))

    def _digest_like(self, kept: bytes) -> bytes:
        """Of this request, as that was reckoned. KeyInFlight where it no longer can be, as the body went by; the next
        try will have it."""
        if len(kept) != FORMER_BYTES:
            return self._fingerprint.digest
        self._answers.expect_former()
        if self._fingerprint.former_digest is None:
            raise KeyInFlight
        return self._fingerprint.former_digest

    async def ended(self, response: web.StreamResponse) -> web.StreamResponse:
        """The answer, kept with the change if it tells of one that was made."""
        if self._scope and isinstance(response, web.Response) and response.status // 100 == 2:
            await self._keep(response)
        await self.unit.commit()
        return response

    async def refused(self, response: web.Response) -> None:
        """Keeps a refusal that the same request would meet again."""
        if self._scope:
            await self.require_first()  # the rest of a body that comes slowly is not waited for with a transaction open
            await self._keep(response)
            await self.unit.commit()

    async def _keep(self, response: web.Response) -> None:
        body = response.body if self._instead is None else self._instead
        assert body is None or isinstance(body, bytes | bytearray)
        headers = [(name, value) for name, value in response.headers.items() if name.lower() not in _UNKEPT]
        kept = _Kept(response.status, headers, bytes(body or b""))
        columns = (None,) * 3 if self._is_withheld else kept.columns
        row = (self._scope, self._fingerprint.digest, *columns, sorted(self.unit.touched) or None)
        if (begun := self.unit.transaction) is not None:
            await begun.execute("keep_answer", *row)
            return
        async with self._answers.database.transaction() as tx:
            await tx.execute("keep_answer", *row)

    def keep_instead(self, body: bytes | None) -> None:
        self._instead, self._is_withheld = body, body is None


_ATTEMPT: Final[ContextVar[_Attempt | None]] = ContextVar("attempt", default=None)


def take_key(credential: str) -> None:
    """Says whose a request is, as soon as that is known; KeyInFlight. Nothing, where it has no key."""
    attempt = _ATTEMPT.get()
    if attempt is not None:
        attempt.take(credential)


async def require_first() -> None:
    """Once the body has arrived, and before any work is done: leaves `answered` with what was kept; KeyReused."""
    attempt = _ATTEMPT.get()
    if attempt is not None:
        await attempt.require_first()


def keep_instead(body: bytes | None) -> None:
    """What is kept of the answer in the place of its body; None: the answer holds a secret, and nothing of it is."""
    attempt = _ATTEMPT.get()
    if attempt is not None:
        attempt.keep_instead(body)


def _key(request: web.Request) -> str:
    given = request.headers.getall(KEY)
    found = _KEY.fullmatch(given[0].strip()) if len(given) == 1 else None
    if found is None:
        raise KeyMalformed
    return found[2]
