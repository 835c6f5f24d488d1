"""Every JSON reply, member by member."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opensaldo import errors
from opensaldo.domain.account import Holdings
from opensaldo.domain.command import CommandState
from opensaldo.domain.receipt import BalanceCheck, Outcome, Reason, Skip
from opensaldo.domain.session import RedirectionState
from opensaldo.wire import json_v1
from opensaldo.wire.text import clean_text
from tests.support import builders as a

AT = datetime(2026, 3, 2, 10, 15, 30, tzinfo=UTC)
DONE = a.a_command(CommandState.SUCCESSFUL)


def opened(body: bytes) -> Any:
    """The document with the digits of its numbers kept."""
    return json.loads(body, parse_float=Decimal)


# --- commands ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("state", "accepted", "polled"),
    [
        (CommandState.SETUP, "QUEUED", "QUEUED"),
        (CommandState.IN_PROGRESS, "RUNNING", "RUNNING"),
        (CommandState.SUCCESSFUL, "RUNNING", "COMPLETED"),
        (CommandState.ERROR, "RUNNING", "FAILED"),
        (CommandState.FATAL, "RUNNING", "FAILED"),
    ],
)
def test_states_have_their_words(state: CommandState, accepted: str, polled: str):
    command = a.a_command(state)
    assert opened(json_v1.accepted(command)) == {"id": a.COMMAND_ID, "status": accepted}
    assert opened(json_v1.command_result(command, None))["status"] == polled


def test_a_complete_command_has_what_was_read():
    body = json_v1.command_result(
        a.a_command(CommandState.SUCCESSFUL, receipt=a.a_receipt(outcome=Outcome.PARTIAL)),
        json_v1.encode_holdings(a.a_holdings()),
        owner_external_id=a.OWNER_EXTERNAL_ID,
        multiple_access_token="b5" * 32,
    )
    assert opened(body) == {
        "id": "701000123",
        "status": "COMPLETED",
        "target": "KontoBank",
        "multipleAccessToken": "b5" * 32,
        "owners": [
            {"externalId": "loan-7781", "name": "Ewa Testowa"},
            {"externalId": "loan-7781", "name": "Adam Próbny"},
        ],
        "accounts": [
            {
                "number": "PL71999000090000000000004711",
                "currency": "PLN",
                "balance": Decimal("1200.50"),
                "availableBalance": Decimal("1200.50"),
                "transactions": [
                    {
                        "date": "2026-02-27",
                        "amount": Decimal("-41.20"),
                        "currency": "PLN",
                        "description": "ZAKUPY 0412",
                        "counterpartyName": "SKLEP PRÓBA",
                        "counterpartyAccount": "PL90999000090000000000008152",
                        "label": "grocery",
                    }
                ],
            }
        ],
        "receipt": {
            "outcome": "partial",
            "accounts": 1,
            "pages": 2,
            "rows": 72,
            "fetched": 72,
            "new": 72,
            "changed": 0,
            "retired": 0,
        },
    }
    assert b'"balance":1200.50,' in body


def test_a_receipt_says_why_in_its_own_words():
    check = BalanceCheck(account_id="a1", currency="PLN", reason=Reason.FIRST_IMPORT)
    shown = opened(
        json_v1.command_result(
            a.a_command(
                CommandState.ERROR,
                failure=a.a_failure(),
                receipt=a.a_receipt(
                    outcome=Outcome.FAILED,
                    skipped={Skip.SENT_TWICE: 2},
                    balances=(check,),
                    calls_left=0,
                ),
            ),
            None,
        )
    )["receipt"]
    assert (shown["outcome"], shown["skipped"], shown["callsLeft"]) == (
        "failed",
        {"sent_twice": 2},
        0,
    )
    assert shown["balances"] == [{"accountId": "a1", "currency": "PLN", "reason": "first_import"}]


def test_an_absent_value_is_left_out_and_never_null():
    account = a.an_account(
        iban=None,
        balance=None,
        available=None,
        transactions=(
            a.a_transaction(
                transaction_on=None, title=" ", party=None, party_iban="\x00", labels=(" ", "fee")
            ),
            a.a_transaction(
                transaction_on=None, booked_on=None, title=None, party=None, party_iban=None,
                labels=(),
            ),
        ),
    )  # fmt: skip
    holdings = a.a_holdings(owners=(), accounts=(account, a.an_account(transactions=())))
    document = opened(json_v1.command_result(DONE, holdings))
    assert document["owners"] == []
    first, second = document["accounts"]
    assert first == {
        "currency": "PLN",
        "transactions": [
            {"date": "2026-02-28", "amount": Decimal("-41.20"), "currency": "PLN", "label": "fee"},
            {"amount": Decimal("-41.20"), "currency": "PLN"},
        ],
    }
    assert second["transactions"] == []


@pytest.mark.parametrize(
    ("pesel", "document", "national"),
    [("90810100041", "ABC1", "90810100041"), (" ", "ABC1", "ABC1"), (None, None, None)],
)
def test_the_national_id_is_the_pesel_or_the_document(pesel, document, national):
    owner = a.an_owner(polish_pesel=pesel, personal_document_number=document, email="e@example.com")
    shown = opened(json_v1.command_result(DONE, Holdings(owners=(owner,))))["owners"][0]
    assert shown.get("nationalId") == national
    assert shown["email"] == "e@example.com"


@pytest.mark.parametrize("state", [each for each in CommandState if each != "successful"])
def test_only_a_complete_command_shows_data(state: CommandState):
    document = opened(json_v1.command_result(a.a_command(state), a.a_holdings()))
    assert "accounts" not in document
    assert ("exception" in document) == (state in (CommandState.ERROR, CommandState.FATAL))


def test_a_failed_command_tells_why():
    command = a.a_command(CommandState.ERROR, failure=a.a_failure(message="a\x00b"), target=None)
    assert opened(json_v1.command_result(command, None)) == {
        "id": "701000123",
        "status": "FAILED",
        "exception": {"name": "SessionExpired", "message": "ab"},
    }


@given(st.text(), st.dates())
def test_hostile_text_stays_text(text: str, day: date):
    row = a.a_transaction(title=text, transaction_on=day, labels=(text,))
    holdings = a.a_holdings(accounts=(a.an_account(transactions=(row,)),))
    body = json_v1.command_result(DONE, holdings, owner_external_id=text)
    shown = opened(body)["accounts"][0]["transactions"][0]
    assert shown.get("description") == shown.get("label") == clean_text(text)
    assert shown["date"] == day.isoformat()


# --- sessions and redirections -------------------------------------------------------------------
def test_a_session_has_its_id_and_signature():
    assert json_v1.session(a.SESSION_ID, "ab") == (
        b'{"sessionId":"50100011","sessionIdSignature":"ab"}'
    )


def test_a_started_redirection_has_all_five_members():
    body = json_v1.redirection_started(a.REDIRECTION_ID, "https://s/1", a.SESSION_ID, "ab")
    assert list(opened(body).items()) == [
        ("redirectionId", a.REDIRECTION_ID),
        ("redirectionLink", "https://s/1"),
        ("redirectUrl", "https://s/1"),
        ("sessionId", a.SESSION_ID),
        ("sessionIdSignature", "ab"),
    ]


@pytest.mark.parametrize(
    ("state", "by_id", "by_session"),
    [
        (RedirectionState.PENDING, "PENDING", "PENDING"),
        (RedirectionState.SUCCESS, "SUCCESS", "COMPLETED"),
        (RedirectionState.ERROR, "ERROR", "FAILED"),
        (RedirectionState.EXPIRED, "EXPIRED", "EXPIRED"),
    ],
)
def test_the_status_has_two_vocabularies(state: RedirectionState, by_id: str, by_session: str):
    assert opened(json_v1.redirection_status_by_id(state, exception="SignInTimeout")) == {
        "status": by_id,
        "params": {
            "sessionId": None,
            "sessionIdSignature": None,
            "multipleAccessId": None,
            "target": None,
            "officialName": None,
            "exception": "SignInTimeout",
        },
    }
    assert opened(json_v1.redirection_status_by_session(a.SESSION_ID, state)) == {
        "sessionId": a.SESSION_ID,
        "status": by_session,
    }


def test_a_deletion_names_the_owner():
    assert json_v1.deleted("loan-7781") == b'{"status":"200 OK","ownerExternalId":"loan-7781"}'


# --- catalogue and health ------------------------------------------------------------------------
def test_the_catalogue_lists_the_modes_each_target_serves():
    assert opened(json_v1.ais_catalog([a.a_psd2_target(), a.a_target(official_name="Ż\x00")])) == {
        "targets": [
            {
                "id": "KontoBankApi",
                "country": "PL",
                "name": "KontoBank",
                "accessModes": ["SINGLE", "MULTIPLE", "MIXED"],
            },
            {"id": "KontoBank", "country": "PL", "name": "Ż", "accessModes": ["SINGLE", "MIXED"]},
        ]
    }


def test_health_is_ok_or_a_failure():
    assert json_v1.health(True) == b'{"status":"OK"}'
    document = opened(json_v1.health(False, AT))
    assert document["status"] == "503 Service Unavailable"
    assert document["exception"]["name"] == "ServiceTemporarilyUnavailable"
    assert document["responseTimestamp"] == "2026-03-02T10:15:30Z"
    assert "responseTimestamp" not in opened(json_v1.health(False))


# --- failures ------------------------------------------------------------------------------------
def test_an_error_mirrors_the_envelope():
    body = json_v1.error(
        errors.InvalidOwnerExternalId("no\x00"),
        AT,
        a.CLIENT_ID,
        " a\ud800\tb ",
        [json_v1.FieldFault("ownerExternalId", "too long")],
    )
    assert list(opened(body).items()) == [
        ("status", "400 Bad Request"),
        ("user", "acme-test"),
        ("ownerExternalId", " a\tb "),
        ("responseTimestamp", "2026-03-02T10:15:30Z"),
        ("exception", {"name": "InvalidOwnerExternalId", "message": "no"}),
        ("errors", [{"field": "ownerExternalId", "message": "too long"}]),
    ]


def test_an_error_may_go_out_under_another_status_and_without_a_user():
    body = json_v1.error(errors.ManualActionRequired(), AT, None, status=409)
    assert list(opened(body)) == ["status", "responseTimestamp", "exception"]
    assert opened(body)["status"] == "409 Conflict"


def test_the_401_has_a_comment_in_place_of_user_and_exception():
    assert opened(json_v1.unauthorized(AT, "This request\ncould not\x00.")) == {
        "status": "401 Unauthorized",
        "responseTimestamp": "2026-03-02T10:15:30Z",
        "comment": "This request\ncould not.",
    }
