"""Ids of ours that stay: of an account whoever's consent it is read through, of a row whatever the
bank calls it.

A row's id comes from the facts that do not change: its account, day, signed amount, the other
side and the words of its texts without digits, accents and case; rows equal in all of these are
counted. The bank's own id is never part of it. Pure; the key is the vault's.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence

from opensaldo.domain.account import Account, Card, Deposit
from opensaldo.domain.transaction import Transaction, TransactionStatus

ID_HEX_DIGITS = 32
WORD_LETTERS_MIN = 2
_NUMBERS = re.compile(r"(?<![\d.,:/-])\d{4,}(?![.,:/-]?\d)")  # no dates, times or amounts
_LETTERS = re.compile(r"[^\W\d_]+")
_DIGITS_OR_LETTERS = re.compile(r"\w+")

Fingerprint = Callable[..., str]
Place = Account | Card | Deposit


def account_id(
    fingerprint: Fingerprint, client_id: str, environment: str, place: Place, number: str
) -> str:
    """Our id of the account for this client.

    It comes from the account's number and currency, so two people's consents to one account give
    one id; where the bank shows only part of a number, from the bank's own name of the account.
    """
    if isinstance(place, Card):
        kind, name = "card", _name_of_card(place) or number
    else:
        kind, name = "account", plain_number(place.iban) or plain_number(number) or number
    parts = (client_id, environment, kind, name, place.currency)
    return fingerprint("account-id", *parts)[:ID_HEX_DIGITS]


def _name_of_card(card: Card) -> str | None:
    """The card's number; where that is masked, its account's with what is shown of its own."""
    account = plain_number(card.iban)
    if account is None or plain_number(card.number):
        return plain_number(card.number) or card.card_id
    return account + "/" + "".join(one for one in card.number or "" if one.isdigit())


def plain_number(written: str | None) -> str | None:
    """The number without blanks and in capitals, None when it is absent or partly masked."""
    if not written or not written.strip():
        return None
    plain = "".join(_DIGITS_OR_LETTERS.findall(written)).upper()
    is_masked = any(one in "*•#" for one in written) or "XX" in plain
    return None if is_masked or not plain else plain


def words_of(*texts: str | None) -> tuple[str, ...]:
    """The words of the texts, once each and sorted: no digits, no accents, no capitals.

    >>> words_of("Zakupy 0412", "SKLEP PRÓBA 2026-03-01")
    ('proba', 'sklep', 'zakupy')
    """
    bare = " ".join(text for text in texts if text)
    if bare.isascii():
        bare = bare.casefold()
    else:
        bare = unicodedata.normalize("NFKD", bare).casefold()
        bare = "".join(one for one in bare if not unicodedata.combining(one))
    return tuple(sorted({w for w in _LETTERS.findall(bare) if len(w) >= WORD_LETTERS_MIN}))


def numbers_of(*texts: str | None) -> tuple[str, ...]:
    """The numbers of four digits and more in the texts, once each and sorted.

    >>> numbers_of("AUT. 01.03 Zakupy 0412", "2026-03-01 REF 60270091")
    ('0412', '60270091')
    """
    return tuple(sorted({each for text in texts if text for each in _NUMBERS.findall(text)}))


def lasting_facts(row: Transaction) -> tuple[str, ...]:
    """What of a row its id is made from."""
    party = plain_number(row.party_iban) or " ".join(words_of(row.party))
    day = row.day.isoformat() if row.day else ""
    return day, plain_amount(row), party, " ".join(words_of(row.title))


def plain_amount(row: Transaction) -> str:
    """The signed amount, the same text for equal amounts (`-41.2` for -41.20)."""
    return f"{row.amount.normalize():f}"


def with_ids(
    fingerprint: Fingerprint,
    account: str,
    rows: Sequence[Transaction],
    known: dict[int, str],
    taken: Iterable[str] = (),
) -> list[str]:
    """The id of each row, by its place; `known` ones stay, `taken` ones are not given again."""
    ids = dict(known)
    used = {*known.values(), *taken}
    left = [place for place in range(len(rows)) if place not in ids]
    for facts, places in _alike(rows, left).items():
        for place, one in zip(places, _free_ids(fingerprint, account, facts, used), strict=False):
            ids[place] = one
            used.add(one)
    return [ids[place] for place in range(len(rows))]


def _alike(rows: Sequence[Transaction], wanted: Iterable[int]) -> dict[tuple[str, ...], list[int]]:
    """The wanted places of the rows by their lasting facts, each list in an order of its own.

    Among equal rows booked ones come first and older ones before newer, whatever order the bank
    sends them in: a further equal row gets a further number and takes none away.
    """
    alike: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for place in wanted:
        alike[lasting_facts(rows[place])].append(place)
    for places in alike.values():
        if len(places) > 1:
            places.sort(key=lambda place: _order(rows[place]))
    return alike


def _order(row: Transaction) -> tuple[str, ...]:
    rank = "0" if row.status is TransactionStatus.DONE else "1"
    booked = row.booked_on.isoformat() if row.booked_on else "9"
    texts = (row.title, row.party, row.kind, row.bank_id)
    balance = "" if row.balance is None else f"{row.balance:f}"
    return (rank, booked, *("\x00" if text is None else text for text in texts), balance)


def _free_ids(
    fingerprint: Fingerprint, account: str, facts: tuple[str, ...], used: Collection[str]
) -> Iterable[str]:
    """Ids for equal rows: of the first, the second and so on, without those in use."""
    count = 0
    while True:
        count += 1
        one = fingerprint("row-id", account, *facts, str(count))[:ID_HEX_DIGITS]
        if one not in used:
            yield one
