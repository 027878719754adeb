from ipaddress import IPv4Address, IPv6Address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Misconfigured
from app.service.foreign.addresses import allowed_network, is_public, parsed
from app.service.foreign.guard import may_connect

PRIVATE_V4 = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
]
PRIVATE_V6 = [
    "::",
    "::1",
    "::7f00:1",
    "::ffff:0:127.0.0.1",
    "64:ff9b:1::8.8.8.8",
    "100::1",
    "2001::1",
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "4000::1",
]
PUBLIC = ["1.1.1.1", "8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "64:ff9b::808:808", "2002:808:808::1"]


def embeddings(inner: str) -> list[str]:
    """Every way in which IPv6 carries an IPv4 address."""
    value = int(IPv4Address(inner))
    low, high = value & 0xFFFF, value >> 16
    return [
        f"::ffff:{inner}",
        f"::{inner}",
        f"::ffff:0:{inner}",
        f"64:ff9b::{inner}",
        f"64:ff9b:1::{inner}",
        f"2002:{high:x}:{low:x}::1",
        f"2001:0:{high:x}:{low:x}::1",
        f"2606:4700::5efe:{high:x}:{low:x}",
        f"2606:4700::200:5efe:{high:x}:{low:x}",
    ]


@pytest.mark.parametrize("address", [*PRIVATE_V4, *PRIVATE_V6])
@pytest.mark.parametrize("port", [80, 443])
def test_no_socket_is_opened_to_a_special_address(address: str, port: int) -> None:
    """Private, local, reserved and documentation addresses are refused at the web's ports, too."""
    assert not may_connect(address, port)


@pytest.mark.parametrize("inner", PRIVATE_V4)
def test_no_embedding_hides_a_special_address(inner: str) -> None:
    """An IPv4 address that is refused is refused inside every form of IPv6."""
    assert [address for address in embeddings(inner) if may_connect(address, 80)] == []


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_reached_at_the_ports_of_the_web_only(address: str) -> None:
    """A public address is reached at the ports 80 and 443, and at no other."""
    assert may_connect(address, 80)
    assert may_connect(address, 443)
    assert not any(may_connect(address, port) for port in (22, 25, 5432, 6379, 8080, 0))


@given(st.ip_addresses(v=4))
def test_every_refused_address_is_refused_behind_a_translator(address: IPv4Address) -> None:
    """Mapped, translated and 6to4 forms are judged as the address inside them."""
    mapped, translated, six_to_four = (parsed(embeddings(str(address))[index]) for index in (0, 3, 5))
    assert is_public(mapped) == is_public(translated) == is_public(six_to_four) == is_public(address)


@given(st.ip_addresses(v=4) | st.ip_addresses(v=6))
def test_nothing_is_public_that_the_registries_call_special(address: IPv4Address | IPv6Address) -> None:
    """What Python's own tables know as not global is never public, translators' prefixes aside."""
    address = parsed(str(address))
    if address not in ip_network("64:ff9b::/96") and is_public(address):
        assert address.is_global
        assert not address.is_multicast
        assert not address.is_reserved


@pytest.mark.parametrize(
    ("text", "host", "port", "allowed"),
    [
        ("127.0.0.1:8080", "127.0.0.1", 8080, True),
        ("127.0.0.1:8080", "::ffff:127.0.0.1", 8080, True),
        ("127.0.0.1:8080", "127.0.0.1", 8081, False),
        ("127.0.0.1:8080", "127.0.0.2", 8080, False),
        ("10.0.0.0/8:*", "10.9.8.7", 1, True),
        ("[fd00::/8]:443", "fd00::5", 443, True),
        ("[fd00::/8]:443", "fe80::5", 443, False),
    ],
)
def test_listed_networks_are_exempt(text: str, host: str, port: int, allowed: bool) -> None:
    """Exactly the networks and ports on the list are exempt."""
    assert may_connect(host, port, (allowed_network(text),)) is allowed


@pytest.mark.parametrize("text", ["127.0.0.1", "localhost:80", "10.0.0.1/8:80", "[::1]", "::1:80", "1.2.3.4:http"])
def test_a_list_that_is_unclear_is_refused_at_the_start(text: str) -> None:
    """A network without a port, a name, or one that is malformed is a mistake in the configuration."""
    with pytest.raises(Misconfigured, match="FETCH_ALLOWED_NETWORKS"):
        allowed_network(text)
