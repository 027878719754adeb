"""Values, beyond the answers that were recorded."""

from hypothesis import given
from hypothesis import strategies as st

from app.apis.php.values import is_numeric, php_int, php_text, valid_int


@given(st.integers(-(2**63), 2**63 - 1), st.text(alphabet="abc -", max_size=3))
def test_any_integer_is_read_back(number: int, behind: str) -> None:
    """An integer within 64 bits is itself, whatever letters stand behind it."""
    assert php_int(f"{number}{behind}") == number


@given(st.integers(-(2**63), 2**63 - 1))
def test_any_integer_is_written_and_valid(number: int) -> None:
    """An integer within 64 bits is written as it is, and that is one from end to end."""
    text = php_text(number)
    assert (text, valid_int(text), is_numeric(text)) == (str(number), number, True)


def test_a_larger_integer_is_a_float() -> None:
    """JSON may bring integers of more than 64 bits, which PHP reads as floats."""
    assert (php_text(2**64 - 1), php_int(2**64 - 1), php_int(2**63)) == ("1.844674407371E+19", 0, -(2**63))


def test_a_very_long_number_is_read() -> None:
    """Digits without end are read in time, and only those of ASCII."""
    assert [php_int("9" * 5000), php_int("0" * 5000 + "5"), php_int("٣")] == [2**63 - 1, 5, 0]
