"""The configuration, read once from the environment and checked before anything starts."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from opensaldo.domain.network import parse_network
from opensaldo.domain.secret import Secret
from opensaldo.engine.limits import Limits
from opensaldo.web.widget.languages import LANGUAGES, served


class BadConfig(Exception):
    """A setting is missing or not acceptable; the message names the variable and what to write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """One environment variable: its name without the prefix, default, reader and meaning."""

    name: str
    default: str
    read: Callable[[str], Any]
    meaning: str


PREFIX = "OPENSALDO_"
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})


def _whole(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) == 0:
        raise ValueError("a whole number above 0")
    return int(text)


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise ValueError("a port from 0 to 65535 (0 takes a free one)")
    return int(text)


def _language(text: str) -> str:
    language = served(text)
    if language is None:
        raise ValueError("a locale that has texts: " + ", ".join(LANGUAGES))
    return language


def _switch(text: str) -> bool:
    if text.lower() not in ("on", "off"):
        raise ValueError("on or off")
    return text.lower() == "on"


def _level(text: str) -> str:
    if text.upper() not in LOG_LEVELS:
        raise ValueError(", ".join(LOG_LEVELS[:-1]) + " or " + LOG_LEVELS[-1])
    return text.upper()


def _address(text: str) -> str:
    parts = _parts(text, "an address such as https://api.example.org")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK_HOSTS:
        raise ValueError("an https address; http is for loopback only")
    return text.rstrip("/")


def _mock_address(text: str) -> str | None:
    """The mock bank may be a neighbouring container, reached by plain http."""
    if text:
        _parts(text, "an address such as http://127.0.0.1:8500")
    return text.rstrip("/") or None


