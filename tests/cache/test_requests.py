"""A request that was answered before finds its document without its room."""

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from app.cache.documents import DocumentCache, PathKey
from app.cache.requests import Shortcut, Shortcuts
from app.db.listen import Hearing
from app.http.ready import Document
from app.settings import Settings

KEY = ("glue", "a")
FOUND = Document(200, {"Content-Type": "application/json"}, b"{}", family=1)
SHORTCUT = Shortcut(KEY, ("glue", "/{path}", "GET"))
READS = frozenset((b"accept",))


async def _found() -> Document:
    return FOUND


@pytest.fixture(name="documents")
async def _documents() -> DocumentCache:
    documents = DocumentCache(100_000, Hearing(True, True))
    await documents.fill(KEY, _found)
    return documents


@pytest.fixture(name="shortcuts")
def _shortcuts(documents: DocumentCache) -> Shortcuts:
    return Shortcuts(documents, Settings(), READS)


def request(path: str = "/a", method: str = "GET", *, closing: bool = False, **headers: str) -> web.Request:
    return make_mocked_request(method, path, headers={"Host": "shop", **headers}, closing=closing)


def ask(shortcuts: Shortcuts, asked: web.Request) -> bytes | None:
    question = shortcuts.question(asked)
    assert question is not None
    shortcut = shortcuts.find(question)
    if shortcut is None or shortcuts.answer(shortcut, question[0]) is None:
        return None
    return FOUND.body


def teach(shortcuts: Shortcuts, asked: web.Request, era: int | None = None, shortcut: Shortcut = SHORTCUT) -> None:
    question = shortcuts.question(asked)
    assert question is not None
    shortcuts.learn(question, shortcuts.era if era is None else era, shortcut)


def test_the_same_request_finds_its_document(shortcuts: Shortcuts) -> None:
    """What no room reads may differ; the path and what rooms read may not."""
    assert ask(shortcuts, request(Accept="a")) is None
    teach(shortcuts, request(Accept="a"))

    assert ask(shortcuts, request(Accept="a", Cookie="b")) == FOUND.body
    assert ask(shortcuts, request(Accept="b")) is None
    assert ask(shortcuts, request()) is None
    assert ask(shortcuts, request("/a?b", Accept="a")) is None


async def test_what_headers_mean_for_one_path_they_mean_for_all_of_its_shape(
    shortcuts: Shortcuts, documents: DocumentCache
) -> None:
    """Where the path is part of the key, a document is found that nobody was led to before; others are not."""
    for path in ("/a/1/sets", "/a/2/sets", "/b/2/sets", "/a/2"):
        await documents.fill(PathKey(path, "json"), _found)
    teach(
        shortcuts,
        request("/a/1/sets", Accept="json"),
        shortcut=SHORTCUT._replace(document=PathKey("/a/1/sets", "json")),
    )

    assert ask(shortcuts, request("/a/1/sets", Accept="json")) == FOUND.body
    assert ask(shortcuts, request("/a/2/sets", Accept="json")) == FOUND.body
    assert ask(shortcuts, request("/a/3/sets", Accept="json")) is None
    assert ask(shortcuts, request("/a/2/sets", Accept="xml")) is None
    assert ask(shortcuts, request("/b/2/sets", Accept="json")) is None
    assert ask(shortcuts, request("/a/2", Accept="json")) is None
    shortcuts.forget()
    assert ask(shortcuts, request("/a/1/sets", Accept="json")) is None


@pytest.mark.parametrize("asked", [request("/" + 1000 * "a"), request(Accept=1000 * "a")])
def test_long_requests_are_not_remembered(shortcuts: Shortcuts, asked: web.Request) -> None:
    """Clients choose the length, so nothing of it is kept beyond a measure."""
    teach(shortcuts, asked)
    assert ask(shortcuts, asked) is None


@pytest.mark.parametrize("asked", [request(method="HEAD"), request(closing=True)])
def test_what_has_no_ready_answer_takes_no_shortcut(shortcuts: Shortcuts, asked: web.Request) -> None:
    """Other methods and connections that end are for the room."""
    assert shortcuts.question(asked) is None


def test_a_document_that_was_dropped_is_not_found(shortcuts: Shortcuts, documents: DocumentCache) -> None:
    """Whether a document still holds is for the cache to say."""
    teach(shortcuts, request())
    documents.drop_families([1])

    assert ask(shortcuts, request()) is None


def test_the_way_to_a_document_that_is_not_kept_is_not_learned(shortcuts: Shortcuts, documents: DocumentCache) -> None:
    """Answers that the cache did not keep take no room from the others."""
    documents.drop_families([1])
    asked = request()
    teach(shortcuts, asked)

    question = shortcuts.question(asked)
    assert question is not None
    assert shortcuts.find(question) is None


def test_all_is_forgotten_when_accounts_change(shortcuts: Shortcuts) -> None:
    """What was found out before a change of accounts is neither used nor learned after it."""
    era = shortcuts.era
    teach(shortcuts, request())
    shortcuts.forget()
    assert ask(shortcuts, request()) is None

    teach(shortcuts, request(), era)
    assert ask(shortcuts, request()) is None


def test_memory_is_bounded_and_what_is_asked_often_stays(documents: DocumentCache) -> None:
    """Of more requests than there is room for, those asked again and again are kept."""
    shortcuts = Shortcuts(documents, Settings(document_cache_bytes=160_000), READS)
    teach(shortcuts, request("/often"))
    for number in range(1000):
        teach(shortcuts, request(f"/{number}"))
        assert ask(shortcuts, request("/often")) == FOUND.body

    assert ask(shortcuts, request("/0")) is None
    assert ask(shortcuts, request("/999")) == FOUND.body
