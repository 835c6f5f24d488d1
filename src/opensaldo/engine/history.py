"""How far back an import may reach, and how far it reads to be sure of what it shows."""

from __future__ import annotations

from datetime import date, timedelta

from opensaldo.domain.session import Session

HISTORY_DEFAULT = timedelta(days=90)
HISTORY_MAX = timedelta(days=5 * 365 + 1)
READ_MIN = timedelta(days=45)  # a row may be listed 24 days on its way, wait 14, and 7 are an edge


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


def read_from(shown_since: date, today: date) -> date:
    """The first day to read of an import that shows rows from a later one on.

    In a shorter range rows come in by another day, so balances prove nothing, and a row on its way
    books out of sight.
    """
    return min(shown_since, today - READ_MIN)
