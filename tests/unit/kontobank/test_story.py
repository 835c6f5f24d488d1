"""The page of the bank's world: what it shows, what its buttons do, and whom it obeys."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from urllib.parse import urlencode

import pytest

from kontobank.app import create_app
from kontobank.cli import main
from kontobank.clock import Clock
from kontobank.faults import KINDS
from kontobank.outages import KINDS as OUTAGES
from kontobank.people.countries import COUNTRIES, country
from kontobank.people.owners import (
    CALL_FAULTS,
    CORPORATE_LOGIN,
    PERSON_FAULTS,
    PLAIN_LOGINS,
    QUIRK_LOGINS,
    SCA_LOGINS,
    is_known,
    owners,
)
from kontobank.quirks import PACKS
from kontobank.story.told import NAMES, explained, story_of
from kontobank.world import world_at
from tests.unit.kontobank.conftest import NOW
from tests.unit.kontobank.tpp import Tpp, call_asgi

HOST = "bank.test"
OWN = {"Host": HOST, "origin": f"http://{HOST}", "sec-fetch-site": "same-origin"}
FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture
def app(bank_dir, clock):
    return create_app(seed=1, data_dir=bank_dir, clock=clock, told="loan-applicant")


@pytest.fixture
def shown(app):
    def page(query: str = "") -> str:
        answer = call_asgi(app, "GET", f"/world{query}", {}, b"")
        assert answer.status == 200
        return answer.body.decode()

    return page


@pytest.fixture
def press(app):
    def send(act: str, headers: dict[str, str] = OWN, **form: object):
        raw = urlencode(form).encode()
        return call_asgi(app, "POST", f"/world/{act}", {**headers, **FORM}, raw)

    return send


def test_people_are_shown_with_what_they_have_now(shown):
    page = shown("?country=ro")
    for login in ("alive-anna", "test1", "test2", "test3", "test4"):
        assert f"<code>{login}</code>" in page
        for account in world_at(1, "ro", login, NOW).accounts:
            assert account.number in page
    assert owners(1, country("ro"), "test1")[0].name in page
    assert "Test123" in page


def test_the_clock_moves_and_balances_follow(shown, press, clock):
    before = shown()
    assert press("clock", step="30", country="pl").status == 303
    assert clock.now() == NOW + timedelta(days=30)
    after = shown()
    balances = [re.findall(r'<td class="money">([^<]+)', page) for page in (before, after)]
    assert balances[0] != balances[1]
    assert press("clock", step="1000").status == 400
    assert press("clock", step="soon").status == 400


def test_faults_and_outages_are_planned_shown_and_cleared(shown, press):
    assert "Nothing. Every call is served." in shown()
    assert press("fault", kind="reset", login="test1", times="2").status == 303
    assert "2× at any call for test1, since 21 November, 09:00." in shown()
    assert press("fault", kind="html", bank="cz").status == 303
    assert "always at any call at the bank in CZ, since" in shown()
    assert press("outage", kind="maintenance").status == 303
    assert f"Outage: {OUTAGES['maintenance']}" in shown()
    assert press("clear").status == 303
    assert "Nothing. Every call is served." in shown()
    assert press("fault", kind="reset", bank="moon", times="1").status == 400
    assert press("fault", kind="flood", times="1").status == 400
    assert press("outage", kind="flood").status == 400
    assert press("explode").status == 400


def test_one_fault_is_switched_off_and_others_stay(shown, press):
    for kind in ("reset", "html"):
        press("fault", kind=kind, times="9")
    assert press("fault-off", kind="reset", number="0").status == 303
    assert press("fault-off", kind="reset", number="0").status == 303, "it was off already"
    assert "<code>html</code>: " in shown()
    assert "9× at any call" in shown()
    press("fault-off", kind="html", number="0")
    assert "Nothing. Every call is served." in shown()


def test_a_fault_is_for_the_bank_of_its_country(app, press):
    press("fault", kind="status", bank="cz", times="1")
    tpp = Tpp(app)
    access = tpp.connect("test1")["access_token"]
    assert tpp.data("getAccounts", access).status == 200
    press("fault", kind="status", bank="pl")
    assert tpp.data("getAccounts", access).status == 503


def test_habits_are_switched_on_shown_and_switched_off(app, shown, press):
    page = html.unescape(shown())
    assert "None is on." in page
    for pack in PACKS.values():
        assert f'<button name="pack" value="{pack.name}"' in page
        assert pack.does in page
        assert pack.source in page
    assert press("pack-on", pack="ids-blank", bank="pl", login=" test1 ").status == 303
    assert press("pack-on", pack="nulls", bank="*", login="").status == 303
    page = shown()
    assert "For test1 at the bank in PL, since 21 November, 09:00." in page
    assert "For everybody, since 21 November, 09:00." in page
    on = call_asgi(app, "GET", "/switchboard/packs", {}, b"").json["packs"]
    assert [(one["pack"], one["place"], one["login"]) for one in on] == [
        ("ids-blank", "pl", "test1"),
        ("nulls", "*", "*"),
    ]
    for form in ({"pack": "rain"}, {"pack": "nulls", "bank": "moon"}):
        assert press("pack-on", **form).status == 400
    press("pack-off", pack="ids-blank", bank="pl", login="test1")
    press("pack-off", pack="nulls", bank="*", login="")
    assert "None is on." in shown()


def test_a_habit_is_met_at_the_bank_it_is_switched_on_for(app, press):
    tpp = Tpp(app)
    token = tpp.connect("test1")
    number = token["scope_details"]["privilegeList"][0]["accountNumber"]

    def ids() -> set[str]:
        read = tpp.data("getTransactionsDone", token["access_token"], accountNumber=number)
        return {row["itemId"] for row in read.json["transactions"]}

    press("pack-on", pack="ids-blank", bank="cz")
    assert len(ids()) > 1
    press("pack-on", pack="ids-blank", bank="pl")
    assert {one.strip() for one in ids()} == {""}


def test_balances_are_those_the_habit_shows(shown, press):
    def balances() -> list[str]:
        return re.findall(r'<td class="money">([^<]+)', shown())

    before = balances()
    press("pack-on", pack="balance-of-yesterday", login="alive-anna")
    assert balances() != before


def test_the_bank_starts_anew(shown, press, clock):
    press("fault", kind="reset")
    press("pack-on", pack="nulls")
    press("outage", kind="503")
    press("clock", step="pause")
    assert "Let it run" in shown()
    assert press("reset").status == 303
    page = shown()
    assert "Nothing. Every call is served." in page
    assert "None is on." in page
    assert "Stop it" in page


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Host": HOST, "origin": "https://elsewhere.example.org"},
        {"Host": HOST, "origin": "null"},
        {**OWN, "sec-fetch-site": "cross-site"},
        {**OWN, "sec-fetch-site": "same-site"},
        {**OWN, "sec-fetch-site": "none"},
    ],
)
def test_a_form_of_another_site_moves_nothing(press, clock, headers):
    assert press("clock", headers, step="30").status == 403
    assert clock.now() == NOW


def test_the_page_runs_no_script_and_is_framed_by_nobody(app):
    answer = call_asgi(app, "GET", "/world", {}, b"")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "frame-ancestors 'none'" in policy
    page = answer.body.decode()
    assert "<script" not in page
    assert " style=" not in page
    for address in re.findall(r'(?:href|src|action)="([^"]+)"', page):
        assert address.startswith("/"), address
    for address in re.findall(r'<link rel="stylesheet" href="([^"]+)"', page):
        assert (
            call_asgi(app, "GET", address, {}, b"").headers["content-type"].startswith("text/css")
        )


def test_a_day_of_the_story_is_that_day_with_its_faults_and_no_other(shown, press, clock):
    press("fault", kind="html", times="3")
    assert press("day", number="7").status == 303
    assert clock.now() == NOW + timedelta(days=7)
    page = shown()
    assert "1× at getTransactionsDone for alive-anna" in page
    assert "<code>html</code>:" not in page
    assert 'aria-current="step"' in page
    press("day", number="0")
    assert clock.now() == NOW
    assert "Nothing. Every call is served." in shown()
    assert press("day", number="5").status == 400


def test_on_the_last_day_the_applicant_withdraws_her_consent(app, press):
    tpp = Tpp(app)
    token = tpp.connect("alive-anna")
    press("day", number="30")
    answer = tpp.data("getAccounts", token["access_token"])
    assert (answer.status, answer.json["code"]) == (403, "CONSENT_WITHDRAWN")


def test_the_latest_calls_are_shown_newest_first(app, shown):
    tpp = Tpp(app)
    tpp.data("getAccounts", tpp.connect("test1")["access_token"])
    rows = re.findall(r"<code>(\w+)</code></td><td>(?:yes|no)", shown().replace("\n", ""))
    assert rows[0] == "getAccounts"


def test_a_reset_begins_the_story_again(app, shown, press):
    press("day", number="7")
    call_asgi(app, "POST", "/switchboard/reset", {}, b"")
    page = shown()
    assert 'aria-current="step"' not in page
    assert "Nothing. Every call is served." in page


@pytest.mark.parametrize("name", NAMES)
def test_a_story_can_be_played_from_day_to_day(bank_dir, name):
    story = story_of(name)
    assert story.country in COUNTRIES
    assert [one.day for one in story.days] == sorted({one.day for one in story.days})
    assert story.days[0].day == 0
    assert all(is_known(person.login) for person in story.people)
    people = {person.login for person in story.people}
    for day in story.days:
        assert day.outage in ("", *OUTAGES)
        assert not day.withdraws or day.withdraws in people
        for fault in day.faults:
            assert fault["kind"] in KINDS
            assert fault.get("login", story.people[0].login) in people
    app = create_app(seed=1, data_dir=bank_dir, clock=Clock(NOW), told=name)
    for day in story.days:
        raw = urlencode({"number": day.day}).encode()
        assert call_asgi(app, "POST", "/world/day", {**OWN, **FORM}, raw).status == 303
        page = call_asgi(app, "GET", "/world", {}, b"").body.decode()
        assert story.title in page


def test_without_a_story_the_page_says_how_to_get_one(bank_dir, clock):
    app = create_app(seed=1, data_dir=bank_dir, clock=clock)
    page = call_asgi(app, "GET", "/world", {}, b"").body.decode()
    assert "kontobank serve --story loan-applicant" in page


def test_an_unknown_story_is_refused(capsys):
    with pytest.raises(SystemExit):
        main(["serve", "--story", "moby-dick"])
    assert "loan-applicant" in capsys.readouterr().err


def test_every_login_with_a_meaning_is_explained():
    told = {login: one for one in explained() for login in one.logins}
    special = {*PLAIN_LOGINS, *PERSON_FAULTS, *CALL_FAULTS, *SCA_LOGINS, *QUIRK_LOGINS}
    assert special | {CORPORATE_LOGIN} <= set(told)
    for login, name in PERSON_FAULTS.items():
        assert told[login].ends == f"sign-in: {name}"
