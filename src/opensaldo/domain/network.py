"""Internet addresses and networks; IPv4 inside IPv6 is always unwrapped, so both compare."""

from __future__ import annotations

import ipaddress

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
MAPPED_PREFIX_BITS = 96


def parse_address(text: str) -> Address | None:
    """The address a text names, None when it is none.

    >>> parse_address("::ffff:192.0.2.7")
    IPv4Address('192.0.2.7')
    >>> parse_address("somewhere") is None
    True
    """
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def parse_network(text: str) -> Network:
    """The network a text names; a single address is a network of one.

    Raises:
        ValueError: it names none.

    >>> parse_network("192.0.2.7")
    IPv4Network('192.0.2.7/32')
    >>> parse_network("::ffff:192.0.2.0/120")
    IPv4Network('192.0.2.0/24')
    """
    network = ipaddress.ip_network(text, strict=False)
    mapped = getattr(network.network_address, "ipv4_mapped", None)
    if mapped is None or network.prefixlen < MAPPED_PREFIX_BITS:
        return network
    return ipaddress.ip_network((mapped, network.prefixlen - MAPPED_PREFIX_BITS))
