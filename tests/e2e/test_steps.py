"""Steps taken on our pages: any may follow any, each is answered once, nothing typed is kept."""

from __future__ import annotations

import re
from typing import Any

import pytest

from opensaldo import errors
from opensaldo.connectors.base import Redirect, SignInRequest, Wait
from opensaldo.connectors.http import BrowsedPage
from opensaldo.engine.mock import read_page
from opensaldo.engine.standing import ANSWER_TAKES_MAX
from opensaldo.engine.steps import REFUSALS_MAX
from tests.e2e import checked
from tests.e2e.checked import CheckedApi, browse, sign_in
from tests.e2e.fixtures import World
from tests.e2e.road import Made, back, exception, leads_home, states
from tests.support.platform import Api
from tests.support.scripted import CODE, METHOD, ScriptedBank, a_target, an_ask, offer

BANK = "https://bank.example.org/sca"


@pytest.fixture
def bank_of_steps(monkeypatch: pytest.MonkeyPatch) -> ScriptedBank:
    bank = ScriptedBank()
    offer(monkeypatch, bank, a_target())
    return bank


@pytest.fixture
def made(api: CheckedApi, bank_of_steps: ScriptedBank) -> Made:
    return api.started(target="ProbnyBank")


def agree(made: Made) -> BrowsedPage:
    """Where the person's agreement leads."""
    return checked.agree(made, "ProbnyBank")


def step(made: Made) -> BrowsedPage:
    return browse(made["redirectionLink"] + "/step")


def send(made: Made, token: str | None = None, **typed: str) -> BrowsedPage:
    """The form of the step that waits, sent with these answers."""
    found = read_page(step(made).body)
    fields = dict(found.fields) | ({"token": token} if token is not None else {})
    answers = {f"answer.{name}": value for name, value in typed.items()}
    return browse(made["redirectionLink"] + "/step", fields | answers)


def at_step(page: BrowsedPage, made: Made) -> bool:
    return page.location == f"/redirection/{made['redirectionId']}/step"


def state_of_request(bank: ScriptedBank) -> str:
    return bank.requests[-1].state


# --- any step may follow any step --------------------------------------------------------------
def test_ask_choose_wait_and_redirect_in_one_sign_in(
    world: World, api: CheckedApi, bank_of_steps: ScriptedBank, made: Made
):
    bank_of_steps.script = [
        an_ask(),
        an_ask(METHOD),
        an_ask(CODE),
        Wait(every_s=2, memory={"n": "1"}),
        Wait(every_s=2, memory={"n": "2"}),
        Redirect(url=BANK, memory={"n": "3"}),
        Redirect(url=BANK + "/2", memory={"n": "4"}),
    ]
    assert at_step(agree(made), made)
    assert at_step(send(made, login="test1", password="Test123"), made)
    assert at_step(send(made, method="app"), made)
    assert at_step(send(made, code="777"), made)
    for _ in range(2):
        assert "http-equiv" in step(made).body
        world.clock.advance(seconds=2)
        last = step(made)
    assert last.location == BANK
    state = state_of_request(bank_of_steps)
    assert back(world, {"state": state, "code": "1"}).location == BANK + "/2"
    assert leads_home(back(world, {"state": state, "code": "2"}), made)
    assert states(api, made) == ("SUCCESS", "COMPLETED")
    answers = [answer for _step, answer in bank_of_steps.answers]
    assert answers[:3] == [
        {"login": "test1", "password": "Test123"},
        {"method": "app"},
        {"code": "777"},
    ]
    assert answers[3:] == [{}, {}, {"state": state, "code": "1"}, {"state": state, "code": "2"}]
    memories = [dict(one.memory) for one, _answer in bank_of_steps.answers[3:]]
    assert memories == [{"n": "1"}, {"n": "2"}, {"n": "3"}, {"n": "4"}]


def test_a_bank_that_grants_at_once_ends_the_sign_in(api: CheckedApi, made: Made):
    assert leads_home(agree(made), made)
    assert states(api, made) == ("SUCCESS", "COMPLETED")
    assert api.status(redirectionId=made["redirectionId"])["params"]["target"] == "ProbnyBank"


def test_the_synthetic_person_walks_the_pages_too(
    api: CheckedApi, bank_of_steps: ScriptedBank, made: Made
):
    bank_of_steps.script = [an_ask(), an_ask(METHOD), an_ask(CODE), Wait(every_s=0)]
    sign_in(made["redirectionLink"])
    assert states(api, made) == ("SUCCESS", "COMPLETED")
    assert [answer for _step, answer in bank_of_steps.answers] == [
        {"login": "test1", "password": "Test123"},
        {"method": "sms"},
        {"code": "Test123"},
        {},
    ]


