import base64
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from app.apis.php.base64_text import Base64Decoder

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def decode(pieces: list[bytes]) -> bytes | None:
    decoder = Base64Decoder()
    decoded = b"".join([decoder.feed(piece) for piece in pieces] + [decoder.finish()])
    return None if decoder.bad else decoded


def reference(text: str) -> bytes | None:
    """The rules in the plainest form: a bit at a time, the whole text at once."""
    kept = [character for character in text if character not in " \t\r\n"]
    digits = [character for character in kept if character != "="]
    padding = len(kept) - len(digits)
    if "".join(kept) != "".join(digits) + "=" * padding or any(digit not in ALPHABET for digit in digits):
        return None
    if len(digits) % 4 == 1 or padding > 2 or (padding and (len(digits) + padding) % 4):
        return None
    bits = "".join(f"{ALPHABET.index(digit):06b}" for digit in digits)
    return bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits) - 7, 8))


def cut(text: bytes, points: list[int]) -> list[bytes]:
    places = sorted({0, len(text), *(point % (len(text) + 1) for point in points)})
    return [text[a:b] for a, b in pairwise(places)]


points = st.lists(st.integers(0, 200), max_size=6)


@given(st.binary(), points)
def test_what_was_encoded_is_decoded_however_it_is_cut(data: bytes, where: list[int]) -> None:
    """Any bytes come back, with or without padding, wherever the text is cut."""
    text = base64.b64encode(data)
    assert decode(cut(text, where)) == data
    assert decode(cut(text.rstrip(b"="), where)) == data


@given(st.binary(min_size=1), points, st.lists(st.sampled_from([b" ", b"\t", b"\r\n", b"\n"])))
def test_blanks_anywhere_are_skipped(data: bytes, where: list[int], blanks: list[bytes]) -> None:
    """Blanks, tabs and line ends may stand anywhere."""
    pieces = cut(base64.b64encode(data), where)
    blank = b"".join(blanks)
    assert decode([blank + piece + blank for piece in pieces]) == data


@given(st.text(alphabet=ALPHABET[:3] + "+/=-_ \n,é\x00", max_size=14), points)
def test_any_text_is_read_as_the_plain_rules_say(text: str, where: list[int]) -> None:
    """Valid or not, a text is read as the rules in their plainest form read it."""
    assert decode(cut(text.encode(), where)) == reference(text)


@given(st.text(alphabet=ALPHABET + "=", max_size=40))
def test_the_whole_alphabet_is_accepted(text: str) -> None:
    """Every digit of the standard alphabet has its value."""
    assert decode([text.encode()]) == reference(text)
