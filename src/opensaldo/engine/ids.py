"""Ids nobody can guess, in the forms of the wire contract, section 2.3."""

from __future__ import annotations

import secrets
import uuid

NUMBER_MIN = 100_000_000
NUMBER_MAX = 999_999_999
HEX_BYTES = 16
ATTEMPTS_MAX = 20


def new_number() -> str:
    """A session or command id: nine decimal digits, at random."""
    return str(NUMBER_MIN + secrets.randbelow(NUMBER_MAX - NUMBER_MIN + 1))


def new_hex() -> str:
    """A redirection id or state: 32 lower-case hex digits, at random."""
    return secrets.token_hex(HEX_BYTES)


def new_grant() -> str:
    """Our id of a consent: a UUID, at random."""
    return str(uuid.uuid4())


def new_owner_id(prefix: str) -> str:
    """An owner's external id for a client that gave none."""
    return prefix + str(uuid.uuid4())
