"""Each problem with OAuth, met over HTTP and told in both formats."""

import re
import time
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote
from uuid import uuid4

import pytest
from oauthlib.oauth1 import Client as Signer

from tests.apis.openmage.conftest import Open
from tests.apis.openmage.shop import ACCEPTS, IMAGES, JPEG, Answer, Api, error_body, upload

session = pytest.mark.asyncio(loop_scope="session")
FORMS: Final = pytest.mark.parametrize("form", ["json", "xml"])

ABSENT: Final = "parameter_absent&oauth_parameters_absent="
NOW: Final = int(time.time())

PROBLEMS: Final[dict[str, tuple[dict[str, str | None], str]]] = {
    "another version": ({"oauth_version": "2.0"}, "version_rejected"),
    "no consumer key": ({"oauth_consumer_key": None}, ABSENT + "oauth_consumer_key"),
    "an empty consumer key": ({"oauth_consumer_key": ""}, ABSENT + "oauth_consumer_key"),
    "no method": ({"oauth_signature_method": None}, ABSENT + "oauth_signature_method"),
    "no signature": ({"oauth_signature": None}, ABSENT + "oauth_signature"),
    "a short consumer key": ({"oauth_consumer_key": "short"}, "consumer_key_rejected"),
    "an unknown consumer key": ({"oauth_consumer_key": "k" * 32}, "consumer_key_rejected"),
    "rsa": ({"oauth_signature_method": "RSA-SHA1"}, "signature_method_rejected"),
    "sha256": ({"oauth_signature_method": "HMAC-SHA256"}, "signature_method_rejected"),
    "no nonce": ({"oauth_nonce": None}, ABSENT + "oauth_nonce"),
    "no timestamp": ({"oauth_timestamp": None}, ABSENT + "oauth_timestamp"),
    "the timestamp 0": ({"oauth_timestamp": "0"}, ABSENT + "oauth_timestamp"),
    "a negative timestamp": ({"oauth_timestamp": "-5"}, "timestamp_refused"),
    "a timestamp ahead": ({"oauth_timestamp": str(NOW + 3600)}, "timestamp_refused"),
    "an old timestamp": ({"oauth_timestamp": str(NOW - 3600)}, "timestamp_refused"),
    "no token": ({"oauth_token": None}, ABSENT + "oauth_token"),
    "a short token": ({"oauth_token": "short"}, "token_rejected"),
    "an unknown token": ({"oauth_token": "t" * 32}, "token_rejected"),
    "a wrong signature": ({"oauth_signature": "x"}, "signature_invalid"),
}


def header(api: Api, changed: Mapping[str, str | None], account: str = "admin") -> str:
    """An Authorization header with a signature that is none."""
    one = api.accounts[account]
    parameters = {
        "oauth_version": "1.0",
        "oauth_consumer_key": one.consumer_key,
        "oauth_token": one.token,
        "oauth_signature_method": "HMAC-SHA1",
        "oauth_timestamp": str(int(time.time())),
        "oauth_nonce": uuid4().hex,
        "oauth_signature": "none",
    } | changed
    pairs = [f'{name}="{quote(value, safe="")}"' for name, value in parameters.items() if value is not None]
    return "OAuth " + ", ".join(pairs)


async def get(api: Api, form: str, authorization: str, path: str = IMAGES, method: str = "GET") -> Answer:
    return await api.raw(method, path, None, {"Authorization": authorization, "Accept": ACCEPTS[form]})


def problem(answer: Answer, form: str, reported: str) -> None:
    assert (answer.status, answer.body) == (401, error_body(form, (401, f"oauth_problem={reported}")))
    assert answer.headers["Content-Type"] == f"application/{form}; charset=utf-8"
    assert "WWW-Authenticate" not in answer.headers


@session
@FORMS
@pytest.mark.parametrize("name", PROBLEMS)
async def test_each_problem_has_its_text(api: Api, name: str, form: str) -> None:
    """Every row of the table of problems is a 401 with its text."""
    changed, reported = PROBLEMS[name]
    problem(await get(api, form, header(api, changed)), form, reported)


