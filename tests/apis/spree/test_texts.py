"""Texts keep every character, in whatever charset they are declared, or are refused."""

import json
from typing import Final
from urllib.parse import quote_from_bytes

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from app.apis.spree.body.texts import decoded, decoded_pairs
from app.apis.spree.errors import Undecodable

from .conftest import IMAGES, Answer, Serve, Shop, png

MEMBER: Final = f"{IMAGES}/1"
REFUSED: Final = (400, {"exception": "Invalid encoding for parameter"})
FORM: Final = "application/x-www-form-urlencoded"
words = st.text(max_size=40)


def multipart(*parts: tuple[str, bytes]) -> bytes:
    """Parts by their headers, behind the Content-Disposition of `image[alt]` where none is given."""
    return b"".join(b"--XX\r\n" + head.encode() + b"\r\n\r\n" + body + b"\r\n" for head, body in parts) + b"--XX--\r\n"


def alt(body: bytes, content_type: str = "") -> tuple[str, bytes]:
    head = 'Content-Disposition: form-data; name="image[alt]"'
    return head + (f"\r\nContent-Type: {content_type}" if content_type else ""), body


shared = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(name="shop_of_all", scope="module", loop_scope="session")
async def _shop_of_all(serve_all: Serve) -> Shop:
    """With one image, whose text each test sets."""
    shop = await serve_all()
    await shop.create()
    return shop


async def put(shop: Shop, body: bytes, content_type: str, query: str = "") -> Answer:
    return await shop.call("PUT", f"{MEMBER}{query}", data=body, headers={"Content-Type": content_type})


@shared
@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"image[alt]=b%E4r", f"{FORM}; charset=ISO-8859-1"),
        (b"image[alt]=b\xe4r", f'{FORM}; charset="iso-8859-1"'),
        (b"image[alt]=b%C3%A4r", FORM),
        (b"image[alt]=b\xc3\xa4r", f"{FORM}; charset=UTF-8"),
        (multipart(alt(b"b\xe4r", "text/plain; charset=ISO-8859-1")), "multipart/form-data; boundary=XX"),
        (multipart(alt(b"b\xe4r", "text/plain;charset=windows-1252")), "multipart/form-data; boundary=XX"),
        (multipart(alt(b"b\xe4r")), "multipart/form-data; boundary=XX; charset=latin1"),
        (
            multipart(('Content-Disposition: form-data; name="_charset_"', b"iso-8859-1"), alt(b"b\xe4r")),
            "multipart/form-data; boundary=XX",
        ),
        (multipart(alt(b"b\xc3\xa4r")), "multipart/form-data; boundary=XX"),
        ('{"alt": "b\xe4r"}'.encode("latin-1"), "application/json; charset=ISO-8859-1"),
        ('{"alt": "b\xe4r"}'.encode("utf-16"), "application/json; charset=utf-16"),
        (b'\xef\xbb\xbf{"alt": "b\xc3\xa4r"}', "application/json"),
    ],
)
async def test_a_declared_charset_is_honoured(shop_of_all: Shop, body: bytes, content_type: str) -> None:
    """A text arrives as it was meant, in the charset that its part or its body declares, else in UTF-8."""
    assert (await shop_of_all.call("PUT", MEMBER, json={"alt": "old"})).status == 200
    answer = await put(shop_of_all, body, content_type)
    assert (answer.status, answer.json["alt"]) == (200, "bär")


@shared
@pytest.mark.parametrize(
    ("body", "content_type", "query"),
    [
        (b"image[alt]=b%E4r", FORM, ""),
        (b"image[alt]=b\xe4r", FORM, ""),
        (b"image[alt]=bear&other=%E4", FORM, ""),
        (b"image[alt]=bear&%E4=other", FORM, ""),
        (b"image[alt]=b%E4r", f"{FORM}; charset=us-ascii", ""),
        (b"image[alt]=b%E4r", f"{FORM}; charset=klingon", ""),
        (b"image[alt]=b", f"{FORM}; charset=unicode_escape", ""),
        (b"image[alt]=b", f"{FORM}; charset=base64", ""),
        (multipart(alt(b"b\xe4r")), "multipart/form-data; boundary=XX", ""),
        (multipart(alt(b"b\xe4r", "text/plain; charset=utf-8")), "multipart/form-data; boundary=XX", ""),
        (multipart(alt(b"b\xe4r", "text/plain; charset=nonsense")), "multipart/form-data; boundary=XX", ""),
        (
            multipart(('Content-Disposition: form-data; name="image[alt]"', b"bear")).replace(b"alt", b"\xe4lt"),
            "multipart/form-data; boundary=XX",
            "",
        ),
        ('{"alt": "b\xe4r"}'.encode("latin-1"), "application/json; charset=ascii", ""),
        (b"image[alt]=bear", FORM, "?note=b%E4r"),
    ],
)
async def test_what_is_no_text_is_refused(shop_of_all: Shop, body: bytes, content_type: str, query: str) -> None:
    """Bytes that are nothing in their charset get 400 in the original's words, and the text that was there stays."""
    assert (await shop_of_all.call("PUT", MEMBER, json={"alt": "old"})).status == 200
    answer = await put(shop_of_all, body, content_type, query)
    assert (answer.status, answer.json) == REFUSED
    assert (await shop_of_all.call("GET", MEMBER)).json["alt"] == "old"


