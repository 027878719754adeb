"""Bodies of all three formats become the same plain values, however they arrive."""

import base64
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import pairwise
from urllib.parse import quote_plus

import orjson
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from app.apis.openmage.body.content import BodyFormat
from app.apis.openmage.body.reader import ParsedBody, read_body
from app.apis.openmage.errors import OpenMageError
from app.errors import BodyTooLarge
from tests.lengths import examples


class Kept:
    """A sink that keeps what it is given."""

    def __init__(self) -> None:
        self.data = b""
        self.writes = 0

    async def write(self, data: bytes) -> None:
        self.data += data
        self.writes += 1

    async def restart(self) -> None:
        self.data = b""


def opener(opened: list[Kept]) -> Callable[[], Awaitable[Kept]]:
    async def open_sink() -> Kept:
        opened.append(Kept())
        return opened[-1]

    return open_sink


async def chunks(pieces: list[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def parsed(kind: BodyFormat, *pieces: bytes) -> ParsedBody[Kept]:
    return await read_body(kind, chunks(list(pieces)), opener([]))


async def refused(kind: BodyFormat, *pieces: bytes) -> str:
    with pytest.raises(OpenMageError) as caught:
        await parsed(kind, *pieces)
    return caught.value.messages[0].documented


def cut(document: bytes, points: list[int]) -> list[bytes]:
    places = sorted({0, len(document), *(point % (len(document) + 1) for point in points)})
    return [document[start:end] for start, end in pairwise(places)]


PICTURE = bytes(range(256)) * 3


def document(kind: BodyFormat, picture: bytes = PICTURE) -> bytes:
    """The same four fields in each format, the image with line ends where the format bears them."""
    content = base64.encodebytes(picture).decode()
    if kind == "json":
        types = ["image", "thumbnail"]
        return json.dumps(
            {"file_mime_type": "image/png", "file_content": content, "label": "a & é", "types": types}
        ).encode()
    if kind == "query":
        rest = "label=a+%26+%C3%A9&types[]=image&types%5B%5D=thumbnail"
        return f"file_mime_type=image%2Fpng&file_content={quote_plus(content)}&{rest}".encode()
    return (
        '<?xml version="1.0"?>\n<magento_api>\n  <file_mime_type>image/png</file_mime_type>\n'
        f"  <file_content>\n{content}</file_content>\n  <label>a &amp; é</label>\n"
        "  <types><data_item>image</data_item><data_item>thumbnail</data_item></types>\n</magento_api>\n"
    ).encode()


@pytest.mark.parametrize("kind", ["json", "xml", "query"])
@given(points=st.lists(st.integers(0, 3000), max_size=8))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_the_same_values_come_out_of_each_format_however_it_is_cut(kind: BodyFormat, points: list[int]) -> None:
    """Each format gives the same values and the same bytes, wherever the network cuts it."""
    body = await parsed(kind, *cut(document(kind), points))
    types = body.fields.pop("types")
    assert list(types.values() if isinstance(types, dict) else types or ()) == ["image", "thumbnail"]
    assert body.fields == {"file_mime_type": "image/png", "file_content": None, "label": "a & é"}
    assert body.shape == "fields"
    assert body.file == "decoded"
    assert body.sink is not None
    assert body.sink.data == PICTURE


@pytest.mark.parametrize("kind", ["json", "xml", "query"])
async def test_one_byte_at_a_time_is_read_like_the_whole(kind: BodyFormat) -> None:
    """A client that sends single bytes is understood."""
    body = await parsed(kind, *(bytes([byte]) for byte in document(kind)))
    assert body.sink is not None
    assert body.sink.data == PICTURE


@pytest.mark.parametrize("kind", ["json", "xml", "query"])
async def test_a_large_image_reaches_the_sink_in_small_parts(kind: BodyFormat) -> None:
    """An image is written on while it arrives, never held as a whole."""
    picture = bytes(range(256)) * 4096
    body = await parsed(kind, document(kind, picture))
    assert body.sink is not None
    assert body.sink.data == picture
    assert body.sink.writes > 15


@pytest.mark.parametrize(
    ("kind", "sent", "state"),
    [
        ("json", b'{"label":"a"}', "absent"),
        ("json", b'{"file_content":null}', "absent"),
        ("json", b'{"file_content":""}', "empty"),
        ("json", b'{"file_content":"0"}', "empty"),
        ("json", b'{"file_content":0}', "empty"),
        ("json", b'{"file_content":false}', "empty"),
        ("json", b'{"file_content":[]}', "empty"),
        ("json", b'{"file_content":5}', "not base64"),
        ("json", b'{"file_content":["QUJD"]}', "not base64"),
        ("json", b'{"file_content":{"a":"QUJD"}}', "not base64"),
        ("json", b'{"file_content":" "}', "not base64"),
        ("json", b'{"file_content":"MA=="}', "not base64"),
        ("json", b'{"file_content":"A"}', "not base64"),
        ("json", b'{"file_content":"QUJ-"}', "not base64"),
        ("json", b'{"file_content":"data:image/png;base64,QUJD"}', "not base64"),
        ("json", '{"file_content":"é"}'.encode(), "not base64"),
        ("json", b'{"file_content":"QUJD"}', "decoded"),
        ("json", b'{"file_content":"MDA="}', "decoded"),
        ("json", b'{"file_content":"QUI"}', "decoded"),
        ("json", b'{"file\\u005fcontent":"QUJD"}', "decoded"),
        ("json", b'{"file_content":"x","file_content":"QU\\u004aD"}', "decoded"),
        ("json", b'{"file_content":"QUJD","file_content":null}', "absent"),
        ("json", b'{"a":{"file_content":"x"},"b":[{"file_content":"y"}]}', "absent"),
        ("json", b'{"a":"file_content","b":"QUJD"}', "absent"),
        ("xml", b"<r><label/></r>", "absent"),
        ("xml", b"<r><file_content/></r>", "empty"),
        ("xml", b"<r><file_content>0</file_content></r>", "empty"),
        ("xml", b"<r><file_content>!</file_content></r>", "not base64"),
        ("xml", b"<r><file_content>QU<b>J</b>D</file_content></r>", "not base64"),
        ("xml", b"<r><file_content>\n  Q&#x55;<![CDATA[JD]]>\n</file_content></r>", "decoded"),
        ("xml", b"<r><file_content>!</file_content><file_content>QUJD</file_content></r>", "decoded"),
        ("xml", b"<r><a><file_content>QUJD</file_content></a></r>", "absent"),
        ("query", b"label=a", "absent"),
        ("query", b"file_content=", "empty"),
        ("query", b"file_content", "empty"),
        ("query", b"file_content=0", "empty"),
        ("query", b"file_content[]=QUJD", "not base64"),
        ("query", b"file_content=QU%2", ""),
        ("query", b"+file.content=QUJD", "decoded"),
        ("query", b"file_content=x&file_content=QUJD", "decoded"),
    ],
)
async def test_the_image_field_is_in_one_of_four_states(kind: BodyFormat, sent: bytes, state: str) -> None:
    """The image is absent, empty, not base64, or decoded, as PHP would see it."""
    if not state:
        assert await refused(kind, sent) == "Invalid data type. Check Content-Type."
        return
    body = await parsed(kind, sent)
    assert body.file == state
    assert (body.sink is not None) == (state == "decoded")


@pytest.mark.parametrize(
    ("kind", "sent", "shape"),
    [
        ("json", b"{}", "nothing"),
        ("json", b"[]", "nothing"),
        ("json", b"null", "nothing"),
        ("json", b'"text"', "nothing"),
        ("json", b"5", "nothing"),
        ("json", b'[{"label":"a"}]', "list"),
        ("json", b'{"0":{"label":"a"}}', "list"),
        ("json", b'{"label":"a"}', "fields"),
        ("xml", b"<magento_api/>", "nothing"),
        ("xml", b"<magento_api>text</magento_api>", "nothing"),
        ("xml", b"<r><data_item><label>a</label></data_item><data_item/></r>", "list"),
        ("xml", b"<any><label>a</label></any>", "fields"),
        ("query", b"", "nothing"),
        ("query", b"&=x&", "nothing"),
        ("query", b"0[label]=a", "list"),
        ("query", b"label=a", "fields"),
    ],
)
async def test_a_body_is_nothing_fields_or_a_list(kind: BodyFormat, sent: bytes, shape: str) -> None:
    """A body is nothing, a set of fields, or a list that nobody accepts."""
    assert (await parsed(kind, sent)).shape == shape


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"{",
        b'{"a":1}}',
        b"[1,]",
        b'{"a":"\xff"}',
        b'{"a":"\\u0000"}',
        b'{"a\\u0000":1}',
        b'{"a":"\\\\\\u0000"}',
        b'{"a":"\\ud800"}',
        b'{"file_content":"\\ud800"}',
        b'{"file_content":"\\ud800AAAAAAAAAAAAAAAAAAAA"}',
        b'{"file_content":"\xff"}',
        b'{"file_content":"\\u0000"}',
        b'{"file_content":"AA\nAA"}',
        b'{"file_content":"\\x"}',
        b'{"file_content":"QUJD',
        b'{"file_content":"QUJD"',
        b'{"file_content" "QUJD"}',
        b'{"file_content":x"QUJD"}',
        b'{"file_content":"QUJD""QUJD"}',
        b"[" * 200_000,
        b'{"a":' * 200_000 + b"1" + b"}" * 200_000,
        b'[{"file_content":"\xff"}]',
        b"NaN",
    ],
)
async def test_json_that_cannot_be_decoded_is_refused(sent: bytes) -> None:
    """Malformed JSON, what is not UTF-8, lone surrogates, NUL and deep nesting are refused alike."""
    assert await refused("json", sent) == "Decoding error."


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"text",
        b"<a>",
        b"<a></b>",
        b"<a/><b/>",
        b"<a>&undefined;</a>",
        b"<a>\x00</a>",
        b"<a>\xff</a>",
        b"<a>&#xD800;</a>",
        b"<!DOCTYPE a><a/>",
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        b'<!DOCTYPE a [<!ENTITY x "xxxxxxxxxx"><!ENTITY y "&x;&x;&x;&x;&x;">]><a>&y;</a>',
        b'<?xml version="1.0" encoding="zlib"?><a/>',
        b'<?xml version="1.0" encoding="utf-7"?><a/>',
        b'<?xml version="1.0" encoding="unheard-of"?><a/>',
        b"<a>" * 17 + b"</a>" * 17,
        b"<a>" * 200_000,
        b"<r>" + b"<a/>" * 10_000 + b"</r>",
    ],
)
async def test_xml_that_cannot_be_decoded_is_refused(sent: bytes) -> None:
    """Malformed XML, any DOCTYPE, odd encodings, deep nesting and floods of elements are refused alike."""
    assert await refused("xml", sent) == "Decoding error."