@session
@FORMS
async def test_another_consumers_token_is_rejected(api: Api, form: str) -> None:
    """A token belongs to the consumer that it was made for."""
    reported = await get(api, form, header(api, {"oauth_token": api.accounts["customer"].token}))
    problem(reported, form, "token_rejected")


@session
@FORMS
async def test_a_revoked_token_is_told(api: Api, form: str) -> None:
    """A token that was revoked says so."""
    problem(await get(api, form, header(api, {}, "revoked")), form, "token_revoked")


@session
@FORMS
@pytest.mark.parametrize(("method", "path"), [("GET", IMAGES), ("DELETE", f"{IMAGES}/999")])
async def test_a_request_is_not_played_twice(api: Api, form: str, method: str, path: str) -> None:
    """The same request a second time is refused for its nonce, a read as well as a write."""
    authorization = api.signed("admin", method, path)["Authorization"]
    assert authorization is not None
    first = await get(api, form, authorization, path, method)
    assert first.status == (200 if method == "GET" else 404)
    problem(await get(api, form, authorization, path, method), form, "nonce_used")


@session
async def test_a_problem_comes_before_the_route_and_the_method(api: Api) -> None:
    """Credentials are checked before anything that is asked for."""
    answer = await get(api, "json", header(api, {}), "/api/rest/nowhere", "PATCH")
    problem(answer, "json", "signature_invalid")


@session
@pytest.mark.parametrize("authorization", ["Basic YTpi", "Bearer abc", "Digest OAuth", ""])
async def test_any_other_authorization_is_a_guests(api: Api, authorization: str) -> None:
    """Whoever brings no OAuth header reads as a guest, whatever stands in the query."""
    path = f"{IMAGES}?oauth_token={api.accounts['admin'].token}&oauth_signature=x"
    assert (await get(api, "json", authorization, path)).status == 200


@session
@FORMS
async def test_an_admin_without_a_role_is_an_internal_error(api: Api, form: str) -> None:
    """The token of an admin who has no role is answered with an error of the code 0."""
    admin_id = await api.sql("select admin_id from oauth_token where token = $1", api.accounts["roleless"].token)
    answer = await get(api, form, api.signed("roleless", "GET", IMAGES)["Authorization"] or "")
    assert (answer.status, answer.body) == (500, error_body(form, (0, f"Admin role for user ID {admin_id} not found")))


@session
@FORMS
async def test_a_role_without_the_privilege_is_denied(api: Api, form: str) -> None:
    """A role that only retrieves reads, and is denied the rest."""
    assert (await get(api, form, api.signed("reader", "GET", IMAGES)["Authorization"] or "")).status == 200
    for method, path in (("POST", IMAGES), ("PUT", f"{IMAGES}/1"), ("DELETE", f"{IMAGES}/1")):
        answer = await get(api, form, api.signed("reader", method, path)["Authorization"] or "", path, method)
        assert (answer.status, answer.body) == (403, error_body(form, (403, "Access denied")))


@session
async def test_a_signed_form_is_told_its_content_type(api: Api) -> None:
    """A form's parameters are signed; who signs them rightly hears that forms are not understood."""
    one, form = api.accounts["admin"], "application/x-www-form-urlencoded"
    signer = Signer(one.consumer_key, one.consumer_secret, one.token, one.token_secret)
    body = "label=a+b&types%5B%5D=image"
    _, headers, _ = signer.sign(f"{api.base}{IMAGES}", "POST", body, {"Content-Type": form})
    reported = f'Server can not understand Content-Type HTTP header media type "{form}"'
    answer = await api.raw("POST", IMAGES, body, headers | {"Accept": "application/json"})
    assert (answer.status, answer.body) == (400, error_body("json", (400, reported)))
    _, headers, _ = signer.sign(f"{api.base}{IMAGES}", "POST", body, {"Content-Type": form})
    answer = await api.raw("POST", IMAGES, body + "&label=b", headers | {"Accept": "application/json"})
    problem(answer, "json", "signature_invalid")


