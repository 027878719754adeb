import pytest

from app.http.prefer import wait_of


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        (["wait=10"], 10),
        (["WAIT = 10"], 10),
        (['wait="10"'], 10),
        (["respond-async, wait=10"], 10),
        (["respond-async", "wait=10"], 10),
        (["wait=10; strict"], 10),
        (['wait=10;a="1, 2";b'], 10),
        (['note="a, wait=3, b", wait=10'], 10),
        (["wait=10, wait=20"], 10),
        ([", ,wait=10"], 10),
        (["respond-async,, wait=10"], 10),
        (["wait=1"], 1),
        (["wait=007"], 7),
        (["wait=50"], 50),
        (["wait=51"], 50),
        (["wait=" + "9" * 5000], 50),
        ([], None),
        (["wait"], None),
        (["wait="], None),
        (["wait=0"], None),
        (["wait=-1"], None),
        (["wait=1.5"], None),
        (["wait=soon, wait=3"], None),
        (["wait=\u0663"], None),
        (["awaits=3"], None),
        (['note="wait=3'], None),
        (["/, wait=3"], None),
        (["respond-async; wait=3"], None),
        (["a" + ";a " * 2500 + '"'], None),
        (["a" + ";a\t=\t" * 1500 + ", wait=4"], 4),
        (["a" + " ," * 4000 + "wait=4"], 4),
    ],
)
def test_seconds_are_read_and_nonsense_is_ignored(headers: list[str], seconds: int | None) -> None:
    """A wait of 1…50 seconds is found wherever it stands among preferences, more is cut, and all else is ignored."""
    assert wait_of(headers) == seconds
