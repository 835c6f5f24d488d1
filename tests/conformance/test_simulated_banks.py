"""On test KontoBank stands in for real banks: their standard, their name, their limits."""

from __future__ import annotations

import urllib.request
from dataclasses import replace

import pytest

from opensaldo.connectors.bank_files import BankTarget, read_bank_files
from opensaldo.connectors.base import Access, Redirect
from opensaldo.connectors.registry import PROTOCOLS
from opensaldo.connectors.road import Approach, ConsentModel
from opensaldo.connectors.signing import Seal
from opensaldo.connectors.simulation import models_of
from opensaldo.domain.target import Interface
from opensaldo.engine.mock import PSU, RETURN_URL, MockPerson, grant, read_page
from tests.support.bank import Bank, Road, on_road

pytestmark = pytest.mark.enable_socket


PSD2 = Interface.PSD2
FILES = read_bank_files()
SPOKEN = {
    name: one
    for name, one in FILES.items()
    if one.protocol in PROTOCOLS and one.interface is PSD2 and not one.test_only
}
PLAYED = models_of(FILES.values())


def kind_of(target: BankTarget) -> tuple[object, ...]:
    road = target.road
    return target.protocol, road.version, road.approaches, road.oauth, road.consent


ONE_OF_EACH_KIND = sorted(
    {kind_of(one): name for name, one in SPOKEN.items() if one.protocol in PLAYED}.values()
)


@pytest.mark.parametrize("name", ONE_OF_EACH_KIND)
def test_a_person_signs_in_at_the_simulated_bank_and_is_read(bank: Bank, seal: Seal, name: str):
    way = SPOKEN[name].road
    if way.approaches[0] not in (Approach.REDIRECT, Approach.OAUTH):
        pytest.skip("signs in without a redirect, see the standard's own tests")
    if way.consent is ConsentModel.DETAILED:
        pytest.skip("asks for account numbers first, see the standard's own tests")

    async def work(road: Road) -> None:
        assert road.target.simulated
        access: Access = await road.sign_in("test2")
        able = road.connector.capabilities
        assert able.history_days_initial == SPOKEN[name].road.history_days_initial
        psu = road.request().psu
        numbers = access.account_numbers or await road.connector.account_numbers(access, psu)
        reading = await road.connector.account(access, numbers[0], psu)
        assert reading.account.iban
        assert await road.pages(access, able.lists[0], number=numbers[0])

    on_road(bank, seal, work, name=name)


def test_the_simulated_banks_pages_wear_its_name(bank: Bank, seal: Seal):
    async def work(road: Road) -> str:
        step = await road.connector.begin(road.request())
        assert isinstance(step, Redirect)
        page = await road.door.browse("GET", step.url, None, {})
        return page.body

    assert "PKO BP" in on_road(bank, seal, work, name="PkoApi")


def test_a_bank_that_wants_account_numbers_first_gets_those_the_persons_app_shows(
    bank: Bank, seal: Seal
):
    async def work(road: Road) -> tuple[Access, list[str]]:
        login = "test2"
        person = MockPerson(login=login, app_url=f"{bank.url}/app/ro?login={login}")
        request = replace(road.request(), return_url=RETURN_URL)
        access = await grant(road.door, road.connector, request, person)
        numbers = access.account_numbers
        readings = [await road.connector.account(access, one, PSU) for one in numbers]
        return access, [one.account.iban or "" for one in readings]

    access, ibans = on_road(bank, seal, work, name="UnicreditApi_ro")
    page = urllib.request.urlopen(f"{bank.url}/app/ro?login=test2", timeout=10).read().decode()
    assert read_page(page).accounts == ibans
    assert len(access.account_numbers) == len(ibans) == 1
