"""From files to targets and connectors."""

from __future__ import annotations

import pytest

from opensaldo.connectors import registry
from opensaldo.connectors.bank_files import STANDARDS, read_bank_files
from opensaldo.connectors.http import Door
from opensaldo.connectors.registry import Catalog, load_catalog
from opensaldo.connectors.signing import Seal
from opensaldo.data import COUNTRIES
from opensaldo.domain.client import Environment
from opensaldo.domain.clock import system_clock
from opensaldo.domain.target import AccountType, Interface

TEST, PRODUCTION = Environment.TEST, Environment.PRODUCTION


@pytest.fixture(scope="module")
def seal(tmp_path_factory: pytest.TempPathFactory) -> Seal:
    return Seal.open(tmp_path_factory.mktemp("seal"), clock=system_clock)


def catalog_of(seal: Seal, url: str | None = "http://127.0.0.1:8600/") -> Catalog:
    return load_catalog(kontobank_url=url, door=Door(), seal=seal, clock=system_clock)


def test_kontobank_is_offered_in_every_country_on_test(seal: Seal):
    every = [one for one in catalog_of(seal).targets(TEST) if one.test_only]
    targets = [target for target in every if target.interface is Interface.PSD2]
    assert [target.country for target in targets] == sorted(COUNTRIES)
    online = [target for target in every if target.interface is Interface.FALLBACK]
    assert {target.country for target in online} == set(COUNTRIES) - {"ro"}
    assert {target.credentials for target in online} == {("STATIC_LOGIN",)}
    assert {target.institution.partition("_")[0] for target in targets} == {"KontoBank"}
    (polish,) = [target for target in targets if target.name == "KontoBankApi"]
    assert (polish.country, polish.institution, polish.simulated) == ("pl", "KontoBank", False)
    assert polish.interface is Interface.PSD2
    assert polish.account_types == (AccountType.INDIVIDUAL,)
    assert polish.commands == (
        "DefaultImportCommand",
        "ImportOwnersDetailsCommand",
        "ImportAccountsCommand",
        "ImportAccountTransactionsCommand",
        "ImportCreditCardsCommand",
        "ImportCreditCardTransactionsCommand",
    )
    (romanian,) = [target for target in targets if target.country == "ro"]
    assert romanian.commands == polish.commands[:4]
    assert polish.credentials == ("API_SETUP",)
    assert polish.beta
    assert polish.multiple_access


def test_kontobank_is_offered_only_with_its_address(seal: Seal):
    assert catalog_of(seal, None).targets(TEST) == ()
    assert catalog_of(seal, "").targets(TEST) == ()


def test_test_targets_never_show_in_production(seal: Seal):
    catalog = catalog_of(seal)
    assert catalog.targets(PRODUCTION) == ()
    assert catalog.find("KontoBankApi", PRODUCTION) is None


def test_a_target_is_found_by_its_exact_name(seal: Seal):
    catalog = catalog_of(seal)
    target = catalog.find("KontoBankApi_cz", TEST)
    assert target is not None
    assert target.country == "cz"
    assert catalog.find("kontobankapi_cz", TEST) is None
    assert catalog.find("", TEST) is None


def test_a_target_has_one_connector(seal: Seal):
    catalog = catalog_of(seal)
    target = catalog.find("KontoBankApi", TEST)
    assert target is not None
    assert catalog.connector(target) is catalog.connector(target)
    able = catalog.connector(target).capabilities
    assert able.lists == ("getTransactionsDone", "getTransactionsPending", "getHolds")
    assert (able.account_endpoint, able.accounts_endpoint) == ("getAccount", "getAccounts")
    assert able.calls_at_once_max == 8
    assert (able.history_days_initial, able.history_days_later) == (1460, 90)


def test_a_target_is_offered_only_when_its_standard_is_spoken(seal: Seal):
    assert set(registry.PROTOCOLS) <= set(STANDARDS)
    unserved = {one.protocol for one in read_bank_files().values()} - set(registry.PROTOCOLS)
    offered = {target.protocol for target in catalog_of(seal).targets(TEST)}
    assert not offered & unserved
