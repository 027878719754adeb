"""An operator who is asked why a picture was refused finds the answer in one log line and one metric."""

import base64
import json
from typing import Any

import pytest
from structlog.testing import capture_logs
from structlog.typing import EventDict

from app.events import REQUEST_ID
from tests.e2e.conftest import Serve, Shop
from tests.pictures import encoded, picture

_LIMITS = {"max_pixels": 20_000, "max_total_pixels": 30_000, "max_frames": 3, "max_image_bytes": 60_000}


def _frames(count: int, side: int) -> bytes:
    frames = [picture(side, side, seed=seed) for seed in range(count)]
    return encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])


def _with_request(_: object, __: str, line: EventDict) -> EventDict:
    """What every line of the log gets (`app.telemetry.logs`) is known where this one is reported."""
    return {**line, "request": REQUEST_ID.get(None)}


_CASES = {
    "heic": (b"\0\0\0\x18ftypheic" + bytes(40), {"format": "heic"}),
    "tiff": (encoded(picture(40, 30), "TIFF"), {"format": "tiff"}),
    "bmp": (encoded(picture(40, 30), "BMP"), {"format": "bmp"}),
    "avif": (encoded(picture(40, 30), "AVIF"), {"format": "avif"}),
    "svg": ("\ufeff<!-- a licence --><svg/>".encode("utf-16-le"), {"format": "svg"}),
    "no picture": (b"Dear Sir or Madam", {"format": "unknown"}),
    "damaged": (encoded(picture(40, 30), "PNG")[:200], {"format": "png"}),
    "pixels": (
        encoded(picture(300, 200), "PNG"),
        {"format": "png", "limit": "MAX_PIXELS", "allowed": 20_000, "measured": 60_000},
    ),
    "frames": (_frames(5, 20), {"format": "gif", "limit": "MAX_FRAMES", "allowed": 3}),
    "all frames": (
        _frames(3, 120),
        {"format": "gif", "limit": "MAX_TOTAL_PIXELS", "allowed": 30_000, "measured": 43_200},
    ),
    "bytes": (
        encoded(picture(100, 100), "PNG") + bytes(90_000),
        {"format": "png", "limit": "MAX_IMAGE_BYTES", "allowed": 60_000},
    ),
}


async def _spree(shop: Shop, data: bytes) -> int:
    boundary = "a-boundary"
    head = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="image[attachment]"; filename="secret-name.png"\r\n\r\n'
    )
    body = head.encode() + data + f"\r\n--{boundary}--\r\n".encode()
    headers = {
        "X-Spree-Token": shop.api_key,
        "Content-Type": f"multipart/form-data; boundary={boundary}",
    }
    return (await shop.call("POST", "/api/v1/products/a-dress/images", data=body, headers=headers)).status


async def _openmage(shop: Shop, data: bytes) -> int:
    body = {"file_mime_type": "image/png", "file_content": base64.b64encode(data).decode(), "file_name": "secret-name"}
    headers = {"Content-Type": "application/json"}
    answer = await shop.signed("POST", "/api/rest/products/dress/images", data=json.dumps(body), headers=headers)
    return answer.status


@pytest.mark.parametrize(("api", "upload"), [("spree", _spree), ("openmage", _openmage)])
async def test_a_refusal_is_told_with_format_limit_measure_and_size(serve: Serve, api: str, upload: Any) -> None:
    """Whatever is wrong with a picture, its line says what it is, which limit it exceeds, by how much; no names."""
    shop = await serve(**_LIMITS)
    for name, (data, expected) in _CASES.items():
        with capture_logs([_with_request]) as lines:
            assert await upload(shop, data) >= 400, name

        (line,) = (line for line in lines if line["event"] == "upload_rejected")
        assert {key: line[key] for key in expected} == expected, name
        assert line["room"] == api
        assert line["request"], name
        assert line["size"] == len(data) or line["limit"] == "MAX_IMAGE_BYTES", name
        assert ("limit" in line) == ("limit" in expected), name
        assert "secret-name" not in json.dumps(line), name

    figures = (await shop.call("GET", "/metrics")).body.decode()
    reported = [line for line in figures.splitlines() if line.startswith("product_images_uploads_rejected_total{")]
    assert len(reported) == len(_CASES), reported
    assert any(
        'format="png"' in line and 'limit="MAX_PIXELS"' in line and 'measure="4"' in line for line in reported
    ), reported
