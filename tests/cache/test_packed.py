"""Packed documents: the same when they are told again, few bytes while they wait."""

from random import Random
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from app.cache.packed import PackedDocuments, Plain

PLAIN = st.builds(
    Plain,
    status=st.integers(200, 599),
    headers=st.dictionaries(st.text(st.characters(codec="ascii"), max_size=20), st.text("abc/é", max_size=20)),
    body=st.binary(max_size=3000),
    family=st.none() | st.integers(1, 2**63 - 1),
    expires=st.floats(0, 1e9),
    use=st.integers(0, 2**16 - 1),
)


@given(st.lists(PLAIN, max_size=40))
def test_whatever_is_packed_is_told_as_it_was(plains: list[Plain]) -> None:
    """However unlike the documents are, each comes back with all its parts."""
    documents = PackedDocuments(1_000_000)
    for number, plain in enumerate(plains):
        documents.put(("room", number), plain)
    assert [documents.get(("room", number)) for number in range(len(plains))] == plains


def test_the_least_recently_used_make_room() -> None:
    """Telling a document, and putting it once more, both say that it is used."""
    documents, bodies = PackedDocuments(10_000), [Random(number).randbytes(1000) for number in range(20)]
    reported, again = (Plain(200, {}, bodies[number], None, 1.0) for number in (0, 1))
    documents.put(0, reported)
    documents.put(1, again)
    for number in range(2, 20):
        documents.put(number, Plain(200, {}, bodies[number], None, 1.0))
        documents.put(1, again)
        assert documents.get(0) == reported
        assert documents.size <= 10_000
    assert documents.get(1) == again
    assert 2 not in documents
    assert 19 in documents


def test_what_would_take_long_to_pack_is_let_go() -> None:
    """A very long document is not worth it that all others wait for its compression."""
    documents = PackedDocuments(1_000_000)
    documents.put("long", Plain(200, {}, bytes(100_000), None, 1.0))
    assert "long" not in documents


def test_a_discarded_document_is_gone() -> None:
    """Whoever has a newer one takes the old one out."""
    documents = PackedDocuments(10_000)
    documents.discard("key")
    documents.put("key", Plain(200, {}, b"old", None, 1.0))
    documents.discard("key")
    assert documents.get("key") is None
    assert documents.size == 0


def test_too_many_drops_to_remember_drop_all() -> None:
    """Dropped families are remembered up to a number, beyond which nothing is told any more."""
    documents = PackedDocuments(10_000)
    documents.put("key", Plain(200, {}, b"kept", 7, 1.0))
    documents.drop_families(range(100, 10_100))
    assert documents.get("key") is not None
    documents.drop_families([99])
    assert documents.get("key") is None


def test_of_many_documents_more_drops_are_remembered() -> None:
    """A large import drops what it touches, and nothing else: a dropped family for every fourth document."""
    documents = PackedDocuments(100_000)
    for family in range(1, 101):
        documents.put(family, Plain(200, {}, b"kept", family, 1.0))
    with patch("app.cache.packed.MOST_INVALIDATIONS", 10):
        documents.drop_families(range(1, 26))
        assert [family for family in range(1, 101) if documents.get(family)] == [*range(26, 101)]
        documents.drop_families([26])
        assert documents.get(27) is None
