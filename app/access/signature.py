"""OAuth 1.0a signatures as clients of OpenMage make them; the cryptography is oauthlib's."""

import hmac
import ipaddress
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal
from urllib.parse import parse_qsl

from oauthlib.oauth1.rfc5849.signature import (
    base_string_uri,
    normalize_parameters,
    sign_hmac_sha1_with_client,
    sign_plaintext,
    signature_base_string,
)

SignatureMethod = Literal["HMAC-SHA1", "PLAINTEXT"]

_PORT: Final = re.compile(r":\d+$")

Pairs = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A request as its client sees it, that is, in front of every trusted proxy.

    `host` is host[:port]; `path` and `query` are percent-encoded as they came; `peer` is the client's address; `form`
    is the body of a form-urlencoded request, which is signed too.
    """

    method: str
    scheme: str
    host: str
    path: str
    query: str = ""
    peer: str = ""
    form: str = ""

    @property
    def is_private(self) -> bool:
        """Whether nobody on the way can read it."""
        return self.scheme == "https" or _is_loopback(self.peer)


@dataclass(frozen=True, slots=True)
class _Signer:
    """Both secrets, named as oauthlib's signing function reads them."""

    client_secret: str
    resource_owner_secret: str


def is_signed_by(
    request: SignedRequest, parameters: Mapping[str, str], method: SignatureMethod, secrets: tuple[str, str]
) -> bool:
    """Whether the request's signature was made with `secrets`, the consumer's and the token's.

    Clients differ in two things, so each reading is tried: whether the host has its port, and whether a `+` in the
    query is a blank or itself.
    """
    given = parameters["oauth_signature"].encode("utf-8", "replace")
    return any(
        hmac.compare_digest(expected.encode(), given) for expected in _expected(request, parameters, method, secrets)
    )


def _expected(
    request: SignedRequest, parameters: Mapping[str, str], method: SignatureMethod, secrets: tuple[str, str]
) -> Iterator[str]:
    if method == "PLAINTEXT":
        yield sign_plaintext(*secrets)
        return
    signer = _Signer(*secrets)
    try:
        for base in _base_strings(request, parameters):
            yield sign_hmac_sha1_with_client(base, signer)
    except ValueError:  # a host, port or character that nobody can have signed
        return


def _base_strings(request: SignedRequest, parameters: Mapping[str, str]) -> Iterator[str]:
    own = [(name, value) for name, value in parameters.items() if name != "oauth_signature"] + _pairs(request.form)
    for host in dict.fromkeys((request.host, _PORT.sub("", request.host))):
        uri = base_string_uri(f"{request.scheme}://{host}{request.path}")
        for query in dict.fromkeys((request.query, request.query.replace("+", "%2B"))):
            yield _base_string(request.method, uri, own + _pairs(query))


def _base_string(method: Any, uri: str, pairs: Any) -> str:
    """Typed loosely because the stubs are too narrow: oauthlib takes any method, and pairs as well as a dictionary."""
    return signature_base_string(method, uri, normalize_parameters(pairs))


def _pairs(encoded: str) -> Pairs:
    return parse_qsl(encoded, keep_blank_values=True) if encoded else []


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
