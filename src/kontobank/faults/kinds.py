"""The kinds of fault, each with what the caller meets, and one fault as a value."""

from collections.abc import Mapping
from dataclasses import dataclass

LATENCY_MAX_MS = 3_600_000
SLOW_PAGE_ROWS_MAX = 1

CUT_KINDS: Mapping[str, str] = {
    "no_next_page": "the page does not lead on, though the list does",
    "loop_pages": "the page leads to itself",
    "empty_page": "the page is empty and leads to the rows it should have shown",
    "repeated_page": "the page shows the rows of the page before once more, then its own",
    "stale_page": "the page shows the rows of the page before instead of its own",
    "missing_page": "the page shows the rows of the page after it, and leads on from there",
    "row_inserted": "a row came in since the page before: its last row comes again",
    "row_removed": "a row went away since the page before: one row is shown on neither page",
}
KINDS: Mapping[str, str] = {
    "slow": "the reply takes `delay_ms` longer",
    "reset": "the connection is cut before a byte of the reply",
    "truncate": "the body ends before the length its header promises",
    "short_length": "the header promises less than the body has, and the line ends there",
    "status": "an error of the standard, with `status` and `code`",
    "limit": "429, in one of five `wording`s",
    "maintenance_page": "503 with a page of HTML that announces maintenance",
    "html": "200 with a page of HTML",
    "wrong_type": "the right reply under the content type of HTML",
    "nonsense": "JSON of a shape the standard does not know",
    "hostile_text": "texts that no program likes",
    "bad_signature": "the signature is not of this body (PolishAPI)",
    "missing_signature": "there is no signature (PolishAPI)",
    "expired_token": "the access token is no longer taken",
    "withdrawn": "the person has withdrawn the consent at this moment",
    "sca_rejected": "the person, at the end of the sign-in, does not agree",
    "sca_timeout": "the bank ends the sign-in because nobody confirmed in time",
    **CUT_KINDS,
}


SIGN_IN = "signIn"
SENT_BACK: Mapping[str, tuple[str, str | None]] = {
    "sca_rejected": ("access_denied", None),
    "sca_timeout": ("access_denied", "SignInTimeout"),
}


def is_at(kind: str, endpoint: str) -> bool:
    """Whether a fault of this kind can happen there: some only where a person signs in."""
    return (kind in SENT_BACK) == (endpoint == SIGN_IN)


@dataclass(frozen=True)
class Wording:
    """One way to say 429: in the standard's own error form, or in another one's.

    `form` is standard, html, plain or empty; `wait` is how Retry-After is written: seconds, date
    or nothing.
    """

    form: str
    code: str = ""
    text: str = ""
    wait: str = ""


WORDINGS: Mapping[str, Wording] = {
    "by_the_book": Wording("standard", "ACCESS_EXCEEDED", "Limit of 4 calls reached", "seconds"),
    "unrelated_text": Wording("standard", "ACCESS_EXCEEDED", "The access token is invalid"),
    "own_code": Wording("standard", "CONSENT_DAILY_LIMIT", "Rate limit reached for consent"),
    "gateway_page": Wording("html", text="Too Many Requests", wait="date"),
    "silence": Wording("empty"),
}


@dataclass(frozen=True)
class Fault:
    """One thing to go wrong in one reply."""

    kind: str
    status: int = 500
    code: str = "INJECTED"
    delay_ms: int = 0
    retry_after_s: int | None = None
    wording: str = "by_the_book"
