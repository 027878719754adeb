"""Which addresses belong to the public internet, whatever form of IPv6 they hide in."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

from app.errors import Misconfigured

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_SPECIAL_V4: Final = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "168.63.129.16/32",  # a cloud's own services, at a public address
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.31.196.0/24",
            "192.52.193.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "192.175.48.0/24",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/3",
        ),
    )
)
_GLOBAL_V6: Final = IPv6Network("2000::/3")
_SPECIAL_V6: Final = tuple(map(IPv6Network, ("2001::/23", "2001:db8::/32", "2620:4f:8000::/48", "3fff::/20")))

_MAPPED: Final = IPv6Network("::ffff:0:0/96")
_TRANSLATED: Final = IPv6Network("64:ff9b::/96")
_SIX_TO_FOUR: Final = IPv6Network("2002::/16")
_ISATAP: Final = (0x00005EFE, 0x02005EFE)

_ALLOWED: Final = re.compile(r"(?:\[(?P<six>[^\]]+)\]|(?P<four>[^:]+)):(?P<port>\d{1,5}|\*)")


@dataclass(frozen=True, slots=True)
class AllowedNetwork:
    """A network that may be reached although it is not public; `port` None: at any port."""

    network: Network
    port: int | None


def allowed_network(text: str) -> AllowedNetwork:
    """From `10.0.0.0/8:8080`, `[fd00::1]:80` or `127.0.0.1:*`; Misconfigured."""
    found = _ALLOWED.fullmatch(text)
    try:
        if found is None:
            raise ValueError("write an address or a network, a colon and a port or *")
        network = ip_network(found["six"] or found["four"])
    except ValueError as error:
        raise Misconfigured(f"FETCH_ALLOWED_NETWORKS: {text}: {error}.") from None
    return AllowedNetwork(network, None if found["port"] == "*" else int(found["port"]))


def parsed(host: str) -> Address:
    """The address of a socket, without its zone; one that is IPv4 in disguise as IPv4."""
    address = ip_address(host.partition("%")[0])
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def is_public(address: Address) -> bool:
    """Whether an address, and every IPv4 address embedded in it, is one of the public internet."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _SPECIAL_V4)
    if address in _MAPPED or address in _TRANSLATED:
        return is_public(_low(address))
    if address not in _GLOBAL_V6 or any(address in network for network in _SPECIAL_V6):
        return False
    return all(is_public(inner) for inner in _embedded(address))


def _embedded(address: IPv6Address) -> Iterator[IPv4Address]:
    value = int(address)
    if address in _SIX_TO_FOUR:
        yield IPv4Address(value >> 80 & 0xFFFFFFFF)
    if value >> 32 & 0xFFFFFFFF in _ISATAP:
        yield _low(address)


def _low(address: IPv6Address) -> IPv4Address:
    return IPv4Address(int(address) & 0xFFFFFFFF)