async def test_xml_up_to_the_limits_is_read() -> None:
    """Sixteen levels and ten thousand elements are still read."""
    assert (await parsed("xml", b"<a>" * 16 + b"</a>" * 16)).shape == "fields"
    assert (await parsed("xml", b"<r>" + b"<a/>" * 9_999 + b"</r>")).shape == "fields"


@pytest.mark.parametrize(
    ("sent", "label"),
    [
        (b'<?xml version="1.0" encoding="ISO-8859-1"?><a><label>\xe9</label></a>', "é"),
        ('<?xml version="1.0" encoding="UTF-16"?><a><label>é</label></a>'.encode("utf-16"), "é"),
        (b'<?xml version="1.0" encoding="windows-1252"?><a><label>\x80</label></a>', "€"),
        (b"<a><label>  two  words\n</label></a>", "  two  words\n"),
        (b"<a><label><![CDATA[<b>]]>&lt;</label></a>", "<b><"),
        (b"<a><label/></a>", ""),
        (b'<a xmlns:x="urn:x" x:y="z"><!-- c --><label lang="en">b</label></a>', "b"),
    ],
)
async def test_an_elements_text_is_its_value(sent: bytes, label: str) -> None:
    """A child's text is its value, in the encoding that the document declares, white space kept."""
    assert (await parsed("xml", sent)).fields == {"label": label}


