"""The sample lender's rule: income, spending and instalment over three periods."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.support.shop import part

decision = part("decision")
TODAY = date(2026, 3, 2)
OWN, OTHER = "PL12999000090000083915966676", "PL80999000090000925614095425"


def row(amount: str, days_ago: int, other: str | None = None) -> Any:
    return decision.Row(TODAY - timedelta(days=days_ago), Decimal(amount), other)


def account(*rows: Any, iban: str = OWN) -> Any:
    return decision.Account("KontoBank", iban, ("Danuta Próbniak",), rows)


def steady(income: str = "4000", spending: str = "-3000") -> Any:
    rows = [row(amount, days) for days in (3, 33, 63) for amount in (income, spending)]
    return account(*rows)


def decide(*accounts: Any, amount: str = "6000", months: int = 12) -> Any:
    return decision.decide(Decimal(amount), months, accounts, TODAY)


def held(found: Any) -> list[bool]:
    return [one.held for one in found.reasons]


def test_steady_income_over_spending_is_lent_to():
    found = decide(steady())
    assert (found.approved, held(found)) == (True, [True] * 3)
    assert found.instalment == Decimal("500.00")
    assert found.could_lend == Decimal("7200.00")


def test_the_limit_itself_is_lent_and_a_grosz_an_instalment_more_is_not():
    assert decide(steady(), amount="7200").approved
    found = decide(steady(), amount="7200.01")
    assert (found.approved, held(found)) == (False, [True, True, False])


def test_a_period_without_income_is_a_no():
    found = decide(account(row("9000", 3), row("9000", 33), row("-10", 63)))
    assert held(found) == [False, True, True]


def test_spending_far_over_income_is_a_no():
    assert held(decide(steady("4000", "-4400"))) == [True, True, True]
    assert held(decide(steady("4000", "-4400.01"))) == [True, False, True]


def test_nothing_at_all_is_a_no_and_no_crash():
    found = decide()
    assert (found.approved, found.could_lend) == (False, 0)


def test_what_moves_between_own_accounts_is_neither_income_nor_spending():
    savings = account(row("-1000", 5, OWN), iban=OTHER)
    current = account(row("1000", 5, OTHER), row("50", 6))
    (newest, *_) = decide(savings, current).periods
    assert (newest.income, newest.spending) == (Decimal("50"), Decimal("0"))


@pytest.mark.parametrize(
    ("days_ago", "place"), [(0, 0), (29, 0), (30, 1), (59, 1), (60, 2), (89, 2)]
)
def test_each_day_belongs_to_one_period(days_ago: int, place: int):
    periods = decide(account(row("7", days_ago))).periods
    assert [one.income for one in periods] == [7 if at == place else 0 for at in range(3)]


@pytest.mark.parametrize("days_ago", [90, -1])
def test_days_outside_do_not_count(days_ago: int):
    assert not any(one.income for one in decide(account(row("7", days_ago))).periods)


def data(currency: str = "PLN", status: str = "DONE") -> ElementTree.Element:
    one = f"""<target officialName="%s"><accounts><account><iban>{OWN}</iban>
      <currencyName>{currency}</currencyName><moneyTransactions><moneyTransaction>
      <transactionOn>2026-02-27</transactionOn><bookedOn>2026-02-28</bookedOn>
      <currencyAmount>-41.20</currencyAmount><partyIban>{OTHER}</partyIban><status>{status}</status>
      </moneyTransaction></moneyTransactions>
      <owners><owner><name>Ewa Testowa</name></owner></owners>
      </account></accounts></target>"""
    return ElementTree.fromstring(
        f"<reply><owner>{one % 'KontoBank'}{one % 'mBank'}</owner></reply>"
    )


def test_an_account_that_two_banks_show_counts_once():
    (found,) = decision.accounts_in(data())
    assert (found.bank, found.iban, found.holders) == ("KontoBank", OWN, ("Ewa Testowa",))
    assert found.rows == (decision.Row(date(2026, 2, 28), Decimal("-41.20"), OTHER),)


def test_other_currencies_and_pending_rows_do_not_count():
    assert decision.accounts_in(data(currency="EUR")) == ()
    (found,) = decision.accounts_in(data(status="PENDING"))
    assert found.rows == ()


def test_amounts_are_never_broken_over_lines():
    assert decision.money(Decimal("1234.5")) == "1\u202f234.50\u00a0PLN"
