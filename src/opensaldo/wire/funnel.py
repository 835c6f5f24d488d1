"""The funnel as JSON, for programs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import msgspec

from opensaldo.domain.client import Client
from opensaldo.domain.funnel import FunnelRow


def funnel_json(client: Client, since: date, until: date, found: Sequence[FunnelRow]) -> bytes:
    """The client's funnel over these days, both included, a row a day, target and channel."""
    return msgspec.json.encode(
        {
            "client": client.id,
            "environment": client.environment.value,
            "since": since,
            "until": until,
            "rows": [
                {
                    "day": row.started_on,
                    "target": row.target,
                    "channel": row.channel,
                    "started": row.started,
                    "bankChosen": row.bank_chosen,
                    "atBank": row.at_bank,
                    "back": row.back,
                    "success": row.success,
                    "pending": row.pending,
                    "exits": row.exits,
                }
                for row in found
            ],
        }
    )
