"""How far back an import may reach."""

from __future__ import annotations

from datetime import date, timedelta

from opensaldo.domain.session import Session

HISTORY_DEFAULT = timedelta(days=90)
HISTORY_MAX = timedelta(days=5 * 365 + 1)


def earliest_day(
    session: Session, since: date | None, *, today: date, is_mock: bool, later: timedelta
) -> date:
    """The first day an import may reach: `since`, moved up to the latest limit that applies.

    `later` is how far back a reused session may reach.

    Source: wire contract, section 5.1.
    """
    limits = [today - HISTORY_MAX]
    is_reused = not session.attended
    if session.max_import_date is not None:
        limits.append(session.max_import_date)
    elif not is_reused and not is_mock:
        limits.append(today - HISTORY_DEFAULT)
    if is_reused:
        limits.append(today - later)
    asked = since or session.max_import_date or today - HISTORY_DEFAULT
    return max(asked, *limits)
