"""`opensaldo audit head|verify`: the chain of consents, and an anchor to keep elsewhere."""

from __future__ import annotations

import argparse

from opensaldo.cli.imports import with_store
from opensaldo.domain.consent_chain import Anchor
from opensaldo.engine import audit
from opensaldo.errors import InvalidArgument

EXIT_BROKEN = 1


def head(_options: argparse.Namespace) -> int:
    """Print the anchor of the newest entry."""
    print(with_store(audit.head))
    return 0


def verify(options: argparse.Namespace) -> int:
    """Check the whole chain, and that it still holds the entry of the anchor."""
    anchor = _anchor(options.anchor)
    newest, broken = with_store(lambda store: audit.verify(store, anchor))
    if broken is not None:
        print(f"Broken: entry {broken.number} {broken.reason}.")
        return EXIT_BROKEN
    print(f"The chain holds, {newest.number} entries; its anchor is {newest}.")
    return 0


def _anchor(text: str | None) -> Anchor | None:
    try:
        return None if text is None else Anchor.parse(text)
    except ValueError as mistake:
        raise InvalidArgument(f"--anchor: {mistake}.") from None
