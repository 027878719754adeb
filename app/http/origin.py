"""Under which scheme and host a client sees this service."""

import ipaddress
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from aiohttp import hdrs, web

from app.errors import InvalidHost, Misconfigured
from app.settings import Settings

Networks = tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]

_HOST: Final = re.compile(
    r"(?P<host>[A-Za-z0-9](?:[A-Za-z0-9._-]{0,253})|\[[0-9A-Fa-f:.]{2,45}\])(?::(?P<port>[0-9]{1,5}))?"
)
_FORWARDED: Final = re.compile(
    r'(?P<name>proto|host|for)\s*=\s*(?:"(?P<quoted>[^"\\]*)"|(?P<token>[^\s;,"]+))', re.IGNORECASE
)
_FORWARDED_HEADERS: Final = (b"forwarded", b"x-forwarded-proto", b"x-forwarded-host", b"x-forwarded-port")
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


@lru_cache(maxsize=8)
def trusted_networks(proxies: tuple[str, ...]) -> Networks:
    """Raises Misconfigured for what is neither an address nor a network."""
    try:
        return tuple(ipaddress.ip_network(proxy) for proxy in proxies)
    except ValueError as error:
        raise Misconfigured(f"TRUSTED_PROXIES: {error}.") from None


def external_origin(request: web.BaseRequest, settings: Settings) -> Origin:
    """What the request names, or what a trusted proxy says it was asked for.

    Of several values of a header the last counts: it is the one that the trusted neighbour wrote.
    Raises InvalidHost.
    """
    scheme, host, port = request.scheme, request.headers.get(hdrs.HOST), None
    if _is_trusted(request.remote, settings.trusted_proxies):
        said = _forwarded(request)
        scheme = said.get("proto", scheme).lower()
        host = said.get("host", host)
        port = said.get("port")
    if scheme not in _DEFAULT_PORTS:
        raise InvalidHost(f"scheme {scheme!r}")
    return _origin(scheme, host if host is not None else _own_address(request), port)


def origin_headers(settings: Settings) -> frozenset[bytes]:
    """The headers that `media_base` and `public_base` depend on, in lower case."""
    if settings.public_url:
        return frozenset()
    return frozenset((b"host", *_FORWARDED_HEADERS)) if settings.trusted_proxies else frozenset((b"host",))


def spoken_to(request: web.BaseRequest, proxies: tuple[str, ...]) -> tuple[str, bool, str]:
    """What these depend on besides: the scheme spoken, whether the neighbour is trusted, and where he reached us
    if he names no host."""
    trusted = _is_trusted(request.remote, proxies)
    return request.scheme, trusted, "" if hdrs.HOST in request.headers else _own_address(request)


def client_address(request: web.BaseRequest, settings: Settings) -> str:
    """Who asks, in front of every trusted proxy; empty where the nearest one does not tell."""
    proxies = settings.trusted_proxies
    if not _is_trusted(request.remote, proxies):
        return request.remote or ""
    address = ""
    for address in reversed(_hops(request)):
        if not _is_trusted(address, proxies):
            break
    return address


def media_base(request: web.Request, settings: Settings) -> str:
    """What URLs of images begin with, without a slash at the end; raises InvalidHost."""
    return settings.media_url or public_base(request, settings)


def public_base(request: web.Request, settings: Settings) -> str:
    """What URLs of this service begin with, without a slash at the end; raises InvalidHost."""
    return settings.public_url or str(external_origin(request, settings))


@lru_cache(maxsize=1024)
def _origin(scheme: str, named: str, port: str | None) -> Origin:
    match = _HOST.fullmatch(named)
    text = port or (match and match["port"]) or str(_DEFAULT_PORTS[scheme])
    if match is None or not re.fullmatch("[0-9]{1,5}", text) or not 0 < int(text) < 65536:
        raise InvalidHost(repr(named))
    return Origin(scheme, match["host"].lower(), int(text))


def _is_trusted(address: str | None, proxies: tuple[str, ...]) -> bool:
    return bool(proxies) and address is not None and _is_in(address, proxies)


@lru_cache(maxsize=1024)
def _is_in(text: str, proxies: tuple[str, ...]) -> bool:
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:  # a unix socket has no address, and a proxy may hide its client's
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return any((mapped or address) in network for network in trusted_networks(proxies))


def _hops(request: web.BaseRequest) -> list[str]:
    """The addresses, without ports, that the proxies on the way say they were asked from; the nearest one is last."""
    standard = ",".join(request.headers.getall(hdrs.FORWARDED, ()))
    if standard:
        pairs = _FORWARDED.finditer(standard)
        hops = [pair["token"] or pair["quoted"] or "" for pair in pairs if pair["name"].lower() == "for"]
    else:
        hops = ",".join(request.headers.getall(hdrs.X_FORWARDED_FOR, ())).split(",")
    return [_without_port(hop.strip()) for hop in hops]


def _without_port(hop: str) -> str:
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop


def _forwarded(request: web.BaseRequest) -> dict[str, str]:
    """`proto`, `host` and `port` as forwarded; the standard header before the customary ones."""
    standard = _last(request, hdrs.FORWARDED)
    if standard is not None:
        pairs = _FORWARDED.finditer(standard)
        return {pair["name"].lower(): pair["token"] or pair["quoted"] or "" for pair in pairs}
    said = {name: _last(request, f"X-Forwarded-{name.title()}") for name in ("proto", "host", "port")}
    return {name: value for name, value in said.items() if value}


def _last(request: web.BaseRequest, header: str) -> str | None:
    values = request.headers.getall(header, ())
    return values[-1].rpartition(",")[2].strip() if values else None


def _own_address(request: web.BaseRequest) -> str:
    """Where HTTP/1.0 clients, which name no host, have reached us."""
    address = request.transport.get_extra_info("sockname") if request.transport else None
    if not isinstance(address, tuple):
        return "localhost"
    host = f"[{address[0]}]" if ":" in address[0] else address[0]
    return f"{host}:{address[1]}"
