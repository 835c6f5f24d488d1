"""Every table of the store, on one MetaData; plain columns only for what is searched."""

from __future__ import annotations

from opensaldo.store.tables.banks import (
    switches,
    trials,
    wishes,
)
from opensaldo.store.tables.calling import (
    event_heads,
    events,
    idempotency_keys,
    rate_leases,
    usage,
)
from opensaldo.store.tables.client import (
    allowed_addresses,
    api_keys,
    client_origins,
    client_products,
    clients,
)
from opensaldo.store.tables.consent import (
    attempts,
    client_texts,
    consent_chain,
    consent_imports,
    consents,
    legal_texts,
    refreshes,
    remembered,
)
from opensaldo.store.tables.shape import metadata
from opensaldo.store.tables.sign_in import (
    funnel,
    redirections,
    sessions,
)
from opensaldo.store.tables.work import (
    commands,
    deletions,
    documents,
    one_default_import,
    owners,
)

__all__ = [
    "allowed_addresses",
    "api_keys",
    "attempts",
    "client_origins",
    "client_products",
    "client_texts",
    "clients",
    "commands",
    "consent_chain",
    "consent_imports",
    "consents",
    "deletions",
    "documents",
    "event_heads",
    "events",
    "funnel",
    "idempotency_keys",
    "legal_texts",
    "metadata",
    "one_default_import",
    "owners",
    "rate_leases",
    "redirections",
    "refreshes",
    "remembered",
    "sessions",
    "switches",
    "trials",
    "usage",
    "wishes",
]
