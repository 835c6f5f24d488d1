"""What a signed-in person sees: accounts, details, history as pages and as a file, cards."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from starlette.responses import Response

from kontobank import quirks, seeds
from kontobank.apis.online import export, forms
from kontobank.apis.online.calls import Call
from kontobank.apis.online.entrance import away
from kontobank.apis.online.pages import HEADERS, page
from kontobank.apis.online.visits import Visit
from kontobank.apis.online.words import words_of
from kontobank.apis.paging import Page, cut, rows_per_page
from kontobank.apis.parts import Parts
from kontobank.world import Account, Transaction, World

PAGE_ROWS = 50
SHOWN_UNBOOKED = ("pending", "hold")
DIRECT_DEBIT_TYPES = ("CURRENT", "BUSINESS")
DIALLING = {
    "pl": "+48",
    "cz": "+420",
    "es": "+34",
    "pt": "+351",
    "ro": "+40",
    "lt": "+370",
    "lv": "+371",
    "ee": "+372",
}
HOSTILE = tuple(text for text in quirks.HOSTILE if isinstance(text, str))
Shower = Callable[[Call, Visit, World], Response]


class Inside:
    """The pages behind the login; each is a redirect to it for who is not signed in."""

    def __init__(self, parts: Parts) -> None:
        self._seed, self._clock, self._parts = parts.seed, parts.clock, parts

    def overview(self, call: Call) -> Response:
        """All accounts, cards and deposits."""
        return self._for_person(call, self._overview)

    def owner(self, call: Call) -> Response:
        """The data of who has signed in."""
        return self._for_person(call, self._owner)

    def account(self, call: Call) -> Response:
        """One account's details."""
        return self._for_person(call, self._account)

    def history(self, call: Call) -> Response:
        """One page of one account's history, newest first."""
        return self._for_person(call, self._history)

    def history_csv(self, call: Call) -> Response:
        """One account's booked history as a file."""
        return self._for_person(call, self._history_csv)

    def cards(self, call: Call) -> Response:
        """All credit cards."""
        return self._for_person(call, self._cards)

    def _for_person(self, call: Call, show: Shower) -> Response:
        visit = call.visit
        if visit is None or visit.login is None:
            return away(call, "/login?reason=timeout")
        if visit.steps:
            return away(call, "/confirm")
        world = self._parts.world(call, visit.login)
        return show(call, visit, world)

    def _overview(self, call: Call, visit: Visit, world: World) -> Response:
        sections: dict[str, list[dict[str, str]]] = {"accounts": [], "cards": [], "deposits": []}
        for one in world.accounts:
            kind = {"CARD": "cards", "DEPOSIT": "deposits"}.get(one.type_code, "accounts")
            sections[kind].append(self._row(call, visit, one))
        return self._page(call, visit, "overview", sections=sections)

    def _owner(self, call: Call, visit: Visit, world: World) -> Response:
        first = world.accounts[0].owners[0]
        phone = f"{DIALLING[call.country]} ******{seeds.digits('phone', first.name, length=3)}"
        shown = {
            "name": first.name,
            "address": ", ".join(first.address),
            "pesel": first.pesel or "",
            "nip": first.nip or "",
            "phone": phone,
            "kind": first.kind,
        }
        return self._page(call, visit, "owner", owner=shown)

    def _account(self, call: Call, visit: Visit, world: World) -> Response:
        one = _named(call, visit, world)
        if one is None:
            return page("refused", *call.where, status=404, error="E900")
        row = self._row(call, visit, one)
        return self._page(
            call,
            visit,
            "account",
            row=row,
            opened=forms.day(one.opened_on, call.country),
            debit=one.type_code in DIRECT_DEBIT_TYPES,
            holders=one.owners,
            is_fatal=visit.login == "test-fatal",
        )

    def _history(self, call: Call, visit: Visit, world: World) -> Response:
        one = _named(call, visit, world)
        if one is None:
            return page("refused", *call.where, status=404, error="E900")
        since = self._since(call)
        rows = [*_unbooked(one, since), *one.rows(since, one.day)[::-1]]
        size = rows_per_page(self._seed, visit.login or "", PAGE_ROWS)
        found = cut(len(rows), Page((call.page - 1) * size, self._clock.now()), size, call.fault)
        return self._page(
            call,
            visit,
            "history",
            row=self._row(call, visit, one),
            since=since.isoformat(),
            number=call.page,
            has_next=found.following is not None,
            rows=[_line(row, call) for row in rows[found.start : found.end]],
            next_number=(found.following or 0) // size + 1,
        )

    def _history_csv(self, call: Call, visit: Visit, world: World) -> Response:
        one = _named(call, visit, world)
        if one is None:
            return page("refused", *call.where, status=404, error="E900")
        since = self._since(call)
        content = export.csv_of(one, one.rows(since, one.day)[::-1], since, call.country)
        charset = forms.charset(call.country)
        headers = {
            **HEADERS,
            "Content-Type": f"text/csv; charset={charset}",
            "Content-Disposition": 'attachment; filename="history.csv"',
        }
        return Response(content.encode(charset, "replace"), headers=headers)

    def _cards(self, call: Call, visit: Visit, world: World) -> Response:
        found = [one for one in world.accounts if one.type_code == "CARD"]
        rows = [
            {
                **self._row(call, visit, one),
                "number": "9999 00** **** " + seeds.digits("card", one.number, length=4),
                "limit": forms.amount(_limit_minor(one), call.country),
                "holders": one.owners,
            }
            for one in found
        ]
        return self._page(call, visit, "cards", cards=rows)

    def _page(self, call: Call, visit: Visit, name: str, **values: Any) -> Response:
        return page(name, *call.where, inside={"timeout": visit.idle_s}, **values)

    def _row(self, call: Call, visit: Visit, one: Account) -> dict[str, str]:
        return {
            "id": visit.account_id(one.number),
            "name": one.type_name,
            "friendly": one.client_name,
            "iban": one.number,
            "currency": one.currency,
            "balance": forms.amount(one.balance_minor, call.country),
            "balance_day": forms.day(one.day, call.country),
            "available": forms.amount(_available_minor(one), call.country),
        }

    def _since(self, call: Call) -> date:
        """The first day asked for; no further back than the bank's own window."""
        first = self._clock.today() - timedelta(days=call.mask.history_days_initial)
        try:
            return max(first, date.fromisoformat(call.query.get("from", "")))
        except ValueError:
            return max(first, self._clock.today() - timedelta(days=30))


