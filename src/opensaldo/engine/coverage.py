"""What the catalogue covers: countries, banks, the fields they deliver, and the test accounts.

The facts are those of the bank files, whatever is configured here, so everybody sees the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache

from opensaldo.connectors.bank_files import BankTarget, read_bank_files
from opensaldo.connectors.registry import PROTOCOLS
from opensaldo.connectors.scope import FIELDS
from opensaldo.data import COUNTRIES, fill, load_toml
from opensaldo.domain.target import AccountType, Interface

COUNTRY_NAMES = {
    "pl": "Poland",
    "cz": "Czech Republic",
    "es": "Spain",
    "pt": "Portugal",
    "ro": "Romania",
    "lt": "Lithuania",
    "lv": "Latvia",
    "ee": "Estonia",
}
ACCOUNTS_FILE = "test_accounts.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class CoveredTarget:
    """One way into one bank; `fields` holds, for each noun, the names of what it delivers."""

    country: str
    name: str
    bank: str
    institution: str
    interface: Interface
    standard: str
    served: bool
    status: str
    source: str
    read_on: date
    account_types: tuple[AccountType, ...]
    cards: bool
    multiple_access: bool
    for_tests_only: bool
    credentials: tuple[str, ...]
    approaches: tuple[str, ...]
    history_days_initial: int
    history_window_minutes: int
    history_days_later: int
    history_extra_sca: bool
    consent_days: int
    calls_per_day: int
    fallback: str
    fields: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class CoveredCountry:
    """One country in counts; KontoBank, which is no bank of it, is left out."""

    code: str
    name: str
    banks: int
    psd2: int
    fallback: int
    cards: int
    multiple_access: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TestAccount:
    """A login of the mock bank; `code` is empty when no second factor is asked for."""

    login: str
    code: str
    shows: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TestAccounts:
    """The file of the test accounts."""

    password: str
    accounts: tuple[TestAccount, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """Everything the coverage page shows; `fields` lists what each noun can have."""

    countries: tuple[CoveredCountry, ...]
    targets: tuple[CoveredTarget, ...]
    fields: Mapping[str, tuple[str, ...]]
    tests: TestAccounts


@cache
def coverage() -> Coverage:
    """What is covered; the same at every call.

    Raises:
        BadDataFile: a file cannot be used.
    """
    targets = tuple(_target(one) for one in read_bank_files().values())
    ordered = sorted(targets, key=lambda one: (COUNTRIES.index(one.country), one.name.casefold()))
    tests = fill(TestAccounts, load_toml(ACCOUNTS_FILE), file=ACCOUNTS_FILE, key="file")
    return Coverage(
        countries=tuple(_country(code, ordered) for code in COUNTRIES),
        targets=tuple(ordered),
        fields=FIELDS,
        tests=tests,
    )


def _target(one: BankTarget) -> CoveredTarget:
    road = one.road
    return CoveredTarget(
        country=one.country,
        name=one.name,
        bank=one.official_name,
        institution=one.institution,
        interface=one.interface,
        standard=one.standard,
        served=one.protocol in PROTOCOLS,
        status=one.status.value,
        source=one.source,
        read_on=one.read_on,
        account_types=one.account_types,
        cards=one.cards,
        multiple_access=one.multiple_access,
        for_tests_only=one.test_only,
        credentials=tuple(kind.value for kind in one.credentials),
        approaches=tuple(each.value for each in road.approaches),
        history_days_initial=road.history_days_initial,
        history_window_minutes=road.history_window_minutes,
        history_days_later=road.history_days_later,
        history_extra_sca=road.history_extra_sca,
        consent_days=road.consent_days,
        calls_per_day=road.calls_per_day,
        fallback=one.fallback,
        fields=dict(one.scope.by_noun()),
    )


def _country(code: str, targets: list[CoveredTarget]) -> CoveredCountry:
    ours = [one for one in targets if one.country == code and not one.for_tests_only]
    psd2 = sum(one.interface is Interface.PSD2 for one in ours)
    return CoveredCountry(
        code=code,
        name=COUNTRY_NAMES[code],
        banks=len({one.institution for one in ours}),
        psd2=psd2,
        fallback=len(ours) - psd2,
        cards=sum(one.cards for one in ours),
        multiple_access=sum(one.multiple_access for one in ours),
    )
