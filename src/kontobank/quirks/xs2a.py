"""Packs in the words of the Berlin Group's standard and its relatives."""

from collections.abc import Callable, Mapping
from typing import Any

from kontobank.quirks import replies
from kontobank.quirks.replies import Reply

Spoil = Callable[[Reply], Reply]
CREDIT_LIMIT = 100_000
TWICE = "account-listed-twice"


def amounts_as_numbers(reply: Reply) -> Reply:
    """Amounts are JSON numbers."""
    return _amounts(reply, lambda text: float(text))


def amounts_without_cents(reply: Reply) -> Reply:
    """Whole amounts have no decimals."""
    return _amounts(reply, lambda text: text.removesuffix(".00"))


def nulls(reply: Reply) -> Reply:
    """What is absent is null, also an empty list."""
    report = reply.get("transactions")
    spoiled = replies.nulls(reply)
    if report is not None and not report.get("pending"):
        report["pending"] = None
    return spoiled


def breaks_in_text(reply: Reply) -> Reply:
    """Titles are broken by a tag of HTML."""
    for node in replies.nodes(reply):
        text = node.get("remittanceInformationUnstructured")
        if isinstance(text, str):
            node["remittanceInformationUnstructured"] = text.replace(" ", "<br>", 1)
    return reply


def absolute_links(reply: Reply) -> Reply:
    """The next page is a whole address: `{here}` is where the call came in."""
    return _next(reply, lambda href: "{here}" + href)


def bare_next(reply: Reply) -> Reply:
    """The link to the next page lacks the parameters of the first, which are still wanted."""
    return _next(reply, lambda href: f"{href.partition('?')[0]}?page={href.rpartition('page=')[2]}")


def expected_twice(reply: Reply) -> Reply:
    """The expected balance comes twice, first with the credit limit in it."""
    for node in replies.nodes(reply):
        listed = node.get("balances")
        if isinstance(listed, list) and listed:
            first = listed[0]
            value = float(first["balanceAmount"]["amount"]) + CREDIT_LIMIT
            limit = {**first["balanceAmount"], "amount": f"{value:.2f}"}
            kind = {"balanceType": "expected"}
            node["balances"] = [
                {**first, **kind, "balanceAmount": limit, "creditLimitIncluded": True},
                {**first, **kind},
            ]
    return reply


def another_name(name: str, names: frozenset[str]) -> str:
    """The second name of an account at a bank that lists it twice; else its only one."""
    return f"{name[:-1]}z" if TWICE in names else name


def listed_twice(reply: Reply) -> Reply:
    """Each account stands in the list once for each of its holders, under another name."""
    accounts = reply.get("accounts")
    if isinstance(accounts, list):
        on = frozenset({TWICE})
        again = [{**one, "resourceId": another_name(one["resourceId"], on)} for one in accounts]
        reply["accounts"] = [*accounts, *again]
    return reply


def closed_listed(reply: Reply) -> Reply:
    """An account that was closed is listed still; nobody can ask for its transactions."""
    accounts = reply.get("accounts")
    if isinstance(accounts, list) and accounts:
        closed = {**accounts[0], "resourceId": "closed", "status": "deleted"}
        closed["iban"] = closed["iban"][:-1] + str((int(closed["iban"][-1]) + 1) % 10)
        closed.pop("_links", None)
        reply["accounts"] = [closed, *accounts]
    return reply


def as_error(names: frozenset[str], body: Any) -> Any:
    """An error's body as a bank with these packs words it; None for none."""
    message = body["tppMessages"][0]
    if "errors-are-problems" in names:
        shown = {"title": message["code"], "detail": message["text"], "code": message["code"]}
        return {"type": "about:blank", **shown}
    if "errors-are-a-list" in names:
        return [message]
    return None if "errors-are-empty" in names else body


def _amounts(reply: Reply, write: Callable[[str], Any]) -> Reply:
    for node in replies.nodes(reply):
        if isinstance(node.get("amount"), str):
            node["amount"] = write(node["amount"])
    return reply


def _next(reply: Reply, write: Callable[[str], str]) -> Reply:
    for node in replies.nodes(reply):
        link = node.get("next")
        if isinstance(link, dict) and "href" in link:
            link["href"] = write(link["href"])
    return reply


REPLIES: Mapping[str, Spoil] = {
    "links-missing": replies.no_links,
    "links-are-queries": replies.query_links,
    "links-are-absolute": absolute_links,
    "links-are-bare": bare_next,
    "amounts-are-numbers": amounts_as_numbers,
    "amounts-without-cents": amounts_without_cents,
    "amounts-without-sign": replies.unsigned_amounts,
    "nulls": nulls,
    "ids-missing": replies.no_ids,
    "numbers-masked": replies.masked_numbers,
    "text-elsewhere": replies.text_elsewhere,
    "breaks-in-text": breaks_in_text,
    "expected-twice": expected_twice,
    TWICE: listed_twice,
    "closed-account-listed": closed_listed,
}
