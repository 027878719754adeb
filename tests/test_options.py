"""How the variables of options are read, and what is said of those that cannot be."""

from typing import Any

import pytest
from marshmallow import ValidationError
from marshmallow import fields as mf

from app.options import Sides, choice, header_names, number, option, rate, url, urls, words


@pytest.mark.parametrize(
    ("parser", "text", "value"),
    [
        (words("a", "b"), " b, a,,b ", ("b", "a", "b")),
        (words("a", "b"), "", ()),
        (words("a", "b"), ",", ()),
        (choice("json", "text"), "json", "json"),
        (number(1, 9), "9", 9),
        (number(1, 9), "1", 1),
        (header_names(), "X-Real-IP, Forwarded", ("X-Real-IP", "Forwarded")),
        (header_names(), "a!#$%&'*+.^_`|~-9", ("a!#$%&'*+.^_`|~-9",)),
        (url(), "https://shop.example:8443/images", "https://shop.example:8443/images"),
        (url(), "http://shop", "http://shop"),
        (urls(), "https://a.example, http://b:81/c", ("https://a.example", "http://b:81/c")),
        (rate(), "100/minute", "100/minute"),
        (rate(), "999999999/day", "999999999/day"),
        (Sides(3), "640, 320,640 ,1", (1, 320, 640)),
        (Sides(1), "9999", (9999,)),
    ],
)
def test_a_value_is_read(parser: mf.Field[Any], text: str, value: object) -> None:
    """Blanks around the members of a list do not count, nor do empty members; sides are put in order, each once."""
    assert parser.deserialize(text) == value


@pytest.mark.parametrize(
    ("parser", "text", "sentence"),
    [
        (words("a", "b"), "a,c", "One or more of the choices you made was not in: a, b."),
        (choice("json", "text"), "JSON", "Must be one of: json, text."),
        (number(1, 9), "10", "Must be greater than or equal to 1 and less than or equal to 9."),
        (number(1, 9), "0", "Must be greater than or equal to 1 and less than or equal to 9."),
        (number(1, 9), "1.5", "Not a valid integer."),
        (header_names(), "X-Real-IP, X Real", "'X Real' is no name of a header."),
        (header_names(), "a:", "'a:' is no name of a header."),
        (header_names(), "ä", "'ä' is no name of a header."),
        (url(), "https://shop.example?a", "Write it without a query, a fragment and credentials."),
        (url(), "https://shop.example#a", "Write it without a query, a fragment and credentials."),
        (url(), "https://me@shop.example", "Write it without a query, a fragment and credentials."),
        (url(), "ftp://shop.example", "Not a valid URL."),
        (urls(), "https://a.example,b", "Not a valid URL."),
        (urls(), "https://a.example,https://b.example?c", "Write it without a query, a fragment and credentials."),
        (rate(), "0/minute", "Write it as 100/minute."),
        (rate(), "1000000000/minute", "Write it as 100/minute."),
        (rate(), "5/week", "Write it as 100/minute."),
        (rate(), "5/minute\n", "Write it as 100/minute."),
        (rate(), "5/minutes", "Write it as 100/minute."),
        (Sides(3), "320,", "Write whole numbers of 1 to 9999, comma-separated."),
        (Sides(3), "0", "Write whole numbers of 1 to 9999, comma-separated."),
        (Sides(3), "10000", "Write whole numbers of 1 to 9999, comma-separated."),
        (Sides(3), "320w", "Write whole numbers of 1 to 9999, comma-separated."),
        (Sides(3), "1,2,3,4", "Name 3 at most."),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(parser: mf.Field[Any], text: str, sentence: str) -> None:
    """One for each kind of value; a member of a list is held to what a single one is held to."""
    with pytest.raises(ValidationError) as refused:
        parser.deserialize(text)
    assert refused.value.messages == [sentence]


def test_an_option_is_a_field_with_its_sentence() -> None:
    """A text, unless something reads it; nothing secret, unless it says so."""
    made = option("default", "What it is for.")
    assert made.default == "default"
    assert made.metadata["sentence"] == "What it is for."
    assert made.metadata["parser"].deserialize("text") == "text"
    assert (made.metadata["secret"], made.metadata["reckoned"]) == (False, False)
    assert option("", "A key.", secret=True).metadata["secret"]
    assert option(1, "A share.", number(1), reckoned=True).metadata["reckoned"]
