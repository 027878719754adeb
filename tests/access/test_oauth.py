"""OAuth 1.0a: signatures made by oauthlib's client, and every problem in its order."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final
from urllib.parse import parse_qsl, quote, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from oauthlib.oauth1 import SIGNATURE_HMAC_SHA1, SIGNATURE_HMAC_SHA256, SIGNATURE_PLAINTEXT, Client
from oauthlib.oauth1.rfc5849.signature import base_string_uri, normalize_parameters, signature_base_string

from app.access.oauth import AccessToken, Consumer, OAuth, OAuthProblem, is_oauth, nonce_seconds, read_parameters
from app.access.signature import SignedRequest, base_strings, is_signed_by

NOW = 1_700_000_000
KEY, SECRET = "c" * 32, "s" * 32
TOKEN, TOKEN_SECRET = "t" * 32, "z" * 32
URL = "http://shop.example/api/rest/products/1/images"


class Memory:
    """Credentials kept in dictionaries, for the protocol that the database implements."""

    def __init__(self) -> None:
        self.consumers = {KEY: Consumer(KEY, SECRET), "d" * 32: Consumer("d" * 32, SECRET)}
        self.tokens = {TOKEN: AccessToken(TOKEN, TOKEN_SECRET, KEY, "admin", None, True, 1, False)}
        self.claimed: list[tuple[str, str]] = []

    async def find_oauth(self, consumer_key: str, token: str) -> tuple[Consumer | None, AccessToken | None]:
        return self.consumers.get(consumer_key), self.tokens.get(token)

    async def claim_nonce(self, consumer_key: str, nonce: str) -> bool:
        is_new = (consumer_key, nonce) not in self.claimed
        self.claimed.append((consumer_key, nonce))
        return is_new


@pytest.fixture(name="memory")
def _memory() -> Memory:
    return Memory()


@pytest.fixture(name="oauth")
def _oauth(memory: Memory) -> OAuth:
    return OAuth(memory, 600, lambda: float(NOW))


def client(method: str = SIGNATURE_HMAC_SHA1, **changed: str) -> Client:
    parts = {"resource_owner_key": TOKEN, "resource_owner_secret": TOKEN_SECRET, "timestamp": str(NOW)} | changed
    return Client(parts.pop("client_key", KEY), parts.pop("client_secret", SECRET), signature_method=method, **parts)


def signed(signer: Client, url: str = URL, method: str = "GET") -> str:
    _, headers, _ = signer.sign(url, http_method=method)
    return str(headers["Authorization"])


def request(url: str = URL, method: str = "GET", peer: str = "192.0.2.1") -> SignedRequest:
    parts = urlsplit(url)
    return SignedRequest(method, parts.scheme, parts.netloc, parts.path, parts.query, peer)


PARAMETERS: Final[dict[str, str | None]] = {
    "oauth_version": "1.0",
    "oauth_consumer_key": KEY,
    "oauth_signature_method": "HMAC-SHA1",
    "oauth_signature": "AAAA",
    "oauth_nonce": "n",
    "oauth_timestamp": str(NOW),
    "oauth_token": TOKEN,
}


def unsigned(**changed: str | None) -> str:
    """A header with all parameters but a true signature; None leaves one out."""
    return header_of(PARAMETERS | changed)


def header_of(values: Mapping[str, str | None]) -> str:
    return "OAuth " + ", ".join(f'{k}="{quote(v)}"' for k, v in values.items() if v is not None)


async def problem(oauth: OAuth, header: str, seen: SignedRequest | None = None) -> str:
    with pytest.raises(OAuthProblem) as caught:
        await oauth.verify(header, seen or request())
    return caught.value.problem


@pytest.mark.parametrize(
    "url",
    [
        URL,
        "https://shop.example/api/rest/products/a%20b%2Fc/images/3/store/french",
        "http://shop.example:8080/api/rest/products/1/images?attrs=id,url&limit=2",
        "http://shop.example/api/rest/products/1/images?attrs[]=id&attrs[]=url".replace("[", "%5B").replace("]", "%5D"),
        "http://shop.example:80/api/rest/products/1/images?empty=&order=a%20b",
        "http://[::1]:8080/api/rest/products/1/images",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
async def test_a_request_signed_by_a_real_client_is_its_tokens(oauth: OAuth, url: str, method: str) -> None:
    """A request signed by a real client is verified, whatever its method, port and query."""
    token = await oauth.verify(signed(client(), url, method), request(url, method))
    assert token.token == TOKEN


async def test_a_realm_and_any_case_of_the_scheme_are_accepted(oauth: OAuth) -> None:
    """Parameters that do not begin with oauth_ are ignored, and the scheme's case does not matter."""
    header = signed(client(), URL).replace("OAuth ", 'oAUTH realm="a, shop",')
    assert is_oauth(header)
    assert (await oauth.verify(header, request())).user_type == "admin"


