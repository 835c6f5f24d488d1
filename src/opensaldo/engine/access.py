"""The access a sign-in gave, as the bytes that are sealed under the session's key."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from opensaldo.connectors.base import Access, PsuContext
from opensaldo.domain.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantedAccess:
    """The bank's access and the device of the person who granted it."""

    access: Access
    psu: PsuContext


def pack(granted: GrantedAccess) -> bytes:
    """The granted access as bytes; they hold tokens, so they are only ever kept sealed."""
    access, psu = granted.access, granted.psu
    return json.dumps(
        {
            "grant": access.grant,
            "access_token": access.access_token.reveal(),
            "expires_at": access.expires_at.isoformat(),
            "refresh_token": access.refresh_token and access.refresh_token.reveal(),
            "account_numbers": access.account_numbers,
            "valid_until": access.valid_until and access.valid_until.isoformat(),
            "history_days": access.history_days,
            "memory": dict(access.memory),
            "psu": {"ip_address": psu.ip_address, "user_agent": psu.user_agent},
        }
    ).encode()


def unpack(data: bytes) -> GrantedAccess:
    """The granted access that `pack` wrote."""
    kept = json.loads(data)
    return GrantedAccess(
        access=Access(
            grant=kept["grant"],
            access_token=Secret(kept["access_token"]),
            expires_at=datetime.fromisoformat(kept["expires_at"]),
            refresh_token=kept["refresh_token"] and Secret(kept["refresh_token"]),
            account_numbers=tuple(kept["account_numbers"]),
            valid_until=kept["valid_until"] and datetime.fromisoformat(kept["valid_until"]),
            history_days=kept["history_days"],
            memory=kept["memory"],
        ),
        psu=PsuContext(**kept["psu"]),
    )
