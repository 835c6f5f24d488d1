"""Origins of pages, written as browsers write them."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

DEFAULT_PORTS = {"https": 443, "http": 80}
LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})
ADDRESS_LENGTH_MAX = 2000
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\]")


def page_origin(address: str) -> str:
    """The origin of a page's address: scheme, host, and port when it is not the scheme's own.

    A host name outside ASCII must come as browsers send it, in punycode.

    >>> page_origin("https://Shop.Example.com:443/apply?step=2")
    'https://shop.example.com'

    Raises:
        ValueError: no http or https address of a host.
    """
    if len(address) > ADDRESS_LENGTH_MAX or not address.isprintable():
        raise ValueError("not one line of an address's length")
    parts = urlsplit(address)
    host = (parts.hostname or "").lower()
    host = f"[{host}]" if ":" in host else host
    if parts.scheme not in DEFAULT_PORTS or not _HOST.fullmatch(host) or parts.username is not None:
        raise ValueError("not an http or https address of a host")
    port = "" if parts.port in {None, DEFAULT_PORTS[parts.scheme]} else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


def is_loopback(origin: str) -> bool:
    """Whether pages of this origin come from the person's own machine.

    >>> is_loopback("http://localhost:8080"), is_loopback("https://localhost.example.com")
    (True, False)
    """
    host = origin.partition("://")[2]
    host = host if host.endswith("]") else host.rpartition(":")[0] or host
    return host in LOOPBACK_HOSTS or host.endswith(".localhost")