@pytest.mark.parametrize("header", ["", "Basic eHg=", "Bearer OAuth", "OAut x"])
def test_any_other_authorization_is_a_guests(header: str) -> None:
    """A header that does not start with OAuth asks for no authentication."""
    assert not is_oauth(header)


async def test_a_signature_over_the_host_without_its_port_is_accepted(oauth: OAuth) -> None:
    """A signature over the host without its port is accepted too."""
    header = signed(client(), "http://shop.example/api/rest/products/1/images?a=b")
    assert await oauth.verify(header, request("http://shop.example:8080/api/rest/products/1/images?a=b"))


async def test_a_blank_sent_as_plus_is_accepted_in_either_reading(oauth: OAuth) -> None:
    """A plus in the query is verified as the blank of the standard and as itself."""
    url = URL + "?order=a+b"
    assert await oauth.verify(signed(client(), url), request(url))
    literal = signed(client(nonce="other"), URL + "?order=a%2Bb")
    assert await oauth.verify(literal, request(url))


async def test_parameters_of_a_form_body_are_signed_too(oauth: OAuth) -> None:
    """The parameters of a form-urlencoded body are part of the signature."""
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    _, headers, body = client().sign(URL, http_method="POST", body="a=b+c&d=%C3%A9", headers=form)
    assert await oauth.verify(headers["Authorization"], request(method="POST")._replace(form=body))


@pytest.mark.parametrize(("scheme", "peer"), [("https", "192.0.2.1"), ("http", "127.0.0.1"), ("http", "::1")])
async def test_plaintext_is_accepted_where_nobody_listens(oauth: OAuth, scheme: str, peer: str) -> None:
    """PLAINTEXT is accepted over https and from loopback, without nonce or timestamp, as often as it is sent."""
    url = URL.replace("http", scheme)
    header = unsigned(
        oauth_signature_method="PLAINTEXT",
        oauth_signature=f"{SECRET}&{TOKEN_SECRET}",
        oauth_nonce=None,
        oauth_timestamp=None,
    )
    for _ in range(2):
        assert await oauth.verify(header, request(url, "POST", peer))


@pytest.mark.parametrize("peer", ["192.0.2.1", "", "localhost", "unix:"])
async def test_plaintext_is_refused_where_somebody_may_listen(oauth: OAuth, peer: str) -> None:
    """Over http it is refused from elsewhere, and from where nobody knows."""
    header = unsigned(oauth_signature_method="PLAINTEXT", oauth_signature=f"{SECRET}&{TOKEN_SECRET}")
    assert await problem(oauth, header, request(URL, "POST", peer)) == "oauth_problem=signature_method_rejected"


async def test_plaintext_of_oauthlibs_client_is_accepted(oauth: OAuth) -> None:
    """PLAINTEXT as a real client sends it is accepted."""
    url = URL.replace("http", "https")
    assert await oauth.verify(signed(client(SIGNATURE_PLAINTEXT), url), request(url))


