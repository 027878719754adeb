"""Each row of OpenMage's table of errors, triggered over HTTP and told in both formats."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import pytest

from tests.apis.openmage.shop import ACCEPTS, IMAGES, PNG, Api, User, error_body, upload
from tests.pictures import encoded, picture

pytestmark = pytest.mark.asyncio(loop_scope="session")

E1: Final = (400, "Requested store is invalid")
E2: Final = (404, "Resource not found")
E3: Final = (404, "Product image not found")
E4: Final = (400, "Resource data pre-validator error")
E5: Final = (400, "The image content must be valid base64 encoded data")
E6: Final = (400, "Requested product does not support images")
E7: Final = (400, "Unsupported image MIME type")
E8: Final = (400, "Resource unknown error")
E9: Final = (500, "Resource internal error")
E10: Final = (400, "The image is not specified")
NO_ROUTE: Final = (404, "Request does not match any route.")
NOT_IMPLEMENTED: Final = (405, "Resource method not implemented yet.")
DENIED: Final = (403, "Access denied")
DECODING: Final = (400, "Decoding error.")
INVALID: Final = (400, "The request data is invalid.")
BAD_METHOD: Final = (400, "Invalid request method")


@dataclass(frozen=True)
class Case:
    """A request, by an admin unless told otherwise; `fields` are sent as JSON."""

    reported: tuple[tuple[int, str], ...]
    method: str
    path: str
    fields: Mapping[str, Any] | None = None
    user: User = "admin"
    body: bytes | None = None
    headers: Mapping[str, str | None] = field(default_factory=dict)

    async def check(self, api: Api, form: str) -> None:
        body = self.body if self.fields is None else json.dumps(self.fields).encode()
        headers = {"Content_Type": "application/json" if body is not None else None} | dict(self.headers)
        answer = await api.call(self.user, self.method, self.path, body=body, accept=ACCEPTS[form], **headers)
        expected = self.reported[-1][0], error_body(form, *self.reported)
        assert (answer.status, answer.body) == expected
        assert answer.headers["Content-Type"] == f"application/{form}; charset=utf-8"
        assert "WWW-Authenticate" not in answer.headers


LABEL: Final = {"label": "a"}
UNKNOWN: Final = "/api/rest/products/99/images"
GIFT_CARD: Final = "/api/rest/products/23/images"

NOT_THERE: Final = {
    "E1 a list": Case((E1,), "GET", f"{IMAGES}/store/nowhere"),
    "E1 an image": Case((E1,), "GET", f"{IMAGES}/1/store/99"),
    "E1 a guest": Case((E1,), "GET", f"{IMAGES}/store/nowhere", user="guest"),
    "E1 a create": Case((E1,), "POST", f"{IMAGES}/store/nowhere", upload()),
    "E1 an update": Case((E1,), "PUT", f"{IMAGES}/1/store/99", LABEL),
    "E1 a delete": Case((E1,), "DELETE", f"{IMAGES}/1/store/nowhere"),
    "E1 before the product": Case((E1,), "GET", f"{UNKNOWN}/store/nowhere"),
    "E2 an unknown product's list": Case((E2,), "GET", UNKNOWN),
    "E2 an unknown sku": Case((E2,), "GET", "/api/rest/products/nothing/images", user="guest"),
    "E2 a number with letters behind": Case((E2,), "GET", "/api/rest/products/8abc/images"),
    "E2 an unknown product's image": Case((E2,), "GET", f"{UNKNOWN}/1"),
    "E2 a create there": Case((E2,), "POST", UNKNOWN, upload()),
    "E2 an update there": Case((E2,), "PUT", f"{UNKNOWN}/1", LABEL),
    "E2 a delete there": Case((E2,), "DELETE", f"{UNKNOWN}/1"),
    "E2 not in the store's website": Case((E2,), "GET", f"{IMAGES}/store/polish"),
    "E2 not there for a guest": Case((E2,), "GET", f"{IMAGES}/store/4", user="guest"),
    "E2 a create not there": Case((E2,), "POST", f"{IMAGES}/store/polish", upload()),
    "E2 an update of nothing": Case((E2,), "PUT", f"{IMAGES}/999", LABEL),
    "E2 a delete of nothing": Case((E2,), "DELETE", f"{IMAGES}/999"),
    "E2 a delete of nothing in a store": Case((E2,), "DELETE", f"{IMAGES}/999/store/3"),
    "E2 nothing for a customer": Case((E2,), "GET", f"{IMAGES}/999", user="customer"),
    "E2 nothing for a guest": Case((E2,), "GET", f"{IMAGES}/999", user="guest"),
    "E3 nothing for an admin": Case((E3,), "GET", f"{IMAGES}/999"),
    "E3 nothing in a store": Case((E3,), "GET", f"{IMAGES}/999/store/3"),
    "E3 no number": Case((E3,), "GET", f"{IMAGES}/abc"),
    "E3 a store without a name": Case((E3,), "GET", f"{IMAGES}/store"),
    "E3 a product without a gallery": Case((E3,), "GET", f"{GIFT_CARD}/1"),
    "E6 a create": Case((E6,), "POST", GIFT_CARD, upload()),
    "E2 an update without a gallery": Case((E2,), "PUT", f"{GIFT_CARD}/1", LABEL),
    "E2 a delete without a gallery": Case((E2,), "DELETE", f"{GIFT_CARD}/1"),
}

NOT_GOOD: Final = {
    "E10 nothing but a name": Case((E10, E4), "POST", IMAGES, {"file_name": "a"}),
    "E10 no content": Case((E10, E4), "POST", IMAGES, {"file_mime_type": "image/png"}),
    "E10 no type": Case((E10, E4), "POST", IMAGES, {"file_content": "QUJD"}),
    "E10 null content": Case((E10, E4), "POST", IMAGES, upload() | {"file_content": None}),
    "E10 empty content": Case((E10, E4), "POST", IMAGES, upload() | {"file_content": ""}),
    "E10 the content 0": Case((E10, E4), "POST", IMAGES, upload() | {"file_content": "0"}),
    "E10 an empty type": Case((E10, E4), "POST", IMAGES, upload(file_mime_type="")),
    "E10 the type 0": Case((E10, E4), "POST", IMAGES, upload(file_mime_type="0")),
    "E10 before the store": Case((E10, E4), "POST", f"{UNKNOWN}/store/nowhere", {"label": "a"}),
    "E5 on a create": Case((E5,), "POST", IMAGES, upload() | {"file_content": "?!"}),
    "E5 a data uri": Case((E5,), "POST", IMAGES, upload() | {"file_content": "data:image/png;base64,QUJD"}),
    "E5 decoding to nothing": Case((E5,), "POST", IMAGES, upload() | {"file_content": " "}),
    "E5 decoding to 0": Case((E5,), "POST", IMAGES, upload() | {"file_content": "MA=="}),
    "E5 on an update": Case((E5,), "PUT", f"{IMAGES}/1", {"file_content": "QUJ-"}),
    "E5 before the type": Case((E5,), "POST", IMAGES, {"file_content": "?", "file_mime_type": "image/bmp"}),
    "E7 on a create": Case((E7,), "POST", IMAGES, upload(file_mime_type="image/svg+xml")),
    "E7 capitals": Case((E7,), "POST", IMAGES, upload(file_mime_type="IMAGE/PNG")),
    "E7 on an update": Case((E7,), "PUT", f"{IMAGES}/1", {"file_mime_type": "image/bmp"}),
    "E7 before the store": Case((E7,), "POST", f"{IMAGES}/store/nowhere", upload(file_mime_type="image/bmp")),
    "E8 no image": Case((E8,), "POST", IMAGES, upload(b"no image at all")),
    "E8 half an image": Case((E8,), "POST", IMAGES, upload(PNG[:-30])),
    "E8 a bitmap": Case((E8,), "POST", IMAGES, upload(encoded(picture(9, 9), "BMP"))),
    "E8 a tiff": Case((E8,), "POST", IMAGES, upload(encoded(picture(9, 9), "TIFF"))),
    "E8 an avif": Case((E8,), "POST", IMAGES, upload(encoded(picture(9, 9), "AVIF"))),
    "E8 a folder in the name": Case((E8,), "POST", IMAGES, upload(file_name="../x")),
}

BEFORE_THAT: Final = {
    "no route": Case((NO_ROUTE,), "GET", "/api/rest"),
    "no route behind an image": Case((NO_ROUTE,), "GET", f"{IMAGES}/1/store"),
    "another resource": Case((NO_ROUTE,), "GET", "/api/rest/products/8"),
    "the token endpoint": Case((NO_ROUTE,), "POST", "/oauth/initiate", user="guest"),
    "the page to log in": Case((NO_ROUTE,), "GET", "/admin/oauth_authorize", user="guest"),
    "a create on an image": Case((NOT_IMPLEMENTED,), "POST", f"{IMAGES}/1", LABEL),
    "an update of a list": Case((NOT_IMPLEMENTED,), "PUT", IMAGES, LABEL),
    "a delete of a list": Case((NOT_IMPLEMENTED,), "DELETE", f"{IMAGES}/store/3"),
    "several at once": Case((NOT_IMPLEMENTED,), "POST", IMAGES, body=b'[{"label":"a"},{"label":"b"}]'),
    "several to update": Case((INVALID,), "PUT", f"{IMAGES}/1", body=b'[{"label":"a"}]'),
    "a guest's create": Case((DENIED,), "POST", IMAGES, upload(), user="guest"),
    "a guest's update of a list": Case((DENIED,), "PUT", IMAGES, LABEL, user="guest"),
    "a customer's update": Case((DENIED,), "PUT", f"{IMAGES}/1", LABEL, user="customer"),
    "a customer's delete": Case((DENIED,), "DELETE", f"{IMAGES}/1", user="customer"),
    "a patch": Case((BAD_METHOD,), "PATCH", f"{IMAGES}/1", LABEL),
    "options": Case((BAD_METHOD,), "OPTIONS", IMAGES, user="guest"),
    "a version of letters": Case(
        ((400, 'Invalid version "a&lt;b" requested.'),), "GET", IMAGES, headers={"Version": "a<b"}
    ),
    "version 0": Case(((400, 'Invalid version "0" requested.'),), "GET", IMAGES, headers={"Version": "0"}),
}


def typed(content_type: str | None, message: str, body: bytes = b"{}", method: str = "POST") -> Case:
    path = IMAGES if method == "POST" else f"{IMAGES}/1"
    return Case(((400, message),), method, path, body=body, headers={"Content_Type": content_type})


OCTETS: Final = "application/octet-stream"
NOT_UNDERSTOOD: Final = 'Server can not understand Content-Type HTTP header media type "{}"'

BODIES: Final = {
    "no content type": typed(None, "Content-Type header is empty"),
    "no content type on an update": typed(None, "Content-Type header is empty", method="PUT"),
    "no body and no content type": Case(((400, "Content-Type header is empty"),), "POST", IMAGES),
    "a form of parts": typed("multipart/form-data; boundary=x", "Invalid Content-Type header"),
    "another charset": typed("application/json; charset=latin1", "UTF-8 is the only supported charset"),
    "octets": typed(OCTETS, NOT_UNDERSTOOD.format(OCTETS)),
    "malformed json": typed("application/json", "Decoding error.", b"{"),
    "empty json": typed("application/json", "Decoding error.", b""),
    "malformed xml": typed("text/xml", "Decoding error.", b"<a>"),
    "empty xml": typed("application/xml", "Decoding error.", b""),
    "a query with blanks": typed("text/plain", "Invalid data type. Check Content-Type.", b"label=a b"),
    "an empty object": typed("application/json", INVALID[1]),
    "an empty list": typed("application/json", INVALID[1], b"[]"),
    "null": typed("application/json", INVALID[1], b"null", "PUT"),
    "a text": typed("application/json", INVALID[1], b'"text"'),
    "an empty element": typed("text/xml", INVALID[1], b"<magento_api/>"),
    "an empty query": typed("text/plain", INVALID[1], b""),
    "nothing that may be written": typed("application/json", INVALID[1], b'{"id":5,"url":"x","color":"red"}', "PUT"),
}

TABLE: Final = NOT_THERE | NOT_GOOD | BEFORE_THAT | BODIES


@pytest.mark.parametrize("form", ["json", "xml"])
@pytest.mark.parametrize("name", TABLE)
async def test_each_failure_is_told_as_the_table_has_it(api: Api, name: str, form: str) -> None:
    """Every row of the tables of errors has its status and its document, in JSON and in XML."""
    await TABLE[name].check(api, form)
