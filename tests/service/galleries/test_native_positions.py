"""Where images of native writes go: the place asked for, and who has it makes way."""

from dataclasses import dataclass, field
from typing import Final, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.model import MAX_POSITION
from app.service.galleries.v1.input import ImageInput
from app.service.galleries.v1.positions import put
from tests.service.galleries.native_shop import DRESS, Shop

_GAPS: Final = [(1, 1), (2, 2), (3, 5), (4, None)]


@pytest.mark.parametrize(
    ("image", "position", "changes"),
    [
        (None, 3, {}),
        (None, 2, {2: 3, 3: 6}),
        (None, 0, {}),
        (None, None, {}),
        (1, 1, {}),
        (1, 3, {1: 3}),
        (1, 5, {1: 5, 3: 6}),
        (3, 1, {1: 2, 2: 3, 3: 1}),
        (4, 2, {2: 3, 3: 6, 4: 2}),
        (3, None, {3: None}),
    ],
)
def test_who_has_the_place_makes_way(image: int | None, position: int | None, changes: dict[int, int | None]) -> None:
    """Those from the place on make way by one where an image has it; else nobody moves, and null is last."""
    assert put(_GAPS, image, position) == changes


def test_no_position_is_beyond_the_last_one() -> None:
    """Who stands at the last of all positions stays there when it should make way."""
    assert put([(1, MAX_POSITION)], None, MAX_POSITION) == {1: MAX_POSITION}


@dataclass
class Model:
    """A gallery as a list of pairs; written without a look at the service."""

    places: dict[int, int | None] = field(default_factory=dict)

    def create(self, image: int, position: int | Literal["end"] | None) -> None:
        if position == "end":
            position = 1 + max((place for place in self.places.values() if place is not None), default=0)
        self.move(image, position)

    def move(self, image: int, position: int | None) -> None:
        if image in self.places and self.places[image] == position:
            return
        self.places.pop(image, None)
        if position is not None and position in self.places.values():
            for other, place in self.places.items():
                if place is not None and place >= position:
                    self.places[other] = place + 1
        self.places[image] = position

    @property
    def listed(self) -> list[tuple[int, int | None]]:
        numbered = sorted((place, image) for image, place in self.places.items() if place is not None)
        unplaced = sorted(image for image, place in self.places.items() if place is None)
        return [(image, place) for place, image in numbered] + [(image, None) for image in unplaced]


_PLACES: Final = st.one_of(st.none(), st.integers(0, 6))
_STEPS: Final = st.lists(
    st.one_of(
        st.tuples(st.just("create"), st.just(0), st.one_of(_PLACES, st.just("end"))),
        st.tuples(st.just("move"), st.integers(0, 5), _PLACES),
        st.tuples(st.just("delete"), st.integers(0, 5), st.none()),
    ),
    min_size=2,
    max_size=12,
)


@given(_STEPS)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_galleries_are_ordered_as_the_model_says(shop: Shop, steps: list[tuple[str, int, int | None]]) -> None:
    """Through any creations, moves and deletes every image stands where a model of a few lines has it, and a deletion
    closes no gap."""
    await shop.connection.execute("update image set deleted_at = now()")
    model = Model()
    for what, which, position in steps:
        if what == "create" or not model.places:
            wanted = ImageInput() if position == "end" else ImageInput(position=position)
            model.create(await shop.add(given=wanted), position)
            continue
        image = sorted(model.places)[which % len(model.places)]
        if what == "move":
            await shop.writer.patch(image, ImageInput(position=position))
            model.move(image, position)
        else:
            await shop.writer.delete(image)
            del model.places[image]
        assert await shop.positions(DRESS) == model.listed
    assert await shop.positions(DRESS) == model.listed
