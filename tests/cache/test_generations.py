"""What is kept in two generations."""

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
    """Of whichever generation."""
    kept: Generations[str, int] = Generations(20)
    kept.put("key", 1, 10)
    kept.put("other", 2, 10)
    kept.put("key", 3, 10)
    assert kept.get("key") == 3
    kept.clear()
    assert (kept.get("key"), kept.get("other")) == (None, None)
