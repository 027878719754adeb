"""OAuth 1.0a signatures, RFC 5849, as clients of OpenMage make them.

Written out here, since verifying is most of what a signed read costs; the tests hold it to a library's reading of
the standard.
"""

import hmac
import ipaddress
import re
from binascii import b2a_base64
from collections.abc import Iterator, Mapping
from functools import lru_cache
from string import ascii_letters, digits
from typing import Final, Literal, NamedTuple
from urllib.parse import quote

from app.percent import decoded_plus

SignatureMethod = Literal["HMAC-SHA1", "PLAINTEXT"]

_PORT: Final = re.compile(r":[0-9]+$")
_DEFAULT_PORTS: Final = {"http": ":80", "https": ":443"}
_UNRESERVED: Final = f"{ascii_letters}{digits}-._~".encode()

Pairs = list[tuple[str, str]]


class SignedRequest(NamedTuple):
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

    Clients differ in three things, so each reading is tried: whether the host has its port, whether a `+` in the
    query is a blank or itself, and whether all values of a name count that comes more than once, or the last alone.
    """
    signed = dict(parameters)
    given = signed.pop("oauth_signature").encode("utf-8", "replace")
    if method == "PLAINTEXT":
        return hmac.compare_digest(_key(*secrets), given)
    try:
        for base in base_strings(request, list(signed.items())):
            mac = _mac(*secrets).copy()
            mac.update(base)
            if hmac.compare_digest(b2a_base64(mac.digest(), newline=False), given):
                return True
    except UnicodeEncodeError:  # a character that nobody can have signed
        pass
    return False


def base_strings(request: SignedRequest, own: Pairs) -> Iterator[bytes]:
    """What may have been signed with the parameters `own` of the header, RFC 5849 §3.4.1; the likeliest reading first.

    Raises UnicodeEncodeError.
    """
    pairs = own + _pairs(request.form)
    for resource in _resources(request.method, request.scheme, request.host, request.path):
        for query in _readings(request.query):
            yield resource + _normalised(pairs + query)


@lru_cache(maxsize=256)
def _mac(consumer_secret: str, token_secret: str) -> hmac.HMAC:
    """To be copied: setting one up costs more than the signature itself."""
    return hmac.new(_key(consumer_secret, token_secret), digestmod="sha1")


def _key(consumer_secret: str, token_secret: str) -> bytes:
    return f"{quote(consumer_secret, safe='')}&{quote(token_secret, safe='')}".encode()


@lru_cache(maxsize=1024)
def _resources(method: str, scheme: str, host: str, path: str) -> tuple[bytes, ...]:
    """What goes before the parameters, RFC 5849 §3.4.1.1: the host with its port, and without."""
    hosts = dict.fromkeys((host.removesuffix(_DEFAULT_PORTS[scheme]), _PORT.sub("", host)))
    addresses = [quote(f"{scheme}://{name.lower()}{path or '/'}", safe="") for name in hosts]
    return tuple(f"{method}&{address}&".encode() for address in addresses)


def _readings(query: str) -> Iterator[Pairs]:
    """All parameters, as the standard has it, and of each name the last: so OpenMage, and so PHP's OAuth extension."""
    for spelling in (query, query.replace("+", "%2B")) if "+" in query else (query,):
        pairs = _pairs(spelling)
        yield pairs
        last = dict(pairs)
        if len(last) < len(pairs):
            yield list(last.items())


def _normalised(pairs: Pairs) -> bytes:
    """The parameters, RFC 5849 §3.4.1.3.2, encoded as a whole.

    So names and values are encoded twice. That sorts them as once does: it but puts `25` behind each `%`.
    """
    text = _joined(pairs)
    if len(text.translate(None, _UNRESERVED)) < 2 * len(pairs):  # the `%` before each 3D and 26, and nothing else
        return text
    return _joined([(_encoded_twice(name), _encoded_twice(value)) for name, value in pairs])


def _joined(pairs: Pairs) -> bytes:
    return "%26".join(map("%3D".join, sorted(pairs))).encode()


def _encoded_twice(text: str) -> str:
    return quote(text, safe="").replace("%", "%25")


def _pairs(encoded: str) -> Pairs:
    split = (pair.partition("=") for pair in encoded.split("&") if pair)
    return [(decoded_plus(name), decoded_plus(value)) for name, _, value in split]


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