@shared
async def test_json_that_is_no_utf_8_is_malformed(shop_of_all: Shop) -> None:
    """JSON is UTF-8 where nothing is declared; other bytes are no JSON, and nothing changes."""
    assert (await shop_of_all.call("PUT", MEMBER, json={"alt": "old"})).status == 200
    answer = await put(shop_of_all, '{"alt": "b\xe4r"}'.encode("latin-1"), "application/json")
    assert answer.status == 400
    assert (await shop_of_all.call("GET", MEMBER)).json["alt"] == "old"


async def test_the_name_of_a_file_may_be_spelled_anyhow(shop: Shop) -> None:
    """A file's name is only a name: what is no UTF-8 in it is replaced, and the file is taken."""
    head = 'Content-Disposition: form-data; name="image[attachment]"; filename="b@r.png"'
    body = multipart((head, png())).replace(b"b@r", b"b\xe4r")
    answer = await shop.call("POST", IMAGES, data=body, headers={"Content-Type": "multipart/form-data; boundary=XX"})
    assert (answer.status, answer.json["attachment_file_name"]) == (201, "b\ufffdr.png")


@shared
@pytest.mark.parametrize("body", [{"alt": "a" * 65_536}, {"image": {"alt": "ä" * 65_536}}])
async def test_a_text_has_an_end(shop_of_all: Shop, body: dict[str, object]) -> None:
    """An alternative text of more than 65,535 characters is refused by name; one of as many is kept."""
    assert (await shop_of_all.call("PUT", MEMBER, json={"alt": "old"})).status == 200
    answer = await shop_of_all.call("PUT", MEMBER, json=body)
    assert (answer.status, list(answer.json["errors"])) == (422, ["alt"])
    assert (await shop_of_all.call("GET", MEMBER)).json["alt"] == "old"
    fits = "ä" * 65_535
    assert (await shop_of_all.call("PUT", MEMBER, json={"alt": fits})).json["alt"] == fits


@given(words, words, st.sampled_from(["utf-8", "iso-8859-1", "windows-1252", "shift_jis", "utf-16", "koi8-r", None]))
def test_any_text_survives_in_any_charset_that_has_it(name: str, value: str, charset: str | None) -> None:
    """What a charset can say is read as it was meant."""
    try:
        pair = [part.encode(charset or "utf-8") for part in (name, value)]
    except UnicodeEncodeError:
        return
    body = "=".join(map(quote_from_bytes, pair)).encode()
    expected = [tuple(part.decode(charset or "utf-8") for part in pair)]
    assert decoded_pairs(body, charset, 1000) == (expected if body else [])


@given(
    st.binary(max_size=60),
    st.none() | st.sampled_from(["utf-8", "ascii", "shift_jis", "euc-jp", "utf-16", "iso-8859-1"]),
)
def test_nothing_is_ever_replaced(data: bytes, charset: str | None) -> None:
    """Bytes become a text that is spelled by them, or are refused: never a text with holes."""
    try:
        text = decoded(data, charset)
    except Undecodable:
        return
    assert "\ufffd" not in text or "\ufffd".encode(charset or "utf-8") in data or charset == "utf-16"
    assert text == data.decode(charset or "utf-8", "strict")


@given(st.binary(max_size=60))
def test_a_form_of_any_bytes_is_read_or_refused(data: bytes) -> None:
    """Any body of a form is taken apart without a loss, or refused."""
    try:
        pairs = decoded_pairs(data, None, 1000)
    except Undecodable:
        return
    assert ("\ufffd" in json.dumps(pairs, ensure_ascii=False)) <= (b"\xef\xbf\xbd" in data or b"%" in data)
