"""Everything held about one owner, opened, for a person who asks what is known of them."""

from __future__ import annotations

import json
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from opensaldo.domain.client import Client
from opensaldo.engine.erasure import proofs
from opensaldo.engine.kept import RECEIPT, document_place, memory_place
from opensaldo.engine.platform import Platform
from opensaldo.engine.renewal import owner_hash
from opensaldo.errors import UnknownOwnerExternalId
from opensaldo.store.keys import WrappedKey
from opensaldo.store.queries import personal
from opensaldo.store.queries.personal import Held
from opensaldo.store.vault import KeyDestroyed

SECRETS = ("sealed_access", "sealed_sca", "sealed_owner")


async def export_owner(
    platform: Platform, client: Client, owner_external_id: str
) -> dict[str, Any]:
    """All that is held: imports and what was recorded of them opened, rows as they are.

    Secrets of the person's access to the bank are told of, not shown.

    Raises:
        UnknownOwnerExternalId: nothing is held under this id.
    """
    owner = (client.id, client.environment, owner_external_id)
    mark = owner_hash(platform.vault, client.id, owner_external_id)
    held = await platform.store.fetch(personal.held_of, *owner, mark)
    if not any(held.rows.values()):
        raise UnknownOwnerExternalId
    _open(platform, held)
    return {
        "owner_external_id": owner_external_id,
        "client_id": client.id,
        "environment": client.environment.value,
        "exported_at": platform.clock(),
        **held.rows,
        "deletions": [asdict(one) for one in await proofs(platform, client, owner_external_id)],
    }


def _open(platform: Platform, held: Held) -> None:
    """What is sealed is opened in its row, but for secrets: of those the row says that they are."""
    for row in held.rows["documents"]:
        sealed, key = row.pop("sealed"), held.keys.get(row["session_id"])
        row["content"] = _content(platform, key, sealed, row["command_id"], row["kind"])
    for row in held.rows["commands"]:
        sealed, key = row.pop("sealed_receipt"), held.keys.get(row["session_id"])
        row["receipt"] = sealed and _content(platform, key, sealed, row["id"], RECEIPT)
    for row in held.rows["memories"]:
        place = memory_place(row["consent_id"], row["account_id"])
        row["content"] = _read(platform.vault.open_long(row.pop("sealed"), place))
    for row in (*held.rows["sessions"], *held.rows["redirections"], *held.rows["consents"]):
        for name in SECRETS:
            if name in row:
                row["holds_" + name.removeprefix("sealed_")] = row.pop(name) is not None


def _content(
    platform: Platform, wrapped: WrappedKey | None, sealed: bytes, command_id: str, kind: str
) -> Any:
    """What was sealed, as JSON where it is JSON; None when its key is destroyed."""
    if wrapped is None:
        return None
    try:
        key = platform.vault.unwrap(wrapped)
    except KeyDestroyed:
        return None
    return _read(platform.vault.open_sealed(key, sealed, document_place(command_id, kind)))


def _read(clear: bytes) -> Any:
    """The bytes as JSON, or as text where they are not JSON."""
    try:
        return json.loads(clear, parse_float=Decimal)
    except ValueError:
        return clear.decode()
