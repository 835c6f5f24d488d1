"""What earlier commands of a session found: accounts and cards, under the bank's own names.

A command for one account's transactions names it by its IBAN; the bank may know it by another
name, and its facts were read already. Both are kept sealed, so any process can go on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from opensaldo.connectors.base import AccountReading
from opensaldo.domain.command import CommandName
from opensaldo.domain.secret import Secret
from opensaldo.engine.kept import FOUND, document_place
from opensaldo.engine.platform import Platform
from opensaldo.errors import InvalidArgument, InvalidIban
from opensaldo.store.queries.documents import SealedDocument
from opensaldo.store.vault import DataKey
from opensaldo.wire import sealed
from opensaldo.wire.text import allowed

Found = Mapping[str, AccountReading]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a command for one account's transactions was asked: which one, by the bank's own name.

    `fast` leaves out details of rows that cost calls of their own.
    """

    number: str
    fast: bool = False


def found_by(name: CommandName, details: Found) -> Found | None:
    """What the command found among the details it read; None when it is not there to find."""
    if name is CommandName.IMPORT_ACCOUNTS:
        return {number: one for number, one in details.items() if is_account(one)}
    if name is CommandName.IMPORT_CARDS:
        return {number: one for number, one in details.items() if one.card is not None}
    return None


def is_account(reading: AccountReading) -> bool:
    """Whether the bank calls it neither a card's nor a deposit's account."""
    return reading.card is None and reading.deposit is None


def pack(found: Found) -> bytes:
    """What was found, as bytes that are only ever kept sealed."""
    return sealed.encode(found)


def pack_request(request: Request) -> bytes:
    """What was asked, as bytes that are only ever kept sealed."""
    return sealed.encode(request)


def unpack_request(data: bytes) -> Request:
    """What `pack_request` wrote."""
    return sealed.decode(data, Request)


def opened(platform: Platform, key: DataKey, documents: Iterable[SealedDocument]) -> Found:
    """What these commands found, oldest first; the newest reading of an account counts."""
    found: dict[str, AccountReading] = {}
    for one in documents:
        place = document_place(one.command_id, FOUND)
        clear = platform.vault.open_sealed(key, one.sealed, place)
        found |= sealed.decode(clear, dict[str, AccountReading])
    return found


def account_of(found: Found, iban: Secret) -> str:
    """The bank's own name of the account with this IBAN, which may be written with blanks.

    Raises:
        InvalidIban: no import of accounts of this session found it, or it has several currencies.
    """
    asked = _plain(iban.reveal())
    fitting: dict[str, str] = {}
    for number, one in found.items():
        if is_account(one) and one.account.iban and _plain(one.account.iban) == asked:
            fitting.setdefault(one.account.currency, number)
    if len(fitting) > 1:
        raise InvalidIban("Accounts in several currencies have this IBAN; import all accounts.")
    if not fitting:
        raise InvalidIban
    return next(iter(fitting.values()))


def card_of(found: Found, wanted: Secret) -> str:
    """The bank's own name of the card with this id, else number, else account number.

    Raises:
        InvalidArgument: no import of cards of this session found it, or more than one fits.
    """
    asked = _plain(wanted.reveal())
    cards = {number: one.card for number, one in found.items() if one.card is not None}
    for field in ("card_id", "number", "iban"):
        names = {number: _plain(getattr(card, field) or "") for number, card in cards.items()}
        fitting = [number for number, name in names.items() if name and name == asked]
        if len(fitting) == 1:
            return fitting[0]
    raise InvalidArgument("The parameter cardNumber must name one card of this session.")


def _plain(text: str) -> str:
    """The text as it is on the wire, without blanks and in capital letters."""
    return "".join(allowed(text).split()).upper()
