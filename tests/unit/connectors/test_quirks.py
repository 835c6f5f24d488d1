"""Each quirk adds what it says and nothing else."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from opensaldo.connectors.base import AccountReading
from opensaldo.connectors.quirks import OWNERS_MAX, QUIRKS
from opensaldo.domain.account import Account, Card, Deposit
from opensaldo.domain.owner import Owner, OwnerKind
from opensaldo.errors import BankAnsweredNonsense, Defect

PLAIN = AccountReading(
    account=Account(iban="PL1", currency="PLN"), owners=(Owner(name="By the standard"),)
)


def added(reading: AccountReading = PLAIN, **members: Any) -> AccountReading:
    return QUIRKS["kontobank_aux_data"]({"auxData": members}, reading)


def test_without_aux_data_nothing_changes():
    assert QUIRKS["kontobank_aux_data"]({}, PLAIN) is PLAIN
    assert QUIRKS["kontobank_aux_data"]({"auxData": None}, PLAIN) is PLAIN
    assert added() == PLAIN


def test_all_facts_of_an_owner_are_taken():
    owner = {
        "name": "Jan Próbny",
        "address": "Cicha 1",
        "kind": "CO_OWNER",
        "pesel": "1",
        "nip": "2",
        "regon": "3",
        "phone": "4",
        "email": "5",
        "citizenship": "6",
        "nationality": "7",
        "documentType": "8",
        "documentNumber": "9",
        "birthDate": "1990-05-04",
        "birthPlace": "10",
        "unheard-of": None,
    }
    (taken,) = added(owners=json.dumps([owner])).owners
    assert taken == Owner(
        name="Jan Próbny",
        address="Cicha 1",
        polish_pesel="1",
        polish_nip="2",
        polish_regon="3",
        phone="4",
        email="5",
        citizenship="6",
        nationality="7",
        personal_document_type="8",
        personal_document_number="9",
        birth_date=date(1990, 5, 4),
        birth_place="10",
        kind=OwnerKind.CO_OWNER,
    )


def test_owners_keep_their_order_and_their_kinds():
    people = [{"name": "A", "kind": "COMPANY"}, {"name": "B", "address": " "}]
    owners = added(owners=json.dumps(people)).owners
    assert [owner.kind for owner in owners] == [OwnerKind.COMPANY, OwnerKind.OWNER]
    assert owners[1].address is None


def test_no_owner_at_all_leaves_the_standard_one():
    assert added(owners="[]").owners == PLAIN.owners


def test_the_opening_day_and_direct_debit_are_taken():
    account = added(openedOn="2019-01-01", directDebit="true").account
    assert account.active_since == date(2019, 1, 1)
    assert account.direct_debit is True
    assert added(directDebit="false").account.direct_debit is False


def test_cards_have_a_limit_and_deposits_an_opening_day():
    card = added(
        AccountReading(account=PLAIN.account, owners=(), card=Card(currency="PLN")), limit="50.00"
    ).card
    assert card is not None
    assert card.limit == Decimal("50.00")
    assert added(replace(PLAIN, card=Card(currency="PLN"))).card == Card(currency="PLN")
    deposit = added(
        AccountReading(account=PLAIN.account, owners=(), deposit=Deposit(currency="PLN")),
        openedOn="2019-01-01",
    ).deposit
    assert deposit is not None
    assert deposit.opened_on == date(2019, 1, 1)


def test_a_fatal_account_is_a_defect():
    with pytest.raises(Defect):
        added(fatal="true")
    assert added(fatal="false") == PLAIN


@pytest.mark.parametrize(
    ("members", "path"),
    [
        ({"owners": "not json"}, "account.auxData.owners"),
        ({"owners": [{"name": 1}]}, "account.auxData.owners"),
        ({"owners": "{}"}, "account.auxData.owners"),
        ({"owners": json.dumps([{"name": "A"}] * (OWNERS_MAX + 1))}, "account.auxData.owners"),
        ({"owners": '[{"kind":"OWNER"}]'}, "account.auxData.owners[0].name"),
        ({"owners": '[{"name":"A","kind":"FRIEND"}]'}, "account.auxData.owners[0].kind"),
        ({"owners": '[{"name":"A","birthDate":"?"}]'}, "account.auxData.owners.birthDate"),
        ({"openedOn": "long ago"}, "account.auxData.openedOn"),
        ({"directDebit": "perhaps"}, "account.auxData.directDebit"),
    ],
)
def test_what_is_malformed_is_named_by_its_place(members: dict[str, Any], path: str):
    with pytest.raises(BankAnsweredNonsense) as caught:
        added(**members)
    assert caught.value.path == path


def test_a_card_limit_that_is_no_amount_is_nonsense():
    card = AccountReading(account=PLAIN.account, owners=(), card=Card(currency="PLN"))
    with pytest.raises(BankAnsweredNonsense, match="limit"):
        added(card, limit="much")


def test_aux_data_must_be_a_map():
    with pytest.raises(BankAnsweredNonsense, match="a map"):
        QUIRKS["kontobank_aux_data"]({"auxData": "x"}, PLAIN)
