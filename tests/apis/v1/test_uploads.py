"""Uploads through the native API in each form that a body may have: what they make, and how they are refused."""

import base64
import hashlib
import io
from collections.abc import Callable
from typing import Any, Final

import aiohttp
import pytest

from app.db.connections.connect import Connection
from tests.apis.v1.conftest import Answer, Serve, Shop
from tests.apis.v1.dialects import Dialects
from tests.pictures import encoded, picture

_IMAGES: Final = "/v1/products/dress/images"
_JPEG: Final = encoded(picture())
_OTHER: Final = encoded(picture(60, 40), "PNG")
_GIVEN: Final = {"label": "Front", "position": 3, "exclude": True, "types": ["image", "thumbnail"]}


def as_json(data: bytes, name: str, **given: Any) -> dict[str, Any]:
    return {"json": {"file": {"base64": base64.b64encode(data).decode()}, "file_name": name, **given}}


def as_data_uri(data: bytes, name: str, **given: Any) -> dict[str, Any]:
    uri = f"data:image/jpeg;base64,{base64.b64encode(data).decode()}"
    return {"json": {"label": "Front", "file": {"base64": uri}, "file_name": name, **given}}


def as_form(data: bytes, name: str, **given: Any) -> dict[str, Any]:
    form = aiohttp.FormData()
    form.add_field("file", data, filename=name)
    for member, value in given.items():
        form.add_field(member, as_text(value))
    return {"data": form}


def as_raw(data: bytes, name: str, **given: Any) -> dict[str, Any]:
    headers = {"Content-Type": "image/x-whatever", "Content-Disposition": f'attachment; filename="{name}"'}
    return {"data": data, "params": {member: as_text(value) for member, value in given.items()}, "headers": headers}


def as_text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(value) if isinstance(value, list) else str(value)


Form = Callable[..., dict[str, Any]]
FORMS: Final = pytest.mark.parametrize("form", [as_json, as_data_uri, as_form, as_raw])


async def sent(shop: Shop, method: str, path: str, body: dict[str, Any]) -> Answer:
    return await shop.call(method, path, "editor", **body)


@FORMS
async def test_an_upload_is_the_image_that_was_said(shop: Shop, form: Form) -> None:
    """In every form an upload answers 201 with the address and the document of an image with all that was said."""
    answer = await sent(shop, "POST", _IMAGES, form(_JPEG, "Front view.jpg", **_GIVEN))

    assert answer.status == 201, answer.body
    image = answer.json()
    assert {name: image[name] for name in _GIVEN} == _GIVEN
    assert (image["file_name"], image["path"]) == ("Front_view.jpg", "/F/r/Front_view.jpg")
    assert image["state"] == "processing"
    assert image["picture"]["sha256"] == hashlib.sha256(_JPEG).hexdigest()
    assert answer.headers["Location"] == f"/v1/images/{image['id']}"
    read = await shop.get(answer.headers["Location"])
    assert (read.body, read.headers["ETag"]) == (answer.body, answer.headers["ETag"])


@FORMS
@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"no picture at all", "not_an_image"),
        (b"", "not_an_image"),
        (b"%PDF-1.7 and more", "format_not_accepted"),
        (_JPEG[: len(_JPEG) // 2], "truncated"),
        (b"\xff\xd8" + bytes(60_000), "file_too_large"),
    ],
)
async def test_what_is_no_picture_is_refused(serve: Serve, form: Form, data: bytes, code: str) -> None:
    """What cannot be decoded, ends early, holds nothing or is too large is refused with the reason, and nothing is
    kept."""
    shop = await serve(max_image_bytes=50_000)

    answer = await sent(shop, "POST", _IMAGES, form(data, "x.jpg"))

    assert (answer.status, answer.code) == (422, "image_refused")
    assert [one for _, one in answer.mistakes] == [code]
    assert (await shop.get(_IMAGES)).json()["items"] == []


