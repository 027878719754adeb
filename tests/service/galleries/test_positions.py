from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from app.model import MAX_POSITION
from app.service.galleries import positions

Places = dict[int, int | None]


def update(places: Places, image: int, position: int | None) -> Places:
    return {**places, **positions.move(list(places.items()), image, position)}


def create(places: Places, image: int, position: int | None) -> Places:
    place, changes = positions.insert(list(places.items()), position)
    return {**places, **changes, image: place}


def remove(places: Places, image: int) -> Places:
    left = {**places, **positions.remove(list(places.items()), image)}
    del left[image]
    return left


def order(places: Places) -> list[int]:
    return sorted(places, key=lambda image: (places[image] is None, places[image] or 0, image))


def test_the_trace_of_the_original_is_replayed() -> None:
    """Each step of the recorded trace gives the recorded list."""
    places: Places = {image: image for image in range(1, 6)}
    for image, position, listed in [
        (1, 3, [2, 3, 1, 4, 5]),
        (5, 1, [5, 2, 3, 1, 4]),
        (3, 5, [5, 2, 1, 4, 3]),
        (3, 2, [5, 3, 2, 1, 4]),
    ]:
        places = update(places, image, position)
        assert order(places) == listed
        assert sorted(place or 0 for place in places.values()) == [1, 2, 3, 4, 5]
    places = update(places, 1, 99)
    assert places == {5: 1, 3: 2, 2: 3, 4: 5, 1: 99}
    places = update(places, 2, 0)
    assert places == {2: 1, 5: 2, 3: 3, 4: 5, 1: 99}
    places = update(places, 4, None)
    assert places == {2: 1, 5: 2, 3: 3, 4: None, 1: 99}
    places = update(places, 4, 1)
    assert places == {4: 1, 2: 2, 5: 3, 3: 4, 1: 100}


def test_new_images_go_to_the_bottom_or_push_the_others_down() -> None:
    """A new image goes to the bottom, behind a gap if it asks so, or pushes others down."""
    places = create(create({}, 1, None), 2, None)
    assert places == {1: 1, 2: 2}
    assert create(places, 3, 10) == {1: 1, 2: 2, 3: 10}
    assert create(places, 3, -7) == {3: 1, 1: 2, 2: 3}
    assert create({1: None}, 2, None) == {1: None, 2: 1}


def test_a_lone_image_may_leave_the_first_place_empty() -> None:
    """A lone image set to two is two, and nothing is first."""
    assert update({1: 1}, 1, 2) == {1: 2}


def test_closing_gaps_leaves_images_without_a_place_alone() -> None:
    """A removed image closes its gap; one without a place leaves none."""
    assert remove({1: 1, 2: 2, 3: None, 4: 7}, 1) == {2: 1, 3: None, 4: 6}
    assert remove({1: 1, 3: None}, 3) == {1: 1}


def test_sums_stop_at_the_largest_position() -> None:
    """Positions never leave the range that a row holds."""
    assert create({1: MAX_POSITION}, 2, None)[2] == MAX_POSITION
    assert create({1: MAX_POSITION}, 2, MAX_POSITION)[1] == MAX_POSITION
    assert create({}, 1, MAX_POSITION + 5) == {1: MAX_POSITION}


class DenseList(RuleBasedStateMachine):
    """A list without gaps behaves as a Python list does under insert and pop."""

    def __init__(self) -> None:
        super().__init__()
        self.model: list[int] = []
        self.places: Places = {}
        self.next = 1

    @rule(data=st.data())
    def create(self, data: st.DataObject) -> None:
        wish = data.draw(st.none() | st.integers(-2, len(self.model) + 1))
        self.places = create(self.places, self.next, wish)
        self.model.insert(len(self.model) if wish is None else max(wish, 1) - 1, self.next)
        self.next += 1

    @rule(data=st.data())
    def move(self, data: st.DataObject) -> None:
        if not self.model:
            return
        image = data.draw(st.sampled_from(self.model))
        wish = data.draw(st.integers(-1, len(self.model)))
        self.places = update(self.places, image, wish)
        self.model.remove(image)
        self.model.insert(max(wish, 1) - 1, image)

    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        if self.model:
            image = self.model.pop(data.draw(st.integers(0, len(self.model) - 1)))
            self.places = remove(self.places, image)

    @invariant()
    def is_the_same_list(self) -> None:
        assert self.places == {image: place for place, image in enumerate(self.model, 1)}


TestDenseList = DenseList.TestCase


def reference_move(places: Places, image: int, wish: int | None) -> Places:
    """The rules of the update again, as four sentences over the whole list."""
    old = places[image]
    new = None if wish is None else wish if wish == old else max(wish, 1)
    taken = any(place == new for other, place in places.items() if other != image)
    after: Places = {}
    for other, place in places.items():
        step = 0
        if other != image and place is not None and new is not None and new != old:
            if old is None:
                step = 1 if place >= new else 0
            elif taken and old < place <= new:
                step = -1
            elif taken and new <= place < old:
                step = 1
        after[other] = None if place is None else place + step
    after[image] = new
    return after


sparse = st.dictionaries(st.integers(1, 9), st.none() | st.integers(0, 12), min_size=1)


@given(sparse, st.data())
def test_any_list_obeys_the_rules_literally(places: Places, data: st.DataObject) -> None:
    """Gaps, equal positions and missing ones obey the rules of an update literally."""
    image = data.draw(st.sampled_from(sorted(places)))
    wish = data.draw(st.none() | st.integers(-1, 14))
    assert update(places, image, wish) == reference_move(places, image, wish)


@given(
    st.dictionaries(st.integers(1, 9), st.integers(1, 12), min_size=1).filter(
        lambda places: len(set(places.values())) == len(places)
    ),
    st.data(),
)
def test_no_two_images_ever_come_to_share_a_place(places: Places, data: st.DataObject) -> None:
    """Where no two images share a place, no operation makes them."""
    image = data.draw(st.sampled_from(sorted(places)))
    wish = data.draw(st.none() | st.integers(-1, 14))
    for after in (update(places, image, wish), create(places, 10, wish), remove(places, image)):
        given_places = [place for place in after.values() if place is not None]
        assert len(set(given_places)) == len(given_places)
