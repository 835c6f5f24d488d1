"""What is offered where: simulated on test, only with settings and a good status in production."""

from __future__ import annotations

import base64
import json
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import pytest

from opensaldo.connectors.bank_files import STANDARDS, BankTarget, Status, read_bank_files
from opensaldo.connectors.bank_settings import BankSettings, SettingsOf, read_bank_settings
from opensaldo.connectors.offers import Offer, offers_of
from opensaldo.connectors.road import Approach
from opensaldo.connectors.simulation import mask_of
from opensaldo.data import BadDataFile
from opensaldo.domain.client import Environment
from opensaldo.domain.secret import Secret

TEST, PRODUCTION = Environment.TEST, Environment.PRODUCTION
FILES = read_bank_files()
SETTINGS = BankSettings(client_id="acme", base_url="https://api.bank.example.org/psd2")
PKO = ("PkoApi", PRODUCTION)


def offered(
    settings: SettingsOf | None = None,
    *,
    targets: dict[str, BankTarget] = FILES,
    spoken: Collection[str] = STANDARDS,
    has_kontobank: bool = True,
) -> dict[tuple[str, Environment], Offer]:
    made = offers_of(targets, settings or {}, spoken=spoken, has_kontobank=has_kontobank)
    return {(each.target.name, each.target.environment): each for each in made}


def mask_in(url: str) -> dict[str, object]:
    place = url.split("/")[2]
    written = place.partition(".")[2]
    members: dict[str, object] = json.loads(base64.urlsafe_b64decode(written + "=="))
    return members


def test_on_test_kontobank_stands_in_for_every_bank_whose_standard_it_speaks():
    spoken = {one.protocol for one in FILES.values() if one.road.needs_kontobank} | {"obie"}
    wanted = {one.name for one in FILES.values() if one.protocol in spoken}
    found = offered()
    assert {name for name, environment in found if environment is TEST} == wanted
    for (name, _), offer in found.items():
        assert offer.target.simulated is not FILES[name].test_only, name
        assert offer.road.base_url.startswith("{kontobank}/"), name


def test_without_kontobank_and_settings_nothing_is_offered():
    assert offered(has_kontobank=False) == {}


def test_a_target_whose_standard_nobody_speaks_is_not_offered():
    assert offered(spoken=()) == {}
    assert offered({PKO: SETTINGS}, spoken=("online",)).keys() & {PKO} == set()


def test_the_simulated_road_is_kontobanks_with_the_banks_own_limits():
    road = offered()["PkoApi", TEST].road
    own = FILES["PkoApi"].road
    start, place = road.base_url.split("/")[:2], road.base_url.split("/")[2]
    assert (start, place.partition(".")[0]) == (["{kontobank}", "polish-api"], "pl")
    assert road.jwks_url == FILES["KontoBankApi"].road.jwks_url
    assert road.signature == FILES["KontoBankApi"].road.signature
    assert (road.history_days_initial, road.quirks) == (own.history_days_initial, ())
    assert mask_in(road.base_url) == {
        "name": "PKO BP",
        "version": own.version,
        "approaches": ["redirect"],
        "oauth": "none",
        "consent_days": 180,
        "calls_per_day": 4,
        "history_days_initial": 1460,
        "history_window_minutes": 15,
        "history_days_later": 90,
        "history_extra_sca": False,
    }


def test_a_version_kontobank_does_not_serve_becomes_its_own():
    model = FILES["KontoBankApi"]
    for version, expected in (("v9_9", model.road.version), ("v8_8", "v8_8")):
        own = replace(FILES["PkoApi"], road=replace(FILES["PkoApi"].road, version=version))
        mock = replace(model, road=replace(model.road, other_versions=("v8_8",)))
        found = offered(targets={"PkoApi": own, "KontoBankApi": mock})
        assert found["PkoApi", TEST].road.version == expected


@pytest.mark.parametrize("name", sorted(FILES))
def test_every_mask_fits_into_an_address(name: str):
    assert len(mask_of(FILES[name])) < 800


def test_production_offers_only_sure_targets_with_settings():
    sure = replace(FILES["BosApi"], status=Status.PROVEN)
    targets = FILES | {"BosApi": sure}
    settings = {
        (name, PRODUCTION): SETTINGS for name in ("PkoApi", "BosApi", "SantanderApi", "Pko")
    }
    found = offered(settings, targets=targets)
    real = {
        name: offer for (name, environment), offer in found.items() if environment is PRODUCTION
    }
    assert set(real) == {"PkoApi", "BosApi"}
    assert real["PkoApi"].road.base_url == SETTINGS.base_url
    assert real["PkoApi"].settings.client_id == "acme"
    assert not real["PkoApi"].target.simulated


def test_production_never_offers_what_is_for_tests_only():
    found = offered({("KontoBankApi", PRODUCTION): SETTINGS})
    assert {environment for _, environment in found} == {TEST}


