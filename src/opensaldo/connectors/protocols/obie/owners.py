"""Owners of an account, from the parties the bank names or from the account itself; pure."""

from __future__ import annotations

from collections.abc import Iterable

from opensaldo.connectors import lenient
from opensaldo.connectors.protocols.obie import messages
from opensaldo.domain.owner import Owner, OwnerKind
from opensaldo.errors import BankAnsweredNonsense

OWNERS_MAX = 100
NOT_OWNERS = ("POWEROFATTORNEY", "ADMINISTRATOR", "OTHERPARTY", "BENEFICIARY", "GRANTER")


def owners_of_parties(body: bytes) -> tuple[Owner, ...]:
    """The owners a list of parties, or one party, names; the first is the owner.

    Raises:
        BankAnsweredNonsense: the answer is none of the standard.
    """
    data = lenient.decode(body, messages.Reply).data
    written = lenient.present(data.party) if data else None
    if written is None:
        return ()
    if not written.startswith(b"["):
        written = b"[" + written + b"]"
    listed = lenient.decode(written, list[messages.Party], within="Data.Party")
    if len(listed) > OWNERS_MAX:
        raise BankAnsweredNonsense("Data.Party", f"at most {OWNERS_MAX} parties")
    return _owners([one for one in listed if _role(one) not in NOT_OWNERS])


def owners_of_account(body: bytes) -> tuple[Owner, ...]:
    """The names that stand beside an account's numbers, each once."""
    data = lenient.decode(body, messages.Reply).data
    numbers = (
        [number for one in (data.account or []) for number in one.account or []] if data else []
    )
    names = lenient.distinct(number.name for number in numbers)
    return tuple(Owner(name=name, kind=_place(place)) for place, name in enumerate(names))


def _owners(parties: Iterable[messages.Party]) -> tuple[Owner, ...]:
    read: list[Owner] = []
    for one in parties:
        name = lenient.line_of(one.full_legal_name) or lenient.line_of(one.name)
        if name is None:
            continue
        read.append(
            Owner(
                name=name,
                address=_address(one.address or []),
                phone=lenient.text(one.mobile) or lenient.text(one.phone),
                email=lenient.text(one.email_address),
                kind=OwnerKind.COMPANY if _is_firm(one) else _place(len(read)),
            )
        )
    return tuple(dict.fromkeys(read))


def _place(place: int) -> OwnerKind:
    return OwnerKind.CO_OWNER if place else OwnerKind.OWNER


def _role(one: messages.Party) -> str:
    return (one.account_role or "").rpartition(".")[2].upper()


def _is_firm(one: messages.Party) -> bool:
    structure = (one.legal_structure or "").rpartition(".")[2].upper()
    return bool(structure) and structure not in ("INDIVIDUAL", "SOLE")


def _address(listed: Iterable[messages.PostalAddress]) -> str | None:
    """The first address that says something, in one line."""
    for one in listed:
        street = " ".join(lenient.distinct((one.street_name, one.building_number)))
        town = " ".join(lenient.distinct((one.post_code, one.town_name)))
        lines = lenient.distinct((*lenient.texts_of(one.address_line), street, town))
        if lines:
            return ", ".join(lines)
    return None
