"""What a person types of a bank that is not listed: its name and its address, and nothing more."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import urlsplit

BANK_LENGTH_MIN, BANK_LENGTH_MAX = 2, 60
BANK_DIGITS_MAX = 5  # names of banks have few; numbers of accounts and telephones have more
ADDRESS_LENGTH_MAX = 300
HOST_LENGTH_MAX = 253
_HOST = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*\.[a-z][a-z0-9-]+")


def bank_name(typed: str) -> str:
    """What was typed as a bank's name, in one line.

    Raises:
        ValueError: too short or long, not printable, or rather somebody's number or address.

    >>> bank_name("  Bank   Spółdzielczy ")
    'Bank Spółdzielczy'
    """
    name = " ".join(unicodedata.normalize("NFC", typed).split())
    has_letter = any(sign.isalpha() for sign in name)
    digits = sum(sign.isdigit() for sign in name)
    is_name = name.isprintable() and has_letter and "@" not in name and digits <= BANK_DIGITS_MAX
    if not (BANK_LENGTH_MIN <= len(name) <= BANK_LENGTH_MAX and is_name):
        raise ValueError("a bank's name")
    return name


def bank_address(typed: str) -> str:
    """The https origin of what was typed as a bank's address, empty when nothing was typed.

    Paths and parameters are left out: an address copied from a browser may carry a login.

    Raises:
        ValueError: no address of a public host.

    >>> bank_address(" http://Login.Bank.example/start?session=7 "), bank_address("")
    ('https://login.bank.example', '')
    """
    text = typed.strip()
    if not text:
        return ""
    if len(text) > ADDRESS_LENGTH_MAX or not text.isprintable():
        raise ValueError("an address")
    parts = urlsplit(text if "://" in text else f"https://{text}")
    if parts.scheme not in {"http", "https"} or "@" in parts.netloc or " " in text:
        raise ValueError("an address")
    host = (parts.hostname or "").encode("idna").decode().lower()
    if len(host) > HOST_LENGTH_MAX or not _HOST.fullmatch(host):
        raise ValueError("a public host")
    return f"https://{host}"
