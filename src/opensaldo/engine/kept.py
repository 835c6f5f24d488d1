"""What is kept sealed of a session or a consent, and what each piece is bound to."""

from __future__ import annotations

HOLDINGS = "holdings"
RESULT_XML = "result_xml"
FOUND = "found"
REQUEST = "request"
TRANSCRIPT = "transcript"
RECEIPT = "receipt"


def access_place(session_id: str) -> str:
    """What a session's sealed access is bound to."""
    return f"session:{session_id}:access"


def consent_access_place(consent_id: str) -> str:
    """What a consent's sealed access is bound to."""
    return f"consent:{consent_id}:access"


def consent_owner_place(consent_id: str) -> str:
    """What a consent's sealed owner is bound to."""
    return f"consent:{consent_id}:owner"


def memory_place(consent_id: str, account_id: str) -> str:
    """What a consent's sealed memory of an account is bound to."""
    return f"consent:{consent_id}:memory:{account_id}"


def document_place(command_id: str, kind: str) -> str:
    """What a command's sealed document is bound to."""
    return f"command:{command_id}:{kind}"