PROBLEMS: Final[list[tuple[dict[str, str | None], str]]] = [
    ({"oauth_version": "2.0", "oauth_consumer_key": None}, "version_rejected"),
    ({"oauth_version": ""}, "version_rejected"),
    ({"oauth_consumer_key": None, "oauth_signature": None}, "parameter_absent oauth_consumer_key"),
    ({"oauth_consumer_key": "0"}, "parameter_absent oauth_consumer_key"),
    (
        {"oauth_signature_method": "", "oauth_signature": None, "oauth_consumer_key": "short"},
        "parameter_absent oauth_signature_method",
    ),
    ({"oauth_signature": None, "oauth_consumer_key": "short"}, "parameter_absent oauth_signature"),
    ({"oauth_consumer_key": "short", "oauth_signature_method": "MD5"}, "consumer_key_rejected"),
    ({"oauth_signature_method": "RSA-SHA1", "oauth_nonce": None}, "signature_method_rejected"),
    ({"oauth_signature_method": "HMAC-SHA256"}, "signature_method_rejected"),
    ({"oauth_signature_method": "hmac-sha1"}, "signature_method_rejected"),
    ({"oauth_signature_method": "PLAINTEXT"}, "signature_method_rejected"),
    ({"oauth_nonce": None, "oauth_timestamp": None}, "parameter_absent oauth_nonce"),
    ({"oauth_nonce": "0"}, "parameter_absent oauth_nonce"),
    ({"oauth_timestamp": ""}, "parameter_absent oauth_timestamp"),
    ({"oauth_timestamp": "0"}, "parameter_absent oauth_timestamp"),
    ({"oauth_timestamp": "-5"}, "timestamp_refused"),
    ({"oauth_timestamp": "soon"}, "timestamp_refused"),
    ({"oauth_timestamp": "9" * 5000}, "timestamp_refused"),
    ({"oauth_timestamp": str(NOW + 601), "oauth_consumer_key": "x" * 32}, "timestamp_refused"),
    ({"oauth_timestamp": str(NOW - 601)}, "timestamp_refused"),
    ({"oauth_consumer_key": "x" * 32, "oauth_token": None}, "consumer_key_rejected"),
    ({"oauth_consumer_key": "\x00" * 32}, "consumer_key_rejected"),
    ({"oauth_consumer_key": "é" * 32}, "consumer_key_rejected"),
    ({"oauth_token": None}, "parameter_absent oauth_token"),
    ({"oauth_token": "0"}, "parameter_absent oauth_token"),
    ({"oauth_token": "short"}, "token_rejected"),
    ({"oauth_token": "u" * 32}, "token_rejected"),
    ({"oauth_consumer_key": "d" * 32}, "token_rejected"),
    ({}, "signature_invalid"),
    ({"oauth_signature": "é\udcff".encode("utf-8", "replace").decode()}, "signature_invalid"),
]
"""What is different of a request's parameters, and the first problem with it."""


@pytest.mark.parametrize(("changed", "expected"), PROBLEMS)
async def test_the_first_check_that_fails_names_the_problem(
    oauth: OAuth, changed: dict[str, str | None], expected: str
) -> None:
    """The first check that fails names the problem, in the table's order."""
    name, _, absent = expected.partition(" ")
    text = f"oauth_problem={name}" + (f"&oauth_parameters_absent={absent}" if absent else "")
    assert await problem(oauth, unsigned(**changed)) == text


def signed_as_sent(**changed: str | None) -> str:
    """A header with a true signature of the parameters that it has, whatever they are."""
    sent = {k: v for k, v in (PARAMETERS | changed).items() if v is not None and k != "oauth_signature"}
    base = signature_base_string("GET", URL, normalize_parameters(list(sent.items())))
    digest = hmac.new(f"{SECRET}&{TOKEN_SECRET}".encode(), base.encode(), hashlib.sha1).digest()
    return header_of(sent | {"oauth_signature": base64.b64encode(digest).decode()} | changed)


@pytest.fixture(name="knowing")
def _knowing(memory: Memory) -> OAuth:
    """Where all that is in memory is known without waiting."""

    def known(key: str, name: str) -> tuple[Consumer, AccessToken] | None:
        consumer, token = memory.consumers.get(key), memory.tokens.get(name)
        return (consumer, token) if consumer and token else None

    return OAuth(memory, 600, lambda: float(NOW), known=known)


@pytest.mark.parametrize(("changed", "expected"), [row for row in PROBLEMS if row[1] != "signature_invalid"])
async def test_what_is_refused_is_not_verified_at_once(
    knowing: OAuth, changed: dict[str, str | None], expected: str
) -> None:
    """Although the signature is right; and `verify` finds the nonce as it was, and the problem."""
    header = signed_as_sent(**changed)
    assert knowing.verify_at_once(header, request()) is None
    assert (await problem(knowing, header)).startswith(f"oauth_problem={expected.split()[0]}")