@pytest.mark.parametrize(
    ("sent", "types"),
    [
        (b"<a><types><data_item>image</data_item><data_item>b</data_item></types></a>", {"0": "image", "1": "b"}),
        (b"<a><types><type>image</type><type>b</type><type>c</type></types></a>", {"type": ["image", "b", "c"]}),
        (b"<a><types>\n  <one>image</one>\n  <two>b</two>\n</types></a>", {"one": "image", "two": "b"}),
        (b"<a><types>image</types><types>b</types></a>", ["image", "b"]),
    ],
)
async def test_children_of_any_name_make_a_list(sent: bytes, types: object) -> None:
    """A list may be written with children of any name."""
    assert (await parsed("xml", sent)).fields == {"types": types}


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        (b"label=a b", "Invalid data type. Check Content-Type."),
        (b"label=\xc3\xa9", "Invalid data type. Check Content-Type."),
        (b"label=%zz", "Invalid data type. Check Content-Type."),
        (b"label=a%", "Invalid data type. Check Content-Type."),
        (b'{"label":"a"}', "Invalid data type. Check Content-Type."),
        (b"label=%ff", "Decoding error."),
        (b"label=%00", "Decoding error."),
    ],
)
async def test_a_query_that_cannot_be_decoded_is_refused(sent: bytes, text: str) -> None:
    """Characters that no URI has, and what is not UTF-8, are refused."""
    assert await refused("query", sent) == text


