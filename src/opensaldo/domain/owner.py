"""An owner: a person or firm the bank names as holder."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class OwnerKind(StrEnum):
    """How the owner stands to the account."""

    OWNER = "OWNER"
    CO_OWNER = "CO_OWNER"
    COMPANY = "COMPANY"


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """An owner as the bank knows them; absent facts are None.

    The fields stand in the order of the wire contract, section 8.
    """

    name: str
    address: str | None = None
    polish_pesel: str | None = None
    polish_nip: str | None = None
    polish_regon: str | None = None
    phone: str | None = None
    email: str | None = None
    citizenship: str | None = None
    nationality: str | None = None
    personal_document_type: str | None = None
    personal_document_number: str | None = None
    birth_date: date | None = None
    birth_place: str | None = None
    kind: OwnerKind = OwnerKind.OWNER
