"""What a token reply grants, as far as it says so; pure."""

from __future__ import annotations

import re
from datetime import datetime
from typing import NamedTuple

from opensaldo.connectors import lenient
from opensaldo.connectors.protocols.polish_api import messages
from opensaldo.errors import BankAnsweredNonsense

TOKEN_DAYS_MAX = 366
_SECONDS = re.compile(r"[0-9]{1,9}")


class Granted(NamedTuple):
    """What a token reply grants, as far as it says so."""

    access_token: str
    expires_in_s: int
    refresh_token: str | None
    account_numbers: tuple[str, ...]
    valid_until: datetime | None
    history_days: int | None
    consent_id: str | None


def granted(reply: messages.TokenReply) -> Granted:
    """What the bank granted.

    Raises:
        BankAnsweredNonsense: there is no token, or no understandable life of it.
    """
    if not lenient.text(reply.access_token):
        raise BankAnsweredNonsense("access_token", "a token")
    life = str(reply.expires_in)
    if not _SECONDS.fullmatch(life):
        raise BankAnsweredNonsense("expires_in", "whole seconds")
    scope = reply.scope_details or messages.GrantedScope()
    items = scope.privilege_list or []
    histories = [item.done.max_allowed_history_long for item in items if item.done]
    days = [one for one in histories if one is not None and one > 0]
    return Granted(
        access_token=str(reply.access_token),
        expires_in_s=min(int(life), TOKEN_DAYS_MAX * 86_400),
        refresh_token=lenient.text(reply.refresh_token),
        account_numbers=lenient.distinct(item.account_number for item in items),
        valid_until=lenient.instant(scope.scope_time_limit, "scope_details.scopeTimeLimit"),
        history_days=min(days, default=None),
        consent_id=lenient.text(scope.consent_id),
    )
