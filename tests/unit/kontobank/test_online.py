"""The online service: what a browser meets on its way to the accounts, and what is refused."""

from __future__ import annotations

import csv
import io
import json
import re
from base64 import urlsafe_b64encode

import pytest

from kontobank.apis.online.logins import ID_TYPES
from kontobank.people.countries import COUNTRIES
from tests.support.online import digits_in
from tests.unit.kontobank.tpp import call_asgi
from tests.unit.kontobank.visitor import PASSWORD, Visitor, token

HISTORY = re.compile(r'class="history" href="([^"]+)"')


@pytest.fixture
def visitor(app) -> Visitor:
    return Visitor(app)


def rows_of_log(app):
    return json.loads(call_asgi(app, "GET", "/switchboard/log?since=0", {}).text)["rows"]


def code_of(answer) -> str:
    return re.findall(r'data-code="(\w+)"', answer.text)[0]


@pytest.mark.parametrize("country", COUNTRIES)
def test_a_password_and_a_code_lead_to_the_accounts(app, country):
    visitor = Visitor(app, country)
    assert visitor.sign_in("test1").headers["location"] == f"/online/{country}/confirm"
    page = visitor.get("/confirm")
    answer = visitor.post("/confirm", _csrf=token(page), code=PASSWORD)
    assert answer.headers["location"] == f"/online/{country}/start"
    assert HISTORY.findall(visitor.get("/start").text)


@pytest.mark.parametrize("kind", ID_TYPES)
def test_every_kind_of_number_signs_in(visitor, kind):
    more = {"company": "4711"} if kind == "COMPANY_LOGIN" else {}
    more |= {"branch": "0102"} if kind == "CHOICE" else {}
    assert visitor.sign_in("test2", idType=kind, **more).headers["location"].endswith("/start")


@pytest.mark.parametrize(
    "wrong",
    [
        {"password": "x"},
        {"idNumber": "nobody"},
        {"idType": "COMPANY_LOGIN"},
        {"idType": "CHOICE", "branch": "9"},
        {"idType": "MADE_UP"},
    ],
)
def test_what_names_nobody_is_wrong(visitor, wrong):
    fields = {"idNumber": "test2", **wrong}
    page = visitor.get("/login")
    typed = {"idType": "STATIC_LOGIN", "password": PASSWORD, **fields}
    assert code_of(visitor.post("/login", _csrf=token(page), **typed)) == "E101"


def test_three_wrong_tries_lock_the_visit(visitor):
    page = visitor.get("/login")
    for code in ("E101", "E101", "E202"):
        fields = {"idType": "STATIC_LOGIN", "idNumber": "test1", "password": "x"}
        answer = visitor.post("/login", _csrf=token(page), **fields)
        assert code_of(answer) == code
        page = answer if code == "E101" else page


def test_a_form_without_its_token_is_refused(visitor):
    visitor.get("/login")
    answer = visitor.post("/login", _csrf="x", idType="STATIC_LOGIN", idNumber="test2")
    assert (answer.status, code_of(answer)) == (403, "E403")


@pytest.mark.parametrize(
    ("login", "code"),
    [
        ("test-blocked", "E201"),
        ("test-locked", "E202"),
        ("test-action", "E301"),
        ("test-mismatch", "E302"),
        ("test-method", "E303"),
        ("test-language", "E304"),
        ("test-level", "E305"),
        ("test-corporate", "E900"),
    ],
)
def test_people_the_bank_refuses_are_told_why(visitor, login, code):
    assert code_of(visitor.sign_in(login)) == code


def test_the_long_way_goes_over_pictures_approval_token_and_a_message(visitor):
    visitor.sign_in("test-all")
    page = visitor.get("/confirm")
    shown = digits_in(visitor.get("/challenge.png?n=1").body)
    visitor.post("/confirm", _csrf=token(page), captcha=shown)
    page = visitor.get("/confirm")
    assert visitor.get("/challenge.png?n=2").headers["content-type"] == "image/png"
    visitor.post("/confirm", _csrf=token(page), picture="yes")
    polls = [visitor.get("/confirm").status for _ in range(3)]
    assert polls == [200, 200, 303]
    page = visitor.get("/confirm")
    visitor.post("/confirm", _csrf=token(page), code=PASSWORD)
    assert 'id="onwards"' in visitor.get("/confirm").text
    assert visitor.get("/confirm?seen=1").headers["location"] == "/online/pl/start"


@pytest.mark.parametrize(
    ("login", "code"), [("test-app-refused", "E102"), ("test-app-late", "E103")]
)
def test_an_approval_can_be_refused_or_come_too_late(visitor, clock, login, code):
    visitor.sign_in(login)
    visitor.get("/confirm")
    visitor.get("/confirm")
    clock.advance(121)
    assert code_of(visitor.get("/confirm")) == code


def test_who_is_not_signed_in_sees_nothing(visitor):
    for path in ("/start", "/owner", "/cards", "/accounts/x", "/accounts/x/history", "/keep-alive"):
        assert visitor.get(path).headers["location"] == "/online/pl/login?reason=timeout"
    visitor.sign_in("test1")
    assert visitor.get("/owner").headers["location"] == "/online/pl/confirm"


def test_idleness_ends_a_visit_and_keep_alive_prolongs_it(visitor, clock):
    visitor.sign_in("test2")
    for _ in range(4):
        clock.advance(200)
        assert visitor.get("/keep-alive").text == "OK 300"
    clock.advance(301)
    assert visitor.get("/start").status == 303


def test_sign_out_ends_the_visit(visitor):
    visitor.sign_in("test2")
    kept = dict(visitor.cookies)
    assert visitor.get("/logout").status == 200
    visitor.cookies = kept
    assert visitor.get("/start").status == 303


def test_history_pages_and_file_hold_the_same_booked_rows(visitor):
    visitor.sign_in("test2")
    address = HISTORY.findall(visitor.get("/start").text)[0] + "?from=2026-05-01"
    shown, number = [], 1
    while True:
        page = visitor.get(f"{address}&page={number}")
        shown += [one for one in re.findall(r'class="s-(\w+)"', page.text) if one == "done"]
        number += 1
        if 'class="next"' not in page.text:
            break
    assert number > 2
    file = visitor.get(address.replace("/history?", "/history.csv?"))
    assert file.headers["content-type"] == "text/csv; charset=windows-1250"
    rows = list(csv.reader(io.StringIO(file.body.decode("cp1250")), delimiter=";"))
    assert rows[4][0] == "Data operacji"
    assert len(rows) - 5 == len(shown)
    assert re.fullmatch(r"-?\d+,\d\d", rows[5][6])


def test_every_request_is_in_the_log_with_path_and_kind(app, visitor):
    visitor.sign_in("test2")
    visitor.get("/start")
    visitor.get("/static/bank.css")
    visitor.get("/wp-login.php")
    seen = [(row["method"], row["path"], row["kind"]) for row in rows_of_log(app)]
    assert seen == [
        ("GET", "/login", "page"),
        ("POST", "/login", "page"),
        ("GET", "/start", "page"),
        ("GET", "/static/bank.css", "asset"),
        ("GET", "/wp-login.php", "page"),
    ]


def test_a_masked_place_wears_the_other_banks_name(app):
    mask = urlsafe_b64encode(json.dumps({"name": "Bank <Ejemplo>"}).encode()).decode().rstrip("=")
    page = Visitor(app, f"es.{mask}").get("/login").text
    assert "Bank &lt;Ejemplo&gt;" in page
    assert "Simulated by KontoBank" in page
    assert Visitor(app, "xx").get("/login").status == 404
