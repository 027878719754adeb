"""By what a retry is told from another request."""

from collections.abc import Iterable
from hashlib import sha256

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from hypothesis import given
from hypothesis import strategies as st

from app.http.retries.fingerprint import FORMER_BYTES, Fingerprint


def fingerprint(
    body: Iterable[bytes] = (b"x",),
    *,
    method: str = "POST",
    target: str = "/a?b=1",
    content_type: str | None = "text/plain",
    variant: str = "",
) -> bytes:
    headers = {} if content_type is None else {"Content-Type": content_type}
    request: web.Request = make_mocked_request(method, target, headers=headers)
    made = Fingerprint(request, variant)
    for chunk in body:
        made.update(chunk)
    made.end()
    return made.digest


def parts(boundary: str, content: bytes, *, name: str = "file") -> bytes:
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode()
    return head + content + f"\r\n--{boundary}--\r\n".encode()


def multipart(boundary: str, content: bytes, *, step: int | None = None, **more: str) -> bytes:
    body = parts(boundary, content, **more)
    step = step or len(body)
    chunks = [body[start : start + step] for start in range(0, len(body), step)]
    return fingerprint(chunks, content_type=f'multipart/form-data; boundary="{boundary}"')


@pytest.mark.parametrize(
    "other",
    [
        fingerprint([b"y"]),
        fingerprint([b"x", b"x"]),
        fingerprint([]),
        fingerprint(method="PUT"),
        fingerprint(target="/b?b=1"),
        fingerprint(target="/a?b=2"),
        fingerprint(target="/a"),
        fingerprint(target="/a?b=1&tokens=1"),
        fingerprint(content_type="text/html"),
        fingerprint(content_type=None),
        fingerprint(variant="xml"),
    ],
)
def test_another_request_is_another_one(other: bytes) -> None:
    """Method, path, query, media type, body and what else an answer depends on count."""
    assert other != fingerprint()


def test_how_a_body_was_cut_on_its_way_does_not_count() -> None:
    """Nor do credentials in the query, however they are spelled."""
    assert fingerprint([b"a", b"bc"]) == fingerprint([b"ab", b"c"])
    for target in ("/a?token=k&b=1", "/a?b=1&token=l", "/a?b=1&oauth_nonce=7&t%6fken=k"):
        assert fingerprint(target=target) == fingerprint()


@given(st.binary(max_size=300).filter(lambda data: b"B" not in data), st.integers(1, 40), st.integers(1, 40))
def test_a_boundary_does_not_count_wherever_chunks_end(content: bytes, one: int, other: int) -> None:
    """A client that makes up another boundary for every try sends the same request."""
    assert multipart("B" * 30, content, step=one) == multipart("BOUNDARY", content, step=other)


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_contents_of_parts_count(one: bytes, other: bytes) -> None:
    """Equal parts alone make equal requests, whatever is in them: lengths stand behind each."""
    assert (multipart("zYx", one) == multipart("zYx", other)) == (one == other)


def test_names_of_parts_count() -> None:
    """And a body without a boundary is what it is."""
    assert multipart("a", b"x", name="file") != multipart("a", b"x", name="image")
    assert fingerprint(content_type="multipart/form-data") != fingerprint([b"y"], content_type="multipart/form-data")


@pytest.mark.parametrize("content_type", ["text/plain", "multipart/form-data; boundary=zYx"])
def test_the_digest_of_before_is_reckoned_where_it_is_wanted(content_type: str) -> None:
    """It stands beside that of now, and is as it was: SHA-256 of the same words."""
    request = make_mocked_request("POST", "/a?b=1", headers={"Content-Type": content_type})
    one, both = (Fingerprint(request, "xml", also_former=wanted) for wanted in (False, True))
    for made in (one, both):
        made.update(b"--zYx-x")
        made.end()
    assert (one.digest, one.former_digest) == (both.digest, None)
    words = [b"POST", b"/a", b"b=1", content_type.split(";")[0].encode(), b"xml"]
    head = b"".join(b"%d:%b" % (len(word), word) for word in words)
    body = b"\0" + b"0\0-x\0" + b"2\0" if "multipart" in content_type else b"--zYx-x"
    assert both.former_digest == sha256(head + body).digest()
    assert len(both.former_digest) == FORMER_BYTES != len(both.digest)


@pytest.mark.parametrize(("one", "other"), [("a,1", "a,2"), ("a;1", "b;2")])
def test_a_boundary_in_quotes_does_not_count_either(one: str, other: str) -> None:
    """Whatever signs it has."""
    assert multipart(one, b"x") == multipart(other, b"x")
