"""How a real bank's answer is wrong: pure functions from a reply to a worse one."""

from collections.abc import Callable, Iterator
from typing import Any

Reply = dict[str, Any]

NONSENSE: Reply = {"result": ["this", "is", {"not": "what the standard says"}], "amount": 12.5}
HTML_PAGE = b"<!doctype html><html lang=pl><title>503</title><h1>Przerwa techniczna</h1></html>"
HOSTILE = (
    "zwykly tekst",
    "\x00\x07\x1b[31mctl\x7f",
    "]]><script>alert(1)</script>&amp;<!--",
    "\U0001f4a9\u202etfel ot thgir\u2066",
    "\ud83d lone surrogate",
    "' OR 1=1; --",
    None,
    12345,
    "",
)
TEXT_KEYS = ("description", "transactionType", "accountNameClient", "accountTypeName")


def hostile_text(reply: Reply, keys: tuple[str, ...] = TEXT_KEYS) -> Reply:
    """The same reply with titles, names and kinds no program likes."""
    counter = iter(range(1_000_000))
    _spoil(reply, keys, counter.__next__)
    return reply


def _spoil(node: Any, keys: tuple[str, ...], step: Callable[[], int]) -> None:
    if isinstance(node, list):
        for item in node:
            _spoil(item, keys, step)
    if not isinstance(node, dict):
        return
    for key, value in node.items():
        if key in keys:
            node[key] = HOSTILE[step() % len(HOSTILE)]
        elif key == "nameAddress" and isinstance(value, dict):
            node[key] = {"value": [HOSTILE[step() % len(HOSTILE)], HOSTILE[2]]}
        else:
            _spoil(value, keys, step)


def nonsense(_reply: Reply) -> Reply:
    """Well-formed JSON of a shape the standard does not know."""
    return dict(NONSENSE)


# --- Berlin Group: what its banks send (one login each)


def _report(reply: Reply) -> Reply:
    """The lists of a reply with transactions; {} in any other."""
    found: Reply = reply.get("transactions") or reply.get("cardTransactions") or {}
    return found


def _rows(reply: Reply) -> list[Reply]:
    """The transactions of a reply, whatever list they are in."""
    report = _report(reply)
    return [row for kind in ("booked", "pending", "information") for row in report.get(kind, [])]


def no_links(reply: Reply) -> Reply:
    """Reports lack their links, or the one to their account when there is a next page."""
    report = _report(reply)
    if "next" in report.get("_links", {}):
        report["_links"] = {"next": report["_links"]["next"]}
    else:
        report.pop("_links", None)
    return reply


def number_amounts(reply: Reply) -> Reply:
    """Amounts are JSON numbers, those without cents are texts without decimals."""
    for node in nodes(reply):
        value = node.get("amount")
        if isinstance(value, str):
            node["amount"] = value[:-3] if value.endswith(".00") else float(value)
    return reply


def nulls(reply: Reply) -> Reply:
    """What is absent is null, links have members nobody knows, an unasked list is there."""
    for row in _rows(reply):
        for name in ("endToEndId", "mandateId", "creditorId", "currencyExchange", "purposeCode"):
            row.setdefault(name, None)
    for account in reply.get("accounts", []):
        account.update({"details": None, "linkedAccounts": None, "msisdn": None})
        account["_links"]["viewAccount"] = {"href": "/nowhere"}
    if "transactions" in reply:
        reply["transactions"].setdefault("information", [])
        reply["transactions"]["_links"]["firstPage"] = {"href": None}
        reply["balances"] = None
    return reply


def masked_numbers(reply: Reply) -> Reply:
    """Account numbers are hidden but for their ends; every other side's is an empty object."""
    for place, row in enumerate(_rows(reply)):
        for name in ("creditorAccount", "debtorAccount"):
            if place % 2 and name in row:
                row[name] = {}
    for node in nodes(reply):
        number = node.get("iban")
        if isinstance(number, str):
            node["iban"] = number[:2] + "*" * (len(number) - 6) + number[-4:]
    return reply


def no_ids(reply: Reply) -> Reply:
    """Rows have no name of their own."""
    for row in _rows(reply):
        for name in ("transactionId", "entryReference", "cardTransactionId", "_links"):
            row.pop(name, None)
    return reply


def text_elsewhere(reply: Reply) -> Reply:
    """The title stands in one of four other places, line breaks are tags."""
    for place, row in enumerate(_rows(reply)):
        title = f"{row.pop('remittanceInformationUnstructured', '')}<br>ref"
        if place % 4 == 0:
            row["details"] = title
        elif place % 4 == 1:
            row["additionalInformation"] = title
        elif place % 4 == 2:
            row["remittanceInformationStructured"] = title
        else:
            row["remittanceInformationStructuredArray"] = [{"reference": title}]
    return reply


def unsigned_amounts(reply: Reply) -> Reply:
    """Amounts of rows have no sign; who pays whom says it."""
    for row in _rows(reply):
        amount = row["transactionAmount"]
        amount["amount"] = amount["amount"].removeprefix("-")
    return reply


def exchange_rates(reply: Reply) -> Reply:
    """Rows were changed from another currency, told in a form of each bank's own."""
    for place, row in enumerate(_rows(reply)):
        if place % 2:
            row["exchangeRate"] = {"sourceCurrency": "USD", "rate": "4.9712"}
        else:
            row["exchangeRate"] = [{"currencyFrom": {"CurrencyCode": "USD"}, "rateFrom": 4.97}]
        row["executionDateTime"] = "2026-11-20T10:11:12.123+02:00"
    return reply


def query_links(reply: Reply) -> Reply:
    """The next page is a query alone."""
    links = reply.get("transactions", {}).get("_links", {})
    if "next" in links:
        links["next"]["href"] = "?" + links["next"]["href"].partition("?")[2]
    return reply


def nodes(node: Any) -> Iterator[Reply]:
    """Every object within, outermost first."""
    if isinstance(node, dict):
        yield node
    for inner in node.values() if isinstance(node, dict) else node:
        if isinstance(inner, (dict, list)):
            yield from nodes(inner)


XS2A_QUIRKS: dict[str, Callable[[Reply], Reply]] = {
    "quirk-no-links": no_links,
    "quirk-numbers": number_amounts,
    "quirk-nulls": nulls,
    "quirk-masked": masked_numbers,
    "quirk-no-ids": no_ids,
    "quirk-details": text_elsewhere,
    "quirk-unsigned": unsigned_amounts,
    "quirk-rates": exchange_rates,
    "quirk-query-links": query_links,
}