@pytest.mark.parametrize("header", [unsigned(), unsigned(oauth_signature="é"), signed_as_sent(oauth_signature="AAAA")])
def test_a_wrong_signature_is_not_verified_at_once(knowing: OAuth, header: str) -> None:
    """Nor is its nonce used, which a right one may have."""
    assert knowing.verify_at_once(header, request()) is None
    assert knowing.verify_at_once(signed_as_sent(), request()) is not None


async def test_what_is_verified_at_once_is_used_when_it_is_claimed(knowing: OAuth) -> None:
    """Until then it leaves no trace; from then on its nonce is used, for both ways of asking."""
    for header in (signed_as_sent(), signed_as_sent(oauth_nonce="other")):
        assert knowing.verify_at_once(header, request()) is not None
        verified = knowing.verify_at_once(header, request())
        assert verified is not None
        assert verified.token.token == TOKEN
        verified.claim()
        assert knowing.verify_at_once(header, request()) is None
        assert await problem(knowing, header) == "oauth_problem=nonce_used"


async def test_what_was_let_in_is_not_verified_at_once(knowing: OAuth) -> None:
    """`verify_at_once` knows the nonces of `verify`, and those that it has only looked at are still fresh there."""
    header = signed_as_sent()
    assert knowing.verify_at_once(header, request()) is not None
    assert (await knowing.verify(header, request())).token == TOKEN
    assert knowing.verify_at_once(header, request()) is None


def test_who_claims_is_told_of_as_used(memory: Memory) -> None:
    """As of those that `verify` lets in, and not before."""
    used: list[str] = []
    pair = memory.consumers[KEY], memory.tokens[TOKEN]
    oauth = OAuth(memory, 600, lambda: float(NOW), used.append, lambda _, __: pair)
    verified = oauth.verify_at_once(signed_as_sent(), request())
    assert verified is not None
    assert used == []
    verified.claim()
    assert used == [TOKEN]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_writes_are_not_verified_at_once(knowing: OAuth, method: str) -> None:
    """Their nonces are for all processes to know."""
    header = signed(client(), method=method)
    assert knowing.verify_at_once(header, request(method=method)) is None
    assert knowing.verify_at_once(signed(client()), request()) is not None


def test_secrets_as_they_are_are_not_verified_at_once(knowing: OAuth) -> None:
    """PLAINTEXT is for `verify`, where nobody listens, too."""
    header = unsigned(oauth_signature_method="PLAINTEXT", oauth_signature=f"{SECRET}&{TOKEN_SECRET}")
    assert knowing.verify_at_once(header, request(peer="127.0.0.1")) is None
    hmac_signed = signed_as_sent(oauth_signature_method="PLAINTEXT")
    assert knowing.verify_at_once(hmac_signed, request(peer="127.0.0.1")) is None


def test_a_revoked_token_is_not_verified_at_once(knowing: OAuth, memory: Memory) -> None:
    """However right its signature is."""
    memory.tokens[TOKEN] = replace(memory.tokens[TOKEN], revoked=True)
    assert knowing.verify_at_once(signed_as_sent(), request()) is None


def test_what_is_not_known_is_not_verified_at_once(oauth: OAuth) -> None:
    """Where the database would have to be asked."""
    assert oauth.verify_at_once(signed_as_sent(), request()) is None


async def test_a_revoked_token_is_told_before_its_signature(oauth: OAuth, memory: Memory) -> None:
    """A revoked token is reported as such even with a wrong signature."""
    memory.tokens[TOKEN] = replace(memory.tokens[TOKEN], revoked=True)
    assert await problem(oauth, unsigned()) == "oauth_problem=token_revoked"


@pytest.mark.parametrize("age", [-600, 0, 600])
async def test_timestamps_up_to_ten_minutes_off_are_accepted(oauth: OAuth, age: int) -> None:
    """A clock may be ten minutes off in either direction."""
    assert await oauth.verify(signed(client(timestamp=str(NOW - age))), request())


async def test_without_a_bound_old_timestamps_are_accepted_and_nonces_kept(memory: Memory) -> None:
    """With the past side unbounded an old request is accepted, once."""
    oauth = OAuth(memory, 0, lambda: float(NOW))
    header = signed(client(timestamp="5"))
    assert await oauth.verify(header, request())
    assert await problem(oauth, header) == "oauth_problem=nonce_used"
    assert nonce_seconds(0) is None
    assert nonce_seconds(600) == 1260


