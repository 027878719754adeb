"""The memory of ready bytes."""

from hypothesis import given
from hypothesis import strategies as st

from app.cache.bytes import ENTRY_OVERHEAD, ByteCache


def test_what_was_kept_is_found_and_counted() -> None:
    """A kept value is found again, and hits and misses are counted."""
    cache: ByteCache[str, bytes] = ByteCache(100_000)

    assert cache.get("a") is None
    assert cache.put("a", b"xyz", 3)

    assert cache.get("a") == b"xyz"
    assert (cache.hits, cache.misses, len(cache), cache.size) == (1, 1, 1, 3 + ENTRY_OVERHEAD)


def test_the_longest_unused_goes_first() -> None:
    """Beyond the limit the value goes that was asked for longest ago."""
    cache: ByteCache[str, int] = ByteCache(2 * (1000 + ENTRY_OVERHEAD), entry_limit=2000)
    cache.put("a", 1, 1000)
    cache.put("b", 2, 1000)
    cache.get("a")

    cache.put("c", 3, 1000)

    assert [cache.get(key) for key in "abc"] == [1, None, 3]


def test_a_value_too_large_is_not_kept_and_drops_its_forerunner() -> None:
    """A value beyond the cap of an entry is not kept, and nothing outdated stays in its place."""
    cache: ByteCache[str, int] = ByteCache(100_000, entry_limit=10_000)
    cache.put("a", 1, 10)

    assert not cache.put("a", 2, 10_000)
    assert cache.get("a") is None
    assert cache.size == 0


def test_a_cache_of_nothing_keeps_nothing() -> None:
    """A limit of zero turns the cache off."""
    cache: ByteCache[str, int] = ByteCache(0)

    assert not cache.put("a", 1, 0)


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 3000), st.sampled_from(["put", "get", "drop"]))))
def test_the_bound_always_holds(steps: list[tuple[str, int, str]]) -> None:
    """Whatever is kept and dropped, the size is the sum of what is kept and within the limit."""
    cache: ByteCache[str, int] = ByteCache(8000, entry_limit=3000)
    kept: dict[str, int] = {}
    for key, size, step in steps:
        match step:
            case "put":
                cache.put(key, size, size)
                kept[key] = size
            case "get":
                assert cache.get(key) in (None, kept.get(key))
            case "drop":
                cache.drop(key)
                kept.pop(key, None)

    found = {key: value for key in kept if (value := cache.get(key)) is not None}
    assert cache.size == sum(found.values()) + ENTRY_OVERHEAD * len(found) <= cache.limit_bytes
    cache.clear()
    assert (cache.size, len(cache)) == (0, 0)
