"""Each pack of misbehaviour: a naive importer gets it wrong (red), the platform right (green).

Both are held against what the mock bank's own books say.
"""

from __future__ import annotations

import re
from collections import Counter
from contextlib import suppress
from datetime import date, timedelta

import pytest

from kontobank.quirks import PACKS, Sight, seen
from kontobank.world import Transaction, world_at
from opensaldo.connectors.signing import Seal
from opensaldo.domain.clock import system_clock
from tests.e2e.checked import CheckedApi
from tests.e2e.fixtures import World
from tests.support.bank import Bank
from tests.support.clock import NOON
from tests.support.naive import DONE, SIGN_IN_AGAIN, Naive, Row
from tests.support.platform import Reply, command_of, failure_of, state_of
from tests.support.standards import Way, on_way

SEED, TODAY = 1, NOON.date()
SINCE, LONG_AGO = TODAY - timedelta(days=88), TODAY - timedelta(days=300)
SYMBOL = re.compile(r"\s*[KSV]S:\d+")
SHAPE = "bench-2x130"
DOWN = "ServiceTemporarilyUnavailable"
TARGETS = {
    "polish_api": ("pl", "KontoBankApi"),
    "berlin_group": ("ro", "KontoBankApi_ro"),
    "redsys": ("es", "KontoBankApi_es"),
    "sibs": ("pt", "KontoBankApi_pt"),
    "czech_standard": ("cz", "KontoBankApi_cz"),
    "obie": ("lt", "RevolutApi_lt"),
}
UNSIGNED = (
    "KontoBankApi_lt"  # a bank that has signed an amount is not taken for one that never does
)
ERROR_FORMS = ("errors-are-problems", "errors-are-a-list", "errors-are-empty")
TOLD = {  # nothing can be imported then, and that is what the client must hear
    "pages-count-as-calls": DOWN,
    "links-are-bare": DOWN,
    "error-as-success": DOWN,
    **dict.fromkeys(ERROR_FORMS, "SessionExpired"),
}
IMPORTS = {"ids-reissued": 2}
AT_ONCE = {name: pack for name, pack in PACKS.items() if not pack.is_slow}
GREEN = [(name, at) for name, pack in AT_ONCE.items() for at in pack.standards]
Facts = tuple[Counter[Row], dict[str, int]]


def books(country: str, login: str, since: date, packs: tuple[str, ...] = ()) -> Facts:
    """What happened: rows by the end of their account's number, and the balances."""
    found, balances = Counter[Row](), {}
    for account in world_at(SEED, country, login, NOON).accounts:
        rows: list[Transaction] = account.rows(since, TODAY)[::-1]
        rows = seen({"twins-under-one-id"} & set(packs), rows, Sight(SEED, login, "", 1))
        end = account.number[-4:]
        balances[end] = account.balance_minor
        found.update((end, f"{row.booked_on}", row.minor, row.title) for row in rows)
    return found, balances


def since_of(pack: str) -> date:
    return LONG_AGO if pack == "history-capped" else SINCE


# --- red -----------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def seal(tmp_path_factory: pytest.TempPathFactory) -> Seal:
    return Seal.open(tmp_path_factory.mktemp("seal"), clock=system_clock)


def naive_import(bank: Bank, seal: Seal, login: str, since: date, times: int = 1) -> Naive:
    """What the naive importer has after so many imports; it may break down on the way."""

    async def consent(way: Way) -> str:
        return (await way.sign_in(login)).memory["consent"]

    naive = Naive(f"{bank.url}/berlin-group/ro/v1", on_way(bank, seal, "berlin_group", consent))
    naive.told = [naive.run(f"{since}", f"{TODAY}") for _ in range(times)][-1]
    return naive


def is_right(naive: Naive, truth: Facts) -> bool:
    rows, balances = truth
    turnover = Counter(dict.fromkeys(balances, 0))
    for (end, _, amount, _), count in rows.items():
        turnover[end] += amount * count
    found = (Counter(naive.rows.values()), naive.balances, naive.turnover, naive.worth)
    return naive.told == DONE and found == (rows, balances, turnover, sum(balances.values()))


def test_at_a_good_bank_the_naive_importer_is_right(bank: Bank, seal: Seal):
    login = f"{SHAPE}-good"
    assert is_right(naive_import(bank, seal, login, SINCE, 2), books("ro", login, SINCE))


@pytest.mark.parametrize("pack", AT_ONCE)
def test_red_the_naive_importer_gets_it_wrong(bank: Bank, seal: Seal, pack: str):
    login, naive = f"{SHAPE}-red-{pack}", None
    bank.switch_packs([pack], login)
    if pack in ERROR_FORMS:
        bank.plan("expired_token", path="getTransactions", login=login)
    with suppress(KeyError, TypeError, ValueError, AttributeError, OSError):
        naive = naive_import(bank, seal, login, since_of(pack), IMPORTS.get(pack, 1))
    if pack in ERROR_FORMS:
        assert naive is None or naive.told != SIGN_IN_AGAIN
    else:
        truth = books("ro", login, since_of(pack), (pack,))
        assert naive is None or not is_right(naive, truth)


# --- green ---------------------------------------------------------------------------------------
def facts_of(reply: Reply) -> Facts:
    """What the platform says, in the same form."""
    rows, balances = Counter[Row](), {}
    for account in command_of(reply).findall(".//account"):
        end = (account.findtext("iban") or "")[-4:]
        assert end not in balances
        balances[end] = cents(account.findtext("balance") or account.findtext("currencyBalance"))
        for row in account.findall(".//moneyTransaction"):
            title = SYMBOL.sub("", row.findtext("title") or "").removesuffix(" ref")
            amount = cents(row.findtext("currencyAmount"))
            rows[end, row.findtext("bookedOn") or "", amount, title] += 1
    return rows, balances


def cents(text: str | None) -> int:
    whole, _, part = (text or "").partition(".")
    return int(whole + (part + "00")[:2])


def imported(world: World, api: CheckedApi, pack: str, standard: str, login: str) -> list[Reply]:
    world.bank.switch_packs([pack], login)
    replies = []
    for _ in range(IMPORTS.get(pack, 1)):
        target = UNSIGNED if pack == "amounts-without-sign" else TARGETS[standard][1]
        session = api.mock_session(login, target=target)
        if pack in ERROR_FORMS:
            world.bank.plan("expired_token", path="getTransactions", login=login)
        replies.append(api.finished(session, since=f"{since_of(pack)}"))
    return replies


@pytest.mark.parametrize(("pack", "standard"), GREEN)
def test_green_the_platform_gets_it_right(world: World, api: CheckedApi, pack: str, standard: str):
    login = f"{SHAPE}-green-{pack}"
    country = "lt" if pack == "amounts-without-sign" else TARGETS[standard][0]
    truth = books(country, login, since_of(pack), (pack,))
    for reply in imported(world, api, pack, standard, login):
        if pack in TOLD:
            assert (state_of(reply), failure_of(reply)) == ("error", TOLD[pack])
        else:
            assert state_of(reply) == "successful", failure_of(reply)
            assert facts_of(reply) == truth