@pytest.mark.parametrize("method", ["GET", "PUT"])
async def test_a_replayed_request_is_refused(oauth: OAuth, method: str) -> None:
    """The same request is not accepted a second time."""
    header = signed(client(), method=method)
    assert await oauth.verify(header, request(method=method))
    assert await problem(oauth, header, request(method=method)) == "oauth_problem=nonce_used"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_a_write_is_not_replayed_against_another_process(memory: Memory, method: str) -> None:
    """A write is refused by every process once one has accepted it."""
    header = signed(client(), method=method)
    first, second = (OAuth(memory, 600, lambda: float(NOW)) for _ in range(2))
    assert await first.verify(header, request(method=method))
    assert await problem(second, header, request(method=method)) == "oauth_problem=nonce_used"


async def test_reads_leave_no_nonce_in_the_database(oauth: OAuth, memory: Memory) -> None:
    """The nonce of a read stays in the process's memory."""
    await oauth.verify(signed(client()), request())
    assert memory.claimed == []


async def test_a_nonce_is_recorded_before_the_signature_is_checked(oauth: OAuth, memory: Memory) -> None:
    """A nonce counts as used even if the signature that came with it was wrong."""
    assert await problem(oauth, unsigned(), request(method="POST")) == "oauth_problem=signature_invalid"
    assert len(memory.claimed) == 1
    assert await problem(oauth, unsigned(), request(method="POST")) == "oauth_problem=nonce_used"


async def test_unknown_consumers_leave_no_nonce(oauth: OAuth, memory: Memory) -> None:
    """Nobody fills the database without a consumer key."""
    header = unsigned(oauth_consumer_key="x" * 32)
    assert await problem(oauth, header, request(method="POST")) == "oauth_problem=consumer_key_rejected"
    assert memory.claimed == []


async def test_nonces_of_any_length_and_content_take_the_same_room(oauth: OAuth, memory: Memory) -> None:
    """A nonce is kept as a digest, so that no text of a client's reaches a row."""
    await problem(oauth, unsigned(oauth_nonce="\x00" * 7000), request(method="POST"))
    assert len(memory.claimed[0][1]) == 32


Tamper = Callable[[SignedRequest], SignedRequest]


@pytest.mark.parametrize(
    "tamper",
    [
        lambda seen: seen._replace(path=seen.path + "/1"),
        lambda seen: seen._replace(query="attrs=id"),
        lambda seen: seen._replace(host="other.example"),
        lambda seen: seen._replace(host="shop.example:port"),
        lambda seen: seen._replace(host=""),
        lambda seen: seen._replace(scheme="https"),
        lambda seen: seen._replace(method="POST"),
    ],
)
async def test_a_changed_request_is_refused(oauth: OAuth, tamper: Tamper) -> None:
    """A signature holds for one method, scheme, host, path and query."""
    assert await problem(oauth, signed(client()), tamper(request())) == "oauth_problem=signature_invalid"


@pytest.mark.parametrize("changed", [{"client_secret": "x" * 32}, {"resource_owner_secret": "x" * 32}])
async def test_a_wrong_secret_is_refused(oauth: OAuth, changed: dict[str, str]) -> None:
    """Neither secret can be another one."""
    assert await problem(oauth, signed(client(**changed))) == "oauth_problem=signature_invalid"


async def test_sha256_is_refused_although_the_signature_is_right(oauth: OAuth) -> None:
    """HMAC-SHA256 is no method of this interface."""
    assert await problem(oauth, signed(client(SIGNATURE_HMAC_SHA256))) == "oauth_problem=signature_method_rejected"


def test_of_several_values_the_last_counts() -> None:
    """A parameter sent twice has its last value, and its escapes are resolved."""
    header = 'OAuth oauth_token="a", realm="x", oauth_token=b%20c, junk, OAUTH_nonce="1", oauth_nonce = "2"'
    assert read_parameters(header) == {"oauth_token": "b c", "oauth_nonce": "2"}


@pytest.mark.parametrize("quoted", ["a%2Bb%2Fc%3D", "a%2bb%2fc%3d", "%253D", "%%3D", "%C3%A9%3D", "100%", "%E9"])
def test_escapes_are_resolved_once_whatever_they_stand_for(quoted: str) -> None:
    """What a signature needs and anything else is unescaped as everywhere on the web."""
    assert read_parameters(f'OAuth oauth_signature="{quoted}"') == {"oauth_signature": unquote(quoted)}


