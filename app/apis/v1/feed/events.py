"""What happens: `GET /v1/events`, as pages and as a stream."""

import asyncio
from typing import Any, Final

from aiohttp import web

from app.apis.v1.call import Call, Row
from app.apis.v1.errors import Mistake, refuse
from app.apis.v1.feed.documents import SCHEMAS as DOCUMENTS
from app.apis.v1.feed.documents import event_document
from app.apis.v1.feed.stream import MEDIA_TYPE, stream
from app.apis.v1.feed.waiting import news
from app.apis.v1.fields import CodedField, Many, Schema, Text, WholeInQuery, wrong
from app.apis.v1.lists import MOST, USUAL
from app.apis.v1.present import JSON, answer
from app.http.negotiate import is_wanted
from app.http.origin import public_base
from app.openapi.sections import JsonSchema, Response, json, ref
from app.service.feed.cursors import Cursor, read_cursor
from app.service.feed.events import Event, View
from app.service.feed.kinds import Selection, is_known
from app.service.feed.views import hosts_of

_LAST_ID: Final = "Last-Event-ID"
_LONGEST_WAIT: Final = 60


class Place(CodedField):
    """A cursor of the feed."""

    sentence = "Where to go on: the cursor of an event, or what the page before says; 0 begins with the oldest kept."

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> Cursor:
        place = read_cursor(value) if isinstance(value, str) else None
        if place is None:
            raise wrong("wrong_type", "It is no cursor of the feed.")
        return place

    @property
    def json_schema(self) -> JsonSchema:
        return {"type": "string"}


class Types(CodedField):
    """Types of events in a query, comma-separated."""

    sentence = "Only these, comma-separated: types, `image.*` and the like, `*`."

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> tuple[str, ...]:
        types = tuple(word.strip() for word in value.split(","))
        if unknown := next((one for one in types if not is_known(one)), None):
            raise wrong("out_of_range", f"There are no events {unknown[:100]}.")
        if "" in types:
            raise wrong("out_of_range", "One of the types is empty.")
        return types

    @property
    def json_schema(self) -> JsonSchema:
        return {"type": "string"}


class _Query(Schema):
    after = Place()
    types = Types(load_default=("*",))
    sku = Many(Text(5000), most=200)
    wait = WholeInQuery(0, _LONGEST_WAIT, load_default=0)
    limit = WholeInQuery(1, MOST, load_default=USUAL)


async def show_events(call: Call) -> web.StreamResponse:
    """A stream for who accepts one, else a page."""
    query = call.query
    skus = frozenset(query["sku"]) if "sku" in query else None
    is_admin = call.caller is not None and call.caller.role == "admin"
    selection = Selection(query["types"], skus, of_admins=is_admin)
    is_stream = is_wanted(call.request, MEDIA_TYPE, JSON)
    place = (_last_seen(call.request) if is_stream else None) or query.get("after")
    if place is None:
        place = await call.services.events.now()
    if not is_stream:
        return await _page(call, place, selection)
    await call.services.events.page(place, selection, 1)  # a place that is gone is told before the stream begins
    return await stream(call, place, selection, _view(call))


def _last_seen(request: web.Request) -> Cursor | None:
    """Of a client that comes back; it wins over the query, where the place stands at which it began."""
    given = request.headers.get(_LAST_ID)
    if not given:
        return None
    place = read_cursor(given)
    if place is None:
        refuse([Mistake(f"?{_LAST_ID}", "wrong_type", "It is no cursor of the feed.")])
    return place


async def _page(call: Call, place: Cursor, selection: Selection) -> web.Response:
    page = await call.services.events.page(place, selection, call.query["limit"])
    events, place = list(page.events), page.next
    if not events and page.is_last and call.query["wait"]:
        events, place = await _waited_for(call, place, selection)
    view = _view(call)
    return answer({"items": [event_document(event, view) for event in events], "next": str(place)})


async def _waited_for(call: Call, place: Cursor, selection: Selection) -> tuple[list[Event], Cursor]:
    """The first events behind a place, or none once the time is over. Raises Busy, and
    Unauthenticated where the key ends meanwhile."""
    follower, clock = call.services.follower, asyncio.get_running_loop().time
    end = clock() + call.query["wait"]
    with follower.following():
        while not (follower.is_over or call.is_left) and (left := end - clock()) > 0:
            found, place = await news(call, place, selection, left)
            if found:
                events = [one.event for one in found][: call.query["limit"]]
                return events, place if len(events) == len(found) else events[-1].cursor
    return [], place


def _view(call: Call) -> View:
    settings = call.services.settings
    media = call.media
    return View(media, hosts_of(settings, media, public_base(call.request, settings)))


SCHEMAS: Final = DOCUMENTS

ROWS: Final = (
    Row(
        "GET",
        "/v1/events",
        "reader",
        show_events,
        "What has changed since, in order: a page, which with `wait` is held back until there is something. With "
        "`Accept: text/event-stream` all that happens from there on, as server-sent events; `Last-Event-ID` says where "
        "to go on. Events about keys and webhooks are shown to admins.",
        {200: Response("A page; `next` is always there, and leads on.", json(ref("Events")))},
        query=_Query,
        sentences={
            "sku": "Of these products alone, the parameter repeated.",
            "wait": "Seconds, 0 to 60, that the answer may be held back while there is nothing.",
            "limit": "Most events of a page.",
        },
        refusals=(410,),
    ),
)
