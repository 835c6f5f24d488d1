"""Where a bank's links lead: followed on the bank's own origin only; pure.

Source: NextGenPSD2 1.3.12, 4.9 (hyperlinks may be relative); what banks really send.
"""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

from opensaldo.errors import BankAnsweredNonsense

LINK_CHARACTERS_MAX = 4_096
_RESOURCES = ("accounts", "card-accounts", "consents")
_DEFAULT_PORTS = {"https": 443, "http": 80}


def followed(link: str, *, root: str, asked: str = "") -> str:
    """The whole address of a link that one answer of the bank holds.

    `root` is the address all paths of the interface start with, `asked` the one of the request.
    A path is taken from the origin; one that repeats the end of the root, or begins with a
    resource, continues the root: banks leave out what their gateway puts in front.

    Raises:
        BankAnsweredNonsense: it leads elsewhere.
    """
    if len(link) > LINK_CHARACTERS_MAX or any(ord(one) <= ord(" ") for one in link):
        raise BankAnsweredNonsense("_links", "an address of the bank")
    if link.startswith("/") and not link.startswith("//"):
        address = _from_path(link, root)
    elif link.startswith("?"):
        address = urljoin(asked or root, link)
    elif ":" not in link.partition("/")[0] and not link.startswith("//"):
        address = f"{root}/{link.removeprefix('./')}"
    else:
        address = link
    if origin_of(address) != origin_of(root):
        raise BankAnsweredNonsense("_links", "an address of the bank")
    return address


def origin_of(address: str) -> tuple[str, str, int] | None:
    """Scheme, host and port; None where there is no such thing."""
    try:
        parts = urlsplit(address)
        port = parts.port or _DEFAULT_PORTS.get(parts.scheme, 0)
    except ValueError:
        return None
    if "@" in parts.netloc or not parts.hostname:
        return None
    return parts.scheme, parts.hostname, port


def may_lead_person_to(address: str, *, is_mock: bool) -> bool:
    """Whether a person may be sent there: https, or http when the bank itself is a mock."""
    origin = origin_of(address)
    if origin is None or len(address) > LINK_CHARACTERS_MAX:
        return False
    if any(ord(one) <= ord(" ") for one in address):
        return False
    return origin[0] == "https" or (origin[0] == "http" and is_mock)


def _from_path(link: str, root: str) -> str:
    parts = urlsplit(root)
    origin = f"{parts.scheme}://{parts.netloc}"
    base = parts.path.rstrip("/")
    if link == base or link.startswith((f"{base}/", f"{base}?")):
        return origin + link
    segments = base.split("/")
    for place in range(1, len(segments)):
        if link.startswith(f"/{'/'.join(segments[place:])}/"):
            return origin + "/".join(segments[:place]) + link
    if link.split("/")[1] in _RESOURCES:
        return root + link
    return origin + link
