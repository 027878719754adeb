"""What libraries send that nobody wrote down: parts without names, folded headers, bare pluses, odd addresses."""

import base64
from typing import Any, Final

import pytest

from .conftest import IMAGES, Answer, Shop, picture, png

BOUNDARY: Final = {"Content-Type": "multipart/form-data; boundary=XX"}
FILES: Final = {"JPEG": picture(64, 48, "JPEG"), "PNG": png(), "GIF": picture(20, 10, "GIF")}


def part(head: str, body: bytes) -> bytes:
    return b"--XX\r\n" + head.encode() + b"\r\n\r\n" + body + b"\r\n"


async def post(shop: Shop, *parts: bytes) -> Answer:
    return await shop.call("POST", IMAGES, data=b"".join(parts) + b"--XX--\r\n", headers=BOUNDARY)


@pytest.mark.parametrize("fold", ["\r\n ", "\r\n\t", "\r\n  \t "])
async def test_a_folded_header_of_a_part_is_one_line(shop: Shop, fold: str) -> None:
    """A header that goes on in the next line is read as one, as mail-based libraries write it."""
    head = f'Content-Disposition: form-data;{fold}name="image[attachment]";{fold}filename="a.jpg"{fold}'
    answer = await post(shop, part(f"{head}\r\nContent-Type:{fold}image/jpeg", FILES["JPEG"]))
    assert (answer.status, answer.json["attachment_file_name"]) == (201, "a.jpg")


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("declared", ["", "application/octet-stream", "text/plain"])
async def test_a_file_needs_no_name(shop: Shop, kind: str, declared: str) -> None:
    """The bytes of an attachment are a file called `data`, also where no file name came along."""
    head = 'Content-Disposition: form-data; name="image[attachment]"' + (declared and f"\r\nContent-Type: {declared}")
    answer = await post(shop, part(head, FILES[kind]), part('Content-Disposition: form-data; name="image[alt]"', b"x"))
    assert answer.status == 201
    assert (answer.json["attachment_file_name"], answer.json["alt"]) == ("data", "x")
    replaced = await shop.call(
        "PUT", f"{IMAGES}/1", data=part(head, picture(9, 9, "PNG")) + b"--XX--\r\n", headers=BOUNDARY
    )
    assert (replaced.status, replaced.json["attachment_width"]) == (200, 9)


@pytest.mark.parametrize("text", [b"foo", b"BMW.jpg", b"GIF89a", "größe".encode(), b"II*", b"8BPS"])
async def test_a_text_is_no_file(shop: Shop, text: bytes) -> None:
    """A text in the attachment's place names a file some other way, or nothing that can be used."""
    answer = await post(shop, part('Content-Disposition: form-data; name="image[attachment]"', text))
    assert (answer.status, answer.json) == (422, {"exception": f'No handler found for "{text.decode()}"'})


CHOSEN_NONE: Final = part('Content-Disposition: form-data; name="image[attachment]"; filename=""', b"")
OTHER_NONE: Final = part('Content-Disposition: form-data; name="image[alt]"; filename=""', b"lost")
ALT: Final = part('Content-Disposition: form-data; name="image[alt]"', b"new")
MISSING: Final = {"exception": "param is missing or the value is empty: image"}


@pytest.mark.parametrize(
    ("parts", "created", "reported", "updated"),
    [
        ((CHOSEN_NONE,), 422, MISSING, 422),
        ((OTHER_NONE, CHOSEN_NONE), 422, MISSING, 422),
        ((CHOSEN_NONE, ALT), 422, {"attachment": ["can't be blank"]}, 200),
        ((ALT, OTHER_NONE), 422, {"attachment": ["can't be blank"]}, 200),
    ],
)
async def test_a_part_of_no_chosen_file_was_not_sent(
    shop: Shop, parts: tuple[bytes, ...], created: int, reported: dict[str, Any], updated: int
) -> None:
    """A part with an empty file name is dropped: what is left counts."""
    kept = (await shop.create(alt="old")).json
    answer = await post(shop, *parts)
    assert (answer.status, answer.json.get("errors", answer.json)) == (created, reported)
    answer = await shop.call("PUT", f"{IMAGES}/1", data=b"".join(parts) + b"--XX--\r\n", headers=BOUNDARY)
    assert answer.status == updated
    now = (await shop.call("GET", f"{IMAGES}/1")).json
    assert now == kept | {"alt": "new" if updated == 200 else "old"}


@pytest.mark.parametrize("media_type", ["image/jpeg", "image/svg+xml"])
async def test_a_bare_plus_of_base64_is_no_blank(shop: Shop, media_type: str) -> None:
    """A data URI that a form carries unescaped has its pluses back."""
    uri = f"data:{media_type};base64,{base64.b64encode(FILES['JPEG']).decode()}"
    assert "+" in uri.partition(",")[2]
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = await shop.call("POST", IMAGES, data=f"image[attachment]={uri}&image[alt]=a+b".encode(), headers=headers)
    assert (answer.status, answer.json["alt"]) == (201, "a b")
    original = answer.json["large_url"].replace("/large/", "/original/")
    assert (await shop.call("GET", original)).status == 200
    assert answer.json["attachment_width"] == 64


async def test_blanks_in_json_are_not_touched(shop: Shop) -> None:
    """Base64 that is wrapped with blanks in JSON is read past them."""
    text = base64.b64encode(FILES["PNG"]).decode()
    uri = "data:image/png;base64," + " ".join(text[at : at + 60] for at in range(0, len(text), 60))
    answer = await shop.call("POST", IMAGES, json={"image": {"attachment": uri}})
    assert answer.status == 201
