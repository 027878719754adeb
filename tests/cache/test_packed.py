"""Packed documents: the same when they are told again, few bytes while they wait."""

import sys
from collections.abc import Callable
from random import Random
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cache.packed import PackedDocuments, Plain
from app.http.ready import Document

NAMES = st.text("abcABC-", min_size=1, max_size=20)
DOCUMENTS = st.builds(
    Document,
    status=st.sampled_from([200, 404, 410]),
    headers=st.dictionaries(NAMES, st.text("abc/é: ", max_size=20)),
    body=st.binary(max_size=3000) | st.lists(st.sampled_from([b"\r\n", b"{}", b"\n"])).map(b"".join),
    family=st.none() | st.integers(1, 2**63 - 1),
)
PLAIN = st.builds(Plain, DOCUMENTS, expires=st.floats(0, 1e9), use=st.integers(0, 2**16 - 1))


@given(st.lists(PLAIN, max_size=40))
def test_whatever_is_packed_is_told_as_it_was(plains: list[Plain]) -> None:
    """However unlike the documents are, each comes back with all its parts."""
    documents = PackedDocuments(1_000_000, lambda key: repr(key).encode())
    for number, plain in enumerate(plains):
        documents.put(("room", number), plain)
    found = [documents.get(("room", number)) for number in range(len(plains))]
    assert found == plains
    assert [one and one.document.head for one in found] == [plain.document.head for plain in plains]


def test_what_is_not_asked_for_makes_room() -> None:
    """Telling a document, and putting it once more, both say that it is used."""
    documents, bodies = PackedDocuments(10_000), [Random(number).randbytes(1000) for number in range(20)]
    reported, again = (Plain(Document(200, {}, bodies[number], None), 1.0) for number in (0, 1))
    documents.put(0, reported)
    documents.put(1, again)
    for number in range(2, 20):
        documents.put(number, Plain(Document(200, {}, bodies[number], None), 1.0))
        documents.put(1, again)
        assert documents.get(0) == reported
        assert documents.size <= 10_000
    assert documents.get(1) == again
    assert 2 not in documents
    assert 19 in documents


def test_what_would_take_long_to_pack_is_let_go() -> None:
    """A very long document is not worth it that all others wait for its compression."""
    documents = PackedDocuments(1_000_000)
    documents.put("long", Plain(Document(200, {}, bytes(100_000), None), 1.0))
    assert "long" not in documents


def test_a_discarded_document_is_gone() -> None:
    """Whoever has a newer one takes the old one out, and puts that in its place."""
    documents = PackedDocuments(10_000)
    documents.discard("key")
    documents.put("key", Plain(Document(200, {}, b"old", None), 1.0))
    size = documents.size
    documents.discard("key")
    assert documents.get("key") is None
    assert "key" not in documents
    documents.put("key", Plain(Document(200, {}, b"old", None), 1.0))
    assert documents.size == size
    documents.discard("key")
    documents.put("key", Plain(Document(200, {}, b"new", None), 1.0))
    assert documents.get("key") == Plain(Document(200, {}, b"new", None), 1.0)


def test_what_is_read_anew_in_a_former_place_has_another_turn() -> None:
    """A document that was dropped, and is asked for again, is no less wanted than those that came since."""
    documents = PackedDocuments(10_000)
    plains = [Plain(Document(200, {}, Random(number).randbytes(500), 1), 1.0) for number in range(40)]
    documents.put(0, plains[0])
    for number in range(1, 10):
        documents.put(number, plains[number])
    documents.discard(0)
    documents.put(0, plains[0])
    for number in range(10, 20):
        documents.put(number, plains[number])
    assert 0 in documents
    assert 1 not in documents


def test_places_of_discarded_documents_are_given_back() -> None:
    """However many are discarded, others find room."""
    documents = PackedDocuments(10_000)
    for number in range(1000):
        documents.put(number, Plain(Document(200, {}, Random(number).randbytes(300), None), 1.0))
        documents.discard(number)
        assert documents.size <= 10_000
    for number in range(10):
        documents.put(number, Plain(Document(200, {}, Random(number).randbytes(300), None), 1.0))
    assert all(number in documents for number in range(10))


