"""What every connector promises: sign a person in by SCA steps, then read what they granted.

SCA is data: `begin` and `resume` answer a step that says what must happen next; nothing is kept
between calls but what the step itself carries, so any process can go on with any sign-in. The one
exception is the fallback, whose logins live in one process's memory: others answer BankAccessEnded.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol, runtime_checkable

from opensaldo.domain.account import Account, Card, Deposit
from opensaldo.domain.owner import Owner
from opensaldo.domain.secret import Secret
from opensaldo.domain.target import Target
from opensaldo.domain.transaction import Transaction
from opensaldo.errors import BankAnsweredNonsense


@dataclass(frozen=True, slots=True, kw_only=True)
class PsuContext:
    """The person's device, sent to the bank only for calls made while the person is present."""

    ip_address: str
    user_agent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInRequest:
    """One sign-in at one target.

    `grant` is our id of the consent, at most 64 characters; `state` comes back from the bank
    unchanged; `history_days` is how far back the person is asked to let us read; `repeated` asks
    for a consent that outlives the session until `valid_until`; `force_sca` asks for the extra
    authentication that some banks want for history beyond 90 days.
    """

    target: Target
    grant: str
    return_url: str
    state: str
    psu: PsuContext
    repeated: bool
    history_days: int
    valid_until: datetime
    force_sca: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What the bank granted: tokens and the accounts the person chose; sealed wherever it is kept.

    `account_numbers` is empty when the grant names none (`Connector.account_numbers` then asks the
    bank). `history_days` is what the bank let us read, None when it did not say. `access_token` is
    empty where a bank knows no token. `memory` is what only the connector that gave the access
    understands, such as the bank's own id of the consent.
    """

    grant: str
    access_token: Secret
    expires_at: datetime
    refresh_token: Secret | None = None
    account_numbers: tuple[str, ...] = ()
    valid_until: datetime | None = None
    history_days: int | None = None
    memory: Mapping[str, str] = field(default_factory=dict)

    def first_day(self, since: date, today: date) -> date:
        """The first day to ask for; days before the granted history would be refused."""
        if self.history_days is None:
            return since
        return max(since, today - timedelta(days=self.history_days))


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    """The person must go to this address; `memory` is handed back to `resume` as it is."""

    url: str
    memory: Mapping[str, str] = field(default_factory=dict)


ACCOUNT_NUMBERS = "accounts"  # the name of a field for the person's own account numbers


class FieldKind(StrEnum):
    """How one asked value is typed in."""

    TEXT = "text"
    HIDDEN = "hidden"
    CODE = "code"
    CHOICE = "choice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One value the person is asked for.

    `name` is its key in the answer; `credential` is the kind of the catalogue (wire contract,
    section 8) or empty; `label` is the bank's own word for it, hostile text, or empty; `options`
    are (value, text) pairs of a choice.
    """

    name: str
    kind: FieldKind
    credential: str = ""
    label: str = ""
    options: tuple[tuple[str, str], ...] = ()
    characters_max: int = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """The person must type these values here; `resume` gets them by field name.

    They pass through memory only: nothing that was typed may be put into `memory`, a log or an
    error. `text` is the bank's explanation, hostile; `picture` a challenge image of `picture_type`.
    """

    fields: tuple[Field, ...]
    text: str = ""
    picture: bytes = field(default=b"", repr=False)
    picture_type: str = ""
    memory: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """The person must confirm elsewhere, such as in the bank's app.

    `resume` is called with an empty answer every `every_s` until it gives another step; the
    connector ends it with a PsuError when the bank's time is over.
    """

    text: str = ""
    every_s: float = 2.0
    memory: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """The person has granted access."""

    access: Access


WaitingStep = Redirect | Ask | Wait
ScaStep = WaitingStep | Done


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountReading:
    """One account with its owners, its transactions not read yet.

    When the bank says that it is a card's or a deposit's account, `card` or `deposit` holds the
    same facts as that noun; at most one of the two is set.
    """

    account: Account
    owners: tuple[Owner, ...]
    card: Card | None = None
    deposit: Deposit | None = None