def _parts(text: str, expected: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        is_whole = bool(parts.hostname) and parts.port != 0 and not parts.query
    except ValueError:
        raise ValueError(expected) from None
    if parts.scheme not in {"http", "https"} or not is_whole:
        raise ValueError(expected)
    return parts


def _optional_address(text: str) -> str | None:
    return _address(text) if text else None


def _networks(text: str) -> tuple[str, ...]:
    names = [part.strip() for part in text.split(",") if part.strip()]
    try:
        return tuple(str(parse_network(name)) for name in names)
    except ValueError:
        raise ValueError(
            "addresses or networks with commas, such as 10.0.0.5,10.1.0.0/16"
        ) from None


def _database(text: str) -> Secret | None:
    if not text:
        return None
    expected = "postgresql://user:password@host/name or sqlite:////absolute/path.db"
    try:
        parts = urlsplit(text)
        has_name = bool(parts.path.strip("/")) and parts.port != 0
    except ValueError:
        raise ValueError(expected) from None
    if not has_name or not text.startswith(("sqlite:////", "postgresql://", "postgres://")):
        raise ValueError(expected)
    return Secret(text)


def _path(text: str) -> Path:
    return Path(text).expanduser().absolute()


def _optional_file(text: str) -> Path | None:
    if text and not _path(text).is_file():
        raise ValueError("a file that exists")
    return _path(text) if text else None


def _authorities(text: str) -> Path | None:
    file = _optional_file(text)
    if file is not None:
        try:
            ssl.create_default_context(cafile=file)
        except (OSError, ssl.SSLError):
            raise ValueError("a file of PEM certificates that can be read") from None
    return file


def _optional_folder(text: str) -> Path | None:
    if text and not _path(text).is_dir():
        raise ValueError("a folder that exists")
    return _path(text) if text else None


VARIABLES = (
    Variable(
        name="DATABASE_URL",
        default="",
        read=_database,
        meaning="postgresql://… moves everything to PostgreSQL; empty: SQLite in the data folder",
    ),
    Variable(
        name="DATA_DIR",
        default="~/.local/share/opensaldo",
        read=_path,
        meaning="the folder to back up: the database",
    ),
    Variable(
        name="KEY_DIR",
        default="~/.config/opensaldo/keys",
        read=_path,
        meaning="keys and seal; never inside the data folder, never in its backup",
    ),
    Variable(
        name="BANK_CA_FILE",
        default="",
        read=_authorities,
        meaning="PEM file of authorities of banks' servers besides the system's, for sandboxes",
    ),
    Variable(
        name="BANK_SETTINGS_DIR",
        default="",
        read=_optional_folder,
        meaning="what banks gave you: test/ and production/ with <Target>.toml; empty: none",
    ),
    Variable(
        name="PRICES_FILE",
        default="",
        read=_optional_file,
        meaning="your price list, for bills; empty: an example",
    ),
    Variable(name="HOST", default="127.0.0.1", read=str, meaning="the address to listen on"),
    Variable(name="PORT", default="8400", read=_port, meaning="the port of the API and pages"),
    Variable(name="METRICS_PORT", default="8401", read=_port, meaning="Prometheus, loopback only"),
    Variable(
        name="PUBLIC_URL",
        default="",
        read=_optional_address,
        meaning="the API's address as clients see it; empty: where it listens",
    ),
    Variable(
        name="SIGNIN_URL",
        default="",
        read=_optional_address,
        meaning="the address of the sign-in pages; empty: the API's",
    ),
    Variable(
        name="DOCS_URL",
        default="",
        read=_optional_address,
        meaning="the address of documentation and schemas; empty: the API's",
    ),
    Variable(
        name="PORTAL_URL",
        default="",
        read=_optional_address,
        meaning="the portal's address named in messages; empty: the API's",
    ),
    Variable(
        name="SUPPORT_MAIL",
        default="support@example.org",
        read=str,
        meaning="the support address named in messages",
    ),
    Variable(
        name="KONTOBANK_URL",
        default="",
        read=_mock_address,
        meaning="the mock bank's address; empty: its targets are not offered",
    ),
    Variable(
        name="TRUSTED_PROXIES",
        default="",
        read=_networks,
        meaning="networks whose X-Forwarded-For is believed; empty: none",
    ),
    Variable(
        name="SESSION_IDLE_S", default="300", read=_whole, meaning="idle seconds that end a session"
    ),
    Variable(name="COMMAND_RUN_S", default="600", read=_whole, meaning="seconds a command may run"),
    Variable(
        name="REQUESTS_PER_MINUTE",
        default="600",
        read=_whole,
        meaning="requests a minute per client, over all keys and processes",
    ),
    Variable(name="OPEN_SESSIONS", default="100", read=_whole, meaning="open sessions per client"),
    Variable(
        name="WAITING_COMMANDS", default="200", read=_whole, meaning="queued commands per client"
    ),
    Variable(name="RETENTION_H", default="24", read=_whole, meaning="hours financial data is kept"),
    Variable(
        name="REDIRECTION_LIFE_S",
        default="3600",
        read=_whole,
        meaning="seconds a redirection link lives",
    ),
    Variable(
        name="LATER_HISTORY_DAYS",
        default="180",
        read=_whole,
        meaning="days back that later sessions of a repeated access may reach",
    ),
    Variable(
        name="IMPORTS_AT_ONCE",
        default="500",
        read=_whole,
        meaning="imports one process runs at a time",
    ),
    Variable(
        name="SWITCH_FAILURES",
        default="5",
        read=_whole,
        meaning="failures of a bank's interface that switch to its fallback",
    ),
    Variable(
        name="SWITCH_WINDOW_S",
        default="600",
        read=_whole,
        meaning="seconds within which those failures lie",
    ),
    Variable(
        name="SWITCH_QUIET_S",
        default="900",
        read=_whole,
        meaning="seconds without a failure after which the interface is used again",
    ),
    Variable(
        name="RECORD_IMPORTS",
        default="off",
        read=_switch,
        meaning="on: each import keeps, sealed and as long as its result, what the bank answered",
    ),
    Variable(
        name="READ_IN_STEP",
        default="off",
        read=_switch,
        meaning="on: the bank's answers alone decide which calls are made; slower, for tests",
    ),
    Variable(
        name="OWNER_ID_PREFIX",
        default="kontomatik-",
        read=str,
        meaning="prefix of owner ids made by us",
    ),
    Variable(
        name="FALLBACK_LOCALE",
        default="pl",
        read=_language,
        meaning="the language of sign-in pages for a locale or browser without texts of its own",
    ),
    Variable(
        name="LOG_LEVEL",
        default="INFO",
        read=_level,
        meaning="DEBUG, INFO, WARNING or ERROR",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything an operator can decide; made by `from_env`, read by app and cli only."""

    database_url: Secret
    data_dir: Path
    key_dir: Path
    bank_ca_file: Path | None
    bank_settings_dir: Path | None
    prices_file: Path | None
    host: str
    port: int
    metrics_port: int
    public_url: str | None
    signin_url: str | None
    docs_url: str | None
    portal_url: str | None
    support_mail: str
    kontobank_url: str | None
    trusted_proxies: tuple[str, ...]
    session_idle_s: int
    command_run_s: int
    requests_per_minute: int
    open_sessions: int
    waiting_commands: int
    retention_h: int
    redirection_life_s: int
    later_history_days: int
    imports_at_once: int
    switch_failures: int
    switch_window_s: int
    switch_quiet_s: int
    record_imports: bool
    read_in_step: bool
    owner_id_prefix: str
    fallback_locale: str
    log_level: str

    @classmethod
    def from_env(cls, environment: Mapping[str, str] | None = None) -> Config:
        """The configuration the environment states.

        Raises:
            BadConfig: names the variable, what was expected and never what a secret held.
        """
        environment = os.environ if environment is None else environment
        values = {variable.name.lower(): _read(variable, environment) for variable in VARIABLES}
        if values["database_url"] is None:
            values["database_url"] = Secret(f"sqlite:///{values['data_dir']}/opensaldo.db")
        config = cls(**values)
        config.check()
        return config

    def check(self) -> None:
        """Settings agree with each other.

        Raises:
            BadConfig: the key folder lies where a backup of the data would take it along.
        """
        if self.key_dir.resolve().is_relative_to(self.data_dir.resolve()):
            raise BadConfig(
                f"{PREFIX}KEY_DIR must lie outside {PREFIX}DATA_DIR: a backup that holds the keys"
                " can open what was deleted."
            )

    @property
    def limits(self) -> Limits:
        """The limits the engine keeps."""
        return Limits(
            session_idle_s=self.session_idle_s,
            command_run_s=self.command_run_s,
            requests_per_minute=self.requests_per_minute,
            open_sessions_max=self.open_sessions,
            waiting_commands_max=self.waiting_commands,
            retention_h=self.retention_h,
            redirection_life_s=self.redirection_life_s,
            later_history_days=self.later_history_days,
            imports_at_once_max=self.imports_at_once,
            switch_failures=self.switch_failures,
            switch_window_s=self.switch_window_s,
            switch_quiet_s=self.switch_quiet_s,
            owner_id_prefix=self.owner_id_prefix,
        )


def unknown_variables(environment: Mapping[str, str] | None = None) -> list[str]:
    """Variables with our prefix that mean nothing here, most likely mistyped."""
    environment = os.environ if environment is None else environment
    known = {PREFIX + variable.name for variable in VARIABLES}
    return sorted(name for name in environment if name.startswith(PREFIX) and name not in known)


def _read(variable: Variable, environment: Mapping[str, str]) -> Any:
    text = environment.get(PREFIX + variable.name) or variable.default
    try:
        return variable.read(text)
    except ValueError as expected:
        raise BadConfig(f"{PREFIX}{variable.name}: expected {expected}.") from None