def test_on_test_settings_lead_to_the_bank_itself_whatever_its_status():
    offer = offered({("BosApi", TEST): SETTINGS})["BosApi", TEST]
    assert (offer.target.simulated, offer.road.base_url) == (False, SETTINGS.base_url)


def test_each_environment_has_its_own_settings():
    sandbox = BankSettings(base_url="https://sandbox.bank.example.org")
    found = offered({PKO: SETTINGS, ("PkoApi", TEST): sandbox})
    assert found[PKO].road.base_url != found["PkoApi", TEST].road.base_url


def test_a_fallback_is_named_only_where_it_is_offered():
    found = offered({PKO: SETTINGS})
    assert found[PKO].target.fallback == ""
    assert found["PkoApi", TEST].target.fallback == "Pko"
    alone = offered(spoken=("polish_api",))
    assert alone["PkoApi", TEST].target.fallback == ""


@pytest.mark.parametrize(
    ("name", "settings", "words"),
    [
        ("NobodyApi", SETTINGS, r"production/NobodyApi\.toml: file: expected the name of a target"),
        ("PkoApi", BankSettings(), r"production/PkoApi\.toml: settings: expected base_url"),
        (
            "PkoApi",
            BankSettings(base_url="http://bank.example.org"),
            "addresses to start with https",
        ),
    ],
)
def test_settings_that_lead_nowhere_stop_the_start(name: str, settings: BankSettings, words: str):
    with pytest.raises(BadDataFile, match=words):
        offered({(name, PRODUCTION): settings})


def written(folder: Path, text: str, place: str = "production/PkoApi.toml") -> Path:
    path = folder / place
    path.parent.mkdir(parents=True)
    path.write_text(text)
    return folder


def test_settings_are_read_from_their_folder(tmp_path: Path):
    text = 'client_id = "acme"\nclient_secret = "swordfish"\nbase_url = "https://a.example"'
    found = read_bank_settings(written(tmp_path, text))
    secret = Secret("swordfish")
    assert found == {
        PKO: BankSettings(client_id="acme", client_secret=secret, base_url="https://a.example")
    }
    assert "swordfish" not in repr(found)


def test_no_folder_is_no_settings(tmp_path: Path):
    assert read_bank_settings(None) == {}
    assert read_bank_settings(tmp_path) == {}


@pytest.mark.parametrize(
    "text",
    [
        'client_secret = "swordfish',
        'client_secret = ["swordfish"]',
        'client_secret = ""',
        'client_secret = "swordfish"\nunheard = 1',
        'client_secret = "swordfish"\nclient_id = 5',
        'client_secret = "swordfish"\n' + "#" * 70_000,
    ],
)
def test_a_bad_file_is_named_and_its_secret_is_not(tmp_path: Path, text: str):
    with pytest.raises(BadDataFile, match=r"PkoApi\.toml") as caught:
        read_bank_settings(written(tmp_path, text))
    assert "swordfish" not in str(caught.value)


def test_one_targets_three_places_have_three_names():
    sandbox = BankSettings(base_url="https://sandbox.bank.example.org")
    both = offered({PKO: SETTINGS, ("PkoApi", TEST): sandbox})
    names = {both[PKO].bank, both["PkoApi", TEST].bank, offered()["PkoApi", TEST].bank}
    assert names == {"PkoApi", "PkoApi-sandbox", "PkoApi-simulated"}
    assert both["KontoBankApi", TEST].bank == "KontoBankApi"


def test_the_banks_own_certificate_is_that_of_the_settings():
    named = BankSettings(base_url="https://bank.example.org", certificate="pko")
    assert offered({PKO: named})[PKO].road.certificate == "pko"


def with_embedded(*before: Approach) -> dict[str, BankTarget]:
    """The Polish bank as if it offered typing the password to us, after these."""
    own = FILES["PkoApi"]
    road = replace(own.road, approaches=(*before, Approach.EMBEDDED))
    return {**FILES, "PkoApi": replace(own, road=road)}


def test_typing_a_banks_password_here_is_off_until_the_operator_says_so():
    targets = with_embedded(Approach.REDIRECT)
    usual = offered({PKO: SETTINGS}, targets=targets)[PKO].road
    allowed = offered({PKO: replace(SETTINGS, embedded=True)}, targets=targets)[PKO].road
    assert usual.approaches == (Approach.REDIRECT,)
    assert allowed.approaches == (Approach.REDIRECT, Approach.EMBEDDED)


def test_a_bank_that_offers_nothing_else_needs_the_operators_word():
    with pytest.raises(BadDataFile, match="embedded = true"):
        offered({PKO: SETTINGS}, targets=with_embedded())
    assert PKO in offered({PKO: replace(SETTINGS, embedded=True)}, targets=with_embedded())


def test_the_fallback_is_made_of_typing_and_needs_no_such_word():
    settings = BankSettings(base_url="https://online.bank.example.org")
    found = offered({("Pko", TEST): settings})
    assert found["Pko", TEST].road.approaches == (Approach.EMBEDDED,)
