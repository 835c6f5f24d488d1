"""From pages and files of an online service to our nouns: pure functions.

Amounts and days are read in every form people write them in, and never guessed: 1.234 is refused,
since it may be a thousand or one and a bit. Texts are hostile and stay what they are.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from opensaldo.connectors.base import AccountReading, Page
from opensaldo.connectors.lenient import account_number, currency, line_of
from opensaldo.connectors.protocols.online.markup import Element, read
from opensaldo.domain.account import Account, Card, Deposit
from opensaldo.domain.money import parse_amount
from opensaldo.domain.owner import Owner, OwnerKind
from opensaldo.domain.transaction import Transaction, TransactionStatus
from opensaldo.errors import BankAnsweredNonsense, Defect

ACCOUNTS_MAX = 500
OWNERS_MAX = 100
SECTIONS = ("accounts", "cards", "deposits")
MARK_OF_DEFECT = "fatal"  # KontoBank's way to ask for one (wire contract, section 20)
AMOUNT_CHARACTERS_MAX = 64
DAY_CHARACTERS_MAX = 64
CURRENCY_AFTER = re.compile(r"(.*?)\s*([A-Z]{3})", re.DOTALL)
SIZE = r"\d{1,15}|\d{1,3}(?:\.\d{3})+(?=[,+-]|$)|\d{1,3}(?:,\d{3})+(?=[.+-]|$)"
AMOUNT = re.compile(rf"([+-]?)({SIZE})(?:[.,](\d{{1,2}}))?([+-]?)", re.ASCII)
GROUPED = re.compile(r"(?<=\d)[\s\u00a0\u202f\u2009'’](?=\d{3}(?!\d))")
MINUS = str.maketrans({"−": "-", "–": "-"})
YEAR_FIRST = re.compile(r"(\d{4})([-./])(\d{1,2})\2(\d{1,2})\.?(?:[ T].*)?", re.ASCII | re.DOTALL)
DAY_FIRST = re.compile(
    r"(\d{1,2})([-./]) ?(\d{1,2})\2 ?(\d{4})\.?(?:[ T].*)?", re.ASCII | re.DOTALL
)

Row = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One line of the overview: what it is, what it is called, and where more stands."""

    section: str
    number: str
    details: str
    history: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryPage:
    """One page of a history, with the addresses of the next page and of the file."""

    page: Page
    next_address: str
    file_address: str


def overview(html: str) -> tuple[Listed, ...]:
    """Everything the person has, in the page's order.

    Raises:
        BankAnsweredNonsense: a line has no number or no way on.
    """
    page = read(html)
    found: dict[str, Listed] = {}
    for section in SECTIONS:
        table = page.by_id(section)
        for place, (row, element) in enumerate(_rows(table) if table else []):
            path = f"{section}[{place}]"
            number = account_number(row.get("iban"))
            details, history = _link(element, "details"), _link(element, "history")
            if not (number and details and history):
                raise BankAnsweredNonsense(path, "an account number, details and history")
            listed = Listed(section=section, number=number, details=details, history=history)
            found.setdefault(number, listed)
    if len(found) > ACCOUNTS_MAX:
        raise BankAnsweredNonsense("accounts", f"at most {ACCOUNTS_MAX}")
    return tuple(found.values())


def account(html: str, listed: Listed, signed_in: Owner) -> AccountReading:
    """One account or deposit with its holders; the holder who signed in with all that is known.

    Raises:
        BankAnsweredNonsense: the page is another account's, or a value is none.
        Defect: the mock bank asks for one.
    """
    page = read(html)
    if page.by_id(MARK_OF_DEFECT) is not None:
        raise Defect("The mock bank asked for a defect.")
    terms = _terms(page, "account")
    if account_number(terms.get("iban")) != listed.number:
        raise BankAnsweredNonsense("account.iban", "the account asked for")
    holders = page.by_id("holders")
    read_account = Account(
        iban=listed.number,
        currency=_currency(terms, "account"),
        name=line_of(terms.get("name")),
        friendly_name=line_of(terms.get("friendly")),
        balance=amount(terms.get("balance", ""), "account.balance"),
        balance_on=day(terms.get("balance-day", ""), "account.balance-day"),
        available=amount(terms.get("available", ""), "account.available"),
        active_since=day(terms.get("opened", ""), "account.opened"),
        direct_debit=_truth(page),
    )
    return AccountReading(
        account=read_account,
        owners=_holders(holders, signed_in) if holders else (signed_in,),
        deposit=_deposit(read_account) if listed.section == "deposits" else None,
    )


def owner(html: str) -> Owner:
    """The person or firm who has signed in.

    Raises:
        BankAnsweredNonsense: no name.
    """
    terms = _terms(read(html), "owner")
    name = line_of(terms.get("name"))
    if not name:
        raise BankAnsweredNonsense("owner.name", "a name")
    return Owner(
        name=name,
        address=line_of(terms.get("address")),
        polish_pesel=line_of(terms.get("pesel")),
        polish_nip=line_of(terms.get("nip")),
        phone=line_of(terms.get("phone")),
        email=line_of(terms.get("email")),
        kind=_kind(terms.get("kind", ""), "owner.kind"),
    )