@pytest.mark.parametrize(
    ("data", "measured"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "svg"),
        (b"\xef\xbb\xbf<!-- a licence -->\n<svg/>", "svg"),
        ("\ufeff<?xml version='1.0'?><!DOCTYPE svg [<!ENTITY a '>'>]><svg/>".encode("utf-16-be"), "svg"),
        (encoded(picture(60, 40), "BMP"), "bmp"),
        (b"8BPS\0\1" + bytes(60), "psd"),
        (b"\xff\x0a" + bytes(60), "jxl"),
        (b"\0\0\0\x0cJXL \r\n\x87\n", "jxl"),
        (b"%PDF-1.7 and more", "pdf"),
    ],
    ids=["svg", "marked svg", "svg in UTF-16", "bmp", "psd", "jxl", "jxl in a box", "pdf"],
)
async def test_a_format_that_is_not_accepted_is_named(shop: Shop, data: bytes, measured: str) -> None:
    """Of a file that is called a JPEG, by what it is."""
    answer = await sent(shop, "POST", _IMAGES, as_form(data, "x.jpg"))
    [error] = answer.json()["errors"]
    assert (answer.status, error["code"], error["measured"]) == (422, "format_not_accepted", measured)


async def test_limits_of_pictures_are_said_with_what_was_measured(serve: Serve, connection: Connection) -> None:
    """Pixels and frames; what is damaged or barred is called so. Nothing is kept."""
    shop = await serve(max_pixels=5_000, max_frames=2)
    [small, *more] = [picture(60, 40, seed=seed) for seed in range(3)]
    moving = io.BytesIO()
    small.save(moving, "GIF", save_all=True, append_images=more, duration=100)
    await connection.execute("insert into blob_barred (hash) values ($1)", hashlib.sha256(_OTHER).digest())
    whole = encoded(small)
    for data, code, limit, measured in (
        (encoded(picture(100, 51)), "too_many_pixels", 5_000, 5_100),
        (moving.getvalue(), "too_many_frames", 2, 3),
        (whole[:200] + b"\xff\xc4\0\x04\0\0" + whole[200:], "damaged", None, None),
        (_OTHER, "barred", None, None),
    ):
        answer = await sent(shop, "POST", _IMAGES, as_form(data, "x.jpg"))
        [error] = answer.json()["errors"]
        assert (answer.code, error["code"]) == ("image_refused", code)
        assert (error["limit"], error["measured"]) == (limit, measured)
    assert (await shop.get(_IMAGES)).json()["items"] == []


async def test_a_body_in_one_part_of_json_is_a_form_too(shop: Shop) -> None:
    """A part `data` says all that is not the file."""
    form = aiohttp.FormData()
    form.add_field("data", '{"label": "Front", "stores": {"german": {"label": "Vorne"}}}')
    form.add_field("file", _JPEG, filename="a.jpg")

    image = (await sent(shop, "POST", _IMAGES, {"data": form})).json()

    assert (image["label"], image["stores"]["german"]["label"]) == ("Front", "Vorne")


@pytest.mark.parametrize(
    ("body", "mistakes"),
    [
        ({"json": {}}, [("/file", "required")]),
        ({"json": {"file": {}}}, [("/file", "required")]),
        ({"json": {"file": {"base64": "A", "image": 1}}}, [("/file", "required"), ("/file/base64", "invalid_base64")]),
        ({"json": {"file": {"base64": "no base64!"}}}, [("/file/base64", "invalid_base64")]),
        ({"json": {"file": {"base64": 1}}}, [("/file/base64", "wrong_type")]),
        ({"json": {"file": {"url": "https://a.example/b.jpg"}}}, [("/file/url", "switched_off")]),
        ({"json": {"file": {"sha256": "x"}}}, [("/file/sha256", "out_of_range")]),
        (
            {"json": {"file": 1, "label": 2, "x": 3}},
            [("/label", "wrong_type"), ("/x", "unknown"), ("/file", "wrong_type")],
        ),
        (as_form(_JPEG, "a.jpg", position="first"), [("/position", "wrong_type")]),
        (as_form(_JPEG, "a.jpg", types=["nope"]), [("/types/0", "not_found")]),
        (as_raw(_JPEG, "a.jpg", position="-1", x="y"), [("?position", "out_of_range"), ("?x", "unknown")]),
    ],
)
async def test_all_mistakes_are_told_before_the_product_is_looked_for(
    shop: Shop, body: dict[str, Any], mistakes: list[tuple[str, str]]
) -> None:
    """Every mistake is listed with its place."""
    answer = await sent(shop, "POST", "/v1/products/unknown/images", body)

    assert (answer.status, answer.code) == (422, "invalid")
    assert answer.mistakes == mistakes


