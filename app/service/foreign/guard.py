"""Connections that lead to public addresses only, whoever named the host.

The address is judged when the socket is made, after all name resolution, so that no spelling of a host and no resolver
that changes its mind gets round it.
"""

import socket
from collections.abc import Sequence
from typing import Any, Final

import aiohttp
from aiohttp.abc import AbstractResolver

from app.service.foreign.addresses import AllowedNetwork, is_public, parsed

_PORTS: Final = (80, 443)


class AddressRefused(OSError):
    """Raised where sockets are made; an OSError, so that the next address of the host is tried."""


def guarded(
    allowed: Sequence[AllowedNetwork], resolver: AbstractResolver | None = None, limit: int = 100
) -> aiohttp.TCPConnector:
    """For a session whose hosts strangers name: each request looks its host up and has a connection of its own.
    `resolver` replaces the system's."""

    def made(address: Any) -> socket.socket:
        family, kind, protocol, _, where = address
        host, port = where[:2]
        if not may_connect(host, port, allowed):
            raise AddressRefused(f"{host} port {port} is not public")
        return socket.socket(family, kind, protocol)

    return aiohttp.TCPConnector(
        socket_factory=made, resolver=resolver, use_dns_cache=False, force_close=True, limit=limit
    )


def may_connect(host: str, port: int, allowed: Sequence[AllowedNetwork] = ()) -> bool:
    """Whether a socket may be opened to this address: a public one at the web's ports, or an allowed one."""
    address = parsed(host)
    if any(address in one.network and one.port in (None, port) for one in allowed):
        return True
    return port in _PORTS and is_public(address)


def was_refused(error: BaseException) -> bool:
    """Whether an error comes of an address that is not public."""
    causes: list[BaseException | None] = [error]
    while (cause := causes.pop()) is not None:
        if isinstance(cause, AddressRefused):
            return True
        causes.append(cause.__cause__ or cause.__context__)
    return False
