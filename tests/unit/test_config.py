"""The configuration: each variable good and bad, what a complaint says, and what it never shows."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from opensaldo.config import PREFIX, VARIABLES, BadConfig, Config
from opensaldo.connectors.certificates import SEAL_FILE
from opensaldo.connectors.signing import Seal
from opensaldo.domain.clock import system_clock
from opensaldo.domain.secret import Secret
from opensaldo.engine.limits import Limits

PASSWORD = "sw0rdfish"
WHOLE = "a whole number above 0"
HTTPS = "an https address; http is for loopback only"
ADDRESS = "an address such as https://api.example.org"
WHOLE_NUMBERS = (
    *("SESSION_IDLE_S", "COMMAND_RUN_S", "REQUESTS_PER_MINUTE", "OPEN_SESSIONS"),
    *("WAITING_COMMANDS", "RETENTION_H", "REDIRECTION_LIFE_S", "LATER_HISTORY_DAYS"),
    *("IMPORTS_AT_ONCE", "SWITCH_FAILURES", "SWITCH_WINDOW_S", "SWITCH_QUIET_S"),
)
ADDRESSES = ("PUBLIC_URL", "SIGNIN_URL", "DOCS_URL", "PORTAL_URL")

GOOD: list[tuple[str, str, Any]] = [
    ("BANK_CA_FILE", "", None),
    ("PRICES_FILE", __file__, Path(__file__)),
    ("DATA_DIR", "/srv/opensaldo", Path("/srv/opensaldo")),
    ("DATA_DIR", "~/saldo", Path("~/saldo").expanduser()),
    ("DATA_DIR", "saldo", Path("saldo").absolute()),
    ("KEY_DIR", "/etc/opensaldo/keys", Path("/etc/opensaldo/keys")),
    ("HOST", "::", "::"),
    ("PORT", "0", 0),
    ("PORT", "65535", 65535),
    ("METRICS_PORT", "9000", 9000),
    *((name, "https://api.example.org/", "https://api.example.org") for name in ADDRESSES),
    *((name, "http://127.0.0.1:8400", "http://127.0.0.1:8400") for name in ADDRESSES),
    ("PUBLIC_URL", "http://localhost:1/", "http://localhost:1"),
    ("PUBLIC_URL", "http://[::1]:8400", "http://[::1]:8400"),
    ("SUPPORT_MAIL", "help@example.com", "help@example.com"),
    ("KONTOBANK_URL", "http://kontobank:8500/", "http://kontobank:8500"),
    ("KONTOBANK_URL", "https://mock.example.org", "https://mock.example.org"),
    ("TRUSTED_PROXIES", "10.0.0.5", ("10.0.0.5/32",)),
    ("TRUSTED_PROXIES", "10.0.0.5, 10.1.2.3/16 ,", ("10.0.0.5/32", "10.1.0.0/16")),
    ("TRUSTED_PROXIES", "2001:db8::1/32", ("2001:db8::/32",)),
    *((name, "7", 7) for name in WHOLE_NUMBERS),
    ("OWNER_ID_PREFIX", "acme-", "acme-"),
    ("FALLBACK_LOCALE", "cz", "cs"),
    ("RECORD_IMPORTS", "On", True),
    ("READ_IN_STEP", "on", True),
    ("LOG_LEVEL", "debug", "DEBUG"),
    ("BANK_SETTINGS_DIR", "/", Path("/")),
]
BAD: list[tuple[str, str, str]] = [
    ("DATABASE_URL", "mysql://root@host/name", "postgresql://user:password@host/name or sqlite"),
    ("DATABASE_URL", "opensaldo.db", "postgresql://user:password@host/name or sqlite"),
    ("DATABASE_URL", "sqlite://relative.db", "sqlite:////absolute/path.db"),
    ("PORT", "65536", "a port from 0 to 65535"),
    ("PORT", "-1", "a port from 0 to 65535"),
    ("PORT", "http", "a port from 0 to 65535"),
    ("PORT", "８４００", "a port from 0 to 65535"),
    ("METRICS_PORT", "70000", "a port from 0 to 65535"),
    *((name, "http://api.example.org", HTTPS) for name in ADDRESSES),
    *((name, "api.example.org", ADDRESS) for name in ADDRESSES),
    ("PUBLIC_URL", "ftp://api.example.org", ADDRESS),
    ("PUBLIC_URL", "https://", ADDRESS),
    ("PUBLIC_URL", "https://api.example.org?key=1", ADDRESS),
    ("PUBLIC_URL", "http://127.0.0.1.example.org", HTTPS),
    ("PUBLIC_URL", "http://10.0.0.1", HTTPS),
    ("KONTOBANK_URL", "kontobank:8500", "an address such as http://127.0.0.1:8500"),
    ("KONTOBANK_URL", "ftp://kontobank", "an address such as http://127.0.0.1:8500"),
    ("TRUSTED_PROXIES", "proxy.example.org", "addresses or networks with commas"),
    ("TRUSTED_PROXIES", "10.0.0.5;10.0.0.6", "addresses or networks with commas"),
    ("TRUSTED_PROXIES", "10.0.0.0/40", "addresses or networks with commas"),
    *((name, "0", WHOLE) for name in WHOLE_NUMBERS),
    *((name, "1.5", WHOLE) for name in WHOLE_NUMBERS),
    ("RETENTION_H", "-24", WHOLE),
    ("RETENTION_H", "24h", WHOLE),
    ("BANK_CA_FILE", "/nowhere/at/all.pem", "a file that exists"),
    ("PRICES_FILE", "/nowhere/prices.toml", "a file that exists"),
    ("BANK_SETTINGS_DIR", "/no/such/folder", "a folder that exists"),
    ("RECORD_IMPORTS", "yes", "on or off"),
    ("READ_IN_STEP", "yes", "on or off"),
    ("FALLBACK_LOCALE", "ru", "a locale that has texts: cs, en"),
    ("LOG_LEVEL", "CHATTY", "DEBUG, INFO, WARNING or ERROR"),
    ("DATABASE_URL", "sqlite:///relative.db", "sqlite:////absolute/path.db"),
    ("PUBLIC_URL", "https://api.example.org:port", ADDRESS),
    ("PUBLIC_URL", "https://api.example.org:99999", ADDRESS),
]


def config(**variables: str) -> Config:
    return Config.from_env({PREFIX + name: value for name, value in variables.items()})


def complaint(variables: Mapping[str, str]) -> str:
    with pytest.raises(BadConfig) as refusal:
        config(**variables)
    return str(refusal.value)


@pytest.mark.parametrize(("name", "text", "value"), GOOD)
def test_a_good_value_is_read(name: str, text: str, value: Any):
    assert getattr(config(**{name: text}), name.lower()) == value


def test_a_file_of_authorities_is_read_and_any_other_file_refused(tmp_path: Path):
    Seal.open(tmp_path, clock=system_clock)
    file = tmp_path / SEAL_FILE
    assert config(BANK_CA_FILE=str(file)).bank_ca_file == file
    assert "a file of PEM certificates" in complaint({"BANK_CA_FILE": __file__})


@pytest.mark.parametrize(("name", "text", "expected"), BAD)
def test_a_bad_value_is_refused_with_its_name_and_what_was_expected(
    name: str, text: str, expected: str
):
    said = complaint({name: text})
    assert said.startswith(f"OPENSALDO_{name}: expected ")
    assert expected in said
    assert said.endswith(".")
    assert "\n" not in said


def test_every_variable_that_can_be_bad_is_in_the_table_of_bad_ones():
    takes_any_text = {"DATA_DIR", "KEY_DIR", "HOST", "SUPPORT_MAIL", "OWNER_ID_PREFIX"}
    assert {variable.name for variable in VARIABLES} - takes_any_text == {row[0] for row in BAD}
    assert {variable.name for variable in VARIABLES} - {row[0] for row in GOOD} == {"DATABASE_URL"}


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://saldo:{PASSWORD}@db.example.org/saldo",
        f"postgres://saldo:{PASSWORD}@db.example.org/saldo",
        "sqlite:////srv/saldo.db",
    ],
)
def test_a_database_address_is_a_secret(url: str):
    made = config(DATABASE_URL=url)
    assert isinstance(made.database_url, Secret)
    assert made.database_url.reveal() == url
    assert PASSWORD not in repr(made)
    assert url not in str(made)


@pytest.mark.parametrize("scheme", ["mysql", "postgresql+asyncpg", "Postgresql", "https"])
def test_a_refused_database_address_is_not_quoted(scheme: str):
    said = complaint({"DATABASE_URL": f"{scheme}://saldo:{PASSWORD}@db.example.org/saldo"})
    assert PASSWORD not in said
    assert "db.example.org" not in said


def test_a_refused_value_leaves_no_cause_that_would_quote_it():
    with pytest.raises(BadConfig) as refusal:
        config(TRUSTED_PROXIES="not-a-network")
    assert refusal.value.__cause__ is None
    assert refusal.value.__suppress_context__


def test_without_any_variable_the_defaults_hold():
    made = Config.from_env({})
    assert (made.host, made.port, made.metrics_port) == ("127.0.0.1", 8400, 8401)
    assert made.database_url.reveal() == f"sqlite:///{made.data_dir}/opensaldo.db"
    assert (made.public_url, made.kontobank_url, made.trusted_proxies) == (None, None, ())


@pytest.mark.parametrize("variable", VARIABLES, ids=lambda variable: variable.name)
def test_an_empty_value_means_the_default(variable: Any):
    assert config(**{variable.name: ""}) == Config.from_env({})


def test_a_default_is_as_good_as_any_value():
    written = {one.name: one.default for one in VARIABLES if one.default}
    assert config(**written) == Config.from_env({})


def test_the_environment_of_the_process_is_read(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OPENSALDO_PORT", "8499")
    assert Config.from_env().port == 8499


def test_variables_of_others_and_unknown_ones_are_ignored():
    made = Config.from_env({"OPENSALDO_NONSENSE": "1", "PORT": "1", "opensaldo_port": "2"})
    assert made == Config.from_env({})


def test_every_field_has_a_variable_and_every_variable_a_field_in_one_order():
    fields = [one.name for one in dataclasses.fields(Config)]
    assert [variable.name.lower() for variable in VARIABLES] == fields


def test_every_variable_says_what_it_means():
    for variable in VARIABLES:
        assert re.fullmatch(r"[A-Z][A-Z_]+", variable.name)
        assert len(variable.meaning) > 10, variable.name


@pytest.mark.parametrize(
    ("data_dir", "key_dir"),
    [("/srv/saldo", "/srv/saldo/keys"), ("/srv/saldo", "/srv/saldo"), ("/srv", "/srv/a/b/keys")],
)
def test_keys_inside_the_data_folder_are_refused(data_dir: str, key_dir: str):
    said = complaint({"DATA_DIR": data_dir, "KEY_DIR": key_dir})
    assert "OPENSALDO_KEY_DIR must lie outside OPENSALDO_DATA_DIR" in said


def test_keys_inside_the_data_folder_by_a_detour_are_refused_too():
    said = complaint({"DATA_DIR": "/srv/saldo", "KEY_DIR": "/srv/other/../saldo/keys"})
    assert "OPENSALDO_KEY_DIR must lie outside" in said


def test_keys_inside_the_data_folder_by_a_link_are_refused_too(tmp_path: Path):
    (tmp_path / "data").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "data")
    said = complaint(
        {"DATA_DIR": str(tmp_path / "data"), "KEY_DIR": str(tmp_path / "link" / "keys")}
    )
    assert "OPENSALDO_KEY_DIR must lie outside" in said


@pytest.mark.parametrize("key_dir", ["/srv/saldo-keys", "/srv/keys", "/etc/keys"])
def test_keys_beside_the_data_folder_are_fine(key_dir: str):
    assert config(DATA_DIR="/srv/saldo", KEY_DIR=key_dir).key_dir == Path(key_dir)


def test_the_limits_are_those_of_the_configuration():
    assert Config.from_env({}).limits == Limits()
    made = config(
        SESSION_IDLE_S="1",
        COMMAND_RUN_S="2",
        REQUESTS_PER_MINUTE="3",
        OPEN_SESSIONS="4",
        WAITING_COMMANDS="5",
        RETENTION_H="6",
        REDIRECTION_LIFE_S="7",
        LATER_HISTORY_DAYS="8",
        IMPORTS_AT_ONCE="9",
        SWITCH_FAILURES="10",
        SWITCH_WINDOW_S="11",
        SWITCH_QUIET_S="12",
        OWNER_ID_PREFIX="p-",
    ).limits
    assert dataclasses.astuple(made) == (*range(1, 13), "p-")
    assert (made.session_idle.total_seconds(), made.retention.total_seconds()) == (1, 6 * 3600)