@session
@pytest.mark.parametrize("query", ["attrs[]=id&attrs[]=url", "attrs=id,url", "filter=a+b", "filter=a%20b", "a=b&a=a"])
async def test_every_parameter_of_the_query_is_signed(api: Api, query: str) -> None:
    """Repeated names, blanks and brackets in a query are signed as RFC 5849 has it."""
    path = f"{IMAGES}?{query.replace('[', '%5B').replace(']', '%5D')}"
    assert (await api.call("admin", "GET", path)).status == 200


@session
async def test_the_host_may_be_signed_without_its_port(api: Api) -> None:
    """A signature over the host alone is accepted too."""
    without_port = re.sub(r":\d+$", "", api.base)
    authorization = api.signed("admin", "GET", IMAGES, without_port)["Authorization"]
    assert (await get(api, "json", authorization or "")).status == 200


PLAIN: Final = {"oauth_signature_method": "PLAINTEXT", "oauth_nonce": None, "oauth_timestamp": None}


def plaintext(api: Api) -> str:
    one = api.accounts["admin"]
    return header(api, PLAIN | {"oauth_signature": f"{one.consumer_secret}&{one.token_secret}"})


@session
async def test_plaintext_is_accepted_from_the_loopback(api: Api) -> None:
    """Secrets in the clear are accepted where nobody is on the way, without nonce and timestamp."""
    assert (await get(api, "json", plaintext(api))).status == 200


@pytest.mark.parametrize(
    ("headers", "accepted"),
    [
        ({"X-Forwarded-For": "203.0.113.5"}, False),
        ({"X-Forwarded-For": "127.0.0.1, 203.0.113.5"}, False),
        ({"X-Forwarded-For": "203.0.113.5", "X-Forwarded-Proto": "https"}, True),
        ({"Forwarded": "for=203.0.113.5;proto=http"}, False),
        ({"Forwarded": "for=203.0.113.5;proto=https"}, True),
        ({"X-Forwarded-For": "::1"}, True),
        ({}, False),
    ],
)
async def test_behind_a_proxy_the_client_decides_on_plaintext(
    open_own: Open, headers: dict[str, str], accepted: bool
) -> None:
    """Behind a trusted proxy it is the client's address and scheme that count, not the proxy's."""
    family = "forwarded" if "Forwarded" in headers else "x-forwarded"
    api = await open_own(trusted_proxies=("127.0.0.1",), forwarded_headers=family)
    sent = {"Authorization": plaintext(api), "Accept": "application/json", "Host": "shop.example"} | headers
    answer = await api.raw("GET", IMAGES, None, sent)
    if accepted:
        assert answer.status == 200
    else:
        problem(answer, "json", "signature_method_rejected")


async def test_an_old_timestamp_is_accepted_where_the_operator_says_so(open_own: Open) -> None:
    """Without a bound on the past an old request is judged by its signature."""
    api = await open_own(openmage_oauth_past_seconds=0)
    problem(await get(api, "json", header(api, {"oauth_timestamp": "1"})), "json", "signature_invalid")


async def test_without_the_privilege_nobody_reads(open_own: Open) -> None:
    """Guests and customers read only where they are granted it; writing leads nowhere even then."""
    api = await open_own(openmage_guest_privileges=(), openmage_customer_privileges=("create", "retrieve"))
    assert (await api.call("guest", "GET", IMAGES)).body == error_body("json", (403, "Access denied"))
    assert (await api.call("customer", "GET", IMAGES)).status == 200
    answer = await api.call("customer", "POST", IMAGES, body=str(upload(JPEG)), Content_Type="application/json")
    assert (answer.status, answer.body) == (405, error_body("json", (405, "Resource does not support method.")))
