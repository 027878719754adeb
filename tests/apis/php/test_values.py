import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.apis.php.values import Value, is_numeric, parse_query, php_empty, php_int, php_text


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("2.7", 2),
        ("-2.7", -2),
        ("abc", 0),
        ("", 0),
        ("12abc", 12),
        (" 7", 7),
        ("007", 7),
        ("+5", 5),
        ("-5", -5),
        ("1e3", 1000),
        (".5e1", 5),
        ("1e999", 2**63 - 1),
        ("9" * 5000, 2**63 - 1),
        ("-" + "9" * 5000, 1 - 2**63),
        ("0" * 5000 + "5", 5),
        ("٣", 0),
        (2.7, 2),
        (1e300, 2**63 - 1),
        (True, 1),
        (False, 0),
        (None, 0),
        ([], 0),
        (["a"], 1),
        ({}, 0),
        (5, 5),
    ],
)
def test_a_number_is_read_as_php_casts_it(value: Value, number: int) -> None:
    """A value is cast to an integer like PHP's (int)."""
    assert php_int(value) == number


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a", "a"),
        (5, "5"),
        (-5, "-5"),
        (True, "1"),
        (False, ""),
        (None, ""),
        (2.0, "2"),
        (1.5, "1.5"),
        (0.1 + 0.2, "0.3"),
        (1e25, "1.0E+25"),
        (1.5e-7, "1.5E-7"),
        (2**64 - 1, "1.844674407371E+19"),
    ],
)
def test_a_value_becomes_the_text_that_php_prints(value: Value, text: str) -> None:
    """A number becomes the text that PHP prints for it."""
    assert php_text(value) == text


@pytest.mark.parametrize("value", ["", "0", 0, 0.0, None, False, [], {}])
def test_what_php_calls_empty_is_empty(value: Value) -> None:
    """Nothing, zero and the text of a zero are empty."""
    assert php_empty(value)


@pytest.mark.parametrize("value", ["0.0", " ", "00", 1, [0], True])
def test_anything_else_is_not_empty(value: Value) -> None:
    """Other texts that mean zero are not empty."""
    assert not php_empty(value)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("2", True),
        ("2.0", True),
        ("02", True),
        ("1e1", True),
        (" 2 ", True),
        ("2abc", False),
        ("", False),
        ("-", False),
    ],
)
def test_a_text_is_numeric_if_all_of_it_is_a_number(text: str, answer: bool) -> None:
    """A text is numeric if it is a number from end to end."""
    assert is_numeric(text) is answer


@pytest.mark.parametrize(
    ("query", "values"),
    [
        ("a=1&b=x+y%21", {"a": "1", "b": "x y!"}),
        ("a=1&a=2", {"a": "2"}),
        ("a", {"a": ""}),
        ("a[]=x&a[]=y", {"a": {"0": "x", "1": "y"}}),
        ("a[5]=x&a[]=y", {"a": {"5": "x", "6": "y"}}),
        ("a[k][]=x", {"a": {"k": {"0": "x"}}}),
        ("a=1&a[b]=2", {"a": {"b": "2"}}),
        ("a.b=1&+c=2&d+e=3", {"a_b": "1", "c": "2", "d_e": "3"}),
        ("=x&&", {}),
        ("a%5B%5D=x", {"a": {"0": "x"}}),
    ],
)
def test_a_query_is_read_as_php_does(query: str, values: dict[str, Value]) -> None:
    """A query string becomes the values that PHP's parse_str gives."""
    assert parse_query(query) == values


def test_parameters_beyond_a_thousand_are_ignored() -> None:
    """A flood of parameters costs no more than a thousand of them."""
    assert len(parse_query("&".join(f"k{number}=1" for number in range(5000)))) == 1000


@given(st.text(max_size=40))
def test_no_query_breaks_the_reader(query: str) -> None:
    """Any text at all is read."""
    assert isinstance(parse_query(query), dict)


@given(st.integers(1 - 2**63, 2**63 - 1), st.text(alphabet="abc -", max_size=3))
def test_any_integer_is_read_back(number: int, behind: str) -> None:
    """An integer within 64 bits is itself, whatever letters stand behind it."""
    assert php_int(f"{number}{behind}") == number
