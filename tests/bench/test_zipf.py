"""Keys of the figures at scale."""

from collections import Counter
from itertools import islice

import pytest

from bench.zipf import Keys


def test_popular_keys_follow_the_law() -> None:
    """The most popular key is asked for 2 ** 1.2 times as often as the second, and so on; all keys are in range."""
    counted = Counter(Keys(1000).popular(200_000))
    (_, first), (_, second), (_, third) = counted.most_common(3)
    assert first / second == pytest.approx(2**1.2, rel=0.05)
    assert first / third == pytest.approx(3**1.2, rel=0.05)
    assert min(counted) >= 1
    assert max(counted) <= 1000


def test_each_run_asks_for_the_same() -> None:
    """Two runs draw the same keys, so their figures can be compared."""
    assert Keys(1000).popular(100) == Keys(1000).popular(100)


def test_batches_repeat_no_key_before_all_came() -> None:
    """What a cold turn reads, no turn before it has read, until the shop is exhausted."""
    numbers = [number for batch in islice(Keys(1000).batches(250), 8) for number in batch]
    assert sorted(numbers[:1000]) == sorted(numbers[1000:]) == list(range(1, 1001))