def test_force_sca_and_the_history_asked_for_reach_the_connector(
    api: CheckedApi, bank_of_steps: ScriptedBank
):
    def request_for(**body: Any) -> SignInRequest:
        agree(api.started(target="ProbnyBank", **body))
        return bank_of_steps.requests[-1]

    plain = request_for()
    assert (plain.history_days, plain.force_sca) == (90, False)
    deep = request_for(psd2={"maxImportDate": "2025-01-26", "forceSca": True})
    assert (deep.history_days, deep.force_sca) == (400, True)


# --- another try -------------------------------------------------------------------------------
def test_what_the_bank_refuses_can_be_typed_again(
    api: CheckedApi, bank_of_steps: ScriptedBank, made: Made
):
    bank_of_steps.script = [an_ask(), errors.InvalidCredentials()]
    agree(made)
    assert "data-error" not in step(made).body
    assert at_step(send(made, login="test1", password="wrong"), made)
    assert read_page(step(made).body).alert == "InvalidCredentials"
    assert states(api, made) == ("PENDING", "PENDING")
    assert leads_home(send(made, login="test1", password="Test123"), made)
    assert states(api, made) == ("SUCCESS", "COMPLETED")


@pytest.mark.parametrize(
    "error", [errors.TriesUsedUp(), errors.AccessBlocked(), errors.BankUnavailable()]
)
def test_an_error_that_allows_no_other_try_ends_the_sign_in(
    api: CheckedApi, bank_of_steps: ScriptedBank, made: Made, error: errors.OpenSaldoError
):
    bank_of_steps.script = [an_ask(), error]
    agree(made)
    assert leads_home(send(made, login="test1", password="x"), made)
    assert (states(api, made), exception(api, made)) == (("ERROR", "FAILED"), error.wire_name)


def test_there_is_an_end_to_trying(api: CheckedApi, bank_of_steps: ScriptedBank, made: Made):
    bank_of_steps.script = [an_ask(), *[errors.InvalidCredentials() for _ in range(9)]]
    agree(made)
    for _ in range(REFUSALS_MAX - 1):
        assert at_step(send(made, login="test1", password="wrong"), made)
    assert leads_home(send(made, login="test1", password="wrong"), made)
    assert exception(api, made) == "InvalidCredentials"
    assert len(bank_of_steps.answers) == REFUSALS_MAX


def test_a_bank_that_is_away_for_a_moment_does_not_end_the_waiting(
    world: World, api: CheckedApi, bank_of_steps: ScriptedBank, made: Made
):
    bank_of_steps.script = [Wait(every_s=3), errors.BankUnreachable(), Wait(every_s=3)]
    agree(made)
    for _ in range(2):
        world.clock.advance(seconds=3)
        assert step(made).status == 200
    world.clock.advance(seconds=3)
    assert leads_home(step(made), made)
    assert states(api, made) == ("SUCCESS", "COMPLETED")


def test_a_bank_that_stays_away_ends_the_waiting(
    world: World, api: CheckedApi, bank_of_steps: ScriptedBank, made: Made
):
    bank_of_steps.script = [Wait(every_s=3), *[errors.BankUnreachable() for _ in range(9)]]
    agree(made)
    for _ in range(REFUSALS_MAX):
        world.clock.advance(seconds=3)
        page = step(made)
    assert leads_home(page, made)
    assert exception(api, made) == "IO"


def test_the_bank_is_not_asked_before_its_time(
    world: World, bank_of_steps: ScriptedBank, made: Made
):
    bank_of_steps.script = [Wait(every_s=3)]
    agree(made)
    for _ in range(4):
        assert 'content="3"' in step(made).body
    assert bank_of_steps.answers == []


# --- started again -----------------------------------------------------------------------------
@pytest.mark.parametrize("waiting", [an_ask(), Wait(every_s=0)], ids=["ask", "wait"])
def test_a_login_nobody_knows_any_more_is_started_again(
    api: CheckedApi, bank_of_steps: ScriptedBank, made: Made, waiting: Any
):
    bank_of_steps.script = [waiting, errors.BankAccessEnded()]
    agree(made)
    page = send(made, login="test1", password="x") if waiting == an_ask() else step(made)
    page = step(made) if page.location else page
    assert (page.status, page.location) == (200, None)
    assert "Zacznij od nowa" in page.body or "Please start again" in page.body
    assert states(api, made) == ("PENDING", "PENDING")
    assert leads_home(agree(made), made)
    assert states(api, made) == ("SUCCESS", "COMPLETED")


def test_an_answer_lost_with_its_process_is_started_again(
    world: World,
    api: CheckedApi,
    bank_of_steps: ScriptedBank,
    made: Made,
    monkeypatch: pytest.MonkeyPatch,
):
    bank_of_steps.script = [an_ask(), RuntimeError("the process ends here")]
    agree(made)
    assert send(made, login="test1", password="Test123").status == 500
    busy = step(made)
    assert (busy.status, read_page(busy.body).refresh_s) == (200, 2)
    assert at_step(send(made, token="x", login="test1", password="Test123"), made)
    assert len(bank_of_steps.answers) == 1
    world.clock.advance(seconds=ANSWER_TAKES_MAX.total_seconds())
    assert read_page(step(made).body).refresh_s is None
    assert leads_home(agree(made), made)
    assert states(api, made) == ("SUCCESS", "COMPLETED")