class TornList(BankAnsweredNonsense, wire_name="ServiceTemporarilyUnavailable"):
    """The pages of a list do not fit together: it changed meanwhile, or the bank left rows out.

    To read the list once more from its first page may help.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of a list, in the bank's order; `is_last` when no further page follows.

    `currency` is what the rows say they are in, None when they do not say; it must be that of the
    account. `list_count` is how many rows the bank says the whole list has, when it counts what
    is read here.
    """

    rows: tuple[Transaction, ...]
    is_last: bool
    currency: str | None = None
    list_count: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a connector offers at one target.

    `lists` are the bank's names of the transaction lists worth reading, in order of use; each is
    also an endpoint of the attempt ledger. `history_days_initial` is how far back the bank serves
    right after SCA, `history_days_later` without it (RTS 2018/389 art. 10a). `attended_endpoints`
    are further ones that `pages` may call while the person is there, and never without them.
    `calls_per_day_max` is how often the bank serves one without them, of each account in 24 hours.
    """

    lists: tuple[str, ...]
    account_endpoint: str
    accounts_endpoint: str
    calls_at_once_max: int
    history_days_initial: int
    history_days_later: int
    attended_endpoints: tuple[str, ...] = ()
    calls_per_day_max: int = 4


class Connector(Protocol):
    """One target's road. Every method raises the BankError or PsuError that says who must act."""

    @property
    def capabilities(self) -> Capabilities:
        """What this target offers."""
        ...

    async def begin(self, request: SignInRequest) -> ScaStep:
        """Start a sign-in."""
        ...

    async def resume(
        self, request: SignInRequest, step: WaitingStep, answer: Mapping[str, str]
    ) -> ScaStep:
        """Go on with what came back.

        `answer` holds the query parameters of the return address after a Redirect, the typed
        values after an Ask, and nothing after a Wait. What may happen after an error:

        Raises:
            InvalidCredentials: after an Ask the same step is asked again.
            TriesUsedUp: what was typed was wrong and there is no further try.
            PsuError: the person gave up or the bank refused them; the sign-in has ended.
            BankAccessEnded: after an Ask or a Wait the bank, or this process, knows nothing of
                the login any more; the person is asked to start again.
            BankError: the sign-in has ended; after a Wait the same step is tried again later.
        """
        ...

    async def renew(self, access: Access, psu: PsuContext | None) -> Access:
        """The access with a fresh token.

        Raises:
            BankAccessEnded: it cannot be renewed.
        """
        ...

    async def revoke(self, access: Access) -> None:
        """The access is ended at the bank; one that had ended there already is fine."""
        ...

    async def account_numbers(self, access: Access, psu: PsuContext | None) -> tuple[str, ...]:
        """The accounts to read when the grant named none; one bank call."""
        ...

    async def account(self, access: Access, number: str, psu: PsuContext | None) -> AccountReading:
        """One account's details and owners; one bank call."""
        ...

    def pages(
        self,
        access: Access,
        number: str,
        list_name: str,
        since: date,
        psu: PsuContext | None,
    ) -> AsyncIterator[Page]:
        """The pages of one list from `since` on, in order, each fetched when asked for."""
        ...


class Spare(StrEnum):
    """What a command may do without."""

    BALANCES = "balances"
    ROW_DETAILS = "row details"


@runtime_checkable
class Sparing(Protocol):
    """A connector for which some facts cost calls of their own, and that can leave those out."""

    def sparing(self, spares: frozenset[Spare]) -> Connector:
        """The same road, on which no call is made for these alone."""
        ...


@runtime_checkable
class NamesCards(Protocol):
    """A connector that tells by the bank's name of an account whether it is a card's."""

    def is_card(self, number: str) -> bool:
        """Whether it is a card's account; no call is made."""
        ...


@runtime_checkable
class KeepsSecrets(Protocol):
    """A connector whose accesses remember secrets, or lean on what this process alone knows."""

    def bare(self, access: Access) -> Access:
        """The access as a transcript may keep it: no secret, and all that reading needs."""
        ...

    def revived(self, access: Access) -> Access:
        """An access that `bare` made, to be read with where a transcript answers."""
        ...
