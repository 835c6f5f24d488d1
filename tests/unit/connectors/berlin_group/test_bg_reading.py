"""Data calls: what is sent, where pages lead, and what refusals mean."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import pytest

from opensaldo import errors
from opensaldo.connectors import trail
from opensaldo.connectors.protocols.berlin_group.dialects import SIBS
from opensaldo.domain.secret import Secret
from opensaldo.domain.transaction import TransactionStatus
from tests.unit.connectors.berlin_group.scene import (
    ACCESS,
    ACCOUNT,
    BALANCES,
    NOW,
    PSU,
    ROOT,
    Scene,
    answer,
    refused,
)

TODAY = NOW.date()


def row(amount="-1.00", **more):
    return {"transactionAmount": {"amount": amount, "currency": "RON"}, **more}


def page(*rows, pending=(), link=None):
    report = {"booked": list(rows), "pending": list(pending)}
    if link:
        report["_links"] = {"next": {"href": link}}
    return {"transactions": report}


def query_of(request):
    return {name: values[0] for name, values in parse_qs(urlsplit(request.url).query).items()}


def knowing(**known):
    return replace(ACCESS, memory={**ACCESS.memory, "accounts": json.dumps({"a-1": known})})


# --- who is there ---------------------------------------------------------------------------------
def test_an_unattended_call_says_nothing_of_the_person():
    scene = Scene({"transactions": page(), "account": {"account": {**ACCOUNT, **BALANCES}}})
    scene.pages(psu=None)
    scene.account(psu=None)
    for sent in scene.door.sent:
        assert set(sent.headers) == {"Accept", "Accept-Encoding", "X-Request-ID", "Consent-ID"}


def test_an_attended_call_says_who_asks():
    scene = Scene({"transactions": page()})
    scene.pages(psu=PSU, access=replace(ACCESS, access_token=Secret("t1")))
    (sent,) = scene.door.sent
    assert sent.headers["PSU-IP-Address"] == PSU.ip_address
    assert sent.headers["Authorization"] == "Bearer t1"
    assert sent.headers["Consent-ID"] == "c-1"


def test_sibs_says_in_the_address_whether_the_person_is_there():
    scene = Scene({"transactions": page()}, SIBS)
    scene.pages(psu=PSU)
    scene.pages(psu=None)
    assert [query_of(sent)["psuInvolved"] for sent in scene.door.sent] == ["true", "false"]


def test_an_answer_to_another_request_is_refused():
    scene = Scene({"transactions": answer(page(), x_request_id="another")})
    with pytest.raises(errors.BankAnsweredNonsense, match="X-Request-ID"):
        scene.pages()


# --- accounts -------------------------------------------------------------------------------------
def test_an_account_comes_with_its_balances_in_one_call_where_the_bank_can():
    scene = Scene({"account": {"account": {**ACCOUNT, **BALANCES}}})
    assert scene.account().account.balance == 9
    (sent,) = scene.door.sent
    assert sent.url == f"{ROOT}/accounts/a-1?withBalance=true"


def test_balances_are_asked_for_where_the_account_has_a_link_to_them():
    linked = {**ACCOUNT, "_links": {"balances": {"href": "/psd2/v1/accounts/a-1/balances?x=1"}}}
    scene = Scene({"account": {"account": linked}, "balances": BALANCES})
    assert scene.account().account.balance == 9
    assert scene.door.to("balances")[0].url == f"{ROOT}/accounts/a-1/balances?x=1"


def test_balances_are_not_asked_for_where_the_consent_does_not_cover_them():
    linked = {**ACCOUNT, "_links": {"transactions": {"href": "/t"}}}
    scene = Scene({"account": {"account": linked}})
    assert scene.account().account.balance is None


@pytest.mark.parametrize("status", [403, 404, 405])
def test_a_bank_without_links_may_have_no_balances_call(status):
    scene = Scene({"account": {"account": ACCOUNT}, "balances": refused(status, "SERVICE_INVALID")})
    assert scene.account().account.balance is None


def test_a_card_account_is_read_at_its_own_address():
    card = {"resourceId": "k/1", "maskedPan": "5409XXXXXXXX1234", "currency": "RON"}
    scene = Scene({"account": {"cardAccount": card}, "balances": BALANCES})
    reading = scene.account(number="card:k/1")
    assert reading.card is not None
    assert (reading.card.number, reading.card.balance) == ("5409XXXXXXXX1234", 9)
    assert scene.door.sent[0].url.startswith(f"{ROOT}/card-accounts/k%2F1?")


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (401, "CONSENT_EXPIRED", errors.BankConsentWithdrawn),
        (401, "CONSENT_INVALID", errors.BankConsentWithdrawn),
        (401, "TOKEN_EXPIRED", errors.BankAccessEnded),
        (429, "ACCESS_EXCEEDED", errors.BankRateLimited),
        (429, "ANYTHING", errors.BankRateLimited),
        (400, "ACCESS_EXCEEDED", errors.BankRateLimited),
        (401, "CERTIFICATE_MISSING", errors.BankUnavailable),
        (401, "SIGNATURE_INVALID", errors.BankUnavailable),
        (503, "MAINTENANCE", errors.BankMaintenance),
        (503, "SERVICE_UNAVAILABLE", errors.BankUnavailable),
        (500, "INTERNAL_SERVER_ERROR", errors.BankUnavailable),
        (404, "RESOURCE_UNKNOWN", errors.BankAccessEnded),
    ],
)
def test_a_refusal_is_the_error_of_who_must_act(status, code, error):
    scene = Scene({"account": refused(status, code)})
    with pytest.raises(error):
        scene.account()


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (429, b"", errors.BankRateLimited),
        (401, b"", errors.BankAccessEnded),
        (403, b"<html>", errors.BankAccessEnded),
        (502, b"<html>", errors.BankUnavailable),
        (200, b"<html>Sorry</html>", errors.BankAnsweredNonsense),
        (200, b"", errors.BankAnsweredNonsense),
        (302, b"", errors.BankUnavailable),
    ],
)
def test_a_refusal_without_a_code_goes_by_its_status(status, body, error):
    scene = Scene({"account": answer(body, status, retry_after="9")})
    with pytest.raises(error):
        scene.account()


def test_a_bank_that_says_when_to_come_back_is_believed():
    scene = Scene({"account": answer(b"", 429, retry_after="120")})
    with pytest.raises(errors.BankRateLimited) as caught:
        scene.account()
    assert caught.value.retry_after_s == 120


# --- pages ----------------------------------------------------------------------------------------
def test_pages_follow_the_banks_link_and_nothing_else():
    links = ["?bookingStatus=both&page=2", "/psd2/v1/p3?x=1", "https://api.example.org/psd2/v1/p4"]
    prepared = [page(row(f"-{n}.00"), link=link) for n, link in enumerate(links, 1)]
    scene = Scene({"transactions": [*prepared, page(row("-9.00"))]})
    pages = scene.pages()
    assert [one.rows[0].amount for one in pages] == [-1, -2, -3, -9]
    assert [one.is_last for one in pages] == [False, False, False, True]
    assert pages[0].currency == "RON"
    assert [sent.url for sent in scene.door.sent[1:]] == [
        f"{ROOT}/accounts/a-1/transactions?bookingStatus=both&page=2",
        f"{ROOT}/p3?x=1",
        f"{ROOT}/p4",
    ]


@pytest.mark.parametrize(
    "link", ["https://evil.example.org/x", "http://api.example.org/psd2/v1/x", "//evil.example.org",
             "https://api.example.org@evil.example.org/", "https://api.example.org:8443/x", "ftp://x"],
)  # fmt: skip
def test_no_page_is_fetched_from_elsewhere(link):
    scene = Scene({"transactions": page(row(), link=link)})
    with pytest.raises(errors.BankAnsweredNonsense, match="_links"):
        scene.pages()
    assert len(scene.door.sent) == 1


def test_pages_in_a_circle_end():
    scene = Scene({"transactions": [page(row(), link="/psd2/v1/p2"), page(row(), link="?b")]})
    with pytest.raises(errors.BankAnsweredNonsense, match="not read before"):
        scene.pages()


def test_pages_without_end_end(monkeypatch):
    monkeypatch.setattr(trail, "PAGES_MAX", 3)
    prepared = [page(row(), link=f"/psd2/v1/p{number}") for number in range(10)]
    with pytest.raises(errors.BankAnsweredNonsense, match="at most 3 pages"):
        Scene({"transactions": prepared}).pages()


@pytest.mark.parametrize("is_same", [True, False])
def test_the_pages_of_a_list_share_a_request_id_where_the_bank_wants_that(is_same):
    prepared = [page(row(), link="/psd2/v1/p2"), page(row())]
    scene = Scene({"transactions": prepared}, same_request_id_for_pages=is_same)
    scene.pages()
    first, second = (sent.headers["X-Request-ID"] for sent in scene.door.sent)
    assert (first == second) == is_same


def test_rows_on_their_way_are_marked_and_come_once():
    waiting = row("-7.00", transactionId="w")
    prepared = [page(row(), pending=[waiting], link="/psd2/v1/p2"), page(pending=[waiting])]
    first, second = Scene({"transactions": prepared}).pages()
    assert [one.status for one in first.rows] == [TransactionStatus.DONE, TransactionStatus.PENDING]
    assert second.rows == ()


def test_a_list_the_consent_does_not_cover_is_not_asked_for():
    assert Scene({}).pages(access=knowing(transactions="-")) == []


def test_the_banks_own_address_of_a_list_is_used_with_our_query():
    access = knowing(transactions="/v2/accounts/a-1/transactions?currency=RON", account="X")
    scene = Scene({"transactions": page(row("5.00", debtorAccount={"iban": "X"}))})
    (only,) = scene.pages(access=access)
    assert only.rows[0].amount == Decimal("-5.00")
    (sent,) = scene.door.sent
    assert sent.url.startswith("https://api.example.org/v2/accounts/a-1/transactions?currency=RON&")
    assert query_of(sent)["bookingStatus"] == "both"


def test_a_card_list_is_read_as_cards_are():
    access = replace(
        ACCESS,
        memory={**ACCESS.memory, "accounts": '{"card:k-1": {"is_debit_positive": true}}'},
    )
    scene = Scene({"transactions": {"cardTransactions": {"booked": [row("20.00")]}}})
    (only,) = scene.pages(access=access, number="card:k-1")
    assert only.rows[0].amount == Decimal("-20.00")
    assert scene.door.sent[0].url.startswith(f"{ROOT}/card-accounts/k-1/transactions?")


def test_booked_is_asked_for_where_the_bank_knows_no_other_and_remembered():
    scene = Scene({"transactions": [refused(400, "PARAMETER_NOT_SUPPORTED"), page(row())]})
    scene.pages()
    scene.pages()
    statuses = [query_of(sent)["bookingStatus"] for sent in scene.door.sent]
    assert statuses == ["both", "booked", "booked"]


def test_a_bank_that_takes_no_booking_status_is_no_endless_question():
    scene = Scene({"transactions": refused(400, "PARAMETER_NOT_SUPPORTED")})
    with pytest.raises(errors.BankUnavailable):
        scene.pages()
    assert len(scene.door.sent) == 2


# --- how far back ---------------------------------------------------------------------------------
@pytest.mark.parametrize(("minutes", "days"), [(0, 400), (15, 400), (16, 90)])
def test_the_whole_history_is_asked_for_right_after_sca_only(minutes, days):
    scene = Scene({"transactions": page()})
    scene.clock.now += timedelta(minutes=minutes)
    scene.pages()
    assert query_of(scene.door.sent[0])["dateFrom"] == (TODAY - timedelta(days=days)).isoformat()


def test_a_later_first_day_is_asked_for_as_it_is():
    scene = Scene({"transactions": page()})
    scene.pages(since=date(2026, 2, 1))
    assert query_of(scene.door.sent[0])["dateFrom"] == "2026-02-01"


@pytest.mark.parametrize(("memory", "days"), [({}, 90), ({"extra_sca": "1"}, 400)])
def test_older_history_needs_its_own_authorisation_where_the_bank_says_so(memory, days):
    scene = Scene({"transactions": page()}, history_extra_sca=True)
    scene.pages(access=replace(ACCESS, memory={**ACCESS.memory, **memory}))
    assert query_of(scene.door.sent[0])["dateFrom"] == (TODAY - timedelta(days=days)).isoformat()


def test_a_day_refused_as_too_old_is_moved_once():
    scene = Scene({"transactions": [refused(400, "PERIOD_INVALID"), page(row())]})
    assert len(scene.pages()) == 1
    moved = query_of(scene.door.sent[1])["dateFrom"]
    assert moved == (TODAY - timedelta(days=89)).isoformat()
    scene = Scene({"transactions": refused(400, "PERIOD_INVALID")})
    with pytest.raises(errors.BankUnavailable):
        scene.pages()
    assert len(scene.door.sent) == 2


# --- ending ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "reply", [answer(None, 204), refused(404, "RESOURCE_UNKNOWN"), refused(401, "CONSENT_EXPIRED")]
)
def test_a_consent_is_deleted_and_one_that_ended_already_is_fine(reply):
    scene = Scene({"deleteConsent": reply})
    asyncio.run(scene.connector.revoke(ACCESS))
    (sent,) = scene.door.sent
    assert (sent.method, sent.url) == ("DELETE", f"{ROOT}/consents/c-1")


def test_a_consent_that_could_not_be_deleted_is_an_error():
    scene = Scene({"deleteConsent": answer(b"", 500)})
    with pytest.raises(errors.BankUnavailable):
        asyncio.run(scene.connector.revoke(ACCESS))


def test_accounts_are_listed_where_the_access_names_none():
    scene = Scene({"getAccounts": {"accounts": [ACCOUNT]}})
    unnamed = replace(ACCESS, account_numbers=())
    assert asyncio.run(scene.connector.account_numbers(unnamed, None)) == ("a-1",)
    assert asyncio.run(scene.connector.account_numbers(ACCESS, None)) == ("a-1",)
    assert len(scene.door.sent) == 1
