"""A command: one unit of background work that the client polls by its id."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from opensaldo.domain.client import Environment
from opensaldo.domain.receipt import Receipt


class CommandName(StrEnum):
    """The commands the wire knows by name (wire contract, section 5.2)."""

    DEFAULT_IMPORT = "DefaultImportCommand"
    IMPORT_OWNERS = "ImportOwnersDetailsCommand"
    IMPORT_ACCOUNTS = "ImportAccountsCommand"
    IMPORT_ACCOUNT_TRANSACTIONS = "ImportAccountTransactionsCommand"
    IMPORT_CARDS = "ImportCreditCardsCommand"
    IMPORT_CARD_TRANSACTIONS = "ImportCreditCardTransactionsCommand"
    SIGN_OUT = "SignOutCommand"


class CommandState(StrEnum):
    """Where the command stands; the last three are final."""

    SETUP = "setup"
    IN_PROGRESS = "in_progress"
    SUCCESSFUL = "successful"
    ERROR = "error"
    FATAL = "fatal"


FINAL_STATES = frozenset({CommandState.SUCCESSFUL, CommandState.ERROR, CommandState.FATAL})


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a command failed: a name of the wire contract and a text that holds no bank data."""

    name: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One background job of a session; `id` is a decimal string of 7 to 9 digits.

    `is_automatic`: it began with the sign-in, as the client's page asked, not by a request.
    """

    id: str
    name: CommandName
    session_id: str
    client_id: str
    environment: Environment
    state: CommandState
    progress: int
    created_at: datetime
    target: str | None = None
    institution: str | None = None
    since: date | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    runs: int = 0
    failure: Failure | None = None
    receipt: Receipt | None = None
    is_automatic: bool = False
