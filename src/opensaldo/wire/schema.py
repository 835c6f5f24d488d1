"""The published XSD files that describe every XML reply, one per reply and one of shared types."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

SCHEMA_NAMES = (
    "command_setup",
    "default_import",
    "delete_data",
    "delete_multiple_access",
    "get_command_catalog",
    "get_data",
    "import_account_transactions",
    "import_accounts",
    "import_credit_card_transactions",
    "import_credit_cards",
    "import_owners",
    "reply",
    "session",
    "sign_out",
    "types",
)


@cache
def schema_file(name: str) -> bytes | None:
    """The schema published as `/schema/v1/<name>.xsd`, or None when there is no such name."""
    if name not in SCHEMA_NAMES:
        return None
    return (files("opensaldo.wire") / "schema" / "v1" / f"{name}.xsd").read_bytes()
