"""Which invented people stand behind a login."""

from dataclasses import dataclass
from datetime import date, timedelta

from kontobank import seeds
from kontobank.people.countries import Country
from kontobank.people.numbers import nip, pesel

FIRST_BIRTH_ON = date(1956, 1, 1)
BIRTH_RANGE_DAYS = 16_000
PASSWORD = "Test123"  # noqa: S105  the published password of every invented person
CODE = "Test123"

PERSON_FAULTS = {
    "test-blocked": "AccessBlocked",
    "test-locked": "AccessTemporarilyBlocked",
    "test-action": "ManualActionRequired",
    "test-mismatch": "TargetCredentialsMismatch",
    "test-method": "UnsupportedLoginMethod",
    "test-language": "UnsupportedLanguage",
    "test-level": "InsufficientIdentificationLevel",
}
CALL_FAULTS = (
    "test-io",
    "test-maintenance",
    "test-down",
    "test-expired",
    "test-fatal",
    "test-slow",
    "test-withdrawn",
)
CORPORATE_LOGIN = "test-corporate"
APP_LOGIN = "test-app"
CONFIRMING_LOGIN = "test-confirm"
PHOTO_LOGIN = "test-photo"
CHIP_LOGIN = "test-chip"
PARTIAL_LOGIN = "test-partial"
SCA_LOGINS = (APP_LOGIN, CONFIRMING_LOGIN, PHOTO_LOGIN, CHIP_LOGIN, PARTIAL_LOGIN)
WALLET_LOGIN = "quirk-wallet"
SUB_ACCOUNTS_LOGIN = "quirk-sub-accounts"
WALLET_LOGINS = (WALLET_LOGIN, SUB_ACCOUNTS_LOGIN)
BOOKED_ONLY_LOGIN = "quirk-booked-only"
ROTATING_LOGIN = "quirk-one-use-tokens"
QUIRK_LOGINS = (
    "quirk-no-links",
    "quirk-numbers",
    "quirk-nulls",
    "quirk-masked",
    "quirk-no-ids",
    "quirk-details",
    "quirk-unsigned",
    "quirk-rates",
    "quirk-query-links",
    "quirk-absolute-links",
    "quirk-problem",
    *WALLET_LOGINS,
    BOOKED_ONLY_LOGIN,
    ROTATING_LOGIN,
)
PLAIN_LOGINS = ("test", "test1", "test2", "test3", "test4")
LOGINS_WITHOUT_CODE = ("test2",)
BENCH_PREFIX = "bench"
ALIVE_PREFIX = "alive-"
DEFAULT_SHAPE = "test1"


@dataclass(frozen=True)
class Owner:
    """A holder of an account; only the first one shows an address."""

    name: str
    address: tuple[str, ...]
    kind: str
    pesel: str | None = None
    nip: str | None = None


def is_known(login: str) -> bool:
    """True for the logins the bank lets in (with the published password)."""
    return (
        login in PLAIN_LOGINS
        or login in PERSON_FAULTS
        or login in CALL_FAULTS
        or login in QUIRK_LOGINS
        or login in SCA_LOGINS
        or login == CORPORATE_LOGIN
        or login.startswith((BENCH_PREFIX, ALIVE_PREFIX))
    )


def shape(login: str) -> str:
    """The login whose accounts this one's look like: test1 unless it has a shape of its own."""
    return login if login in ("test2", "test3", "test4") else DEFAULT_SHAPE


def canonical(login: str) -> str:
    """The login that owns the data: `test` and `test1` are one person."""
    return DEFAULT_SHAPE if login == "test" else login


def owners(seed: int, country: Country, login: str) -> tuple[Owner, ...]:
    """The people behind a login, first owner first.

    Two people for Poland's default person and for test3, a company and its trader for test4.
    """
    login = canonical(login)
    first = _person(seed, country, login, 0, "OWNER")
    if login == "test4":
        return (_company(seed, country, first),)
    if login == "test3" or (country.code == "pl" and shape(login) == DEFAULT_SHAPE):
        return (first, _person(seed, country, login, 1, "CO_OWNER"))
    return (first,)


def _person(seed: int, country: Country, login: str, place: int, kind: str) -> Owner:
    draw = seeds.rng(seed, country.code, login, "person", place)
    # the two holders of an account never share a given name
    given = country.given[(draw.randrange(0, len(country.given), 2) + place) % len(country.given)]
    name = f"{given} {draw.choice(country.family)}"
    street = f"{draw.choice(country.streets)} {draw.randint(1, 90)}"
    address = (street, draw.choice(country.towns)) if place == 0 else ()
    born_on = FIRST_BIRTH_ON + timedelta(days=draw.randrange(BIRTH_RANGE_DAYS))
    number = pesel(born_on, draw.randrange(10_000)) if country.code == "pl" else None
    return Owner(name, address, kind, pesel=number)


def _company(seed: int, country: Country, trader: Owner) -> Owner:
    name = country.company.format(name=trader.name)
    number = None
    if country.code == "pl":
        number = nip(seeds.rng(seed, "nip", trader.name).randrange(1_000_000))
    return Owner(name, trader.address, "COMPANY", pesel=trader.pesel, nip=number)
