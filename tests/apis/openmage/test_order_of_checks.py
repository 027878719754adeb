"""Of several things that are wrong with a request, the first one is reported."""

import json
from dataclasses import dataclass, replace
from typing import Any, Final

import pytest

from tests.apis.openmage.shop import PNG, Answer, Api, User, error_body, upload

pytestmark = pytest.mark.asyncio(loop_scope="session")


@dataclass(frozen=True)
class Request:
    """Where everything is wrong at first; the account is that of a guest unless it is named."""

    method: str
    path: str
    accept: str = "image/png"
    account: str = "forged"
    version: str | None = "abc"
    content_type: str | None = None
    body: str = "{"

    async def send(self, api: Api) -> Answer:
        headers: dict[str, str | None] = {"Version": self.version, "Content-Type": self.content_type}
        if self.account == "forged":
            headers |= api.signed("admin", self.method, f"{self.path}?not=this")
        elif self.account != "guest":
            headers |= api.signed(self.account, self.method, self.path)
        sent = {"Accept": self.accept} | {name: value for name, value in headers.items() if value is not None}
        return await api.raw(self.method, self.path, self.body, sent)


def fields(**given: Any) -> str:
    return json.dumps(given)


NOT_HERE: Final = "/api/rest/products/99/images"
GOOD: Final = upload(PNG)
BAD_TYPE: Final = GOOD | {"file_mime_type": "image/bmp"}
NOT_BASE64: Final = "The image content must be valid base64 encoded data"
NO_PICTURE: Final = {**GOOD, "file_content": "QUJD"}
JSON: Final = "application/json"

Step = tuple[dict[str, Any], int, str]
"""What is put right, and what is told then."""

BEFORE_THE_BODY: Final[list[Step]] = [
    ({}, 406, "Server can not understand Accept HTTP header media type."),
    ({"accept": JSON}, 401, "oauth_problem=signature_invalid"),
    ({"account": "guest"}, 404, "Request does not match any route."),
]


async def walk(api: Api, request: Request, steps: list[Step]) -> None:
    for change, status, text in steps:
        request = replace(request, **change)
        answer = await request.send(api)
        reported = error_body("xml" if status == 406 else "json", (status, text))
        if text == "The image is not specified":
            reported = error_body("json", (status, text), (status, "Resource data pre-validator error"))
        assert (answer.status, answer.body) == (status, reported), change


async def test_a_create_tells_what_is_wrong_in_order(api: Api) -> None:
    """From the Accept header to the image's bytes, each check of a create comes in its turn."""
    images = await api.product()
    steps: list[Step] = [
        *BEFORE_THE_BODY,
        ({"path": f"{NOT_HERE}/1", "method": "PATCH"}, 400, "Invalid request method"),
        ({"method": "POST"}, 403, "Access denied"),
        ({"account": "admin"}, 400, 'Invalid version "abc" requested.'),
        ({"version": "1"}, 405, "Resource method not implemented yet."),
        ({"path": f"{NOT_HERE}/store/nowhere"}, 400, "Content-Type header is empty"),
        ({"content_type": JSON}, 400, "Decoding error."),
        ({"body": "{}"}, 400, "The request data is invalid."),
        ({"body": fields(label="a")}, 400, "The image is not specified"),
        ({"body": fields(file_content="?", file_mime_type="image/bmp")}, 400, NOT_BASE64),
        ({"body": fields(**BAD_TYPE)}, 400, "Unsupported image MIME type"),
        ({"body": fields(**NO_PICTURE)}, 400, "Requested store is invalid"),
        ({"path": NOT_HERE}, 404, "Resource not found"),
        ({"path": images}, 400, "Resource unknown error"),
    ]
    await walk(api, Request("PATCH", "/api/rest/nowhere"), steps)
    assert await api.get(images) == []


async def test_an_update_tells_what_is_wrong_in_order(api: Api) -> None:
    """From the Accept header to the image's bytes, each check of an update comes in its turn."""
    images = await api.product()
    image = await api.create(images)
    steps: list[Step] = [
        *BEFORE_THE_BODY,
        ({"path": f"{NOT_HERE}/store/nowhere", "method": "TRACE"}, 400, "Invalid request method"),
        ({"method": "PUT"}, 403, "Access denied"),
        ({"account": "admin"}, 400, 'Invalid version "abc" requested.'),
        ({"version": None}, 405, "Resource method not implemented yet."),
        ({"path": f"{NOT_HERE}/99/store/nowhere"}, 400, "Content-Type header is empty"),
        ({"content_type": JSON}, 400, "Decoding error."),
        ({"body": "[]"}, 400, "The request data is invalid."),
        ({"body": fields(file_content="?", file_mime_type="x")}, 400, NOT_BASE64),
        ({"body": fields(**BAD_TYPE)}, 400, "Unsupported image MIME type"),
        ({"body": fields(**NO_PICTURE)}, 400, "Requested store is invalid"),
        ({"path": f"{NOT_HERE}/99"}, 404, "Resource not found"),
        ({"path": f"{images}/99999"}, 404, "Resource not found"),
        ({"path": f"{images}/{image}"}, 400, "Resource unknown error"),
    ]
    await walk(api, Request("PATCH", "/api/rest/nowhere"), steps)
    assert len(await api.get(images)) == 1


async def test_a_read_of_a_hidden_product_is_told_after_the_store(api: Api) -> None:
    """A read checks the store view, then the product, then the image."""
    users: tuple[User, ...] = ("admin", "guest")
    for user in users:
        for path, status, text in [
            (f"{NOT_HERE}/99/store/nowhere", 400, "Requested store is invalid"),
            (f"{NOT_HERE}/99/store/3", 404, "Resource not found"),
        ]:
            answer = await api.call(user, "GET", path)
            assert (answer.status, answer.body) == (status, error_body("json", (status, text)))
