"""Strings in documents, byte for byte."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.apis.php.json_text import quoted, quoted_or_null

SPELLED = {"/": "\\/", "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
HEXED = {"<": "\\u003C", ">": "\\u003E", "&": "\\u0026", "'": "\\u0027", '"': "\\u0022"}


def reference(text: str) -> str:
    """The rules of §3.2 one character at a time."""
    return '"' + "".join(map(reference_char, text)) + '"'


def reference_char(char: str) -> str:
    if char in SPELLED or char in HEXED:
        return SPELLED.get(char) or HEXED[char]
    if " " <= char <= "\x7f":
        return char
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i] * 256 + units[i + 1]:04x}" for i in range(0, len(units), 2))


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("https://a/b", '"https:\\/\\/a\\/b"'),
        ("ü", '"\\u00fc"'),
        ("漢", '"\\u6f22"'),
        ("😀", '"\\ud83d\\ude00"'),
        ("""<>&'\"""", '"\\u003C\\u003E\\u0026\\u0027\\u0022"'),
        ("ends in \\", '"ends in \\\\"'),
        ("\b\f\n\r\t", '"\\b\\f\\n\\r\\t"'),
        ("\x00\x1f", '"\\u0000\\u001f"'),
        ("\x7f`", '"\x7f`"'),
        ("\x80", '"\\u0080"'),
        ("\ud800", '"\\ud800"'),
        ("", '""'),
    ],
)
def test_every_class_of_character_is_written_as_the_specification_says(text: str, written: str) -> None:
    """Every class of character is written as the specification says."""
    assert quoted(text) == written


@given(st.text())
def test_any_text_is_written_like_the_reference_and_reads_back(text: str) -> None:
    """Any text is written like the reference does it, in ASCII, and reads back unchanged."""
    assert quoted(text) == reference(text)
    assert quoted(text).isascii()
    assert json.loads(quoted(text)) == text


@given(st.text(st.sampled_from("a/\\'\"<\n😀é&")))
def test_texts_of_nothing_but_rare_characters_are_written_like_the_reference(text: str) -> None:
    """Texts of nothing but rare characters are written like the reference."""
    assert quoted(text) == reference(text)


def test_no_text_is_null() -> None:
    """No text at all is null, an empty text is an empty string."""
    assert [quoted_or_null(None), quoted_or_null("")] == ["null", '""']