# --- once only ---------------------------------------------------------------------------------
def test_an_old_form_changes_nothing(api: CheckedApi, bank_of_steps: ScriptedBank, made: Made):
    bank_of_steps.script = [an_ask(), an_ask(CODE)]
    agree(made)
    old = dict(read_page(step(made).body).fields)["token"]
    send(made, login="test1", password="Test123")
    assert at_step(send(made, token=old, code="777"), made)
    assert at_step(send(made, token="", code="777"), made)
    assert len(bank_of_steps.answers) == 1
    assert leads_home(send(made, code="777"), made)


def test_a_return_loaded_twice_is_one_answer(world: World, bank_of_steps: ScriptedBank, made: Made):
    bank_of_steps.script = [Redirect(url=BANK), Redirect(url=BANK + "/2")]
    assert agree(made).location == BANK
    answer = {"state": state_of_request(bank_of_steps), "code": "1"}
    assert back(world, answer).location == BANK + "/2"
    assert back(world, answer).location == BANK + "/2"
    assert len(bank_of_steps.answers) == 1


def test_a_form_of_another_site_is_not_taken(bank_of_steps: ScriptedBank, made: Made, api: Any):
    bank_of_steps.script = [an_ask()]
    agree(made)
    token = dict(read_page(step(made).body).fields)["token"]
    form = {"token": token, "answer.login": "a", "answer.password": "b"}
    path = f"/redirection/{made['redirectionId']}/step"
    for header in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example.com"}):
        reply = plain_call(api, path, form, header)
        assert reply == 403
    assert bank_of_steps.answers == []


def plain_call(api: CheckedApi, path: str, form: dict[str, str], headers: dict[str, str]) -> int:
    """The status of a form sent with these headers."""
    return Api(api.address).call("POST", path, form, headers=headers).status


def test_giving_up_on_our_page_leads_home(api: CheckedApi, bank_of_steps: ScriptedBank, made: Made):
    bank_of_steps.script = [an_ask()]
    agree(made)
    assert leads_home(browse(made["redirectionLink"] + "/consent", {"decision": "cancel"}), made)
    assert (states(api, made), exception(api, made)) == (("ERROR", "FAILED"), "SignInCancelled")
    assert leads_home(step(made), made)


@pytest.mark.parametrize(
    "typed",
    [{"login": "test1"}, {"login": "x" * 257, "password": "y"}, {"login": "", "password": "y"}],
)
def test_a_form_that_is_not_filled_in_is_not_sent_to_the_bank(
    bank_of_steps: ScriptedBank, made: Made, typed: dict[str, str]
):
    bank_of_steps.script = [an_ask()]
    agree(made)
    page = send(made, **typed)
    assert page.status == 400
    assert not any(value and value in page.body for value in typed.values() if len(value) > 1)
    assert bank_of_steps.answers == []
    assert leads_home(send(made, login=" test1 ", password=" x "), made)
    assert bank_of_steps.answers[0][1] == {"login": " test1 ", "password": " x "}


def test_only_an_offered_choice_can_be_made(bank_of_steps: ScriptedBank, made: Made):
    bank_of_steps.script = [an_ask(METHOD)]
    agree(made)
    assert send(made, method="fax").status == 400
    assert bank_of_steps.answers == []


# --- what the pages say ------------------------------------------------------------------------
def test_every_page_says_that_the_bank_is_simulated(api: CheckedApi, bank_of_steps: ScriptedBank):
    bank_of_steps.script = [an_ask(), Wait(every_s=9)]
    made = api.started(target=None, country="pl", locale="en", redirectUri=None)
    assert ">simulated<" in browse(made["redirectionLink"]).body
    consent = browse(made["redirectionLink"] + "/consent?target=ProbnyBank").body
    pages = [consent]
    agree(made)
    pages.append(step(made).body)
    send(made, login="test1", password="Test123")
    pages.append(step(made).body)
    for page in pages:
        assert "Simulated: this is not the real <bdi>Próbny Bank</bdi>" in page
    assert "memory only" in consent
    assert "Your password is never seen here" not in "".join(pages)


def test_no_page_keeps_what_was_typed(bank_of_steps: ScriptedBank, made: Made):
    bank_of_steps.script = [an_ask(), errors.InvalidCredentials()]
    agree(made)
    send(made, login="planted-login", password="planted-password")
    page = step(made)
    assert "planted" not in page.body
    assert re.search(r'type="password" autocomplete="off"', page.body)
    assert page.headers["cache-control"] == "no-store"
