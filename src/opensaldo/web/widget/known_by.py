"""By what a sign-in is known again: by the person who compares, by the page that was forgotten."""

from __future__ import annotations

import hashlib
import json

from opensaldo.domain.session import Redirection, Session

CODE_DIGITS = 6


def resumption_key(redirection: Redirection, session: Session) -> str:
    """What two sign-ins that the same page would begin have in common."""
    owner = None if session.owner_id_generated else session.owner_external_id
    parts = [redirection.client_id, redirection.embedder, redirection.channel.value, owner]
    parts += [redirection.country, redirection.preselected_target, session.access_mode.value]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def code_of(redirection_id: str) -> str:
    """A number shown on every page of one sign-in, for the person to compare."""
    digest = hashlib.sha256(f"code:{redirection_id}".encode()).digest()
    digits = f"{int.from_bytes(digest[:8]) % 10**CODE_DIGITS:0{CODE_DIGITS}}"
    return f"{digits[:3]} {digits[3:]}"
