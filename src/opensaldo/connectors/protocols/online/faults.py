"""From what a bank's page says to whoever must act."""

from __future__ import annotations

from opensaldo.connectors.browsing import Seen
from opensaldo.connectors.protocols.online.layout import Layout
from opensaldo.connectors.protocols.online.pages import Kind, Shown
from opensaldo.connectors.refusals import seconds_in
from opensaldo.errors import (
    BankAccessEnded,
    BankError,
    BankMaintenance,
    BankRateLimited,
    BankUnavailable,
    OpenSaldoError,
)

NONE_LEFT = 429
GONE = (401, 403)
SERVER_FAULT = 500


def fault_of(seen: Seen, page: Shown, layout: Layout) -> OpenSaldoError | None:
    """The error this page stands for; None when it is a page to go on with."""
    if page.error:
        named = layout.error_of_code.get(page.error)
        return named() if named else BankUnavailable()
    if page.kind is Kind.MAINTENANCE:
        return BankMaintenance(retry_after_s=seconds_in(seen.retry_after))
    return fault_of_status(seen) or (BankUnavailable() if page.kind is Kind.REFUSED else None)


def fault_of_status(seen: Seen) -> BankError | None:
    """The error a status stands for, None for one that is fine."""
    if seen.status == NONE_LEFT:
        return BankRateLimited(retry_after_s=seconds_in(seen.retry_after))
    if seen.status in GONE:
        return BankAccessEnded()
    if seen.status >= SERVER_FAULT:
        return BankUnavailable(retry_after_s=seconds_in(seen.retry_after))
    return None if seen.status == 200 else BankUnavailable()
