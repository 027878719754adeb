"""Ready documents: kept while they are true, and not one moment longer."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from functools import partial
from random import Random
from unittest.mock import patch

import pytest
from aiohttp import hdrs

from app.cache.documents import DocumentCache
from app.db.listen import Hearing
from app.errors import DatabaseUnavailable
from app.http.ready import Document
from tests.e2e.conftest import eventually


def document(body: bytes = b"{}", family: int | None = 7) -> Document:
    return Document(200, {"Content-Type": "application/json"}, body, family)


def cache(limit: int = 100_000, seconds: float = 60) -> DocumentCache:
    return DocumentCache(limit, Hearing(True, True), seconds)


def incompressible(seed: int, size: int = 2000) -> bytes:
    return Random(seed).randbytes(size)


async def filled(documents: DocumentCache, numbers: Iterable[int], body: bytes = bytes(2000)) -> None:
    """With one document each, of a family of its own."""

    async def load(family: int) -> Document:
        return document(b"%d" % family + body, family)

    for number in numbers:
        await documents.fill(number, partial(load, number))


class Source:
    """Counts how often it is asked; answers when it is let go."""

    def __init__(self, answer: Document) -> None:
        self.answer = answer
        self.asked = 0
        self.begun = asyncio.Event()
        self.go = asyncio.Event()

    async def load(self) -> Document:
        self.asked += 1
        self.begun.set()
        await self.go.wait()
        return self.answer


async def test_what_changes_by_time_alone_is_not_kept() -> None:
    """Nobody tells that it has, so it is read each time."""
    documents = cache()
    for may_be_kept in (False, True):

        async def load(may_be_kept: bool = may_be_kept) -> Document:
            return Document(200, {}, b"", 7, may_be_kept=may_be_kept)

        await documents.fill("key", load)
        assert (documents.get("key") is not None) is may_be_kept


async def test_concurrent_misses_ask_once() -> None:
    """Concurrent misses for one key ask the source once, and all get its answer."""
    documents, source = cache(), Source(document())
    waiting = [asyncio.create_task(documents.fill("key", source.load)) for _ in range(10)]
    await source.begun.wait()
    source.go.set()
    assert await asyncio.gather(*waiting) == [source.answer] * 10
    assert source.asked == 1
    assert documents.get("key") is source.answer


async def test_a_dropped_family_is_read_anew() -> None:
    """Dropping a family forgets its documents and leaves all others."""
    documents = cache()
    for family in (1, 2):
        source = Source(document(family=family))
        source.go.set()
        await documents.fill(("key", family), source.load)
    documents.drop_families([1])
    assert documents.get(("key", 1)) is None
    assert documents.get(("key", 2)) is not None


@pytest.mark.parametrize("everything", [True, False])
async def test_a_fill_that_began_before_a_drop_is_not_kept(everything: bool) -> None:
    """What was read before a change may answer those who asked before it, never those who ask after."""
    documents, old, new = cache(), Source(document(b"old")), Source(document(b"new"))
    early = asyncio.create_task(documents.fill("key", old.load))
    await old.begun.wait()
    if everything:
        documents.drop_all()
    else:
        documents.drop_families([7])
    late = asyncio.create_task(documents.fill("key", new.load))
    await new.begun.wait()
    new.go.set()
    assert (await late).body == b"new"
    old.go.set()
    assert (await early).body == b"old"
    kept = documents.get("key")
    assert kept is not None
    assert kept.body == b"new"


async def test_the_limit_in_bytes_holds() -> None:
    """The least recently used documents go first, and the limit in bytes is never exceeded."""
    documents = cache(limit=100_000)
    for number in range(200):
        source = Source(document(incompressible(number)))
        source.go.set()
        await documents.fill(number, source.load)
        documents.get(0)
        assert documents.size <= 100_000
    assert documents.get(0) is not None
    assert documents.get(1) is None
    assert documents.get(199) is not None


async def test_documents_that_are_alike_take_little_memory() -> None:
    """What is asked for seldom is packed, and is told as it was: a sixth of their bytes keeps all of them."""
    documents = cache(limit=100_000)
    await filled(documents, range(1, 201), incompressible(0, 3000))
    kept = [documents.get(number) for number in range(1, 201)]
    assert kept == [document(b"%d" % number + incompressible(0, 3000), number) for number in range(1, 201)]
    assert documents.size <= 100_000


async def test_documents_with_names_of_aiohttp_are_packed_too() -> None:
    """Headers may be called by its constants, whose values are texts of another kind."""
    documents, headers = cache(), {hdrs.CONTENT_TYPE: "application/json", hdrs.ETAG: '"a"'}
    for number in range(100):
        named = Document(200, headers, b"%d" % number + bytes(2000), number)
        await documents.fill(number, partial(asyncio.sleep, 0, named))
    assert documents.get(1) == Document(200, headers, b"1" + bytes(2000), 1)


async def test_a_dropped_family_is_not_found_among_packed_documents() -> None:
    """A drop holds for documents that are packed, too, and not for what is read after it."""
    documents = cache()
    await filled(documents, range(1, 201))
    documents.drop_families([1, 2])
    await filled(documents, [2], b"new")
    assert documents.get(1) is None
    assert documents.get(2) == document(b"2new", 2)
    assert documents.get(3) == document(b"3" + bytes(2000), 3)
    await filled(documents, range(201, 401))
    assert documents.get(2) == document(b"2new", 2)


async def test_dropping_everything_empties_the_packed_documents() -> None:
    """Nothing that was read before is told after it."""
    documents = cache()
    await filled(documents, range(1, 201))
    documents.drop_all()
    assert documents.size == 0
    assert [number for number in range(1, 201) if documents.get(number)] == []


async def test_nothing_is_kept_while_changes_are_not_heard() -> None:
    """Without a listening connection every read asks the database."""
    documents, source = DocumentCache(100_000, Hearing()), Source(document())
    source.go.set()
    await documents.fill("key", source.load)
    assert documents.get("key") is None


async def test_an_old_document_is_read_anew() -> None:
    """Whatever was heard, a document older than the time bound is not served."""
    documents, source = cache(seconds=-1), Source(document())
    source.go.set()
    await documents.fill("key", source.load)
    assert documents.get("key") is None
    assert documents.size == 0


async def test_a_packed_document_grows_old_as_well() -> None:
    """Being packed and asked for again does not make a document younger."""
    documents = cache(seconds=0.05)
    await filled(documents, range(1, 201))

    async def is_gone() -> bool:
        return documents.get(1) is None

    await eventually(is_gone)
    assert 1 not in documents


async def test_what_was_read_at_once_is_not_read_anew_at_once() -> None:
    """Documents live between half of their time and all of it."""
    documents, began = cache(limit=10_000_000, seconds=100), time.monotonic()
    await filled(documents, range(200))
    kept = []
    for seconds in (40, 75, 110):
        with patch("app.cache.documents.time.monotonic", lambda later=began + seconds: later):
            kept.append(sum(documents.get(number) is not None for number in range(200)))
    assert kept[0] == 200
    assert 50 < kept[1] < 150
    assert kept[2] == 0


async def test_a_crawler_drives_out_little() -> None:
    """Once memory is full, what is asked for again and again stays, however much is asked for once in between."""
    documents = cache(limit=200_000)

    async def ask(number: int) -> None:
        if documents.get(number) is None:
            await filled(documents, [number], incompressible(number))

    for number in [*range(100), *20 * [*range(1000, 1030)], *range(2000, 2100)]:
        await ask(number)
    assert sum(documents.get(number) is not None for number in range(1000, 1030)) > 10


async def test_more_drops_than_are_remembered_drop_everything() -> None:
    """While a fill is under way dropped families are remembered up to a number, and beyond it the fill is not kept."""
    documents, source = cache(), Source(document(family=7))
    filling = asyncio.create_task(documents.fill("key", source.load))
    await source.begun.wait()
    documents.drop_families(range(100, 10_101))
    source.go.set()
    assert await filling == source.answer
    assert documents.get("key") is None


async def fill(documents: DocumentCache, host: str) -> None:
    source = Source(document())
    source.go.set()
    await documents.fill(("key", host), source.load, frozenset((host,)))


async def test_many_hosts_drive_nobody_out() -> None:
    """Documents of a bounded number of hosts are kept; those of further ones are answered, and drive nothing out."""
    documents = cache(limit=100_000_000)
    for number in range(300):
        await fill(documents, f"https://{number}.example")
    kept = [number for number in range(300) if documents.get(("key", f"https://{number}.example"))]
    assert kept == [*range(16)]
    assert documents.misses == 300


async def test_a_host_that_nobody_asks_under_gives_its_place_up() -> None:
    """A host keeps its place for as long as a document lives after its last one was read."""
    documents = cache(seconds=0.05)
    for number in range(16):
        await fill(documents, f"https://{number}.example")
    await fill(documents, "https://late.example")
    assert documents.get(("key", "https://late.example")) is None

    async def is_kept() -> bool:
        await fill(documents, "https://late.example")
        return documents.get(("key", "https://late.example")) is not None

    await eventually(is_kept)


async def test_made_up_hosts_do_not_switch_the_cache_off() -> None:
    """Where the first hosts were made up, the one that is asked under comes into the cache with its second question,
    and is found in memory from then on, while others are made up."""
    documents = cache(limit=200_000)
    for number in range(16):
        await fill(documents, f"https://{number}.example")
    for _ in range(2):
        await fill(documents, "https://shop.example")
    for number in range(1000):
        assert documents.get(("key", "https://shop.example")), number
        await fill(documents, f"https://late-{number // 2}.example")


async def test_errors_are_not_kept() -> None:
    """A failure reaches those who wait for it, and the next one asks again."""

    async def fail() -> Document:
        raise DatabaseUnavailable

    documents = cache()
    for _ in range(2):
        with pytest.raises(DatabaseUnavailable):
            await documents.fill("key", fail)
    assert documents.misses == 2


def test_documents_name_the_product() -> None:
    """And not what it is made with, as all other answers do."""
    assert b"\r\nServer: product-images\r\n" in Document(200, {"Content-Type": "text/plain"}, b"", family=None).head


async def test_a_long_key_counts() -> None:
    """Clients choose how long a path is, and the limit is one for memory."""
    documents = cache(limit=100_000)
    source = Source(document())
    source.go.set()
    await documents.fill(8000 * "k", source.load)
    assert documents.size > 8000


async def test_while_changes_are_late_what_is_kept_is_not_used() -> None:
    """While changes are heard of too late a document is read anew every time, and kept; then it is used again."""
    hearing = Hearing(listening=True, current=True)
    documents, source = DocumentCache(100_000, hearing), Source(document())
    source.go.set()
    await documents.fill("key", source.load)
    assert documents.get("key") is not None

    hearing.current = False
    documents.stop_using()
    assert documents.get("key") is None
    assert "key" in documents

    hearing.current = True
    assert documents.get("key") is not None


async def test_what_said_that_an_address_is_unknown_is_dropped_alone() -> None:
    """Once a name may be known, only documents that say it is not are dropped, the ready ones and the packed."""
    documents = DocumentCache(20_000, Hearing(listening=True, current=True))
    for number in range(12):
        source = Source(document(family=None if number % 2 else 7))
        source.go.set()
        await documents.fill(number, source.load)

    documents.drop_families([None])

    assert [number for number in range(12) if documents.get(number) is not None] == [0, 2, 4, 6, 8, 10]


async def named(*pairs: tuple[str, Document]) -> AsyncIterator[tuple[str, Document]]:
    for pair in pairs:
        yield pair


async def test_several_are_filled_at_a_time() -> None:
    """Each is kept under its key, by itself."""
    documents = cache()
    given = {"a": document(b"a", 1), "b": document(b"b", None)}
    assert await documents.fill_several(lambda: named(*given.items())) == given
    documents.drop_families([1])
    assert (documents.get("a"), documents.get("b")) == (None, given["b"])
    assert documents.misses == 2


async def test_of_several_those_are_not_kept_that_were_dropped_meanwhile() -> None:
    """Whoever asked gets what was read; the others that came with it are kept."""
    documents, given = cache(), {"a": document(b"a", 1), "b": document(b"b", 2)}

    async def load() -> AsyncIterator[tuple[str, Document]]:
        documents.drop_families([2])
        for pair in given.items():
            yield pair

    assert await documents.fill_several(load) == given
    assert (documents.get("a"), documents.get("b")) == (given["a"], None)


async def test_what_is_dropped_is_freed_soon() -> None:
    """A slice at a time, in the course of which others have their turn, and come to nothing that was kept."""
    documents, turns = cache(limit=20_000_000), 0
    await filled(documents, range(10_000), b"")
    tables = [documents._entries, documents._packed._entries]
    documents.drop_all()
    assert (documents.size, documents.get(1), [*documents.asked(10)]) == (0, None, [])
    await filled(documents, [1])
    while any(tables):
        before = sum(map(len, tables))
        await asyncio.sleep(0)
        turns += 1
        assert before - sum(map(len, tables)) <= 2000
    assert turns > 1
    assert documents.get(1) is not None


async def test_a_part_is_dropped_with_the_whole() -> None:
    """A family, all, and what is not used any more."""
    documents = cache(limit=800_000)
    part = documents.part(4)
    await filled(part, [1, 2, 3])
    documents.drop_families([1, None])
    assert [part.get(number) is None for number in (1, 2, 3)] == [True, False, False]
    documents.drop_all()
    assert part.size == 0


async def test_a_part_takes_no_more_than_its_share() -> None:
    """Whatever is put there, three quarters stay for the rest, of which what is used least gives way; what is not
    needed there any more is had back."""
    documents = cache(limit=200_000)
    part = documents.part(4)
    for number in range(300):
        await filled(documents, [number], incompressible(number))
    whole = documents.size
    assert whole > 180_000
    for number in range(1000, 1300):
        await filled(part, [number], incompressible(number))
        assert part.size <= 50_000
        assert part.size + documents.size <= 200_000
    assert documents.size > 140_000
    assert documents.get(299) is not None
    documents.drop_all()
    for number in range(300, 600):
        await filled(documents, [number], incompressible(number))
    assert documents.size > 180_000
