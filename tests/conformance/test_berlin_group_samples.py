"""Sample answers of real banks' shapes read sensibly, or end in the error listed here.

The samples lie beside the project and are not part of it; what they prove is also proved by
made-up bodies (tests/unit/connectors/berlin_group).
"""

import contextlib
import json
from pathlib import Path

import pytest

from opensaldo.connectors.protocols.berlin_group.convert import CONVERT
from opensaldo.errors import OpenSaldoError

FOLDER = Path(__file__).resolve().parents[3] / "shared/banks/samples"
SAMPLES = sorted(FOLDER.glob("*/*.json")) if FOLDER.is_dir() else []

EXCEPTIONS = {
    "adorsys__ais__get-transactions": ("BankAnsweredNonsense", "offers only a file to download"),
    "sparkasse__ais__get-transactions": ("BankAnsweredNonsense", "a camt.052 file, not JSON"),
    "verlag__ais__get-transactions": ("BankAnsweredNonsense", "an MT940 file, not JSON"),
    "1822direkt__accounts-401": ("BankUnavailable", "CERTIFICATE_INVALID: ours is refused"),
    "1822direkt__accounts-403": ("BankConsentWithdrawn", "CONSENT_UNKNOWN"),
    "1822direkt__accounts-500": ("BankUnavailable", "INTERNAL_SERVER_ERROR"),
    "1822direkt__balances-429__account-1-balances": ("BankDailyLimit", "ACCESS_EXCEEDED"),
    "fineco-it__get-card-accounts-fail": ("BankAccessEnded", "RESOURCE_UNKNOWN"),
    "error-flow-400-invalid-consent": ("BankConsentWithdrawn", "CONSENT_UNKNOWN"),
}
CALLS_WITHOUT_DATA = (
    "consent", "sca-status", "oauth2", "authorise-transaction", "send-otp", "challenge-data",
    "put-select", "authorisation", "post-register",
)  # fmt: skip

pytestmark = pytest.mark.skipif(not SAMPLES, reason=f"the sample answers are not there: {FOLDER}")


def kind_of(name):
    """The kind of answer by the last part of the name."""
    last = name.removesuffix("__response-body.json").rpartition("__")[2]
    if "456" in last and "transactions" in last:
        return "card_transactions"
    return next((kind for kind in ("transactions", "balances") if kind in last), "accounts")


def body_of(path):
    """The bank's own bytes; some samples lie in a test's envelope."""
    content = path.read_bytes()
    raw = json.loads(content)
    inner = raw.get("_raw_body") if isinstance(raw, dict) else None
    if inner is None:
        return content
    return inner.encode() if isinstance(inner, str) else json.dumps(inner).encode()


def expected_of(name):
    for part, (error, _reason) in EXCEPTIONS.items():
        if part in name:
            return error
    return None


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_sample_reads_sensibly_or_ends_in_its_error(path):
    expected = expected_of(path.name)
    if expected is None and any(call in path.name for call in CALLS_WITHOUT_DATA):
        for convert in CONVERT.values():
            with pytest.raises(OpenSaldoError):
                convert(body_of(path))
        return
    kind = kind_of(path.name)
    if expected is not None:
        with pytest.raises(OpenSaldoError) as caught:
            CONVERT[kind](body_of(path))
        assert type(caught.value).__name__ == expected
        return
    sensible(kind, CONVERT[kind](body_of(path)))


def sensible(kind, found):
    if kind == "accounts":
        assert found
        assert all(one.resource_id and one.reading.account.currency for one in found)
        assert len({one.resource_id for one in found}) == len(found)
    elif kind == "balances":
        assert found.items
        assert found.booked is not None or found.available is not None
    else:
        rows = (*found.booked, *found.pending)
        assert all(row.bank_id for row in rows)
        assert all(row.amount.is_finite() for row in rows)
        assert not rows or found.currency


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
@pytest.mark.parametrize("kind", list(CONVERT))
def test_a_sample_read_as_any_kind_ends_in_nouns_or_a_named_error(kind, path):
    """Whatever stands in the body, nothing but our own errors may come out of reading it."""
    for body in (path.read_bytes(), body_of(path)):
        with contextlib.suppress(OpenSaldoError):
            CONVERT[kind](body)
