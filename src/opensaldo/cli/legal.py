"""`opensaldo client terms CLIENT …`: the texts a client's people are shown before they agree."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from rich.table import Table

from opensaldo.cli.clients import with_store
from opensaldo.cli.tables import print_table
from opensaldo.domain.clock import system_clock
from opensaldo.domain.legal_text import BYTES_MAX, TextKind
from opensaldo.engine import legal_texts
from opensaldo.engine.legal_texts import LANGUAGES
from opensaldo.errors import InvalidArgument
from opensaldo.web.widget.languages import served


def terms(options: argparse.Namespace) -> int:
    """Set, remove or show one text; without a kind, list which texts are the client's own."""
    if options.kind is None:
        if options.file is not None or options.remove or options.locale is not None:
            raise InvalidArgument("--kind: terms or privacy; nothing was changed.")
        return _list(options.client)
    kind, language = TextKind(options.kind), _language(options.locale)
    if options.remove:
        with_store(lambda store: legal_texts.remove_text(store, options.client, kind, language))
        print(f"{options.client} shows the platform's {kind.value} in {language} again.")
    elif options.file is not None:
        content = _read(options.file)
        own = with_store(
            lambda store: legal_texts.set_text(
                store, system_clock, options.client, kind, language, content
            )
        )
        print(f"{options.client} shows its own {kind.value} in {language}, version {own.version}.")
    else:
        both = with_store(lambda store: legal_texts.texts_for(store, options.client, language))
        shown = both.terms if kind is TextKind.TERMS else both.privacy
        sys.stdout.write(shown.text)
    return 0


def _list(client_id: str) -> int:
    own = with_store(lambda store: legal_texts.own_texts(store, client_id))
    since = {(text.kind, text.language): (text.version, at) for text, at in own}
    table = Table("text", "language", "whose", "since (UTC)", "version")
    for language in LANGUAGES:
        for kind in TextKind:
            version, at = since.get((kind, language), (None, None))
            table.add_row(
                kind.value,
                language,
                client_id if version else "the platform's",
                f"{at:%Y-%m-%d %H:%M}" if at else "-",
                version or legal_texts.platform_text(kind, language).version,
            )
    print_table(table)
    return 0


def _language(locale: str | None) -> str:
    language = served(locale or "")
    if language is None:
        raise InvalidArgument(f"--locale: one of {', '.join(LANGUAGES)}.")
    return language


def _read(file: Path) -> bytes:
    with file.open("rb") as source:
        return source.read(BYTES_MAX + 1)