@pytest.mark.parametrize(
    ("headers", "data", "status", "code"),
    [
        ({"Content-Type": "text/plain"}, b"x", 415, "unsupported_media_type"),
        ({"Content-Type": "application/json"}, b'{"file":', 400, "malformed"),
        ({"Content-Type": "application/json"}, b'{"file": {"base64": "AAAA', 400, "malformed"),
        ({"Content-Type": "application/json"}, b'{"label": "a", "label": "b"}', 400, "malformed"),
        ({"Content-Type": "multipart/form-data"}, b"x", 400, "malformed"),
        ({"Content-Type": "multipart/form-data; boundary=x"}, b"--x\r\n", 400, "malformed"),
        ({"Content-Type": "image/jpeg", "Content-Encoding": "gzip"}, b"x", 415, "unsupported_media_type"),
    ],
)
async def test_bodies_that_cannot_be_read_are_refused(
    shop: Shop, headers: dict[str, str], data: bytes, status: int, code: str
) -> None:
    """Other types, compressed bodies, broken JSON and forms are told apart."""
    answer = await sent(shop, "POST", _IMAGES, {"headers": headers, "data": data})

    assert (answer.status, answer.code) == (status, code)


@pytest.mark.parametrize("algorithm", ["sha-256", "sha-512"])
async def test_a_digest_of_the_body_is_checked(shop: Shop, algorithm: str) -> None:
    """A body with another digest than announced is refused, and nothing is kept; unknown algorithms do not count."""
    value = base64.b64encode(hashlib.new(algorithm.replace("-", ""), _JPEG).digest()).decode()
    wrong = base64.b64encode(bytes(32)).decode()

    async def posted(digest: str) -> Answer:
        headers = {"Content-Type": "image/jpeg", "Content-Digest": digest}
        return await sent(shop, "POST", _IMAGES, {"data": _JPEG, "headers": headers})

    for broken in (f"{algorithm}=:{wrong}:", f"{algorithm}=:{value}:, sha-256=:{wrong}:"):
        answer = await posted(broken)
        assert (answer.status, answer.code, answer.mistakes) == (400, "malformed", [("", "digest_mismatch")])
    assert (await posted(f"{algorithm}={value}")).status == 400
    assert (await shop.get(_IMAGES)).json()["items"] == []
    assert (await posted(f"md5=:AAAA:, {algorithm}=:{value}:")).status == 201


async def test_bytes_are_named_by_those_who_sent_them(shop: Shop) -> None:
    """A hash stands for bytes that this key has uploaded; to others they are unknown, as is what nobody sent."""
    named: dict[str, Any] = {"json": {"file": {"sha256": hashlib.sha256(_JPEG).hexdigest()}}}
    once = {**named, "headers": {"Idempotency-Key": "once"}}
    assert (await sent(shop, "POST", _IMAGES, once)).code == "image_refused"
    first = (await sent(shop, "POST", _IMAGES, as_raw(_JPEG, "a.jpg"))).json()

    again = (await sent(shop, "POST", _IMAGES, once)).json()  # the refusal was not kept

    assert again["picture"]["sha256"] == first["picture"]["sha256"]
    assert again["picture"]["id"] != first["picture"]["id"]
    other = await shop.call("POST", _IMAGES, "admin", **named)
    assert (other.status, other.mistakes) == (422, [("", "not_an_image")])


async def test_the_picture_of_another_image_is_shared(shop: Shop) -> None:
    """An image is shown a second time by its id; an unknown one is not found."""
    first = (await sent(shop, "POST", _IMAGES, as_form(_JPEG, "a.jpg"))).json()

    shared = (await sent(shop, "POST", _IMAGES, {"json": {"file": {"image": first["id"]}}})).json()

    assert shared["picture"]["id"] == first["picture"]["id"]
    assert (await sent(shop, "POST", _IMAGES, {"json": {"file": {"image": 999}}})).status == 404


