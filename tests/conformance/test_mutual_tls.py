"""Certificates on both sides, against a real KontoBank over TLS (RTS 2018/389 art. 34)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from opensaldo.connectors.authority import Issued, issue, make_authority
from opensaldo.connectors.base import PsuContext
from opensaldo.connectors.http import Door
from opensaldo.connectors.signing import Seal
from opensaldo.errors import BankUnavailable, BankUnreachable, Defect
from tests.support.bank import PSU, Bank, Road, on_road, running_bank

pytestmark = pytest.mark.enable_socket
NOW = datetime.now(UTC)
BAD_CERTIFICATES = ("expired", "self_signed", "wrong_host", "wrong_authority")


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key folder: a QWAC, one without a role, one of an authority the bank does not know."""
    folder = tmp_path_factory.mktemp("keys")
    authority = make_authority(NOW)
    qwac = issue(authority, "QWAC", "PSDPL-TEST-000000000001", NOW)
    payer = issue(authority, "QWAC", "PSDPL-TEST-000000000003", NOW, roles=("PSP_PI",))
    stranger = issue(make_authority(NOW), "QWAC", "PSDPL-TEST-000000000002", NOW)
    (folder / "authority.crt.pem").write_bytes(authority.certificate_pem)
    for name, issued in (("qwac", qwac), ("no-role", payer), ("stranger", stranger)):
        (folder / f"{name}.pem").write_bytes(_whole(issued))
    return folder


def _whole(issued: Issued) -> bytes:
    return issued.key_pem + issued.certificate_pem


@pytest.fixture(scope="module")
def bank(keys: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bank]:
    data_dir = tmp_path_factory.mktemp("bank")
    authority = str(keys / "authority.crt.pem")
    with running_bank(data_dir, "--tls", "--client-authority", authority) as started:
        yield started


@pytest.fixture(autouse=True)
def _good(bank: Bank) -> Iterator[None]:
    bank.reset()
    yield
    bank.show_certificate("good")


def door_with(bank: Bank, keys: Path, certificate: str = "qwac") -> Door:
    door = Door(certificates=keys, authorities_file=Path(bank.said["kontobank_authority"]))
    present = door.present
    door.present = lambda name, shown: present(name, certificate if shown else "")  # type: ignore[method-assign]
    return door


async def read(road: Road, psu: PsuContext | None = PSU) -> str:
    access = await road.sign_in()
    (number,) = await road.connector.account_numbers(access, psu)
    return (await road.connector.account(access, number, psu)).account.currency


def test_a_whole_reading_goes_over_mutual_tls(bank: Bank, seal: Seal, keys: Path) -> None:
    assert on_road(bank.secured, seal, read, door=door_with(bank, keys)) == "PLN"


def test_without_a_certificate_the_bank_refuses(bank: Bank, seal: Seal, keys: Path) -> None:
    with pytest.raises(BankUnavailable):
        on_road(bank.secured, seal, read, door=door_with(bank, keys, certificate=""))


def test_a_certificate_without_the_role_is_refused(bank: Bank, seal: Seal, keys: Path) -> None:
    with pytest.raises(BankUnavailable):
        on_road(bank.secured, seal, read, door=door_with(bank, keys, certificate="no-role"))


def test_a_certificate_of_a_stranger_ends_the_handshake(bank: Bank, seal: Seal, keys: Path) -> None:
    with pytest.raises(BankUnreachable):
        on_road(bank.secured, seal, read, door=door_with(bank, keys, certificate="stranger"))


def test_a_certificate_we_do_not_have_is_our_own_defect(bank: Bank, seal: Seal, keys: Path) -> None:
    with pytest.raises(Defect, match="'another'"):
        on_road(bank.secured, seal, read, door=door_with(bank, keys, certificate="another"))


@pytest.mark.parametrize("kind", BAD_CERTIFICATES)
def test_a_bad_certificate_of_the_bank_gets_no_request(
    bank: Bank, seal: Seal, keys: Path, kind: str
) -> None:
    bank.show_certificate(kind)
    with pytest.raises(BankUnreachable, match="certificate not trusted"):
        on_road(bank.secured, seal, read, door=door_with(bank, keys))
    assert bank.log() == []


def test_an_authority_must_be_named_to_be_trusted(bank: Bank, seal: Seal, keys: Path) -> None:
    with pytest.raises(BankUnreachable, match="certificate not trusted"):
        on_road(bank.secured, seal, read, door=Door(certificates=keys))
    assert bank.log() == []


@pytest.mark.parametrize("kind", BAD_CERTIFICATES)
def test_a_certificate_swapped_between_two_calls_stops_the_second(
    bank: Bank, seal: Seal, keys: Path, kind: str
) -> None:
    async def work(road: Road) -> int:
        access = await road.sign_in()
        (number,) = await road.connector.account_numbers(access, PSU)
        bank.show_certificate(kind)
        calls_before = len(bank.log())
        with pytest.raises(BankUnreachable):
            await road.connector.account(access, number, PSU)
        return len(bank.log()) - calls_before

    assert on_road(bank.secured, seal, work, door=door_with(bank, keys)) == 0