def cards(html: str, signed_in: Owner) -> dict[str, AccountReading]:
    """The credit cards by the number of their account.

    Raises:
        BankAnsweredNonsense: a card without account, or a value that is none.
    """
    table = read(html).by_id("cards")
    if table is None:
        raise BankAnsweredNonsense("cards", "a table")
    found = {}
    for place, (row, _element) in enumerate(_rows(table)):
        path = f"cards[{place}]"
        number = account_number(row.get("iban"))
        if not number:
            raise BankAnsweredNonsense(f"{path}.iban", "an account number")
        found[number] = _card_reading(row, path, number, signed_in)
    return found


def history(html: str) -> HistoryPage:
    """One page of booked and unbooked rows.

    Raises:
        BankAnsweredNonsense: no table, or a value that is none.
    """
    page = read(html)
    table = page.by_id("history")
    if table is None:
        raise BankAnsweredNonsense("history", "a table")
    rows = [(row, _transaction(row, f"history[{at}]")) for at, (row, _e) in enumerate(_rows(table))]
    next_address = _link(page, "next")
    return HistoryPage(
        page=_page(rows, is_last=not next_address, path="history"),
        next_address=next_address,
        file_address=_link(page, "export"),
    )


def transactions_page(rows: list[Row], path: str) -> Page:
    """The one page of a file's rows, all booked."""
    read_rows = [(row, _transaction(row, f"{path}[{at}]")) for at, row in enumerate(rows)]
    return _page(read_rows, is_last=True, path=path)


def joined(first: Page, file: Page) -> Page:
    """The file's booked rows behind those of the first page that are not booked yet.

    Raises:
        BankAnsweredNonsense: the two disagree about the currency.
    """
    if len({first.currency, file.currency} - {None}) > 1:
        raise BankAnsweredNonsense("file.currency", "the currency of the page")
    unbooked = [row for row in first.rows if row.status is TransactionStatus.PENDING]
    return Page(
        rows=(*unbooked, *file.rows), is_last=True, currency=first.currency or file.currency
    )


def amount(written: str, path: str) -> Decimal | None:
    """The exact amount as people write it; None when nothing is written.

    A currency may follow. Groups of three are set apart by a blank or by the mark that is not the
    decimal one; a mark followed by three digits and nothing else says nothing certain.

    Raises:
        BankAnsweredNonsense: it is no amount, or an uncertain one.
    """
    text = written.strip().translate(MINUS)
    if len(text) > AMOUNT_CHARACTERS_MAX:
        raise BankAnsweredNonsense(path, "an amount")
    after = CURRENCY_AFTER.fullmatch(text)
    text = GROUPED.sub("", (after[1] if after else text).strip())
    text = re.sub(r"^([+-])\s+", r"\1", text)
    if not text:
        return None
    found = AMOUNT.fullmatch(text)
    if found is None or (found[1] and found[4]) or _is_uncertain(found):
        raise BankAnsweredNonsense(path, "an amount")
    whole = found[2].replace(".", "").replace(",", "")
    try:
        size = parse_amount(f"{whole}.{found[3]}" if found[3] else whole)
    except ValueError:
        raise BankAnsweredNonsense(path, "an amount") from None
    return -size if "-" in (found[1], found[4]) and size else size


def day(written: str, path: str) -> date | None:
    """The day as people write it, year first or day first; None when nothing is written.

    Raises:
        BankAnsweredNonsense: it is no day.
    """
    text = written.strip()
    if not text:
        return None
    text = text[:DAY_CHARACTERS_MAX]
    year_first, day_first = YEAR_FIRST.fullmatch(text), DAY_FIRST.fullmatch(text)
    try:
        if year_first:
            return date(int(year_first[1]), int(year_first[3]), int(year_first[4]))
        if day_first:
            return date(int(day_first[4]), int(day_first[3]), int(day_first[1]))
        raise ValueError(path)
    except ValueError:
        raise BankAnsweredNonsense(path, "a day") from None


def _is_uncertain(found: re.Match[str]) -> bool:
    """Whether a single mark before three digits leaves open what it means."""
    marks = [sign for sign in found[2] if sign in ".,"]
    return len(marks) == 1 and found[3] is None


def _transaction(row: Row, path: str) -> Transaction:
    moved = amount(row.get("amount", ""), f"{path}.amount")
    if moved is None:
        raise BankAnsweredNonsense(f"{path}.amount", "an amount")
    is_done = row.get("state", "done") == "done"
    return Transaction(
        amount=moved,
        transaction_on=day(row.get("traded", ""), f"{path}.traded"),
        booked_on=day(row.get("booked", ""), f"{path}.booked"),
        balance=amount(row.get("balance", ""), f"{path}.balance"),
        title=line_of(row.get("title")),
        party=line_of(row.get("party")),
        party_iban=account_number(row.get("party-iban")),
        kind=line_of(row.get("kind")),
        status=TransactionStatus.DONE if is_done else TransactionStatus.PENDING,
        bank_id=row.get("id") or None,
    )


