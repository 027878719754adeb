"""Codes, names and numbers of a catalogue are held to what the schema and the original take."""

import pytest

from app.errors import InvalidCommand
from app.model import MAX_POSITION
from app.service.catalogue.words import (
    LONGEST_WORD,
    check_code,
    check_new_code,
    check_number,
    check_words,
    given_or_stored,
    is_word,
)


@pytest.mark.parametrize("number", [1, 2, MAX_POSITION, None])
def test_a_number_from_one_to_the_largest_is_taken(number: int | None) -> None:
    """So is none at all."""
    check_number(number, "product id")


@pytest.mark.parametrize("number", [-1, 0, MAX_POSITION + 1])
def test_a_number_beyond_either_end_is_refused(number: int) -> None:
    """In a sentence that names both ends."""
    with pytest.raises(InvalidCommand) as refused:
        check_number(number, "product id")
    assert refused.value.reason == "A product id is a number from 1 to 2147483647."


@pytest.mark.parametrize("text", ["", "a", "Größe\u2028", LONGEST_WORD * "ü"])
def test_a_text_of_255_characters_at_most_is_a_word(text: str) -> None:
    """Characters count, not bytes."""
    assert is_word(text)


@pytest.mark.parametrize("text", [(LONGEST_WORD + 1) * "a", "a\nb", "\x00", "\x1f", "\x7f", "\ud800", "a\udfff"])
def test_what_is_too_long_or_cannot_be_shown_is_no_word(text: str) -> None:
    """The sentence says of which option it is, and None is none that could be wrong."""
    with pytest.raises(InvalidCommand, match=r"^The parent sku has control characters, is not UTF-8, or is longer"):
        check_words(name=None, slug="good", parent_sku=text)


@pytest.mark.parametrize("code", ["a", "a_1", 40 * "a"])
def test_codes_have_small_letters_digits_and_underscores(code: str) -> None:
    """However long: former versions took longer ones."""
    check_code(code, "code")


@pytest.mark.parametrize("code", ["", "_a", "1a", "A", "a-b", "a\n"])
def test_other_codes_are_refused(code: str) -> None:
    """The sentence shows the code."""
    with pytest.raises(InvalidCommand) as refused:
        check_code(code, "store view's code")
    assert refused.value.reason == (
        f"A store view's code has small letters, digits and underscores, a letter first: {code!r}."
    )


def test_a_new_code_has_32_characters_at_most() -> None:
    """One more is refused."""
    check_new_code(32 * "a", "code")
    with pytest.raises(InvalidCommand, match="32 characters at most"):
        check_new_code(33 * "a", "code")


@pytest.mark.parametrize(
    ("given", "stored", "held"), [(None, None, "default"), (None, "", ""), ("", "stored", ""), (0, 1, 0), (None, 0, 0)]
)
def test_the_option_given_holds_before_the_stored_value(given: object, stored: object, held: object) -> None:
    """What is empty, or zero, is given all the same."""
    assert given_or_stored(given, stored, "default") == held
