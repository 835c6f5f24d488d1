"""The keyed hashes the wire shows: session signatures and multiple-access ids.

Both are HMAC-SHA-256 in 64 lower-case hex digits (wire contract, sections 2.2 and 2.3). Session ids
are digits only, so the prefix of the second kind can never make the two collide.
"""

from __future__ import annotations

import hashlib
import hmac

_MULTIPLE_ACCESS_PREFIX = "multiple-access:"


def sign_session(secret: bytes, session_id: str) -> str:
    """The signature that goes with a session id."""
    return _keyed(secret, session_id)


def signature_matches(secret: bytes, session_id: str, signature: str) -> bool:
    """Whether the signature belongs to the session id, compared in constant time."""
    expected = sign_session(secret, session_id)
    return hmac.compare_digest(expected.encode(), signature.encode(errors="replace"))


def multiple_access_id(secret: bytes, consent_id: str) -> str:
    """The id under which the client knows a consent."""
    return _keyed(secret, _MULTIPLE_ACCESS_PREFIX + consent_id)


def _keyed(secret: bytes, text: str) -> str:
    return hmac.new(secret, text.encode(errors="replace"), hashlib.sha256).hexdigest()
