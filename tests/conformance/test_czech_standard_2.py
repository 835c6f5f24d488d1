"""Version 2.x of the Czech standard: KontoBank as a bank of it, and what is read there."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

import pytest

from opensaldo.connectors.bank_files import read_bank_files
from opensaldo.connectors.base import AccountReading, Page
from opensaldo.connectors.signing import Seal
from opensaldo.connectors.simulation import models_of, simulated_road
from tests.support.bank import PSU, Bank, Road
from tests.support.czech import on_czech_road

pytestmark = pytest.mark.enable_socket

AWAITING = ("awaiting", "awaitingOfAll")
Read = tuple[tuple[str, ...], AccountReading, list[Page]]


def facts(version: str) -> dict[str, str]:
    """The road to a KontoBank that speaks this version only."""
    written = json.dumps({"version": version}).encode()
    place = f"cz.{base64.urlsafe_b64encode(written).decode().rstrip('=')}"
    return {"base_url": f"{{kontobank}}/czech-standard/{place}", "version": version}


async def everything(road: Road) -> Read:
    """What an import of one account reads, list by list."""
    access = await road.sign_in("test2")
    (number,) = await road.connector.account_numbers(access, PSU)
    lists = road.connector.capabilities.lists
    reading = await road.connector.account(access, number, PSU)
    return lists, reading, [page for name in lists for page in await road.pages(access, name)]


def test_a_bank_of_version_2_is_read_whole_without_what_it_lacks(bank: Bank, seal: Seal) -> None:
    lists, older, pages = on_czech_road(bank, seal, everything, **facts("2.0"))
    assert lists == ("transactions",)
    assert not {row["endpoint"] for row in bank.log()} & set(AWAITING)
    _, newer, all_pages = on_czech_road(bank, seal, everything, **facts("8.0"))
    assert older == newer
    booked = [row for page in pages for row in page.rows if row.booked_on]
    assert booked == [row for page in all_pages for row in page.rows if row.booked_on]
    assert any(row.variable_symbol for row in booked)


def test_a_bank_of_version_2_has_no_payments_that_wait(bank: Bank, seal: Seal) -> None:
    async def work(road: Road) -> list[Page]:
        return await road.pages(await road.sign_in("test2"), "awaiting")

    assert on_czech_road(bank, seal, work, **facts("2.0")) == [Page(rows=(), is_last=True)]
    assert [row["status"] for row in bank.log() if row["endpoint"] in AWAITING][-1] == 404
    assert on_czech_road(bank, seal, work, **facts("8.0"))[0].rows


def test_a_bank_of_version_2_is_played_in_its_version() -> None:
    files = read_bank_files()
    bank = files["FioApi_cz"]
    older = replace(bank, road=replace(bank.road, version="2.0"))
    road = simulated_road(older, models_of(files.values())["czech_standard"])
    assert road.version == "2.0"
