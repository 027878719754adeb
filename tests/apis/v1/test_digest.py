"""A body is the one that its sender announced, or it is refused."""

import base64
import hashlib
import json

import pytest

from app.apis.v1.digest import HEADER
from tests.apis.v1.conftest import Shop

BODY = json.dumps({"code": "italian"}).encode()


def digest(algorithm: str, data: bytes = BODY) -> str:
    value = hashlib.new(algorithm.replace("-", ""), data).digest()
    return f"{algorithm}=:{base64.b64encode(value).decode()}:"


@pytest.mark.parametrize(
    ("header", "status", "code"),
    [
        (digest("sha-256"), 201, None),
        (digest("sha-512"), 201, None),
        (f"{digest('sha-256')}, {digest('sha-512')}", 201, None),
        (f"md5=:AAAA:, {digest('sha-512')}", 201, None),
        ("unixsum=:AAAA:", 201, None),
        (f"{digest('sha-256')};a=1; b", 201, None),
        (digest("sha-256", b"other"), 400, "digest_mismatch"),
        (f"{digest('sha-256')},{digest('sha-512', b'other')}", 400, "digest_mismatch"),
        ("sha-256=:AAAA:", 400, "digest_mismatch"),
        (f"{digest('sha-256')};x=a-b;y=-1", 201, None),
        ("sha-256=AAAA", 400, None),
        ("sha-256=:A:", 400, None),
        ("sha-256", 400, None),
        ("", 400, None),
    ],
)
async def test_a_body_is_compared_with_its_digest(shop: Shop, header: str, status: int, code: str | None) -> None:
    """SHA-256 and SHA-512 are looked at, others are not; a header that is none is malformed. Nothing of it is kept."""
    headers = {HEADER: header, "Content-Type": "application/json"}
    answer = await shop.call("PUT", "/v1/stores/4", data=BODY, headers=headers)

    assert answer.status == status, answer.body
    assert status == 201 or answer.code == "malformed"
    assert code is None or answer.mistakes == [("", code)]
    assert len((await shop.get("/v1/stores")).json()["items"]) == (4 if status == 201 else 3)


async def test_a_header_that_is_none_is_no_part_of_the_request(shop: Shop) -> None:
    """Its refusal is not kept: headers do not make a request another one, so it would be met for ever."""
    headers = {"Content-Type": "application/json", "Idempotency-Key": "k"}
    refused = await shop.call("PUT", "/v1/stores/4", data=BODY, headers=headers | {HEADER: "nonsense"})
    made = await shop.call("PUT", "/v1/stores/4", data=BODY, headers=headers | {HEADER: digest("sha-256")})

    assert (refused.status, made.status) == (400, 201)
