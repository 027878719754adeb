"""Multipart bodies are untrusted: however they come, they are parts, or a refusal in words, and nothing is held."""

import tracemalloc
from collections.abc import AsyncIterator, Sequence
from email import message_from_bytes, policy
from itertools import pairwise
from typing import Final, TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import BodyBroken
from app.http.bodies.multipart import parts
from tests.lengths import by_length, examples

Parsed: TypeAlias = list[tuple[dict[str, str], bytes]]
"""Of each part its headers and its content."""

_BOUNDARY_MARKS: Final = "abcXYZ0189'()+_-./:=?"
_MARKS: Final = "abcXYZ0189-_"
_BOUNDARIES: Final = st.text(_BOUNDARY_MARKS, min_size=1, max_size=70)
_NAMES: Final = st.text(_MARKS, min_size=1, max_size=20)
_VALUES: Final = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp", "Zs")), max_size=60
).filter(lambda value: value == value.strip())
_PIECES: Final = st.sampled_from(
    (b"\r", b"\n", b"\r\n", b"\r\n-", b"\r\n--", b"--", b"-", b"\r\r\n", b"\x00", b"\xff", b"a", b": ", b"\r\n\r\n")
)
_CONTENTS: Final = st.one_of(st.binary(max_size=200), st.lists(_PIECES, max_size=20).map(b"".join))


async def chunked(body: bytes, cuts: Sequence[int]) -> AsyncIterator[bytes]:
    """The body cut at these places, and nothing where two are the same."""
    places = [0, *sorted(cut % (len(body) + 1) for cut in cuts), len(body)]
    for start, end in pairwise(places):
        yield body[start:end]


async def parsed(body: bytes, content_type: str, cuts: Sequence[int] = ()) -> Parsed | str:
    """What the reader makes of a body, or why it refuses it."""
    found: Parsed = []
    try:
        async for part in parts(chunked(body, cuts), content_type):
            found.append((dict(part.headers), b"".join([piece async for piece in part.content])))
    except BodyBroken as error:
        return error.reason
    return found


@st.composite
def forms(draw: st.DrawFn) -> tuple[str, Parsed, bytes]:
    """A boundary, parts none of which has it, and their body as any client may write it."""
    boundary = draw(_BOUNDARIES)
    line = b"--" + boundary.encode()
    contents = draw(st.lists(_CONTENTS, max_size=4))
    made: Parsed = []
    body = draw(st.sampled_from((b"", b"\r\n", b"preamble\r\n")))
    for content in contents:
        content = content.replace(line, b"")
        headers = draw(st.dictionaries(_NAMES.map(str.lower), _VALUES, max_size=3))
        lines = [f"{_spelled(draw, name)}:{draw(st.sampled_from((' ', '', '  ')))}{v}" for name, v in headers.items()]
        head = "".join(f"{each}\r\n" for each in lines).encode()
        body += line + draw(st.sampled_from((b"", b" ", b"\t "))) + b"\r\n" + head + b"\r\n" + content + b"\r\n"
        made.append((headers, content))
    return boundary, made, body + line + b"--" + draw(st.sampled_from((b"", b"\r\n", b"\r\nepilogue", b"\r\n" + line)))


def _spelled(draw: st.DrawFn, name: str) -> str:
    return draw(st.sampled_from((name, name.upper(), name.title())))


@settings(max_examples=examples(by_length(50, 1000)))
@given(forms(), st.lists(st.integers(min_value=0), max_size=40), st.sampled_from(("{}", '"{}"')))
async def test_parts_come_as_they_were_sent(form: tuple[str, Parsed, bytes], cuts: list[int], spelling: str) -> None:
    """Whatever is in parts, and wherever the network cuts the body, each comes with its headers and all its bytes."""
    boundary, made, body = form
    content_type = f"multipart/form-data; boundary={spelling.format(boundary)}; charset=utf-8"
    assert await parsed(body, content_type, cuts) == made


