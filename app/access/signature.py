"""OAuth 1.0a signatures as clients of OpenMage make them.

The rules are oauthlib's functions. What of them is asked with every request goes a shorter way to the same
result (the tests hold both together): it is most of what a signed read costs.
"""

import base64
import hmac
import ipaddress
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal
from urllib.parse import parse_qsl

from oauthlib.oauth1.rfc5849.signature import base_string_uri
from oauthlib.oauth1.rfc5849.utils import escape

SignatureMethod = Literal["HMAC-SHA1", "PLAINTEXT"]

_PORT: Final = re.compile(r":\d+$")
_UNRESERVED: Final = re.compile(r"[A-Za-z0-9._~-]*")

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


def is_signed_by(
    request: SignedRequest, parameters: Mapping[str, str], method: SignatureMethod, secrets: tuple[str, str]
) -> bool:
    """Whether the request's signature was made with `secrets`, the consumer's and the token's.

    Clients differ in two things, so each reading is tried: whether the host has its port, and whether a `+` in the
    query is a blank or itself.
    """
    given = parameters["oauth_signature"].encode("utf-8", "replace")
    key = "&".join(map(_escaped, secrets)).encode()
    if method == "PLAINTEXT":
        return hmac.compare_digest(key, given)
    try:
        for base in _base_strings(request, parameters):
            mac = _mac(key).copy()
            mac.update(base.encode())
            if hmac.compare_digest(base64.b64encode(mac.digest()), given):
                return True
    except ValueError:  # a host, port or character that nobody can have signed
        pass
    return False


def _base_strings(request: SignedRequest, parameters: Mapping[str, str]) -> Iterator[str]:
    own = [(name, value) for name, value in parameters.items() if name != "oauth_signature"] + _pairs(request.form)
    for host in dict.fromkeys((request.host, _PORT.sub("", request.host))):
        resource = f"{request.method.upper()}&{_escaped_uri(f'{request.scheme}://{host}{request.path}')}"
        for query in dict.fromkeys((request.query, request.query.replace("+", "%2B"))):
            yield f"{resource}&{_escaped_pairs(own + _pairs(query))}"


@lru_cache(maxsize=256)
def _mac(key: bytes) -> hmac.HMAC:
    """To be copied: setting one up costs more than all the rest of a signature."""
    return hmac.new(key, digestmod="sha1")


@lru_cache(maxsize=1024)
def _escaped_uri(uri: str) -> str:
    return escape(base_string_uri(uri))


def _escaped_pairs(pairs: Pairs) -> str:
    """The normalised parameters, RFC 5849 §3.4.1.3.2, as they stand in the base string."""
    is_plain = _UNRESERVED.fullmatch("".join(map("".join, pairs)))
    escaped = sorted(pairs if is_plain else [(_escaped(name), _escaped(value)) for name, value in pairs])
    normalised = "&".join([f"{name}={value}" for name, value in escaped])
    # Nothing else is left in there that needs escaping.
    return normalised.replace("%", "%25").replace("&", "%26").replace("=", "%3D")


def _escaped(text: str) -> str:
    return text if _UNRESERVED.fullmatch(text) else escape(text)


def _pairs(encoded: str) -> Pairs:
    return parse_qsl(encoded, keep_blank_values=True) if encoded else []


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
