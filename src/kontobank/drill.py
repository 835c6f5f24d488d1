"""`kontobank drill`: outages and expired consents at a running bank, for the people who watch.

A drill ends what it began, also on Ctrl-C; an outage ends by itself even when the drill is killed.
"""

import argparse
import json
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from kontobank.clock import Clock
from kontobank.outages import EVERYWHERE, KINDS, OUTAGE_MAX_S
from kontobank.people.countries import COUNTRIES

DEFAULT_URL = "http://127.0.0.1:8500"
ANSWER_TIMEOUT_S = 10
LOOK_EVERY_S = 0.1
SWITCHING = "After five failures within ten minutes a target with a fallback goes over to it."
EXPECTED = {
    "503": (
        "imports end in ServiceTemporarilyUnavailable",
        "opensaldo_bank_calls_total counts status 503",
        SWITCHING,
    ),
    "maintenance": (
        "imports end in ServiceTemporarilyUnavailable, or in ServiceMaintenance where a standard "
        "has a word for it",
        SWITCHING,
    ),
    "reset": ("imports end in IO", "opensaldo_bank_calls_total counts status 0", SWITCHING),
    "slow": ("imports end in IO after 30 seconds", SWITCHING),
    "limit": (
        "imports end in ServiceTemporarilyUnavailable, with a consent in "
        "MultipleAccessLimitExceeded",
    ),
    "expire": (
        "imports under these consents end in SessionExpired, with a multiple access id in "
        "InvalidMultipleAccessId; the person must sign in again",
    ),
}
Json = dict[str, Any]


class Unheard(Exception):
    """The bank did not take the order; the text says why."""


class Switchboard:
    """The controls of a running bank."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def send(self, method: str, path: str, body: Json | None = None) -> Json:
        """The switchboard's answer; Unheard when there is none, or a refusal."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310 - the address is the operator's own
            f"{self._url}/switchboard/{path}", data, method=method
        )
        try:
            with self._opener.open(request, timeout=ANSWER_TIMEOUT_S) as reply:
                found: Json = json.loads(reply.read())
                return found
        except urllib.error.HTTPError as refusal:
            said = refusal.read().decode("utf-8", "replace")[:200]
            raise Unheard(f"the bank refuses ({refusal.code}): {said}") from None
        except (OSError, ValueError):
            raise Unheard(f"no KontoBank answers at {self._url}; give its --url") from None


def add_drills(drill: argparse.ArgumentParser) -> None:
    """The drills with their options."""
    kinds = drill.add_subparsers(metavar="DRILL", required=True)
    outage = _add(kinds, "outage", "every call fails for a while", _outage)
    outage.add_argument("--kind", choices=[k for k in KINDS if k != "limit"], default="503")
    limit = _add(kinds, "limit", "every call is one too many for a while", _outage)
    limit.set_defaults(kind="limit")
    for one in (outage, limit):
        one.add_argument("--for", dest="seconds", type=_seconds, default=60, help="seconds")
        one.add_argument("--bank", choices=COUNTRIES, default=EVERYWHERE, help="default: all")
    expire = _add(kinds, "expire", "the consents of a login end now", _expire)
    expire.add_argument("--login", required=True, help="such as test1")
    _add(kinds, "list", "show what is going on", _list)
    _add(kinds, "end", "end every outage and clear every fault", _end)


def _add(
    kinds: Any, name: str, summary: str, work: Callable[[argparse.Namespace], None]
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = kinds.add_parser(name, help=summary, description=summary)
    parser.add_argument("--url", default=DEFAULT_URL, help=f"the bank's; default {DEFAULT_URL}")
    parser.set_defaults(run=work)
    return parser


def _outage(options: argparse.Namespace) -> None:
    board, console = Switchboard(options.url), Console(highlight=False)
    order = {"kind": options.kind, "place": options.bank, "for_s": options.seconds}
    try:
        board.send("PUT", "outage", order)
        where = "every country" if options.bank == EVERYWHERE else options.bank
        done = f"{KINDS[options.kind]}, in {where}, for {options.seconds} s"
        _say(console, options.kind, done)
        _wait(console, options.seconds)
    finally:
        board.send("DELETE", "outage")
        console.print("[green]The bank is there again.[/]")


def _wait(console: Console, seconds: int) -> None:
    """So much time has passed; a bar has shown it."""
    columns = (TextColumn("[red]outage[/]"), BarColumn(), TextColumn("{task.completed:.0f} s"))
    ends_at = Clock.real_now() + timedelta(seconds=seconds)
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("outage", total=seconds)
        while (left := (ends_at - Clock.real_now()).total_seconds()) > 0:
            Clock.wait(min(LOOK_EVERY_S, left))
            bar.update(task, completed=seconds - max(0.0, left))


def _expire(options: argparse.Namespace) -> None:
    found = Switchboard(options.url).send("POST", "expire", {"login": options.login})
    done = f"{found['ended']} consent(s) of {options.login} withdrawn; no new call is served"
    _say(Console(highlight=False), "expire", done)


def _list(options: argparse.Namespace) -> None:
    state = Switchboard(options.url).send("GET", "state")
    table = Table("what", "now", title=f"KontoBank at {options.url}", title_justify="left")
    outage = state["outage"]
    shown = Text("none", "green")
    if outage:
        shown = Text(f"{outage['kind']} at {outage['place']} until {outage['until']}", "red")
    table.add_row("outage", shown)
    table.add_row("faults waiting", str(state["faults"]))
    table.add_row("latency", f"{state['latency_ms']} ms")
    table.add_row("the bank's time", state["now"])
    Console(highlight=False).print(table)


def _end(options: argparse.Namespace) -> None:
    board = Switchboard(options.url)
    board.send("DELETE", "outage")
    board.send("DELETE", "faults")
    Console().print("[green]No outage, no fault.[/]")


def _say(console: Console, kind: str, done: str) -> None:
    table = Table(show_header=False, title=Text(f"Drill: {kind}", "bold"), title_justify="left")
    table.add_row(Text("done", "yellow"), Text(done))
    for number, line in enumerate(EXPECTED[kind]):
        table.add_row(Text("expect" if number == 0 else "", "cyan"), Text(line))
    console.print(table)


def _seconds(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= OUTAGE_MAX_S:
        raise argparse.ArgumentTypeError(f"seconds from 1 to {OUTAGE_MAX_S}")
    return int(text)
