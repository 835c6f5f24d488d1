"""The things access is made of."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

AUTHORIZATION_LIFE_S = 600
CODE_LIFE_S = 60
ACCESS_TOKEN_LIFE_S = 300
HISTORY_DAYS_MAX = 1460
UNATTENDED_CALLS_PER_DAY_MAX = 4
UNATTENDED_WINDOW_S = 86_400
SIGN_IN_TRIES_MAX = 3
REMEMBERED_MAX = 200_000

DATA_PRIVILEGES = (
    "ais:getAccount",
    "ais:getTransactionDetail",
    "ais:getTransactionsDone",
    "ais:getTransactionsPending",
    "ais:getTransactionsRejected",
    "ais:getTransactionsCancelled",
    "ais:getTransactionsScheduled",
    "ais:getHolds",
)
LIST_PRIVILEGE = "ais-accounts:getAccounts"


class AccessRefused(Exception):
    """A call the bank does not answer; carries the HTTP status and the bank's own code."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


@dataclass(frozen=True)
class Privilege:
    """One permitted call: once or many times, and how far back."""

    is_multiple: bool
    history_days: int | None = None


@dataclass(frozen=True)
class Scope:
    """What a third party asks for, or was given; `accounts` empty = the person chooses."""

    scope: str
    consent_id: str
    valid_until: datetime
    privileges: dict[str, Privilege]
    accounts: tuple[str, ...] = ()

    @property
    def is_multiple(self) -> bool:
        """True when any call may be repeated later: such a scope gets a refresh token."""
        return any(privilege.is_multiple for privilege in self.privileges.values())


class Ending(Protocol):
    """How a sign-in on the bank's pages ends for one standard."""

    def approved(self, authorization: "Authorization", accounts: tuple[str, ...]) -> str:
        """The person agreed for these accounts; the address the browser goes back to."""
        ...

    def denied(self, authorization: "Authorization", error: str, description: str | None) -> str:
        """The person or the bank said no; the address the browser goes back to."""
        ...


@dataclass
class Authorization:
    """A sign-in that is waiting for its person; `step` is the page shown next.

    `place` is the country with its mask as the address has it, `name` the bank's name on the
    pages. `is_for_all` gives every account without a choice; without `asks_consent` the person only
    signs in.
    """

    id: str
    country: str
    client_id: str
    seal: str
    redirect_uri: str
    state: str
    scope: Scope
    expires_at: datetime
    ending: Ending
    place: str
    name: str = "KontoBank"
    is_for_all: bool = False
    code_challenge: str | None = None
    asks_consent: bool = True
    step: str = "login"
    login: str | None = None
    tries: int = 0
    code: str | None = None
    accounts: tuple[str, ...] = ()

    @property
    def gives_all(self) -> bool:
        """True when the person cannot choose among the accounts."""
        return self.is_for_all or self.scope.scope == "ais-accounts"


@dataclass
class Consent:
    """A permission given by a person; `status` is valid, deleted or withdrawn.

    From the instant after `ends_after` on it is withdrawn.
    """

    id: str
    client_id: str
    seal: str
    country: str
    login: str
    scope: Scope
    sca_at: datetime
    status: str = "valid"
    tokens: list[str] = field(default_factory=list)
    withdraws_next: bool = False
    ends_after: datetime | None = None


@dataclass(frozen=True)
class Token:
    """An access token; only `consent` changes after it was given."""

    value: str
    consent: Consent
    expires_at: datetime
    refresh_token: str | None


@dataclass
class Code:
    """An authorization code: one use, one minute."""

    authorization: Authorization
    expires_at: datetime
    is_used: bool = False
    consent: Consent | None = None
    given: list[str] = field(default_factory=list)
