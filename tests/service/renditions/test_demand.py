"""What guests ask for takes what is left, and what took too long is not tried again at once."""

from contextlib import ExitStack

import pytest

from app.errors import Busy, CodecFailed, CodecsUnavailable, ImageUndecodable, RenditionDelayed
from app.service.renditions.demand import PER_ADDRESS, Delays, Guests


def test_an_address_has_two_places() -> None:
    """However many addresses ask, none has more than two places, and all together no more than there are."""
    guests = Guests(5)
    with ExitStack() as held:
        for address in ("one", "one", "two"):
            held.enter_context(guests.place(address))
        with pytest.raises(Busy), guests.place("one"):
            pass
        held.enter_context(guests.place("two"))
        held.enter_context(guests.place(""))
        with pytest.raises(Busy), guests.place("three"):
            pass
    assert PER_ADDRESS == 2
    with guests.place("three"), guests.place("one"), guests.place("one"):
        pass
    assert not guests._of


def test_pauses_grow_until_it_works() -> None:
    """A minute, two, four, … an hour at most; each try in between is refused with what is left of the pause."""
    now = 0.0
    delays = Delays(lambda: now)
    for pause in (60, 120, 240, 480, 960, 1920, 3600, 3600):
        with pytest.raises(RenditionDelayed) as reported, delays.one_try("key"):
            raise CodecFailed("Timeout")
        assert reported.value.retry_after == pause
        now += pause / 2
        with pytest.raises(RenditionDelayed) as reported:
            delays.require_due("key")
        assert 0 <= reported.value.retry_after - pause / 2 <= 1
        with pytest.raises(RenditionDelayed), delays.one_try("key"):
            raise AssertionError
        delays.require_due("another")
        now += pause / 2
    with delays.one_try("key"):
        pass
    with pytest.raises(RenditionDelayed) as reported, delays.one_try("key"):
        raise CodecsUnavailable("Timeout")
    assert reported.value.retry_after == 60


def test_what_else_goes_wrong_is_not_put_off() -> None:
    """A picture that cannot be decoded, or a place that is taken, says nothing about the next try."""
    delays = Delays()
    for error in (ImageUndecodable("bad"), Busy("full")):
        with pytest.raises(type(error)), delays.one_try("key"):
            raise error
    delays.require_due("key")


def test_what_is_remembered_is_bounded() -> None:
    """Whoever makes up addresses fills no memory."""
    delays = Delays()
    for key in range(10_100):
        with pytest.raises(RenditionDelayed), delays.one_try(key):
            raise CodecFailed("Timeout")
    assert len(delays._known) == 10_000
    delays.require_due(0)
    with pytest.raises(RenditionDelayed):
        delays.require_due(10_099)
