"""The results of the advanced imports: what the contract's table says, valid by our schemas."""

from __future__ import annotations

from typing import Any

import pytest
from lxml import etree

from opensaldo.domain.account import Holdings
from opensaldo.domain.command import CommandName, CommandState
from opensaldo.wire import xml_v1
from opensaldo.wire.schema import SCHEMA_NAMES
from opensaldo.wire.xml_command import SCHEMA_OF_COMMAND
from tests.support.builders import AT, a_card, a_command, a_failure, an_account, an_owner
from tests.support.xsd import checked

ENVELOPE = xml_v1.Envelope("https://docs.example.org", AT, "acme-test")
ACCOUNT = Holdings(accounts=(an_account(),))
CARD = Holdings(cards=(a_card(),))
NO_ROWS: dict[str, Any] = {"transactions": ()}
RESULTS: list[tuple[CommandName, Holdings, list[str]]] = [
    (CommandName.IMPORT_OWNERS, Holdings(owners=(an_owner(),)), ["owners/owner"]),
    (
        CommandName.IMPORT_ACCOUNTS,
        Holdings(accounts=(an_account(**NO_ROWS),)),
        ["accounts/account"],
    ),
    (CommandName.IMPORT_ACCOUNT_TRANSACTIONS, ACCOUNT, ["moneyTransactions/moneyTransaction"]),
    (CommandName.IMPORT_CARDS, Holdings(cards=(a_card(**NO_ROWS),)), ["creditCards/creditCard"]),
    (CommandName.IMPORT_CARD_TRANSACTIONS, CARD, ["moneyTransactions/moneyTransaction"]),
]
IDS = [name.value for name, _held, _paths in RESULTS]


def polled(name: CommandName, holdings: Holdings) -> etree._Element:
    """The result of a successful poll, which its schema finds no fault with."""
    command = a_command(CommandState.SUCCESSFUL, name=name)
    inner = xml_v1.command(command, result=xml_v1.result(holdings, name))
    schema = xml_v1.schema_of(command)
    root = checked(xml_v1.reply(ENVELOPE, schema=schema, status=200, inner=inner))
    found = root.find("command/result")
    assert found is not None
    return found


@pytest.mark.parametrize(("name", "held", "paths"), RESULTS, ids=IDS)
def test_a_result_holds_what_the_table_says_and_nothing_else(
    name: CommandName, held: Holdings, paths: list[str]
):
    result = polled(name, held)
    found = [f"{part.tag}/{child.tag}" for part in result for child in part]
    assert found == paths


@pytest.mark.parametrize(("name", "held", "paths"), RESULTS, ids=IDS)
def test_a_waiting_and_a_failed_command_fit_the_same_schema(
    name: CommandName, held: Holdings, paths: list[str]
):
    for state in (CommandState.SETUP, CommandState.IN_PROGRESS, CommandState.ERROR):
        failure = a_failure() if state is CommandState.ERROR else None
        command = a_command(state, name=name, failure=failure)
        reply = xml_v1.reply(
            ENVELOPE,
            schema=xml_v1.schema_of(command),
            status=200,
            inner=xml_v1.command(command),
        )
        assert checked(reply).find("command/result") is None


@pytest.mark.parametrize(
    ("name", "held", "container"),
    [
        (CommandName.IMPORT_OWNERS, Holdings(), "owners"),
        (CommandName.IMPORT_ACCOUNTS, Holdings(), "accounts"),
        (
            CommandName.IMPORT_ACCOUNT_TRANSACTIONS,
            Holdings(accounts=(an_account(**NO_ROWS),)),
            "moneyTransactions",
        ),
        (CommandName.IMPORT_CARDS, Holdings(), "creditCards"),
        (
            CommandName.IMPORT_CARD_TRANSACTIONS,
            Holdings(cards=(a_card(**NO_ROWS),)),
            "moneyTransactions",
        ),
    ],
)
def test_the_container_stands_when_nothing_is_in_it(
    name: CommandName, held: Holdings, container: str
):
    (part,) = polled(name, held)
    assert (part.tag, len(part), dict(part.attrib)) == (container, 0, {})


@pytest.mark.parametrize("rows", [True, False])
def test_a_list_that_was_cut_short_says_so(rows: bool):
    account = an_account(partial=True, **({} if rows else NO_ROWS))
    (part,) = polled(CommandName.IMPORT_ACCOUNT_TRANSACTIONS, Holdings(accounts=(account,)))
    assert dict(part.attrib) == {"partialDueToTimeout": "true"}


def test_a_row_alone_is_the_row_of_the_account_to_the_letter():
    (alone,) = polled(CommandName.IMPORT_ACCOUNT_TRANSACTIONS, ACCOUNT)
    command = a_command(CommandState.SUCCESSFUL)
    inner = xml_v1.command(command, result=xml_v1.result(ACCOUNT))
    whole = checked(xml_v1.reply(ENVELOPE, schema="default_import", status=200, inner=inner))
    inside = whole.find(".//moneyTransactions")
    assert inside is not None
    assert [[(part.tag, (part.text or "").strip()) for part in row.iter()] for row in alone] == [
        [(part.tag, (part.text or "").strip()) for part in row.iter()] for row in inside
    ]


def test_every_line_is_two_blanks_deeper_than_its_parent():
    lines = xml_v1.result(ACCOUNT, CommandName.IMPORT_ACCOUNT_TRANSACTIONS).decode().splitlines()
    depths = [len(line) - len(line.lstrip()) for line in lines]
    assert (depths[0], depths[1], depths[2], depths[-1]) == (6, 8, 10, 6)
    label = next(line for line in lines if "<label>" in line)
    assert len(label) - len(label.lstrip()) == 12


def test_every_command_names_a_published_schema():
    assert set(SCHEMA_OF_COMMAND) == set(CommandName)
    assert set(SCHEMA_OF_COMMAND.values()) <= set(SCHEMA_NAMES)
