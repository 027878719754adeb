"""The native API: match, authenticate, parse, call the operation. The order in which a request is refused is that of
native.md, section 13."""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from aiohttp import hdrs, web

from app.apis.v1.auth import RANKS, Callers, FindKey, authorise
from app.apis.v1.call import OWN, Call, Caller, Room, Row
from app.apis.v1.errors import MethodNotAllowed, Mistake, NoSuchAddress, of_the_body, problem_of, refuse, response
from app.apis.v1.match import Place, Table
from app.apis.v1.parse import checked_body, checked_query, read_json, read_query
from app.apis.v1.present import nothing
from app.http.rate_limits import RateLimits
from app.http.ready import ReadyResponse
from app.http.retries.answers import KeptAnswers, require_first
from app.service.changes.acting import Act, as_actor


class NativeApi:
    def __init__(
        self, room: Room, rows: Iterable[Row], find_key: FindKey, limits: RateLimits, answers: KeptAnswers
    ) -> None:
        self._room = room
        self._table = Table(rows)
        self._callers = Callers(find_key)
        self._limits = limits
        self._guards = {role: self._callers.guard(role) for role in RANKS}
        self._answers = answers
        self.route_of = self._table.route_of

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Any method, any path of this API; raises what `error` knows how to tell."""
        place = self._table.find(request.rel_url.raw_path)
        if request.method == hdrs.METH_OPTIONS and place is not None:
            return nothing({hdrs.ALLOW: place.allow})
        row = place.row(request.method) if place else None
        caller = None if row and row.role is None else await self._callers.caller(request)
        place, row = _routed(place, row)
        await self._admit(request, row, caller)
        work = partial(self._answer, request, place, row, caller)
        if caller is None:
            return await work()
        with as_actor(Act("key", str(caller.id), caller.name, "v1")):
            answered = await self._answers.answered(request, "v1", str(caller.id), work, of_the_body)
        if isinstance(answered, ReadyResponse) and row.role is not None:
            answered.guard = self._guards[row.role]  # whoever asks for the same next has to be somebody, too
        return answered

    async def _answer(self, request: web.Request, place: Place, row: Row, caller: Caller | None) -> web.StreamResponse:
        return await row.handler(await self._call(request, place, row, caller))

    def error(self, _: web.Request, error: Exception) -> web.Response:
        """The answer to a request that ended in `error`."""
        return response(problem_of(error))

    async def _admit(self, request: web.Request, row: Row, caller: Caller | None) -> None:
        """What the caller's role, and how often it may write, allow."""
        if caller is None or row.role is None:
            return
        authorise(caller, row.role)
        if row.method != hdrs.METH_GET:
            await self._limits.admit_address(request)
            await self._limits.admit_key(caller.id)

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
        return Call(self._room, request, caller, place.params, query, body)


def _routed(place: Place | None, row: Row | None) -> tuple[Place, Row]:
    if place is None:
        raise NoSuchAddress
    if row is None:
        raise MethodNotAllowed(place.allow)
    return place, row
