"""Auto import: an import that starts with the sign-in, for clients who call no API.

It is accepted in the transaction that signs the person in: there is no moment at which one of the
two could be lost, and the page may be closed at once. Nothing passes the client's servers.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import replace
from datetime import date

from opensaldo.domain.session import AutoImport, Redirection, Session
from opensaldo.domain.target import AccessMode
from opensaldo.engine.commands import accept_unasked
from opensaldo.engine.finishing import AndThen
from opensaldo.engine.platform import Platform
from opensaldo.engine.signin import SignInOptions
from opensaldo.errors import InvalidParameter, InvalidSince
from opensaldo.store.db import Connection

MONTHS_PER_YEAR = 12


def settled(options: SignInOptions, today: date) -> SignInOptions:
    """The options with the day the import reaches back to, which the sign-in then asks for too.

    Raises:
        InvalidParameter: repeated access is asked for as well; who has it imports by request.
        InvalidSince: the day is in the future.
    """
    wanted = options.auto_import
    if wanted is None:
        return options
    if options.access_mode is not AccessMode.SINGLE:
        raise InvalidParameter("autoImport goes with the access mode SINGLE only.")
    since = wanted.since
    if wanted.months is not None:
        since = _months_before(today, wanted.months)
    if since is not None and since > today:
        raise InvalidSince
    return replace(
        options,
        auto_import=AutoImport(since=since),
        max_import_date=options.max_import_date or since,
    )


def following(platform: Platform, redirection: Redirection) -> AndThen | None:
    """What the sign-in's own transaction does besides: accept the import, if one was asked for."""
    wanted = redirection.auto_import
    if wanted is None:
        return None

    def accept(connection: Connection, session: Session) -> None:
        accept_unasked(connection, platform, session, wanted.since)

    return accept


def _months_before(day: date, months: int) -> date:
    """The same day so many months ago, or the last of a month that is too short for it."""
    year, month = divmod(day.year * MONTHS_PER_YEAR + day.month - 1 - months, MONTHS_PER_YEAR)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