def _named(call: Call, visit: Visit, world: World) -> Account | None:
    """The account of the address."""
    name = call.names.get("account", "")
    found = next((one for one in world.accounts if visit.account_id(one.number) == name), None)
    call.account = found.number[-4:] if found else None
    return found


def _unbooked(one: Account, since: date) -> list[Transaction]:
    rows = [row for row in one.unbooked if row.status in SHOWN_UNBOOKED and row.traded_on >= since]
    return rows[::-1]


def _line(row: Transaction, call: Call) -> dict[str, str]:
    """One row as the table shows it."""
    country = call.country
    words = words_of(country)
    texts = [row.kind, row.title, row.party.name]
    if call.is_hostile:
        texts = [HOSTILE[int(row.item_id[:4], 16) % len(HOSTILE)]] * len(texts)
    balance = forms.amount(row.balance_minor, country) if row.balance_minor is not None else ""
    return {
        "traded": forms.day(row.traded_on, country),
        "booked": forms.day(row.booked_on, country),
        "kind": texts[0],
        "title": texts[1],
        "party": texts[2],
        "party_iban": forms.grouped(row.party.account or ""),
        "amount": forms.amount(row.minor, country),
        "balance": balance,
        "currency": row.currency,
        "status": row.status if row.status in SHOWN_UNBOOKED else "done",
        "status_word": words[row.status if row.status in SHOWN_UNBOOKED else "done"],
        "id": row.item_id,
    }


def _limit_minor(one: Account) -> int:
    whole, cents = one.extra["limit"].split(".")
    return int(whole) * 100 + int(cents)


def _available_minor(one: Account) -> int:
    if one.type_code != "CARD":
        return one.available_minor
    return max(0, _limit_minor(one) + one.balance_minor)
