"""The forms that ids take on the wire, and the checks for them (wire contract, section 2.3)."""

from __future__ import annotations

import re

from opensaldo.errors import (
    CallerError,
    InvalidCommandId,
    InvalidMultipleAccessId,
    InvalidOwnerExternalId,
    InvalidParameter,
    InvalidRedirectionId,
    InvalidSessionId,
    InvalidSessionIdSignature,
)

SESSION_ID = re.compile(r"[0-9]{7,9}")
COMMAND_ID = re.compile(r"[0-9]{7,9}")
SIGNATURE = re.compile(r"[0-9a-f]{64}")
REDIRECTION_ID = re.compile(r"[0-9a-f]{32}")
MULTIPLE_ACCESS_ID = re.compile(r"[0-9a-f]{64}")
WAIT_S = re.compile(r"[0-9]{1,2}")
OWNER_EXTERNAL_ID_LENGTH_MAX = 255
WAIT_S_MAX = 60

_NOT_IN_OWNER_EXTERNAL_ID = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def session_id(text: str) -> str:
    """The text, which has the form of a session id; otherwise InvalidSessionId."""
    return _checked(SESSION_ID, text, InvalidSessionId)


def command_id(text: str) -> str:
    """The text, which has the form of a command id; otherwise InvalidCommandId."""
    return _checked(COMMAND_ID, text, InvalidCommandId)


def signature(text: str) -> str:
    """The text, which has the form of a signature; otherwise InvalidSessionIdSignature."""
    return _checked(SIGNATURE, text, InvalidSessionIdSignature)


def redirection_id(text: str) -> str:
    """The text, which has the form of a redirection id; otherwise InvalidRedirectionId."""
    return _checked(REDIRECTION_ID, text, InvalidRedirectionId)


def multiple_access_id(text: str) -> str:
    """The text, which has the form of a multiple-access id; else InvalidMultipleAccessId."""
    return _checked(MULTIPLE_ACCESS_ID, text, InvalidMultipleAccessId)


def owner_external_id(text: str) -> str:
    """The text exactly as the client chose it, which every reply can carry back.

    Raises:
        InvalidOwnerExternalId: empty, over 255 characters, or with a control character, a lone
            surrogate or one of the two code points that XML cannot carry.
    """
    if not 1 <= len(text) <= OWNER_EXTERNAL_ID_LENGTH_MAX or _NOT_IN_OWNER_EXTERNAL_ID.search(text):
        raise InvalidOwnerExternalId
    return text


def wait_s(text: str | None) -> int:
    """For how many seconds an answer may be waited for; not at all when nothing was sent.

    Raises:
        InvalidParameter: not a whole number of at most `WAIT_S_MAX`.
    """
    if text is None:
        return 0
    if not WAIT_S.fullmatch(text) or int(text) > WAIT_S_MAX:
        raise InvalidParameter(f"The parameter wait must be whole seconds, 0 to {WAIT_S_MAX}.")
    return int(text)


def _checked(form: re.Pattern[str], text: str, error: type[CallerError]) -> str:
    if not form.fullmatch(text):
        raise error
    return text
