"""What people are shown: a result as tables; in the demo a progress bar and where to look next."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.panel import Panel
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

LATEST_SHOWN = 10
NOT_PROVEN = "the rows do not add up"


class Showing:
    """Everything the demo prints for people; quiet when a program reads."""

    def __init__(self, *, quiet: bool) -> None:
        """Print to the terminal, or nowhere."""
        self._console = Console(quiet=quiet, highlight=False)

    def started(self, address: str, kontobank_url: str) -> None:
        """The two programs are up."""
        self._console.print(f"[bold]OpenSaldo[/] {address}   [bold]KontoBank[/] {kontobank_url}")

    @contextmanager
    def progress(self) -> Iterator[Callable[[str, int], None]]:
        """A bar that moves while the visit goes on."""
        columns = (TextColumn("{task.description:<24}"), BarColumn(), TimeElapsedColumn())
        with Progress(*columns, console=self._console) as bar:
            task = bar.add_task("starting", total=100)
            yield lambda what, done: bar.update(task, description=what, completed=done)

    def result(self, result: dict[str, Any], summary: dict[str, Any]) -> None:
        """What came in, and how."""
        self.holdings(result, LATEST_SHOWN)
        receipt = result.get("receipt", {})
        self._console.print(
            f"{summary['command']} in {summary['seconds']} s · {summary['accounts']} account(s) · "
            f"{summary['transactions']} transactions · {receipt.get('pages', 0)} pages · "
            f"receipt: {receipt.get('outcome', '-')}"
        )
        self.receipt(result)

    def holdings(self, result: dict[str, Any], rows_max: int | None = None) -> None:
        """Owners, accounts and the latest transactions, or all of them."""
        self._console.print(_owners(result))
        for account in result.get("accounts", []):
            self._console.print(_account(account, rows_max))

    def receipt(self, result: dict[str, Any]) -> None:
        """What the import said of its own completeness."""
        self._console.print(_receipt(result.get("receipt", {})))

    def staying(self, summary: dict[str, Any]) -> None:
        """Where to look next; the server stays."""
        address, key = summary["api_url"], summary["api_key"]
        lines = [
            f"API        {address}/v1",
            f"API key    {key}",
            f"Docs       {address}/docs",
            f"Mock bank  {summary['kontobank_url']}/world",
            "",
            "Try it:",
            f"  curl -H 'X-Api-Key: {key}' -X POST {address}/v1/mock-session.xml",
            "",
            "Ctrl-C stops all of it.",
        ]
        if summary["shop_url"]:
            lines.insert(0, f"Shop       {summary['shop_url']}   apply for a loan there, as test1")
        self._console.print(
            Panel(Text("\n".join(lines)), title="Where to look next", expand=False),
            soft_wrap=True,
        )


def _receipt(receipt: dict[str, Any]) -> Table:
    """What the import says of its own completeness."""
    table = Table(title="Receipt", title_justify="left", show_header=False)
    for name in ("fetched", "new", "changed", "retired"):
        table.add_row(name, str(receipt.get(name, 0)))
    for why, count in receipt.get("skipped", {}).items():
        table.add_row("skipped", f"{count} ({why.replace('_', ' ')})")
    for check in receipt.get("balances", []):
        reason = check.get("reason", NOT_PROVEN if check.get("gap") else "proven").replace("_", " ")
        since = f" since {check['provenSince']}" if "provenSince" in check else ""
        newest = check.get("newestOn", "-")
        gap = f"gap {_amount(check.get('gap'))} {check['currency']}"
        said = f"{gap}, {reason}{since}, newest {newest}"
        table.add_row("balance", Text(said))
    if "callsLeft" in receipt:
        table.add_row("imports left", f"{receipt['callsLeft']} in these 24 hours")
    bank = " · ".join(
        receipt[name] for name in ("target", "standard", "version") if name in receipt
    )
    table.add_row("bank", Text(bank))
    return table


def _owners(result: dict[str, Any]) -> Table:
    table = Table("owner", "national id", title="Owners", title_justify="left")
    for owner in result.get("owners", []):
        table.add_row(Text(owner["name"]), Text(owner.get("nationalId", "-")))
    return table


def _account(account: dict[str, Any], rows_max: int | None) -> Table:
    currency = account["currency"]
    balances = f"balance {_amount(account.get('balance'))} {currency}   "
    balances += f"available {_amount(account.get('availableBalance'))} {currency}"
    title = f"{account.get('number', '-')}\n{balances}"
    table = Table(title=Text(title), title_justify="left")
    table.add_column("date", no_wrap=True, min_width=10)
    table.add_column(currency, justify="right", no_wrap=True, min_width=9)
    table.add_column("description", max_width=28)
    table.add_column("counterparty", max_width=20)
    rows = account.get("transactions", [])
    for row in rows[:rows_max]:
        colour = "red" if row["amount"] < 0 else "green"
        table.add_row(
            row.get("date", "-"),
            Text(_amount(row["amount"]), style=colour),
            Text(row.get("description", "-"), no_wrap=True, overflow="ellipsis"),
            Text(row.get("counterpartyName", "-"), no_wrap=True, overflow="ellipsis"),
        )
    if rows_max is not None and len(rows) > rows_max:
        table.caption = f"the latest {rows_max} of {len(rows)}"
    return table


def _amount(amount: float | None) -> str:
    return "-" if amount is None else f"{amount:,.2f}".replace(",", " ")
