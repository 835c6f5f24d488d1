"""Rate leases: each process takes a share of a client's requests per window, exact over all."""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, delete, select, update

from opensaldo.store.conflicts import insert_new
from opensaldo.store.tables import rate_leases

_THIS = (rate_leases.c.client_id == bindparam("of_client")) & (
    rate_leases.c.window_start_s == bindparam("of_window")
)
_OPEN = insert_new(rate_leases)
_GRANTED = select(rate_leases.c.granted).where(_THIS).with_for_update()
_GRANT = update(rate_leases).where(_THIS).values(granted=bindparam("new_granted"))
_PRUNE = delete(rate_leases).where(rate_leases.c.window_start_s < bindparam("before_s"))


def lease(
    connection: Connection, client_id: str, window_start_s: int, wanted: int, limit: int
) -> int:
    """Grant some of a window's requests; returns how many, 0 when the limit is used up."""
    which = {"of_client": client_id, "of_window": window_start_s}
    new = {"client_id": client_id, "window_start_s": window_start_s, "granted": 0}
    connection.execute(_OPEN, new)
    granted = int(connection.execute(_GRANTED, which).scalar_one())
    share = max(0, min(wanted, limit - granted))
    if share:
        connection.execute(_GRANT, {**which, "new_granted": granted + share})
    return share


def prune_leases(connection: Connection, before_s: int) -> int:
    """Delete the windows that began before then; returns how many."""
    return connection.execute(_PRUNE, {"before_s": before_s}).rowcount
