"""Most banks keep a company's accounts closed and do not say so: we do, to who was at the bank."""

from __future__ import annotations

import pytest

from opensaldo.connectors.base import Redirect
from opensaldo.domain.target import AccountType
from opensaldo.errors import SignInCancelled
from tests.e2e import checked
from tests.e2e.checked import SHOP, CheckedApi, browse
from tests.e2e.fixtures import World
from tests.e2e.road import back, leads_home, opened_again, states
from tests.support.scripted import ScriptedBank, a_target, offer

HINT = "AIS / PIS / CAF access"
CANCEL = {"decision": "cancel"}


@pytest.fixture
def bank_of_companies(monkeypatch: pytest.MonkeyPatch) -> ScriptedBank:
    """A bank that sends everybody back without a reason."""
    bank = ScriptedBank(script=[Redirect(url="https://bank.example.org"), SignInCancelled()])
    offer(monkeypatch, bank, a_target(account_types=(AccountType.CORPORATE,)))
    return bank


def test_who_comes_back_from_a_bank_without_a_reason_is_told_and_led_home_by_a_press(
    world: World, api: CheckedApi, bank_of_companies: ScriptedBank
):
    made = api.started(target="ProbnyBank", locale="en", redirectUri=SHOP)
    checked.agree(made, "ProbnyBank")
    page = back(world, {"state": bank_of_companies.requests[-1].state, "error": "access_denied"})
    assert states(api, made) == ("ERROR", "FAILED")
    assert (page.status, page.location) == (200, None)
    assert HINT in page.body
    assert f'href="{SHOP}?redirectionId={made["redirectionId"]}"' in page.body
    for again in opened_again(made):
        assert f'href="{SHOP}?redirectionId={made["redirectionId"]}"' in again.body


def test_who_did_not_go_there_is_led_home_at_once(api: CheckedApi, bank_of_companies: ScriptedBank):
    made = api.started(target="ProbnyBank", locale="en", redirectUri=SHOP)
    browse(made["redirectionLink"] + "/consent?target=ProbnyBank")
    assert leads_home(browse(made["redirectionLink"] + "/consent", CANCEL), made)
    assert not bank_of_companies.requests


@pytest.mark.parametrize("was_there", [True, False])
def test_in_a_frame_only_who_was_there_is_told(
    world: World, api: CheckedApi, bank_of_companies: ScriptedBank, was_there: bool
):
    asked = (
        f"client={api.client_id}&locale=en&target=ProbnyBank&widgetEmbeddedUrl=http://localhost/"
    )
    first = browse(f"{world.address}/signin/?{asked}").location or ""
    link = world.address + first.partition("?")[0]
    browse(link + "/consent?target=ProbnyBank")
    if was_there:
        checked.agree({"redirectionLink": link}, "ProbnyBank")
    browse(link + "/consent", CANCEL)
    page = browse(link)
    assert "ProbnyBank" in page.body
    assert (HINT in page.body) == was_there
