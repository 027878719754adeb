"""Where the published page and a running server differ: which of both each profile follows."""

import json
from typing import Any, Final

import pytest
from structlog.testing import capture_logs

from app.service.pictures.paths import Profile
from tests.apis.openmage.conftest import Open
from tests.apis.openmage.shop import ACCEPTS, IMAGES, PNG, Api, error_body, upload, xml

BOTH: Final = pytest.mark.parametrize("profile", ["documented", "server"])


def either(profile: Profile, documented: Any, server: Any) -> Any:
    return documented if profile == "documented" else server


async def format_of(api: Api, accept: str | None) -> str:
    answer = await api.call("guest", "GET", IMAGES, accept=accept)
    return f"{answer.status} {answer.headers['Content-Type'].partition(';')[0]}"


@BOTH
async def test_row_a_the_wildcard_has_the_profiles_format(open_own: Open, profile: Profile) -> None:
    """Row A: `*/*` is XML by the page and JSON by the server; no Accept header, or an empty one, is XML in both."""
    api = await open_own(openmage_profile=profile)
    wildcard = either(profile, "200 application/xml", "200 application/json")
    assert await format_of(api, "*/*") == wildcard
    assert await format_of(api, "image/png, */*;q=0.1") == wildcard
    assert await format_of(api, None) == "200 application/xml"
    assert await format_of(api, "") == "200 application/xml"


async def test_row_a_the_wildcards_format_may_be_chosen(open_own: Open) -> None:
    """Row A: an operator may choose the wildcard's format whatever the profile."""
    api = await open_own(openmage_wildcard_format="json")
    assert await format_of(api, "*/*") == "200 application/json"


@BOTH
async def test_row_b_nothing_acceptable_is_a_406_and_changes_nothing(open_own: Open, profile: Profile) -> None:
    """Row B: what accepts none of the formats is told so in XML, and not executed."""
    api = await open_own(openmage_profile=profile)
    body = json.dumps(upload())
    answer = await api.call("admin", "POST", IMAGES, body=body, accept="image/png", Content_Type="application/json")
    reported = error_body("xml", (406, "Server can not understand Accept HTTP header media type."))
    assert (answer.status, answer.body) == (406, reported)
    assert await api.get(IMAGES) == []


async def test_several_accept_headers_count_as_one(open_own: Open) -> None:
    """An Accept header that comes in several lines is read as one list."""
    api = await open_own()
    for name in ("Accept", "accept"):
        headers = [("Accept", "image/png"), (name, "application/json")]
        async with api.session.get(f"{api.base}{IMAGES}", headers=headers) as answer:
            assert (answer.status, answer.content_type) == (200, "application/json")


@BOTH
async def test_row_c_empty_elements(open_own: Open, profile: Profile) -> None:
    """Row C: an empty scalar has two tags by the page and one by the server; an empty list has one in both."""
    api = await open_own(openmage_profile=profile)
    image = await api.create(data=PNG)
    document = (await api.call("admin", "GET", f"{IMAGES}/{image}", accept="text/xml")).body
    assert either(profile, b"  <label></label>\n", b"  <label/>\n") in document
    assert b"  <types/>\n" in document


@BOTH
async def test_row_d_default_names(open_own: Open, profile: Profile) -> None:
    """Row D: the default name counts from 2 by the page and from 1 by the server; given names from 1 in both."""
    api = await open_own(openmage_profile=profile)
    for name in ("", "", "", "photo.png", "photo.png"):
        await api.create(file_name=name)
    names = [item["url"].rpartition("/")[2] for item in await api.get(IMAGES)]
    default = either(profile, ["image.png", "image_2.png", "image_3.png"], ["image.png", "image_1.png", "image_2.png"])
    assert names == [*default, "photo.png.png", "photo.png_1.png"]


TEXTS: Final[list[list[list[tuple[int, str]]]]] = [
    [
        [(404, f"Resource not found{dot}")],
        [(404, "Product image not found")],
        [(404, f"Resource not found{dot}")],
        [(404, f"Resource not found{dot}")],
        [(400, "The image is not specified"), (400, before)],
        [(400, mime)],
        [(400, f"Resource unknown error{dot}")],
        [(400, "The image content must be valid base64 encoded data")],
    ]
    for dot, before, mime in [
        ("", "Resource data pre-validator error", "Unsupported image MIME type"),
        (".", "Resource data pre-validation error.", "Unsuppoted image MIME type"),
    ]
]
"""What the page says, and what the server says."""


@BOTH
async def test_row_e_texts(open_own: Open, profile: Profile) -> None:
    """Row E: the texts are those of the page or those of the server, as a whole."""
    api = await open_own(openmage_profile=profile)
    image = await api.create()
    url = f"{IMAGES}/99"
    answers = [
        await api.call("guest", "GET", url),
        await api.call("admin", "GET", url),
        await api.put(url, label="a"),
        await api.delete(url),
        await api.post(IMAGES, {"label": "a"}),
        await api.post(IMAGES, upload(file_mime_type="a/b")),
        await api.post(IMAGES, upload(b"no image")),
        await api.put(f"{IMAGES}/{image}", file_content="?"),
    ]
    assert [answer.body for answer in answers] == [error_body("json", *given) for given in TEXTS[profile == "server"]]


