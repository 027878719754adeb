"""A log keeps its size, whatever strangers do."""

from app.telemetry.line_sample import LINES, PERIOD, LineSample


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_flood_of_lines_is_cut_and_counted() -> None:
    """The first lines of a period are let through; the next period's first one says how many were not."""
    clock = Clock()
    sample = LineSample(clock)
    assert [sample.admit("a") for _ in range(LINES + 30)] == [0] * LINES + [None] * 30
    clock.now += PERIOD
    assert [sample.admit("a") for _ in range(2)] == [30, 0]


def test_one_kind_does_not_silence_another() -> None:
    """However often one thing happens, the first of another is reported."""
    sample = LineSample(Clock())
    assert any(sample.admit("a") is None for _ in range(10 * LINES))
    assert sample.admit("b") == 0
