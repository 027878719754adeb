"""How a process fared, minute by minute."""

from datetime import UTC, datetime

from app.events import RequestServed
from app.telemetry.minutes import Minutes, Sample


def test_a_minute_tells_how_long_the_queue_was() -> None:
    """The most that waited, and the longest; a minute in which nobody asked for anything has its sample, too."""
    now = [60.0]
    minutes = Minutes(lambda: now[0])
    minutes.queued(3, 0.25)
    minutes.queued(1, 20)
    now[0] = 120.0
    [sample] = minutes.samples()
    assert (sample.requests, sample.waiting, sample.oldest_seconds) == (0, 3, 20)
    minutes.served(RequestServed("v1", "/v1/stores", "GET", 200, 0.25))
    now[0] = 180.0
    assert minutes.samples()[-1].waiting is None


def test_minutes_that_have_ended_are_told_for_an_hour() -> None:
    """A minute is reported once it is over, one without a request never, and none beyond an hour."""
    now = [6000.0 * 60]
    minutes = Minutes(lambda: now[0])
    minutes.served(RequestServed("v1", "/v1/stores", "GET", 200, 0.25))
    minutes.served(RequestServed("v1", "/v1/stores", "GET", 503, 0.5))
    assert minutes.samples() == []

    now[0] += 120
    first = Sample(datetime.fromtimestamp(6000 * 60, UTC), 2, 1, 0.75)
    assert minutes.samples() == [first]
    minutes.served(RequestServed("v1", "/v1/stores", "GET", 404, 1))
    now[0] += 59 * 60
    assert [sample.requests for sample in minutes.samples()] == [1]


def test_no_more_than_an_hour_is_kept() -> None:
    """Sixty samples, the latest."""
    now = [0.0]
    minutes = Minutes(lambda: now[0])
    for minute in range(100):
        now[0] = (minute + 1) * 60.0
        minutes.served(RequestServed("v1", "/v1/stores", "GET", 200, 0.1))
    assert [sample.at.timestamp() // 60 for sample in minutes.samples()] == [*range(40, 100)]
