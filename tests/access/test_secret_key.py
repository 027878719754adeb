"""Which keys are long enough to seal secrets with."""

import pytest

from app.access.secret_key import SHORTEST, is_short
from app.settings import Settings


@pytest.mark.parametrize(
    ("length", "short"), [(0, False), (1, True), (SHORTEST - 1, True), (SHORTEST, False), (SHORTEST + 1, False)]
)
def test_a_key_that_can_be_guessed_is_short(length: int, short: bool) -> None:
    """None at all is not: the embedded Postgres gets a long one."""
    assert is_short(Settings(secret_key="k" * length)) == short
