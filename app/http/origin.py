"""Under which scheme and host a client sees this service, and whose address he has.

Each is found once of a request, however many ask, and remembered with it.
"""

import ipaddress
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from aiohttp import hdrs, web

from app.errors import InvalidHost, Misconfigured
from app.http.forwarded import HEADERS, asked_at, hops
from app.settings import Settings

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Networks = tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]

_HOST: Final = re.compile(
    r"(?P<host>[A-Za-z0-9](?:[A-Za-z0-9._-]{0,253})|\[[0-9A-Fa-f:.]{2,45}\])(?::(?P<port>[0-9]{1,5}))?"
)
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Origin:
    """`host` without port, IPv6 addresses in brackets."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        port = "" if self.port == _DEFAULT_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}"


_ORIGIN: Final = web.RequestKey("origin", Origin)
_ASKER: Final = web.RequestKey("asker", tuple[str, bool])


@lru_cache(maxsize=8)
def trusted_networks(proxies: tuple[str, ...]) -> Networks:
    """Raises Misconfigured for what is neither an address nor a network."""
    try:
        return tuple(ipaddress.ip_network(proxy) for proxy in proxies)
    except ValueError as error:
        raise Misconfigured(f"TRUSTED_PROXIES: {error}.") from None


def external_origin(request: web.BaseRequest, settings: Settings) -> Origin:
    """What the request names, or what a trusted proxy says it was asked for; raises InvalidHost.

    A host in the request line comes before the header, RFC 9112 §3.2.2.
    """
    if (origin := request.get(_ORIGIN)) is None:
        origin = request[_ORIGIN] = _external_origin(request, settings)
    return origin


def _external_origin(request: web.BaseRequest, settings: Settings) -> Origin:
    scheme, host = request.scheme, _authority(request.raw_path) or request.headers.get(hdrs.HOST)
    if _is_trusted(request.remote, settings.trusted_proxies):
        asked = asked_at(request.headers, settings.forwarded_headers)
        scheme, host = (asked.scheme or scheme).lower(), asked.host or host
    if scheme not in _DEFAULT_PORTS:
        raise InvalidHost(f"scheme {scheme!r}")
    return _origin(scheme, host if host is not None else _own_address(request))


def origin_headers(settings: Settings) -> frozenset[bytes]:
    """The headers that `media_base` and `public_base` depend on, in lower case."""
    if settings.public_url:
        return frozenset()
    forwarded = HEADERS[settings.forwarded_headers] if settings.trusted_proxies else frozenset()
    return forwarded | {b"host"}


def spoken_to(request: web.BaseRequest, proxies: tuple[str, ...]) -> tuple[str, bool, str]:
    """What these depend on besides: the scheme spoken, whether the neighbour is trusted, and where he reached us
    if he names no host."""
    trusted = _is_trusted(request.remote, proxies)
    return request.scheme, trusted, "" if hdrs.HOST in request.headers else _own_address(request)


def client_address(request: web.BaseRequest, settings: Settings) -> str:
    """Who asks, in front of every trusted proxy; one that does not tell by whom it was asked is asking itself."""
    return _asker(request, settings)[0]


def known_address(request: web.BaseRequest, settings: Settings) -> str:
    """The same, but empty where a proxy does not tell: what is a proxy's own right is not its clients'."""
    address, is_known = _asker(request, settings)
    return address if is_known else ""


def _asker(request: web.BaseRequest, settings: Settings) -> tuple[str, bool]:
    """The client's address, and whether it is known; else that of the last proxy before it."""
    if (asker := request.get(_ASKER)) is None:
        asker = request[_ASKER] = _found_asker(request, settings)
    return asker


def _found_asker(request: web.BaseRequest, settings: Settings) -> tuple[str, bool]:
    proxies, address = settings.trusted_proxies, request.remote or ""
    if not _is_trusted(address, proxies):
        return address, True
    for hop in hops(request.headers, settings.forwarded_headers):
        if _parsed(hop) is None:
            return address, False
        address = hop
        if not _is_trusted(hop, proxies):
            break
    return address, True


def media_base(request: web.Request, settings: Settings) -> str:
    """What URLs of images begin with, without a slash at the end; raises InvalidHost."""
    return settings.media_url or public_base(request, settings)


def public_base(request: web.Request, settings: Settings) -> str:
    """What URLs of this service begin with, without a slash at the end; raises InvalidHost."""
    return settings.public_url or str(external_origin(request, settings))


@lru_cache(maxsize=1024)
def _origin(scheme: str, named: str) -> Origin:
    match = _HOST.fullmatch(named)
    port = int((match and match["port"]) or _DEFAULT_PORTS[scheme])
    if match is None or not 0 < port < 65536:
        raise InvalidHost(repr(named))
    return Origin(scheme, match["host"].lower(), port)


def _authority(target: str) -> str:
    """The host of a request target in absolute form; empty for any other, nearly all."""
    if target.startswith("/"):
        return ""
    return re.split("[/?#]", target.partition("://")[2], maxsplit=1)[0]


def _is_trusted(address: str | None, proxies: tuple[str, ...]) -> bool:
    return bool(proxies) and address is not None and _is_in(address, proxies)


@lru_cache(maxsize=1024)
def _is_in(text: str, proxies: tuple[str, ...]) -> bool:
    address = _parsed(text)
    return address is not None and any(address in network for network in trusted_networks(proxies))


@lru_cache(maxsize=1024)
def _parsed(text: str) -> Address | None:
    """An address without its zone; None for a unix socket, which has none, and for what a proxy hides."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _own_address(request: web.BaseRequest) -> str:
    """Where HTTP/1.0 clients, which name no host, have reached us."""
    address = request.transport.get_extra_info("sockname") if request.transport else None
    if not isinstance(address, tuple):
        return "localhost"
    host = f"[{address[0]}]" if ":" in address[0] else address[0]
    return f"{host}:{address[1]}"
