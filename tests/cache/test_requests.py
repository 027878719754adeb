"""A request that was answered before finds its document without its API."""

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from app.cache.documents import DocumentCache
from app.cache.keys import PathKey, ShownKey
from app.cache.requests import Remembered, RequestIndex
from app.db.listen import Hearing
from app.http.ready import Document
from app.settings import Settings

KEY = ("glue", "a")
FOUND = Document(200, {"Content-Type": "application/json"}, b"{}", family=1)
REMEMBERED = Remembered(KEY, ("glue", "/{path}", "GET"))
READS = frozenset((b"accept",))


async def _found() -> Document:
    return FOUND


@pytest.fixture(name="documents")
async def _documents() -> DocumentCache:
    documents = DocumentCache(100_000, Hearing(True, True))
    await documents.fill(KEY, _found)
    return documents


@pytest.fixture(name="index")
def _index(documents: DocumentCache) -> RequestIndex:
    return RequestIndex(documents, Settings(), READS)


def request(path: str = "/a", method: str = "GET", *, closing: bool = False, **headers: str) -> web.Request:
    return make_mocked_request(method, path, headers={"Host": "shop", **headers}, closing=closing)


def ask(index: RequestIndex, asked: web.Request) -> bytes | None:
    question = index.question(asked)
    assert question is not None
    remembered = index.find(question)
    if remembered is None or index.answer(remembered, question[0]) is None:
        return None
    return FOUND.body


def teach(index: RequestIndex, asked: web.Request, era: int | None = None, remembered: Remembered = REMEMBERED) -> None:
    question = index.question(asked)
    assert question is not None
    index.learn(question, index.era if era is None else era, remembered)


def test_the_same_request_finds_its_document(index: RequestIndex) -> None:
    """What no API reads may differ; the path and what APIs read may not."""
    assert ask(index, request(Accept="a")) is None
    teach(index, request(Accept="a"))

    assert ask(index, request(Accept="a", Cookie="b")) == FOUND.body
    assert ask(index, request(Accept="b")) is None
    assert ask(index, request()) is None
    assert ask(index, request("/a?b", Accept="a")) is None


async def test_what_headers_mean_for_one_path_they_mean_for_all_of_its_shape(
    index: RequestIndex, documents: DocumentCache
) -> None:
    """Where the path is part of the key, a document is found that nobody was led to before; others are not."""
    for path in ("/a/1/sets", "/a/2/sets", "/b/2/sets", "/a/2"):
        await documents.fill(PathKey(path, "json"), _found)
    teach(
        index,
        request("/a/1/sets", Accept="json"),
        remembered=REMEMBERED._replace(document=PathKey("/a/1/sets", "json")),
    )

    assert ask(index, request("/a/1/sets", Accept="json")) == FOUND.body
    assert ask(index, request("/a/2/sets", Accept="json")) == FOUND.body
    assert ask(index, request("/a/3/sets", Accept="json")) is None
    assert ask(index, request("/a/2/sets", Accept="xml")) is None
    assert ask(index, request("/b/2/sets", Accept="json")) is None
    assert ask(index, request("/a/2", Accept="json")) is None
    index.forget()
    assert ask(index, request("/a/1/sets", Accept="json")) is None


@pytest.mark.parametrize("asked", [request("/" + 1000 * "a"), request(Accept=1000 * "a")])
def test_long_requests_are_not_remembered(index: RequestIndex, asked: web.Request) -> None:
    """Clients choose the length, so nothing of it is kept beyond a measure."""
    teach(index, asked)
    assert ask(index, asked) is None


@pytest.mark.parametrize("asked", [request(method="HEAD"), request(closing=True)])
def test_what_has_no_ready_answer_takes_no_shortcut(index: RequestIndex, asked: web.Request) -> None:
    """Other methods and connections that end are for the API."""
    assert index.question(asked) is None


def test_a_document_that_was_dropped_is_not_found(index: RequestIndex, documents: DocumentCache) -> None:
    """Whether a document still holds is for the cache to say."""
    teach(index, request())
    documents.drop_families([1])

    assert ask(index, request()) is None


def test_the_way_to_a_document_that_is_not_kept_is_not_learned(index: RequestIndex, documents: DocumentCache) -> None:
    """Answers that the cache did not keep take no room from the others."""
    documents.drop_families([1])
    asked = request()
    teach(index, asked)

    question = index.question(asked)
    assert question is not None
    assert index.find(question) is None


def test_all_is_forgotten_when_accounts_change(index: RequestIndex) -> None:
    """What was found out before a change of accounts is neither used nor learned after it."""
    era = index.era
    teach(index, request())
    index.forget()
    assert ask(index, request()) is None

    teach(index, request(), era)
    assert ask(index, request()) is None


def test_memory_is_bounded_and_what_is_asked_often_stays(documents: DocumentCache) -> None:
    """Of more requests than there is room for, those asked again and again are kept."""
    index, often = RequestIndex(documents, Settings(document_cache_bytes=160_000), READS), request("/often")
    teach(index, often)
    for number in range(250):
        teach(index, request(f"/{number}"))
        assert ask(index, often) == FOUND.body

    assert ask(index, request("/0")) is None
    assert ask(index, request("/249")) == FOUND.body


def test_each_generation_has_its_part_of_the_memory(documents: DocumentCache) -> None:
    """An eighth of what documents may take, 500 bytes each and its path, half of it for the younger: with one more than
    there is room for the older ones are gone."""
    room = 160_000 // 8 // 503 // 2
    assert room == 19
    index = RequestIndex(documents, Settings(document_cache_bytes=160_000), READS)
    for number in range(10, 10 + 2 * room):
        teach(index, request(f"/{number}"))
    teach(index, request("/more"))
    question = index.question(request(f"/{10 + room - 1}"))
    assert question is not None
    assert index.find(question) is None
    assert ask(index, request(f"/{10 + room}")) == FOUND.body


async def test_what_products_show_lies_in_a_part_of_its_own(documents: DocumentCache) -> None:
    """A document of that kind is looked for there alone; where there is no such part, among all the others."""
    key = ShownKey("mug", None, "http://shop/media")
    led = REMEMBERED._replace(document=key)
    shown = documents.part(2)
    apart, together = (RequestIndex(documents, Settings(), READS, part) for part in (shown, None))
    await shown.fill(key, _found)
    teach(apart, request(), remembered=led)
    teach(together, request(), remembered=led)
    assert ask(apart, request()) == FOUND.body
    assert ask(together, request()) is None

    await documents.fill(key, _found)
    shown.drop_all()
    assert ask(apart, request()) is None
    teach(together, request(), remembered=led)
    assert ask(together, request()) == FOUND.body


def test_a_key_belongs_to_the_question_where_paths_are_asked_for_with_one(documents: DocumentCache) -> None:
    """Elsewhere only the scheme of `Authorization` does."""
    index = RequestIndex(documents, Settings(), READS, keyed=("/v1/images/",))
    teach(index, request("/v1/images/7", Authorization="Bearer one"))
    teach(index, request("/a", Authorization="OAuth one"))

    assert ask(index, request("/v1/images/7", Authorization="Bearer one")) == FOUND.body
    assert ask(index, request("/v1/images/7", Authorization="Bearer two")) is None
    assert ask(index, request("/v1/images/7")) is None
    assert ask(index, request("/a", Authorization="oauth two")) == FOUND.body
    assert ask(index, request("/a", Authorization="Basic one")) is None