def _page(rows: list[tuple[Row, Transaction]], *, is_last: bool, path: str) -> Page:
    said = {code for row, _one in rows if (code := currency(row.get("currency"), path))}
    if len(said) > 1:
        raise BankAnsweredNonsense(f"{path}.currency", "one currency for all rows")
    found = next(iter(said), None)
    return Page(rows=tuple(one for _row, one in rows), is_last=is_last, currency=found)


def _card_reading(row: Row, path: str, number: str, signed_in: Owner) -> AccountReading:
    code = _currency(row, path)
    balance = amount(row.get("balance", ""), f"{path}.balance")
    available = amount(row.get("available", ""), f"{path}.available")
    name = line_of(row.get("name"))
    return AccountReading(
        account=Account(
            iban=number, currency=code, name=name, balance=balance, available=available
        ),
        owners=_named(row.get("holders", ""), signed_in),
        card=Card(
            currency=code,
            name=name,
            iban=number,
            number=line_of(row.get("number")),
            balance=balance,
            available=available,
            limit=amount(row.get("limit", ""), f"{path}.limit"),
            due_date=day(row.get("due", ""), f"{path}.due"),
        ),
    )


def _rows(table: Element) -> list[tuple[Row, Element]]:
    """The table's rows by the nouns of its headings; a cell's class says its state, if it has one.

    A row's own id and state travel under `id` and `state`.
    """
    nouns: list[str] = []
    found: list[tuple[Row, Element]] = []
    for line in table.all("tr"):
        headings = line.all("th")
        if headings:
            nouns = [_noun(one, "c-") for one in headings]
            continue
        cells = line.all("td")
        row = {
            noun: "\n".join(cell.lines) for noun, cell in zip(nouns, cells, strict=False) if noun
        }
        row["id"] = line.attributes.get("id", "").removeprefix("t-")
        row["state"] = next((state for cell in cells if (state := _noun(cell, "s-"))), "done")
        found.append((row, line))
    return found


def _terms(page: Element, name: str) -> dict[str, str]:
    """The definitions of a list by the nouns of their terms."""
    found: dict[str, str] = {}
    listed = page.by_id(name)
    noun = ""
    for one in listed.walk() if listed else ():
        if one.tag == "dt":
            noun = _noun(one, "d-")
        elif one.tag == "dd" and noun:
            found.setdefault(noun, "\n".join(one.lines))
    return found


def _noun(element: Element, prefix: str) -> str:
    return next((css[len(prefix) :] for css in element.classes if css.startswith(prefix)), "")


def _link(element: Element, css: str) -> str:
    """The address of the first link of this class, empty without one."""
    return next((one.attributes.get("href", "") for one in element.all("a", css=css)), "")


def _currency(row: Row, path: str) -> str:
    code = currency(row.get("currency"), f"{path}.currency")
    if code is None:
        raise BankAnsweredNonsense(f"{path}.currency", "three letters (ISO 4217)")
    return code


def _truth(page: Element) -> bool | None:
    """What the first flag of the page says."""
    flag = next(iter(page.all("span", css="flag")), None)
    return {"1": True, "0": False}.get(flag.attributes.get("data-value", "")) if flag else None


def _kind(written: str, path: str) -> OwnerKind:
    try:
        return OwnerKind(written.strip().upper().replace("-", "_") or OwnerKind.OWNER)
    except ValueError:
        raise BankAnsweredNonsense(path, "a holder's role") from None


def _holders(table: Element, signed_in: Owner) -> tuple[Owner, ...]:
    """The holders of a table; all that is known of the one who signed in."""
    found: dict[str, Owner] = {}
    for place, (row, _element) in enumerate(_rows(table)[:OWNERS_MAX]):
        name = line_of(row.get("name"))
        if not name:
            raise BankAnsweredNonsense(f"holders[{place}].name", "a name")
        kind = _kind(row.get("kind", ""), f"holders[{place}].kind")
        found[name] = _known(name, kind, signed_in)
    return tuple(found.values())


def _named(written: str, signed_in: Owner) -> tuple[Owner, ...]:
    """The holders of a cell, one a line; the first is the owner."""
    names = [name for line in written.split("\n")[:OWNERS_MAX] if (name := line_of(line))]
    kinds = [signed_in.kind, *[OwnerKind.CO_OWNER] * len(names)]
    return tuple(_known(name, kind, signed_in) for name, kind in zip(names, kinds, strict=False))


def _known(name: str, kind: OwnerKind, signed_in: Owner) -> Owner:
    if name == signed_in.name:
        return replace(signed_in, kind=kind)
    return Owner(name=name, kind=kind)


def _deposit(read_account: Account) -> Deposit:
    return Deposit(
        currency=read_account.currency,
        name=read_account.name,
        iban=read_account.iban,
        balance=read_account.balance,
        balance_on=read_account.balance_on,
        opened_on=read_account.active_since,
    )
