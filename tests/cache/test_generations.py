"""What is kept in two generations."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from app.cache.generations import Generations

_SIZES = st.lists(st.tuples(st.integers(0, 9), st.integers(1, 40)), max_size=200)


def test_what_is_asked_for_again_and_again_stays() -> None:
    """Whatever else comes; the rest goes when it was not asked for in a whole generation."""
    kept: Generations[str, int] = Generations(100)
    kept.put("asked", 1, 10)
    kept.put("idle", 2, 10)
    for number in range(50):
        kept.put(str(number), number, 10)
        assert kept.get("asked") == 1
    assert kept.get("idle") is None
    assert [name for name in map(str, range(50)) if kept.get(name) is not None][-1] == "49"


@given(_SIZES)
def test_no_more_is_kept_than_there_is_room_for(sizes: list[tuple[int, int]]) -> None:
    """Also where the same comes again, larger or smaller, and where something is larger than a generation; what was put
    last is found if it has room at all."""
    kept: Generations[int, int] = Generations(60)
    for key, size in sizes:
        kept.put(key, size, size)
        assert sum(one for generation in (kept._young, kept._old) for _, one in generation.values()) <= 60
        assert kept.get(key) == (size if size <= 30 else None)


def test_a_former_value_is_not_found_once_there_is_another() -> None:
    """Though it lies in the older generation still."""
    kept: Generations[str, int] = Generations(40)
    kept.put("key", 1, 10)
    kept.put("other", 2, 10)
    kept.put("more", 3, 10)
    kept.put("key", 4, 10)
    assert (kept.get("key"), kept.get("other")) == (4, 2)
    kept.clear()
    assert (kept.get("key"), kept.get("other")) == (None, None)


def test_what_is_kept_anew_takes_its_room_once() -> None:
    """However often it is, others stay."""
    kept: Generations[str, int] = Generations(40)
    kept.put("other", 1, 10)
    for number in range(100):
        kept.put("key", number, 10)
    assert kept.get("other") == 1


async def test_an_older_generation_is_freed_a_slice_at_a_time() -> None:
    """Nobody waits while it goes."""
    kept: Generations[int, int] = Generations(10_000)
    for number in range(5_000):
        kept.put(number, number, 1)
    old = kept._old = dict(kept._young)
    kept.put(-1, -1, 5_000)
    assert len(old) == 5_000
    await asyncio.sleep(0)
    assert 0 < len(old) < 5_000
