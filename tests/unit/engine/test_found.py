"""What a session found: kept without loss, asked for by IBAN or card, never another account."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from opensaldo.connectors.base import AccountReading
from opensaldo.domain.command import CommandName
from opensaldo.domain.secret import Secret
from opensaldo.engine.commands import jobs
from opensaldo.engine.found import (
    Request,
    account_of,
    card_of,
    found_by,
    pack,
    pack_request,
    unpack_request,
)
from opensaldo.engine.plans import PLAN_OF_COMMAND
from opensaldo.engine.shares import SHARE_OF_COMMAND, share_of
from opensaldo.errors import InvalidArgument, InvalidIban
from opensaldo.wire import sealed
from tests.support.builders import IBAN, OTHER_IBAN, a_card, a_deposit, a_holdings, an_account

CARD_IBAN = "PL83999000090000000000005555"
DEPOSIT_IBAN = "PL44999000090000000000006666"


def reading(iban: str, **more: Any) -> AccountReading:
    return AccountReading(account=an_account(iban=iban, transactions=()), owners=(), **more)


def a_found_card(iban: str = CARD_IBAN, **changes: Any) -> AccountReading:
    return reading(iban, card=a_card(iban=iban, transactions=(), **changes))


FOUND = {
    "resource-1": reading(IBAN),
    "resource-2": reading(OTHER_IBAN),
    "resource-3": a_found_card(),
    "resource-4": reading(DEPOSIT_IBAN, deposit=a_deposit(iban=DEPOSIT_IBAN)),
}


def test_what_was_found_comes_back_as_it_was_packed():
    assert sealed.decode(pack(FOUND), dict[str, AccountReading]) == FOUND


@pytest.mark.parametrize("fast", [True, False])
def test_what_was_asked_comes_back_as_it_was_packed(fast: bool):
    request = Request(number="resource-1", fast=fast)
    assert unpack_request(pack_request(request)) == request


def test_only_imports_of_accounts_and_cards_find_something():
    found = {name: found_by(name, FOUND) for name in CommandName}
    assert {name: [*one] for name, one in found.items() if one is not None} == {
        CommandName.IMPORT_ACCOUNTS: ["resource-1", "resource-2"],
        CommandName.IMPORT_CARDS: ["resource-3"],
    }


@pytest.mark.parametrize(
    "written", [OTHER_IBAN, OTHER_IBAN.lower(), f" {OTHER_IBAN[:4]} {OTHER_IBAN[4:]}\t"]
)
def test_an_iban_leads_to_the_banks_own_name_however_it_is_spaced(written: str):
    assert account_of(FOUND, Secret(written)) == "resource-2"


@pytest.mark.parametrize(
    "written",
    ["", " ", "PL", "resource-1", CARD_IBAN, DEPOSIT_IBAN, IBAN[:-1], IBAN + "0", "x" * 10_000],
)
def test_no_other_text_is_an_account_of_the_session(written: str):
    with pytest.raises(InvalidIban) as caught:
        account_of(FOUND, Secret(written))
    assert written.strip() == "" or written not in caught.value.message


def test_an_iban_of_several_currencies_names_no_single_account():
    euros = replace(an_account(iban=IBAN, transactions=()), currency="EUR")
    found = {**FOUND, "part": AccountReading(account=euros, owners=())}
    with pytest.raises(InvalidIban, match="several currencies"):
        account_of(found, Secret(IBAN))
    again = {**FOUND, "resource-9": reading(IBAN)}
    assert account_of(again, Secret(IBAN)) == "resource-1"


def test_an_account_without_iban_cannot_be_asked_for():
    nameless = {"A": AccountReading(account=an_account(iban=None), owners=())}
    with pytest.raises(InvalidIban):
        account_of(nameless, Secret(" "))


@pytest.mark.parametrize(
    "written", ["card-1", "4000 **** **** 0002", "4000********0002", CARD_IBAN]
)
def test_a_card_is_named_by_its_id_its_number_or_its_account(written: str):
    assert card_of(FOUND, Secret(written)) == "resource-3"


@pytest.mark.parametrize("written", ["", " ", "4000", IBAN, "resource-3"])
def test_no_other_text_is_a_card_of_the_session(written: str):
    with pytest.raises(InvalidArgument, match="cardNumber"):
        card_of(FOUND, Secret(written))


def test_a_number_two_cards_share_is_refused_and_their_ids_tell_them_apart():
    two = {"A": a_found_card(card_id="1"), "B": a_found_card(card_id="2")}
    with pytest.raises(InvalidArgument):
        card_of(two, Secret("4000 **** **** 0002"))
    assert card_of(two, Secret("2")) == "B"


# --- shares ------------------------------------------------------------------------------------
def test_every_background_command_has_its_job_and_its_share():
    names = {name.value for name in SHARE_OF_COMMAND}
    assert set(jobs(None)) == names  # type: ignore[arg-type]  # no job runs here
    assert names == {name.value for name in CommandName} - {CommandName.SIGN_OUT.value}
    of_one_account = {one.value for one in CommandName if one.value.endswith("TransactionsCommand")}
    assert {name.value for name in PLAN_OF_COMMAND} == names - of_one_account


def test_a_command_keeps_nothing_it_did_not_ask_for():
    read = a_holdings(cards=(a_card(),), deposits=(a_deposit(),))
    kept = {
        name: [
            field
            for field in ("owners", "accounts", "cards", "deposits")
            if getattr(share_of(name, read), field)
        ]
        for name in SHARE_OF_COMMAND
    }
    assert kept == {
        CommandName.DEFAULT_IMPORT: ["owners", "accounts", "cards", "deposits"],
        CommandName.IMPORT_OWNERS: ["owners"],
        CommandName.IMPORT_ACCOUNTS: ["accounts"],
        CommandName.IMPORT_ACCOUNT_TRANSACTIONS: ["accounts"],
        CommandName.IMPORT_CARDS: ["cards"],
        CommandName.IMPORT_CARD_TRANSACTIONS: ["cards"],
    }