@pytest.mark.parametrize(
    ("kind", "sent"),
    [
        ("json", b'{"label":"' + b"a" * 300_000 + b'"}'),
        ("json", b'{"a":[' + b"1," * 200_000 + b"1]}"),
        ("xml", b"<a><label>" + b"a" * 300_000 + b"</label></a>"),
        ("xml", b"<a " + b"b='" + b"c" * 400_000 + b"'/>"),
        ("xml", b"<a><!-- " + b"c" * 400_000 + b" --></a>"),
        ("query", b"label=" + b"a" * 300_000),
    ],
)
async def test_a_body_that_is_large_without_its_image_is_refused(kind: BodyFormat, sent: bytes) -> None:
    """What is not the image has to be small, so that no body costs much memory."""
    with pytest.raises(BodyTooLarge):
        await parsed(kind, sent)


@pytest.mark.parametrize(
    ("kind", "sent"),
    [
        ("json", b'[{"file_content":"' + b"QUJD" * 100_000 + b'"}]'),
        ("xml", b"<r><data_item><file_content>" + b"QUJD" * 100_000 + b"</file_content></data_item></r>"),
        ("xml", b"<r><file_content>" + b"QUJD&#13;\n" * 100_000 + b"</file_content></r>"),
        ("query", b"file_content=" + b"QUJD%0D%0A" * 100_000),
    ],
)
async def test_images_do_not_count_even_in_lists(kind: BodyFormat, sent: bytes) -> None:
    """An image may be large wherever a client may put it, however it is escaped."""
    assert (await parsed(kind, sent)).shape in ("list", "fields")


async def test_a_sink_is_opened_only_for_an_image() -> None:
    """A body without an image takes no place among the uploads."""
    opened: list[Kept] = []
    await read_body("json", chunks([b'{"label":"a","file_content":""}']), opener(opened))
    assert opened == []


async def test_a_second_image_replaces_the_first_in_the_same_sink() -> None:
    """Of two images the last is kept, and one sink is enough."""
    opened: list[Kept] = []
    sent = [b'{"file_content":"QUJDQUJD', b'QUJD",', b'"file_content":"REVG"}']
    body = await read_body("json", chunks(sent), opener(opened))
    assert len(opened) == 1
    assert body.sink is opened[0]
    assert opened[0].data == b"DEF"


