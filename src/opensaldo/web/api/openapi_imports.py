"""The document's chapter on advanced imports: a part of the data with each command."""

from __future__ import annotations

from typing import Any

from opensaldo.domain.command import CommandName
from opensaldo.errors import (
    CommandNotAvailable,
    DefaultImportAlreadyExecuted,
    InvalidArgument,
    InvalidIban,
    InvalidSince,
    JobsQuotaExceeded,
    MultipleAccessLimitExceeded,
    OpenSaldoError,
)
from opensaldo.web.api import openapi_examples as examples
from opensaldo.web.api import openapi_schemas as schemas
from opensaldo.web.api.openapi_answers import WITH_KEY, failures, xml_success
from opensaldo.web.api.openapi_commands import OF_SESSION, SESSION_ID, SIGNATURE, SINCE
from opensaldo.web.api.openapi_parameters import FLAG, FLAG_IN_JSON, Parameter, in_body
from opensaldo.web.api.openapi_schemas import Schema
from opensaldo.web.common import Dialect
from opensaldo.wire import xml_v1

_FAST_ACCOUNTS = Parameter(
    name="fast",
    meaning="Whether to skip slow details; default true. No detail of an account is slow today.",
    schema=FLAG,
    in_json=FLAG_IN_JSON,
)
_FAST_TRANSACTIONS = Parameter(
    name="fast",
    meaning="Whether to skip slow details; default false. Slow are details that the bank gives of "
    "one transaction at a time, such as those of taxes and social insurance.",
    schema=FLAG,
    in_json=FLAG_IN_JSON,
)
_IBAN = Parameter(
    name="iban",
    meaning="The account, as an earlier import of accounts of this session named it.",
    schema=schemas.TEXT,
    example="PL71999000090000000000004711",
    required=True,
)
_CARD = Parameter(
    name="cardNumber",
    meaning="The card, as an earlier import of cards of this session named it: its `cardId`, or "
    "its `number`, or its `iban`. The second name of the parameter is `cardId`.",
    schema=schemas.TEXT,
    example="4000 **** **** 0002",
    required=True,
)
_SHARED = "Runs after the session's earlier commands, in a session without a default import."
_LISTED = "Only at targets that list the command in the catalogue."


def paths(public_url: str) -> dict[str, Any]:
    """The paths of this chapter."""
    return {
        "/v1/command/import-owners.xml": {"post": _owners(public_url)},
        "/v1/command/import-accounts.xml": {"post": _accounts(public_url)},
        "/v1/command/import-account-transactions.xml": {"post": _transactions(public_url)},
        "/v1/command/import-credit-cards.xml": {"post": _cards(public_url)},
        "/v1/command/import-credit-card-transactions.xml": {"post": _card_rows(public_url)},
    }


def _owners(public_url: str) -> Schema:
    return _import(
        public_url,
        CommandName.IMPORT_OWNERS,
        operation="startImportOwners",
        summary="Import owners",
        meaning="Who the accounts belong to, and nothing else: no call to the bank is made for "
        "balances or transactions.",
    )


def _accounts(public_url: str) -> Schema:
    return _import(
        public_url,
        CommandName.IMPORT_ACCOUNTS,
        _FAST_ACCOUNTS,
        operation="startImportAccounts",
        summary="Import accounts without transactions",
        meaning="The accounts with balances and owners. Their IBANs may then be asked for.",
    )


def _transactions(public_url: str) -> Schema:
    return _import(
        public_url,
        CommandName.IMPORT_ACCOUNT_TRANSACTIONS,
        _IBAN,
        SINCE,
        _FAST_TRANSACTIONS,
        operation="startImportAccountTransactions",
        summary="Import one account's transactions",
        meaning="Import the accounts first. A list that was cut short by the time limit says so "
        "in `partialDueToTimeout`.",
        errors=(InvalidSince, InvalidIban),
    )


def _cards(public_url: str) -> Schema:
    return _import(
        public_url,
        CommandName.IMPORT_CARDS,
        operation="startImportCreditCards",
        summary="Import credit cards without transactions",
        meaning="The cards with balances and owners. They may then be asked for.",
    )


def _card_rows(public_url: str) -> Schema:
    return _import(
        public_url,
        CommandName.IMPORT_CARD_TRANSACTIONS,
        _CARD,
        SINCE,
        operation="startImportCreditCardTransactions",
        summary="Import one credit card's transactions",
        meaning="Import the cards first. A list that was cut short by the time limit says so in "
        "`partialDueToTimeout`.",
        errors=(InvalidSince, InvalidArgument),
    )


def _import(
    public_url: str,
    name: CommandName,
    *parameters: Parameter,
    operation: str,
    summary: str,
    meaning: str,
    errors: tuple[type[OpenSaldoError], ...] = (),
) -> Schema:
    inner = xml_v1.command(examples.queued(name))
    in_xml = examples.xml_reply(
        public_url, "command_setup", inner, status=202, owner=examples.OWNER
    )
    every = (
        *WITH_KEY,
        *errors,
        *OF_SESSION,
        CommandNotAvailable,
        DefaultImportAlreadyExecuted,
        JobsQuotaExceeded,
        MultipleAccessLimitExceeded,
    )
    return {
        "tags": ["Commands"],
        "operationId": operation,
        "summary": summary,
        "description": f"{meaning} {_SHARED} {_LISTED} XML only.",
        "requestBody": in_body(SESSION_ID, SIGNATURE, *parameters),
        "responses": {
            "202": xml_success(public_url, "command_setup", "Accepted.", example=in_xml),
            **failures(public_url, Dialect.XML, every),
        },
    }
