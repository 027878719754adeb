"""The native API: match, authenticate, parse, call the operation. The order in which a request is refused is that of
native.md, section 13."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

from aiohttp import hdrs, web

from app.access.accounts import NativeRole
from app.apis.v1.auth import RANKS, Callers, authorise
from app.apis.v1.cached_answers import KEYED
from app.apis.v1.call import OWN, Call, Caller, Row, Services
from app.apis.v1.documents.wait import held_back
from app.apis.v1.errors import MethodNotAllowed, Mistake, NoSuchAddress, of_the_body, problem_of, refuse, response
from app.apis.v1.match import Place, Table
from app.apis.v1.parse import batch_of, checked_body, checked_query, read_json, read_query
from app.apis.v1.present import nothing
from app.apis.v1.storefront.media import warm
from app.http.rate_limits import RateLimits
from app.http.ready import Guard, ReadyResponse
from app.http.respond import OPEN
from app.http.retries.answers import KeptAnswers, require_first
from app.service.changes.acting import as_actor
from app.service.changes.finishing import NamedBatches

_TO_PAGES: Final = {
    **OPEN,
    hdrs.ACCESS_CONTROL_ALLOW_METHODS: "GET, HEAD, OPTIONS",
    hdrs.ACCESS_CONTROL_ALLOW_HEADERS: "*",
    hdrs.ACCESS_CONTROL_MAX_AGE: "86400",
}
"""What a page of another origin may send to an address that needs no key."""


class NativeApi:
    def __init__(
        self, services: Services, rows: Iterable[Row], callers: Callers, limits: RateLimits, answers: KeptAnswers
    ) -> None:
        self._room = services
        self._table = Table(rows)
        self._callers = callers
        self._limits = limits
        self._guards = {role: self._callers.guard(role) for role in RANKS}
        self._answers = answers
        self._batches = NamedBatches(services.database)
        self.route_of = self._table.route_of
        self.warm: Callable[[Sequence[Any]], Awaitable[None]] = partial(warm, services)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Any method, any path of this API; raises what `error` knows how to tell."""
        place = self._table.find(request.rel_url.raw_path)
        if request.method == hdrs.METH_OPTIONS and place is not None:
            return nothing({hdrs.ALLOW: place.allow, **(_TO_PAGES if place.is_open else {})})
        row = place.row(request.method) if place else None
        caller = None if place and place.is_open else await self._callers.caller(request)
        place, row = _routed(place, row)
        await self._admit(request, row, caller)
        work = partial(self._answer, request, place, row, caller)
        if caller is None:
            return await work()
        act = replace(caller.act, batch=batch_of(request))
        with as_actor(act):
            async with self._batches.kept_open(act):
                answered = await self._answers.answered(request, "v1", caller.scope, work, of_the_body)
        answered = await held_back(request, answered)
        if isinstance(answered, ReadyResponse) and row.role is not None:
            answered.guard = self._guard(request, row.role)
        return answered

    def _guard(self, request: web.Request, role: NativeRole) -> Guard | None:
        """Whoever asks for the same next has to be somebody, too. Where the text of a key is part of what is asked, and
        every key may see it, he is; a session's cookie is no such part."""
        is_known = request.raw_path.startswith(KEYED) and hdrs.AUTHORIZATION in request.headers
        return None if is_known and role == "reader" else self._guards[role]

    async def _answer(self, request: web.Request, place: Place, row: Row, caller: Caller | None) -> web.StreamResponse:
        return await row.handler(await self._call(request, place, row, caller))

    def error(self, request: web.Request, error: Exception) -> web.Response:
        """The answer to a request that ended in `error`."""
        answer, place = response(problem_of(error)), self._table.find(request.rel_url.raw_path)
        if place is not None and place.is_open:
            answer.headers.update(OPEN)
        return answer

    async def _admit(self, request: web.Request, row: Row, caller: Caller | None) -> None:
        """What the caller's role, and how often it may write, allow."""
        if caller is None or row.role is None:
            return
        authorise(caller, row.role)
        if row.method != hdrs.METH_GET:
            await self._limits.admit_address(request)
            await self._limits.admit_key(caller.scope)

    async def _call(self, request: web.Request, place: Place, row: Row, caller: Caller | None) -> Call:
        if row.body == OWN:
            return Call(self._room, request, caller, place.params, {}, {})
        value = None if row.body is None else await read_json(request, row, self._room.settings.max_body_bytes)
        await require_first()
        query, mistakes = checked_query(row.query, read_query(request.rel_url.raw_query_string))
        body: Mapping[str, Any] = {}
        further: list[Mistake] = []
        if row.body is not None:
            body, further = checked_body(row.body, value)
            if row.names is not None:
                further += await row.names(self._room, value)
        refuse([*mistakes, *further])
        guard = None if row.role is None else self._guards[row.role]
        return Call(self._room, request, caller, place.params, query, body, guard)


def _routed(place: Place | None, row: Row | None) -> tuple[Place, Row]:
    if place is None:
        raise NoSuchAddress
    if row is None:
        raise MethodNotAllowed(place.allow)
    return place, row