REFUSED = object()
"""No text, since any text may be a document's value."""


def expected(document: bytes) -> object:
    """What orjson and the base64 module make of a document as a whole."""
    try:
        value = orjson.loads(document)
    except orjson.JSONDecodeError:
        return REFUSED
    if has_nul(value):
        return REFUSED
    if not isinstance(value, dict):
        return value
    content = value.get("file_content")
    if isinstance(content, str):
        value["file_content"] = content.encode()
    return value


def has_nul(value: object) -> bool:
    if isinstance(value, dict):
        return any(has_nul(key) or has_nul(inner) for key, inner in value.items())
    return any(map(has_nul, value)) if isinstance(value, list) else isinstance(value, str) and "\x00" in value


keys = st.sampled_from(["file_content", "a", "file_content ", "label"]) | st.text(max_size=3)
texts = (
    st.text(max_size=12)
    | st.text(alphabet='QUJD=\\/"\n u', max_size=30)
    | st.binary(max_size=20).map(lambda data: base64.b64encode(data).decode())
)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=8,
)


def damaged(document: bytes, damage: list[tuple[int, bytes]]) -> bytes:
    """The document with some bytes put over others."""
    for place, over in damage:
        at = place % (len(document) + 1)
        document = document[:at] + over + document[at + len(over) :]
    return document


damages = st.lists(
    st.tuples(
        st.integers(0, 200), st.sampled_from([b'"', b"\\", b"{", b"}", b",", b":", b"\xff", b"\\u0000", b"\\u00"])
    ),
    max_size=2,
)


@given(values, st.booleans(), st.booleans(), damages, st.lists(st.integers(0, 300), max_size=6))
@example({"file_content": "\U0001f600"}, True, False, [], list(range(40)))
@example({"file_content": "\U0001f600é\u4e2d"}, False, False, [], list(range(40)))
@settings(max_examples=examples(400))
async def test_the_scanner_reads_any_document_as_orjson_does(
    value: object, ascii_only: bool, slashes: bool, damage: list[tuple[int, bytes]], points: list[int]
) -> None:
    """Whole or damaged, cut anywhere, a document is read exactly as orjson and a base64 decoder read it."""
    text = json.dumps(value, ensure_ascii=ascii_only)
    document = damaged((text.replace("/", "\\/") if slashes else text).encode(), damage)
    whole = expected(document)
    try:
        body = await parsed("json", *cut(document, points))
    except OpenMageError:
        assert whole is REFUSED
        return
    assert whole is not REFUSED
    if body.shape != "fields":
        return
    assert isinstance(whole, dict)
    content = whole.get("file_content")
    assert {**body.fields, "file_content": None} == {**whole, "file_content": None}
    assert ("file_content" in body.fields) == ("file_content" in whole)
    if isinstance(content, bytes):
        query = await parsed("query", b"file_content=" + quote_plus(content).encode())
        assert body.file == query.file
        assert (body.sink and body.sink.data) == (query.sink and query.sink.data)


@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=4), st.sampled_from(["json", "xml", "query"]))
async def test_no_bytes_break_a_reader(sent: bytes, points: list[int], kind: BodyFormat) -> None:
    """Any bytes at all give values or a refusal."""
    with contextlib.suppress(OpenMageError):
        assert (await parsed(kind, *cut(sent, points))).shape in ("nothing", "fields", "list")


@pytest.mark.parametrize("cuts", [[], [1], [2], [3], [4], [1, 2, 3, 4, 5]])
async def test_a_byte_order_mark_before_json_is_passed_over(cuts: list[int]) -> None:
    """A mark before JSON is no part of it, in whatever pieces it comes; half a mark is no JSON."""
    body = await parsed("json", *cut(b'\xef\xbb\xbf{"label": "x"}', cuts))
    assert body.fields == {"label": "x"}
    for half in (b"\xef", b"\xef\xbb", b'\xef\xbb{"label": "x"}', b"\xef\xbb\xbf\xef\xbb\xbf{}"):
        assert await refused("json", half) == "Decoding error."
