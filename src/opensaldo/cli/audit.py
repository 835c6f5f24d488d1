"""`opensaldo audit …`: the chain of consents, what it tells, and an anchor to keep elsewhere."""

from __future__ import annotations

import argparse
import sys

from rich.table import Table

from opensaldo.cli.imports import with_store
from opensaldo.cli.tables import print_table
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


def show(options: argparse.Namespace) -> int:
    """Print the entries about a consent or a session: what was accepted, what became of it."""
    found = with_store(lambda store: audit.entries_about(store, options.subject))
    table = Table("entry", "at (UTC)", "client", "target", "what", "of")
    for one in found:
        accepted = one.acceptance
        texts = (
            f"in {accepted.language}\nterms {accepted.terms_version}\n"
            f"privacy {accepted.privacy_version}"
            if accepted
            else f"consent {one.consent_id}"
        )
        of = f"session {one.session_id}\n{texts}" if one.session_id else texts
        when = f"{one.at:%Y-%m-%d %H:%M:%S}"
        table.add_row(str(one.number), when, one.client_id, one.target, one.status, of)
    print_table(table)
    return 0


def text(options: argparse.Namespace) -> int:
    """Print what a version says, byte for byte."""
    sys.stdout.write(with_store(lambda store: audit.text_of(store, options.version)))
    return 0


def _anchor(text: str | None) -> Anchor | None:
    try:
        return None if text is None else Anchor.parse(text)
    except ValueError as mistake:
        raise InvalidArgument(f"--anchor: {mistake}.") from None
