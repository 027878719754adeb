"""How long a test may look for trouble: `make test-fast` has a moment, `make test` has minutes, `make test-long` has
the hours of a night."""

import os
from typing import Final, TypeVar

T = TypeVar("T")

IS_LONG: Final = os.environ.get("TEST_LENGTH") == "long"


def by_length(short: T, long: T) -> T:
    """What is right for this run."""
    return long if IS_LONG else short


def examples(number: int) -> int:
    """So many in any run but a fast one, which tries a few."""
    return min(number, 20) if os.environ.get("TEST_LENGTH") == "fast" else number
