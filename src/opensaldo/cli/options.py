"""What each subcommand takes; the work behind it is imported when it is run."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from opensaldo.interrupts import interrupts_kept

PORT_MAX = 65535
COUNTRIES = ("pl", "cz", "es", "pt", "ro", "lt", "lv", "ee")
CONVERTED_STANDARDS = ("berlin_group", "polish_api", "czech_standard", "obie")

Subparsers = Any  # argparse keeps its class private
Run = Callable[[argparse.Namespace], int]


def add_subcommands(subparsers: Subparsers) -> None:
    """Every subcommand with its options."""
    _demo(subparsers)
    _add(subparsers, "serve", "run the API, the sign-in pages and an executor", "serve.serve")
    _add(subparsers, "worker", "run an executor only (PostgreSQL)", "serve.worker")
    _add(subparsers, "migrate", "bring the database up to this version", "upkeep.migrate")
    _add(subparsers, "purge", "delete now what is due", "upkeep.purge")
    _add(
        subparsers,
        "check-config",
        "check the configuration and show it, secrets hidden",
        "upkeep.check_config",
    )
    _client(subparsers)
    _bill(subparsers)
    _funnel(subparsers)
    _refresh(subparsers)
    _banks(subparsers)
    _imports(subparsers)
    _audit(subparsers)
    _owner(subparsers)
    _certificates(subparsers)


def _refresh(subparsers: Subparsers) -> None:
    refresh = _add(
        subparsers,
        "refresh",
        "import consents by themselves, so many times a day",
        "refresh.refresh",
    )
    refresh.add_argument("client")
    refresh.add_argument("times", type=int, help="0 (never, as without this command) to 3")
    refresh.add_argument("--owner", help="only those of this ownerExternalId")


def _demo(subparsers: Subparsers) -> None:
    demo = _add(
        subparsers,
        "demo",
        "sign a synthetic person in to the mock bank, import, and leave the server running",
        "demo.demo",
    )
    demo.add_argument("--once", action="store_true", help="end after the import")
    demo.add_argument("--json", action="store_true", help="print one JSON object on one line")
    demo.add_argument("--port", type=_port, default=8400, help="the API's port; 0 takes a free one")
    demo.add_argument(
        "--data-dir", type=Path, default=Path(".demo"), help="where the demo keeps its data"
    )


def _client(subparsers: Subparsers) -> None:
    client = subparsers.add_parser(
        "client", help="make clients, their keys, addresses and products"
    )
    actions = client.add_subparsers(metavar="ACTION", required=True)
    create = _add(actions, "create", "make a client; the id of a TEST client ends in -test")
    create.add_argument("client", help="a slug, such as acme-test")
    create.add_argument("--legal-name", required=True, help="shown to people in the consent")
    _add(actions, "list", "show all clients")
    show = _add(actions, "show", "show one client: keys (masked), addresses, products")
    show.add_argument("client")
    key = _add(actions, "key", "make a key and show it once, or revoke one")
    key.add_argument("client")
    key.add_argument("--revoke", type=int, metavar="NUMBER", help="the key's number in `show`")
    for name, help_text in (
        ("allow", "accept calls from an address or network"),
        ("disallow", "no longer accept calls from an address or network"),
    ):
        address = _add(actions, name, help_text)
        address.add_argument("client")
        address.add_argument("network", help="192.0.2.7, 192.0.2.0/24 or 2001:db8::/32")
    product = _add(actions, "product", "switch a product on or off")
    product.add_argument("client")
    product.add_argument("product")
    product.add_argument("state", choices=("on", "off"))
    origin = _add(actions, "origin", "let pages embed the client's sign-in, or no longer")
    origin.add_argument("client")
    origin.add_argument("address", help="https://shop.example.com")
    origin.add_argument("--remove", action="store_true", help="no longer")
    polling = _add(actions, "poll-requires-session", "ask for session id and signature on polls")
    polling.add_argument("client")
    polling.add_argument("state", choices=("on", "off"))

    retention = _add(actions, "retention", "delete a client's data earlier than everybody's")
    retention.add_argument("client")
    retention.add_argument("hours", type=_hours, help="whole hours after the import, or default")
    terms = _add(
        actions,
        "terms",
        "set, remove, show or list the terms and privacy texts people are shown",
        "legal.terms",
    )
    terms.add_argument("client")
    terms.add_argument("--kind", choices=("terms", "privacy"), help="which; without it, a list")
    terms.add_argument("--locale", help="the language it is written in, such as pl")
    change = terms.add_mutually_exclusive_group()
    change.add_argument("--file", type=Path, help="set the text in this file: plain, UTF-8")
    change.add_argument("--remove", action="store_true", help="show the platform's text again")


def _bill(subparsers: Subparsers) -> None:
    bill = _add(subparsers, "bill", "show what a client owes for a month, and why", "bill.bill")
    bill.add_argument("client")
    bill.add_argument("month", help="YYYY-MM, a month in Poland")
    bill.add_argument("--prices", type=Path, help="another price list than yours: what if")
    shape = bill.add_mutually_exclusive_group()
    shape.add_argument("--json", action="store_true", help="print one JSON object")
    shape.add_argument("--csv", action="store_true", help="print rows for a spreadsheet")


def _funnel(subparsers: Subparsers) -> None:
    funnel = _add(
        subparsers,
        "funnel",
        "show how far a client's sign-ins got, and why they ended",
        "funnel.funnel",
    )
    funnel.add_argument("client")
    funnel.add_argument("--days", type=int, default=30, help="how many days back; default 30")


def _banks(subparsers: Subparsers) -> None:
    banks = subparsers.add_parser("banks", help="list, show and check banks; read their answers")
    actions = banks.add_subparsers(metavar="ACTION", required=True)
    listed = _add(actions, "list", "show the targets of the catalogue", "banks.list_banks")
    listed.add_argument("--country", choices=COUNTRIES)
    listed.add_argument("--status", choices=("proven", "documented", "unproven"))
    listed.add_argument("--json", action="store_true", help="print one JSON object")
    show = _add(actions, "show", "show all that is known of one target", "banks.show")
    show.add_argument("target")
    show.add_argument("--json", action="store_true", help="print one JSON object")
    health = _add(actions, "health", "show where sign-ins failed lately", "health.show")
    health.add_argument("--json", action="store_true", help="print one JSON object")
    check = _add(actions, "check", "say what is wrong with the bank files, or one", "banks.check")
    check.add_argument("file", nargs="?", type=Path)
    wished = _add(actions, "wished", "show the banks people looked for in vain", "wished.wished")
    wished.add_argument("--client", help="only those of this client's visitors")
    wished.add_argument("--json", action="store_true", help="print one JSON object")
    convert = _add(
        actions, "convert", "turn a bank's raw answer into our nouns", "bank_answers.convert"
    )
    convert.add_argument("standard", choices=CONVERTED_STANDARDS)
    convert.add_argument(
        "kind", choices=("accounts", "balances", "transactions", "card_transactions")
    )
    convert.add_argument("file", help="the answer as the bank sent it; - reads standard input")
    convert.add_argument("--json", action="store_true", help="print the JSON object on one line")
    _switch(actions)


def _imports(subparsers: Subparsers) -> None:
    imports = subparsers.add_parser(
        "imports", aliases=["import"], help="list and show imports; replay a recorded one"
    )
    actions = imports.add_subparsers(metavar="ACTION", required=True)
    listed = _add(actions, "list", "show the newest imports", "imports.list_imports")
    listed.add_argument("--count", type=int, default=20, help="how many; default 20")
    show = _add(actions, "show", "show one import and its receipt", "imports.show")
    show.add_argument("command", help="the command's id")
    show.add_argument("--reveal", action="store_true", help="show the owner's id too")
    show.add_argument(
        "--result", action="store_true", help="print what was imported, which is personal data"
    )
    replay = _add(
        actions,
        "replay",
        "run a recorded import through this version and show the difference; nothing changes",
        "replay.run",
    )
    export = _add(actions, "export", "write a transcript for another version", "replay.write")
    for one, is_export in ((replay, False), (export, True)):
        one.add_argument("command", help="the command's id")
        one.add_argument(
            "--dir", type=Path, required=is_export, help="folder of exported transcripts"
        )
        one.add_argument(
            "--key-file",
            type=Path,
            required=is_export,
            help="the operator's key, 64 hex digits; `export` makes one",
        )
    replay.add_argument("--json", action="store_true", help="print one JSON object")
    replay.add_argument("--reveal", action="store_true", help="show the values that differ")


def _audit(subparsers: Subparsers) -> None:
    audit = subparsers.add_parser("audit", help="check the chain of consents; print its anchor")
    actions = audit.add_subparsers(metavar="ACTION", required=True)
    _add(actions, "head", "print the anchor of the newest entry, to keep elsewhere", "audit.head")
    verify = _add(actions, "verify", "check the whole chain", "audit.verify")
    verify.add_argument("--anchor", help="an anchor printed earlier, which must still be in it")
    show = _add(actions, "show", "show what became of a consent or session", "audit.show")
    show.add_argument("subject", help="the id of a consent or of a session")
    text = _add(actions, "text", "print a text that was accepted", "audit.text")
    text.add_argument("version", help="64 hex digits, as `show` prints them")


def _owner(subparsers: Subparsers) -> None:
    owner = subparsers.add_parser(
        "owner", help="export or erase all that is held about a person; show proofs of deletion"
    )
    actions = owner.add_subparsers(metavar="ACTION", required=True)
    for name, help_text, count in (
        ("export", "print everything held about an owner as one JSON object", None),
        ("erase", "erase all of it, end the consents at the bank, print the proof", None),
        ("proof", "print what was deleted when, of one owner or of all the client's", "?"),
    ):
        action = _add(actions, name, help_text, f"owner.{name}")
        action.add_argument("owner_external_id", nargs=count, help="the client's own id for them")
        action.add_argument("--client", required=True)


def _switch(actions: Subparsers) -> None:
    switch = _add(actions, "switch", "use a bank's interface or its fallback", "switch.switch")
    switch.add_argument("target", help="the PSD2 target, such as KontoBankApi")
    switch.add_argument("way", choices=("psd2", "fallback", "automatic"))
    switch.add_argument("--client", help="for this client only")


def _certificates(subparsers: Subparsers) -> None:
    certificates = subparsers.add_parser(
        "certificates", help="make test certificates, inspect ours, see when they expire"
    )
    actions = certificates.add_subparsers(metavar="ACTION", required=True)
    make = _add(actions, "make", "make a test authority, QWAC and QSEAL", "certificates.make")
    make.add_argument("--tpp-id", help="organizationIdentifier; default: that of our seal")
    make.add_argument("--replace", action="store_true", help="even if there are some already")
    show = _add(actions, "show", "show ours, or the one in a file", "certificates.show")
    show.add_argument("file", nargs="?", type=Path)
    show.add_argument("--json", action="store_true", help="print one JSON object")


def _add(
    subparsers: Subparsers, name: str, summary: str, work: str | None = None
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = subparsers.add_parser(name, help=summary, description=summary)
    parser.set_defaults(run=_later(work or f"clients.{name.replace('-', '_')}"))
    return parser


def _later(work: str) -> Run:
    """The function `module.function` of this package, imported when it is called."""
    module, _, function = work.partition(".")

    def run(options: argparse.Namespace) -> int:
        with interrupts_kept():
            found: Run = getattr(import_module(f"opensaldo.cli.{module}"), function)
        return found(options)

    return run


def _hours(text: str) -> int | str:
    if text == "default":
        return text
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"expected whole hours or default, not {text!r}")
    return int(text)


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > PORT_MAX:
        raise argparse.ArgumentTypeError(f"expected a port from 0 to {PORT_MAX}, not {text!r}")
    return int(text)