@settings(max_examples=examples(by_length(50, 1000)))
@given(forms(), st.lists(st.integers(min_value=0), max_size=10))
async def test_parts_are_those_that_mail_has(form: tuple[str, Parsed, bytes], cuts: list[int]) -> None:
    """Python's reader of mail, which shares its rules with browsers' forms, finds the same bytes."""
    boundary, _, body = form
    line = b"--" + boundary.encode()
    if body.count(line) != body.count(b"\r\n" + line) + body.startswith(line):
        return  # mail takes a bare line feed for the end of a line
    content_type = f'multipart/form-data; boundary="{boundary}"'
    mail = message_from_bytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body, policy=policy.HTTP)
    contents = [part.get_payload(decode=True) for part in mail.iter_parts()] if mail.is_multipart() else []
    found = await parsed(body, content_type, cuts)
    assert not isinstance(found, str)
    assert [content for _, content in found] == contents


_BROKEN: Final = st.lists(
    st.sampled_from(
        (b"--b", b"--b\r\n", b"\r\n--b", b"\r\n--b--", b"--", b"\r\n", b"\r\n\r\n", b"a", b":", b"name: x\r\n", b"\xff")
    ),
    max_size=30,
).map(b"".join)


@given(st.one_of(_BROKEN, st.binary(max_size=300)), st.lists(st.integers(min_value=0), max_size=40))
async def test_any_bytes_end_in_parts_or_in_a_refusal(body: bytes, cuts: list[int]) -> None:
    """What is no multipart body is refused in words, and no cut makes another body of it."""
    whole = await parsed(body, "multipart/form-data; boundary=b")
    assert await parsed(body, "multipart/form-data; boundary=b", cuts) == whole
    assert whole != ""


@settings(max_examples=examples(by_length(50, 1000)))
@given(st.binary(max_size=100))
async def test_any_content_type_is_a_boundary_or_is_refused(text: bytes) -> None:
    """Bytes that are no text among them, which headers carry as halves of characters."""
    content_type = b"multipart/form-data; boundary=" + text
    found = await parsed(b"--b--", content_type.decode("utf-8", "surrogateescape"))
    assert isinstance(found, str) or found == []


@pytest.mark.parametrize("content_type", ["multipart/form-data", "multipart/form-data; boundary=", 'a; boundary=" "'])
async def test_without_a_boundary_nothing_is_read(content_type: str) -> None:
    """Nobody guesses where parts end."""
    assert await parsed(b"--b\r\n\r\n\r\n--b--", content_type) == "a multipart body without a boundary"


async def endless(start: bytes, piece: bytes, size: int) -> AsyncIterator[bytes]:
    """So many bytes."""
    yield start
    for _ in range(size // len(piece)):
        yield piece


@pytest.mark.parametrize("piece", [bytes(64 * 1024), b"\r\n--" * 16 * 1024, b"\r" * 64 * 1024])
async def test_a_part_of_any_size_is_never_held(piece: bytes) -> None:
    """Of 64 MB that pass less than one is in memory at a time, also where everything might be a boundary."""
    chunks = endless(b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n', piece, 64 * 2**20)
    passed = 0
    tracemalloc.start()
    try:
        with pytest.raises(BodyBroken):
            async for part in parts(chunks, "multipart/form-data; boundary=b"):
                async for content in part.content:
                    passed += len(content)
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()
    assert passed > 63 * 2**20


@pytest.mark.parametrize("piece", [b"a", b"name: value\r\n", b"\r\n"[:1]])
async def test_headers_have_an_end(piece: bytes) -> None:
    """Who sends one header after the other is refused after eight kilobytes of them."""
    read = 0

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal read
        async for chunk in endless(b"--b\r\n", piece, 2**20):
            read += len(chunk)
            yield chunk

    with pytest.raises(BodyBroken, match="too long"):
        async for _ in parts(chunks(), "multipart/form-data; boundary=b"):
            pass
    assert read < 9 * 1024


@pytest.mark.parametrize("boundary", ["a,b", "a;b", "'()+_,-./:=?", "a b"])
async def test_a_boundary_in_quotes_has_any_sign_that_it_may(boundary: str) -> None:
    """RFC 2046 allows more than what may stand without quotes."""
    body = f"--{boundary}\r\n\r\nx\r\n--{boundary}--".encode()
    assert await parsed(body, f'multipart/form-data; boundary="{boundary}"; charset=utf-8') == [({}, b"x")]