def test_nobody_waits_while_all_of_many_are_given_a_chance() -> None:
    """Where each was asked for since its turn, one goes that was asked for no less than others."""
    documents = PackedDocuments(100_000)
    for number in range(400):
        documents.put(number, Plain(Document(200, {}, Random(number).randbytes(100), None), 1.0))
        documents.get(number)
    kept = [number for number in range(400) if number in documents]
    documents.put("new", Plain(Document(200, {}, Random(0).randbytes(100), None), 1.0))
    assert len([number for number in kept if number not in documents]) == 1
    assert "new" in documents


_KEYS = st.integers(0, 12)
_STEPS = st.one_of(
    st.tuples(st.just("put"), _KEYS, st.binary(max_size=600), st.booleans()),
    st.tuples(st.just("get"), _KEYS),
    st.tuples(st.just("discard"), _KEYS),
    st.tuples(st.just("drop"), st.frozensets(_KEYS, max_size=3)),
    st.tuples(st.just("limit"), st.integers(0, 3000)),
)


@given(st.lists(_STEPS, max_size=60))
def test_nothing_is_told_that_is_not_the_latest(steps: list[tuple[object, ...]]) -> None:
    """In any order of puts, questions, discards and drops, within its limit; a place for each name, and once."""
    documents, limit, latest = PackedDocuments(2000, lambda key: b"key %d" % key), 2000, dict[int, Plain]()  # type: ignore[str-format]
    for step in steps:
        match step:
            case ("put", int(key), bytes(body), bool(last)):
                plain = Plain(Document(200, {}, body, key + 1), 1.0)
                if documents.get(key) is None:
                    latest[key] = plain
                documents.put(key, plain, last=last)
            case ("get", int(key)):
                assert documents.get(key) in (None, latest.get(key))
            case ("discard", int(key)):
                documents.discard(key)
                assert documents.get(key) is None
            case ("drop", frozenset(keys)):
                documents.drop_families({key + 1 for key in keys})
                assert not any(documents.get(key) for key in keys)
            case ("limit", int(limit)):
                documents.limit_to(limit)
        assert documents.size <= limit
        assert sorted(documents._ring) == sorted(documents._entries)
    asked = [line for line in documents.asked(100, 0.0) if line]
    assert sorted(asked) == sorted(b"key %d" % key for key in range(13) if key in documents)


@pytest.mark.parametrize("use", [lambda documents, key: documents.get(key), lambda documents, key: None])
def test_what_is_reckoned_is_what_it_takes(use: Callable[[PackedDocuments, int], object]) -> None:
    """Also of those that were asked for, within a fifth: a table grows by leaps."""
    documents = PackedDocuments(10**9)
    for number in range(20_000):
        documents.put(number, Plain(Document(200, {}, Random(number).randbytes(100), None), 1.0))
        use(documents, number)
    tables = sys.getsizeof(documents._entries) + sys.getsizeof(documents._ring)
    entries = sum(sys.getsizeof(name) + sys.getsizeof(entry) for name, entry in documents._entries.items())
    assert 0.8 < (tables + entries) / documents.size < 1.05


def test_too_many_drops_to_remember_drop_all() -> None:
    """Dropped families are remembered up to a number, beyond which nothing is told any more."""
    documents = PackedDocuments(10_000)
    documents.put("key", Plain(Document(200, {}, b"kept", 7), 1.0))
    documents.drop_families(range(100, 10_100))
    assert documents.get("key") is not None
    documents.drop_families([99])
    assert documents.get("key") is None


def test_of_many_documents_more_drops_are_remembered() -> None:
    """A large import drops what it touches, and nothing else: a dropped family for every fourth document."""
    documents = PackedDocuments(100_000)
    for family in range(1, 101):
        documents.put(family, Plain(Document(200, {}, b"kept", family), 1.0))
    with patch("app.cache.packed.MOST_INVALIDATIONS", 10):
        documents.drop_families(range(1, 26))
        assert [family for family in range(1, 101) if documents.get(family)] == [*range(26, 101)]
        documents.drop_families([26])
        assert documents.get(27) is None