@BOTH
async def test_row_e_unexpected_failures(open_own: Open, profile: Profile) -> None:
    """Row E: what nobody foresaw is an unknown error of a create, an internal one of any other change or of a read."""
    api = await open_own(openmage_profile=profile)
    image = await api.create()
    await api.sql("create function fail() returns trigger language plpgsql as $$ begin raise 'broken'; end $$")
    await api.sql("create trigger fail before insert or update on image for each row execute function fail()")
    unknown = (400, either(profile, "Resource unknown error", "Resource unknown error."))
    internal = (500, either(profile, "Resource internal error", "Resource internal error."))
    with capture_logs() as logged:
        await fail(api, image, unknown, internal)
    assert [line["event"] for line in logged if line["log_level"] == "error"] == ["request_failed"] * 7


async def fail(api: Api, image: int, unknown: tuple[int, str], internal: tuple[int, str]) -> None:
    """Each operation meets a database that does what nobody expects."""
    for form in ("json", "xml"):
        for method, path, fields, reported in [
            ("POST", IMAGES, upload(), unknown),
            ("PUT", f"{IMAGES}/{image}", {"label": "a"}, internal),
            ("DELETE", f"{IMAGES}/{image}", {}, internal),
        ]:
            body = json.dumps(fields)
            answer = await api.call(
                "admin", method, path, body=body, accept=ACCEPTS[form], Content_Type="application/json"
            )
            assert (answer.status, answer.body) == (reported[0], error_body(form, reported))
    assert len(await api.get(IMAGES)) == 1
    await api.sql("alter table image_type_assignment rename to away")
    answer = await api.call("guest", "GET", IMAGES)
    assert (answer.status, answer.body) == (500, error_body("json", (0, internal[1])))


@BOTH
async def test_row_i_a_create_where_nothing_is(open_own: Open, profile: Profile) -> None:
    """Row I: what a create does not find has its own text by the page, and one for all by the server."""
    api = await open_own(openmage_profile=profile)
    masked = (400, "Resource unknown error.")
    for path, documented in [
        (f"{IMAGES}/store/nowhere", (400, "Requested store is invalid")),
        ("/api/rest/products/99/images", (404, "Resource not found")),
        (f"{IMAGES}/store/polish", (404, "Resource not found")),
        ("/api/rest/products/gift-card/images", (400, "Requested product does not support images")),
    ]:
        answer = await api.post(path, upload())
        reported = either(profile, documented, masked)
        assert (answer.status, answer.body) == (reported[0], error_body("json", reported)), path
    answer = await api.call("admin", "GET", f"{IMAGES}/store/nowhere")
    assert answer.body == error_body("json", (400, "Requested store is invalid"))


@BOTH
async def test_row_j_one_type_as_a_text(open_own: Open, profile: Profile) -> None:
    """Row J: a single type as a text is a list of one, except in an update by the server's profile."""
    api = await open_own(openmage_profile=profile)
    image = await api.create(types="image")
    assert (await api.get(f"{IMAGES}/{image}"))["types"] == ["image"]
    assert (await api.put(f"{IMAGES}/{image}", types="thumbnail")).status == 200
    assert (await api.get(f"{IMAGES}/{image}"))["types"] == either(profile, ["thumbnail"], ["image"])
    for body in ("<a><types/></a>", xml({"types": ""})):
        answer = await api.call("admin", "PUT", f"{IMAGES}/{image}", body=body, Content_Type="text/xml")
        assert answer.status == 200
    assert (await api.put(f"{IMAGES}/{image}", types="")).status == 200
    assert (await api.get(f"{IMAGES}/{image}"))["types"] == either(profile, ["thumbnail"], ["image"])
    body = "<a><types><data_item>swatch</data_item></types></a>"
    assert (await api.call("admin", "PUT", f"{IMAGES}/{image}", body=body, Content_Type="text/xml")).status == 200
    assert (await api.get(f"{IMAGES}/{image}"))["types"] == ["swatch"]


async def test_row_k_the_attributes_are_the_operators_choice(open_own: Open) -> None:
    """Row K: who reads and writes which attribute can be configured, down to none."""
    api = await open_own(
        openmage_guest_attributes=("id", "exclude"),
        openmage_customer_attributes=(),
        openmage_writable_attributes=("label",),
    )
    assert (await api.post(IMAGES, upload(label="x"))).body == error_body(
        "json", (400, "The image is not specified"), (400, "Resource data pre-validator error")
    )
    assert (await api.post(IMAGES, upload())).body == error_body("json", (400, "The request data is invalid."))
    own = await with_an_image(api)
    assert await api.get(own, "guest") == [{"id": "1", "exclude": "0"}]
    assert await api.get(own, "customer") == [[]]
    listed = await api.call("customer", "GET", own, accept="text/xml")
    assert listed.body == b'<?xml version="1.0"?>\n<magento_api>\n  <data_item/>\n</magento_api>\n'
    one = await api.call("customer", "GET", f"{own}/1", accept="text/xml")
    assert one.body == b'<?xml version="1.0"?>\n<magento_api/>\n'
    assert (await api.put(f"{own}/1", position=5, types=["image"])).status == 400
    assert (await api.put(f"{own}/1", label="b", position=5)).status == 200
    assert (await api.get(f"{own}/1"))["position"] == "1"


async def with_an_image(api: Api) -> str:
    """The images of a product that has one which no create has made."""
    await api.sql("insert into picture (url_large) values ('http://cdn/a.jpg') returning id")
    await api.sql(
        "insert into image (product_id, picture_id, position, excluded) select 8, max(id), 1, false from picture"
    )
    return IMAGES