@FORMS
async def test_a_file_is_replaced(shop: Shop, form: Form) -> None:
    """Another file comes under the same id, and the former path is gone; the same bytes change nothing."""
    first = (await sent(shop, "POST", _IMAGES, as_form(_JPEG, "front.jpg", label="Front"))).json()
    path = f"/v1/images/{first['id']}/file"

    answer = await sent(shop, "PUT", path, form(_OTHER, "back.png"))

    image = answer.json()
    assert (answer.status, image["id"], image["label"]) == (200, first["id"], "Front")
    assert (image["path"], image["picture"]["format"]) == ("/b/a/back.png", "png")
    assert (await shop.get("/media/catalog/product/f/r/front.jpg", None)).status == 404
    again = await sent(shop, "PUT", path, {"data": _OTHER, "headers": {"Content-Type": "image/png"}})
    assert (again.body, again.headers["ETag"]) == (answer.body, answer.headers["ETag"])
    stale = {"If-Match": f'"{first["id"]}-{first["revision"]}"', "Content-Type": "image/png"}
    late = await sent(shop, "PUT", path, {"data": b"no picture", "headers": stale})
    assert (late.status, late.json()["current"]) == (412, image)


async def test_the_dialects_show_an_upload_at_once(shop: Shop, connection: Connection) -> None:
    """What was uploaded here is shown by all three dialects as soon as it is answered."""
    dialects = await Dialects.of(shop, connection)
    before = await dialects.documents()

    await sent(shop, "POST", _IMAGES, as_raw(_JPEG, "seen-at-once.jpg", label="seen-at-once"))

    assert [b"seen-at-once" in one for one in before] == [False] * 3
    assert [b"seen-at-once" in one for one in await dialects.documents()] == [True] * 3


async def test_an_unknown_product_is_not_found_before_the_picture_is_looked_at(shop: Shop) -> None:
    """Where there is no such product the picture does not matter; one without images is a conflict."""
    answer = await sent(shop, "POST", "/v1/products/unknown/images", as_raw(b"no picture", "a.jpg"))
    assert (answer.status, answer.code) == (404, "not_found")


@pytest.mark.parametrize("header", ["filename*=UTF-8''K%C3%A4se.png", "filename=x.png; filename*=utf-8''K%C3%A4se.png"])
async def test_a_name_beyond_ascii_is_kept(shop: Shop, header: str) -> None:
    """As RFC 6266 writes it in a header, and as some libraries write it in forms."""
    raw = {"data": _OTHER, "headers": {"Content-Type": "image/png", "Content-Disposition": f"attachment; {header}"}}
    part = f'--b\r\nContent-Disposition: form-data; name="file"; {header.split("; ")[-1]}\r\n\r\n'.encode()
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    form = {"data": part + _OTHER + b"\r\n--b--\r\n", "headers": headers}
    for body in (raw, form):
        assert (await sent(shop, "POST", _IMAGES, body)).json()["file_name"] == "Käse.png"


@pytest.mark.parametrize(
    ("kind", "is_taken"),
    [
        ("application/json; charset=latin-1", False),
        ("application/json; charset=us-ascii", True),
        ("multipart/form-data; charset=koi8-r; boundary=b", True),
    ],
)
async def test_texts_in_other_charsets_are_refused(shop: Shop, kind: str, is_taken: bool) -> None:
    """As by every other operation: they would be read wrong. A form has no charset, whatever clients say."""
    body = {"data": b"--b--\r\n" if "form" in kind else b"{}", "headers": {"Content-Type": kind}}
    assert (await sent(shop, "POST", _IMAGES, body)).code == ("invalid" if is_taken else "unsupported_media_type")


async def test_what_a_form_says_twice_is_a_mistake(shop: Shop) -> None:
    """Nothing that was said is dropped: neither a second part of JSON, nor a member that stands there and in a part."""
    for parts, mistake in (
        ([("data", '{"label": "a"}'), ("data", '{"position": 2}')], "/data"),
        ([("data", '{"label": "a"}'), ("label", "b")], "/label"),
        ([("label", "a"), ("label", "b")], "/label"),
        ([("data", '{"a/b~": 1}'), ("a/b~", "2")], "/a~1b~0"),  # which is unknown, too
    ):
        form = aiohttp.FormData()
        form.add_field("file", _JPEG, filename="a.jpg")
        for name, value in parts:
            form.add_field(name, value)
        answer = await sent(shop, "POST", _IMAGES, {"data": form})
        assert answer.status == 422
        assert [one for one in answer.mistakes if one[1] != "unknown"] == [(mistake, "wrong_type")]
