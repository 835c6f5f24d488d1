from urllib.parse import urlsplit

import pytest

from kontobank.app.doors import STANDARDS
from kontobank.people.countries import COUNTRIES
from kontobank.people.owners import PERSON_FAULTS
from tests.unit.kontobank.tpp import Tpp, account_ids, call_asgi, hidden_fields, query


@pytest.fixture
def target(tpp):
    address = urlsplit(tpp.authorize().json["aspspRedirectUri"])
    return f"{address.path}?{address.query}"


def show(tpp, target):
    return call_asgi(tpp.app, "GET", target, {})


def send(tpp, target, **fields):
    page = show(tpp, target)
    return tpp.form(target, [*hidden_fields(page.text).items(), *fields.items()])


def test_the_pages_lead_from_password_to_code_to_consent_and_back(tpp, target):
    first = show(tpp, target)
    assert hidden_fields(first.text)["step"] == "login"
    second = send(tpp, target, login="test3", password="Test123")
    assert hidden_fields(second.text)["step"] == "code"
    third = send(tpp, target, code="Test123")
    assert hidden_fields(third.text)["step"] == "consent"
    assert third.text.count(" checked>") == len(account_ids(third.text)) == 4
    fields = [*hidden_fields(third.text).items(), ("decision", "approve")]
    back = tpp.form(target, [*fields, ("accounts", account_ids(third.text)[0])])
    assert back.status == 303
    assert set(query(back)) == {"code", "state"}
    assert query(back)["state"] == "state-1"
    assert show(tpp, target).status == 404  # a finished sign-in cannot be opened again


def test_test2_needs_no_code(tpp, target):
    assert (
        hidden_fields(send(tpp, target, login="test2", password="Test123").text)["step"]
        == "consent"
    )


@pytest.mark.parametrize("login", ["nobody", "test5", "", "TEST1"])
def test_unknown_logins_are_told_so(tpp, target, login):
    page = send(tpp, target, login=login, password="Test123")
    assert page.status == 200
    assert '<p role="alert" data-error="InvalidCredentials">' in page.text


def test_three_wrong_tries_lead_back(tpp, target):
    assert send(tpp, target, login="test1", password="x").status == 200
    assert send(tpp, target, login="test1", password="x").status == 200
    back = send(tpp, target, login="test1", password="x")
    assert query(back) == {
        "error": "access_denied",
        "error_description": "InvalidCredentials",
        "state": "state-1",
    }


def test_three_wrong_codes_lead_back(tpp, target):
    send(tpp, target, login="test1", password="Test123")
    answers = [send(tpp, target, code="000000") for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 303]


@pytest.mark.parametrize("step", [0, 1, 2])
def test_cancel_at_any_step_leads_back(tpp, target, step):
    if step > 0:
        send(tpp, target, login="test1", password="Test123")
    if step > 1:
        send(tpp, target, code="Test123")
    back = send(tpp, target, decision="cancel")
    assert query(back) == {"error": "access_denied", "state": "state-1"}


def test_approving_no_account_shows_the_page_again(tpp, target):
    send(tpp, target, login="test2", password="Test123")
    page = send(tpp, target, decision="approve")
    assert 'data-error="NoAccountChosen"' in page.text


def test_a_form_of_another_step_changes_nothing(tpp, target):
    fields = [("request", hidden_fields(show(tpp, target).text)["request"]), ("step", "consent")]
    page = tpp.form(target, [*fields, ("decision", "approve"), ("accounts", "x")])
    assert hidden_fields(page.text)["step"] == "login"


@pytest.mark.parametrize(("login", "name"), PERSON_FAULTS.items())
def test_person_facing_faults_lead_back_with_their_name(tpp, target, login, name):
    back = send(tpp, target, login=login, password="Test123")
    assert query(back)["error"] == "access_denied"
    assert query(back)["error_description"] == name


def test_the_corporate_login_leads_back_without_a_reason(tpp, target):
    back = send(tpp, target, login="test-corporate", password="Test123")
    assert query(back) == {"error": "server_error", "state": "state-1"}


@pytest.mark.parametrize("code", COUNTRIES)
def test_the_pages_of_every_country_render(app, code):
    tpp = Tpp(app, country=code)
    address = urlsplit(tpp.authorize().json["aspspRedirectUri"])
    target = f"{address.path}?{address.query}"
    page = show(tpp, target)
    assert page.status == 200
    assert "<script" not in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert tpp.sign_in(f"http://x{target}", "test3").status == 303


def test_text_of_the_third_party_is_escaped(app):
    tpp = Tpp(app, client_id="<b>tpp</b>")
    address = urlsplit(tpp.authorize(consent_id="<i>").json["aspspRedirectUri"])
    target = f"{address.path}?{address.query}"
    page = send(tpp, target, login="test2", password="Test123")
    assert "<b>" not in page.text
    assert "&lt;b&gt;tpp" in page.text


def test_a_sign_in_of_one_country_is_not_found_in_another(tpp, target):
    assert show(tpp, target.replace("/pl/", "/cz/")).status == 404


def test_home_style_and_health(app):
    assert "test-withdrawn" in call_asgi(app, "GET", "/", {}).text
    assert (
        call_asgi(app, "GET", "/static/kontobank.css", {})
        .headers["content-type"]
        .startswith("text/css")
    )
    assert call_asgi(app, "GET", "/health", {}).json["status"] == "ok"
    assert call_asgi(app, "GET", "/keys/jwks.json", {}).json["keys"][0]["kty"] == "RSA"


def test_the_first_page_names_every_standard_the_bank_serves(tpp):
    page = show(tpp, "/").text
    for prefix in STANDARDS.values():
        assert f"<code>{prefix}/{{country}}/" in page
