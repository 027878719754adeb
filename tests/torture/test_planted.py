"""The planted bugs are those of this program: what they replace is there, and they change it."""

import pytest

from tests.torture.planted import PLANTED
from tests.torture.planting import found


def test_there_are_thirty_five() -> None:
    """As many as the guide says, each with a promise of its own."""
    assert len(PLANTED) == 35
    assert len({planted.what for planted in PLANTED.values()}) == 35


@pytest.mark.parametrize("name", PLANTED)
def test_what_a_planted_bug_replaces_exists(name: str) -> None:
    """Each name is one of the program, and what takes its place is something else, of the same kind."""
    for place, plant in PLANTED[name].places.items():
        owner, attribute = found(place)
        original = getattr(owner, attribute)
        planted = plant(original)
        assert callable(original)
        assert callable(planted)
        assert planted is not original
        if place.endswith(":load_queries"):
            assert planted() != original()
