"""Those asked for most are favourites, whoever came first."""

from app.cache.favourites import Favourites


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_true_one_wins_by_use() -> None:
    """Where made-up names have come first, one that is asked for again and again takes the place of one of them."""
    favourites: Favourites[str] = Favourites(16, 300, Clock())
    for number in range(16):
        assert favourites.asked(f"made-up-{number}")
    assert [favourites.asked("shop") is not None for _ in range(4)] == [False, True, True, True]


def test_a_flood_of_names_drives_nobody_out() -> None:
    """Thousands of names, each asked for once or twice, leave one that is used in its place; also where it came late,
    and asks for one of hundred."""
    favourites: Favourites[str] = Favourites(16, 300, Clock())
    kept = 0
    for number in range(20_000):
        favourites.asked(f"made-up-{number // 2}")
        if number % 100 == 0:
            kept += favourites.asked("shop") is not None
    assert kept >= 190


def test_what_was_used_long_ago_gives_way() -> None:
    """A favourite that nobody asks for any more does not keep its place for ever."""
    clock = Clock()
    favourites: Favourites[str] = Favourites(1, 300, clock)
    for _ in range(1000):
        favourites.asked("old")
    rounds = 0
    while not favourites.asked("new"):
        clock.now += 300
        rounds += 1
    assert rounds <= 10


def test_numbers_stand_for_one_favourite() -> None:
    """What is found by number is the favourite, or nobody once it has given way."""
    clock = Clock()
    favourites: Favourites[str] = Favourites(1, 300, clock)
    old = favourites.asked("old")
    assert old is not None
    assert favourites.of(old.number) is old
    assert (favourites.asked("new"), favourites.asked("new") is None) == (None, False)
    assert favourites.of(old.number).number == 0