names = st.text(min_size=1, max_size=8)


@given(st.lists(st.tuples(names, st.text(max_size=8)), max_size=5), st.text(max_size=12))
def test_signatures_agree_with_the_standard_whatever_the_parameters(pairs: list[tuple[str, str]], token: str) -> None:
    """For any query and any token the signature is the one that the standard's text gives."""
    query = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs)
    own = {"oauth_token": token, "oauth_nonce": "n"}
    escaped = sorted((quote(k, safe="~"), quote(v, safe="~")) for k, v in [*pairs, *own.items()])
    base = "&".join(quote(part, safe="~") for part in ("GET", URL, "&".join(f"{k}={v}" for k, v in escaped)))
    digest = hmac.new(f"{SECRET}&{TOKEN_SECRET}".encode(), base.encode(), hashlib.sha1).digest()
    parameters = own | {"oauth_signature": base64.b64encode(digest).decode()}
    seen = request()._replace(query=query)
    assert is_signed_by(seen, parameters, "HMAC-SHA1", (SECRET, TOKEN_SECRET))
    assert not is_signed_by(seen, parameters, "HMAC-SHA1", (SECRET, "other"))


def own_signature(pairs: list[tuple[str, str]]) -> dict[str, str]:
    """The parameters of a header whose client signs these of the query."""
    own = {"oauth_token": TOKEN, "oauth_nonce": "n"}
    base = signature_base_string("GET", URL, normalize_parameters([*own.items(), *pairs]))
    digest = hmac.new(f"{SECRET}&{TOKEN_SECRET}".encode(), base.encode(), hashlib.sha1).digest()
    return own | {"oauth_signature": base64.b64encode(digest).decode()}


@pytest.mark.parametrize(
    ("query", "last"),
    [
        ("attrs%5B%5D=id&attrs%5B%5D=url&attrs%5B%5D=label", [("attrs[]", "label")]),
        ("attrs[]=url&attrs%5B%5D=id", [("attrs[]", "id")]),
        ("b=2&a=x+y&b=1&a=v+w", [("a", "v w"), ("b", "1")]),
        ("b=2&a=x+y&b=1&a=v+w", [("a", "v+w"), ("b", "1")]),
    ],
)
def test_of_a_name_that_comes_twice_the_last_value_may_be_signed_alone(query: str, last: list[tuple[str, str]]) -> None:
    """So do OpenMage itself and PHP's extension, which keep the query in a map; nothing else may be left out."""
    seen = request()._replace(query=query)
    assert is_signed_by(seen, own_signature(last), "HMAC-SHA1", (SECRET, TOKEN_SECRET))
    others = (last[:-1], [*last, ("c", "")], [("attrs[]", "position"), *last], parse_qsl(query)[:-1])
    for pairs in others:
        assert not is_signed_by(seen, own_signature(pairs), "HMAC-SHA1", (SECRET, TOKEN_SECRET))


texts = st.text(max_size=8)


@given(
    st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
    st.sampled_from(["http", "https"]),
    st.sampled_from(["shop.example", "Shop.Example", "127.0.0.1", "[::1]"]),
    st.one_of(st.just(""), st.integers(1, 65535).map(":{}".format)),
    st.text("az09/-._~%:@!$&'()*+,=é", max_size=12),
    st.lists(st.tuples(names, texts), max_size=4),
    st.dictionaries(st.sampled_from(["oauth_token", "oauth_nonce", "oauth_callback", "oauth_ß"]), texts, min_size=1),
)
def test_what_is_signed_is_what_a_library_signs(
    method: str, scheme: str, host: str, port: str, path: str, pairs: list[tuple[str, str]], own: dict[str, str]
) -> None:
    """Whatever the address and the parameters, the base string is that of oauthlib."""
    query = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs)
    seen = SignedRequest(method, scheme, host + port, f"/{path}", query)
    parameters = [*own.items(), *parse_qsl(query, keep_blank_values=True)]
    resource = base_string_uri(f"{scheme}://{host}{port}/{path}")
    expected = signature_base_string(method, resource, normalize_parameters(parameters))
    assert next(base_strings(seen, list(own.items()))).decode() == expected
