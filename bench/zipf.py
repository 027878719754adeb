"""Which products are asked for: a few of them often, most hardly ever."""

from collections.abc import Iterator
from typing import Final

import numpy as np

_EXPONENT: Final = 1.2
_SEED: Final = 1


class Keys:
    """Numbers from 1 to `count`, the same ones in every run. Which are popular has nothing to do with their order."""

    def __init__(self, count: int) -> None:
        self._random = np.random.default_rng(_SEED)
        self._by_rank = self._random.permutation(count) + 1
        weights = np.arange(1, count + 1) ** -_EXPONENT
        self._cumulated = np.cumsum(weights / weights.sum())

    def popular(self, times: int) -> list[int]:
        """So many draws, the probability of the number with rank r being proportional to r ** -1.2."""
        ranks = np.searchsorted(self._cumulated, self._random.random(times) * self._cumulated[-1])
        return [int(number) for number in self._by_rank[ranks]]

    def batches(self, size: int) -> Iterator[list[int]]:
        """Batches of numbers drawn alike; none comes twice before all came."""
        while True:
            numbers = self._random.permutation(len(self._by_rank)) + 1
            for start in range(0, len(numbers) - size + 1, size):
                yield [int(number) for number in numbers[start : start + size]]
