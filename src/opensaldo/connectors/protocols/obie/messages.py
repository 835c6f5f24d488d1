"""What OBIE banks answer, read leniently: unknown members are ignored, null is absent.

Field names are the standard's, in Pascal case; 3.1 and 4.0 differ in the words, which `convert`
knows, and in two names of the account's kind, which both stand here.
"""

from __future__ import annotations

import msgspec
from msgspec import UNSET, field

from opensaldo.connectors.lenient import Amount, Anything, Id, Text


class Struct(msgspec.Struct, rename="pascal", frozen=True):
    """A message whose members are in Pascal case."""


class Money(Struct, frozen=True):
    """An amount without sign."""

    amount: Amount = UNSET
    currency: str | None = None


class Identification(Struct, frozen=True):
    """One number of an account, with the name of its holder."""

    scheme_name: str | None = None
    identification: Id | None = None
    name: Text | None = None


class Account(Struct, frozen=True):
    """One account; the type is a word in 3.1 and an ISO code in 4.0."""

    account_id: Id | None = None
    status: str | None = None
    currency: str | None = None
    account_type: str | None = None
    account_category: str | None = None
    account_sub_type: str | None = None
    account_type_code: str | None = None
    description: Text | None = None
    nickname: Text | None = None
    opening_date: str | None = None
    maturity_date: str | None = None
    account: list[Identification] | None = None


class CreditLine(Struct, frozen=True):
    """A credit line of a balance."""

    included: bool | None = None
    type: str | None = None
    amount: Money | None = None


class Balance(Struct, frozen=True):
    """One balance."""

    account_id: Id | None = None
    credit_debit_indicator: str | None = None
    type: str | None = None
    date_time: str | None = None
    amount: Money | None = None
    credit_line: list[CreditLine] | None = None


class BankCode(Struct, frozen=True):
    """A code of a transaction's kind."""

    code: Text | None = None
    sub_code: Text | None = None


class Merchant(Struct, frozen=True):
    """A card payment's other side."""

    merchant_name: Text | None = None


class RowBalance(Struct, frozen=True):
    """The balance after a row."""

    credit_debit_indicator: str | None = None
    amount: Money | None = None


class Row(Struct, frozen=True):
    """A transaction."""

    account_id: Id | None = None
    transaction_id: Id | None = None
    transaction_reference: Id | None = None
    credit_debit_indicator: str | None = None
    status: str | None = None
    booking_date_time: str | None = None
    value_date_time: str | None = None
    transaction_information: Anything = UNSET
    amount: Money | None = None
    bank_transaction_code: BankCode | None = None
    proprietary_bank_transaction_code: BankCode | None = None
    balance: RowBalance | None = None
    merchant_details: Merchant | None = None
    creditor_account: Identification | None = None
    debtor_account: Identification | None = None


class PostalAddress(Struct, frozen=True):
    """A party's address, in lines or in parts."""

    address_line: Anything = UNSET
    street_name: Text | None = None
    building_number: Text | None = None
    post_code: Text | None = None
    town_name: Text | None = None
    country: Text | None = None


class Party(Struct, frozen=True):
    """A person or firm; the address is one or a list of them."""

    party_type: str | None = None
    name: Text | None = None
    full_legal_name: Text | None = None
    legal_structure: str | None = None
    account_role: str | None = None
    email_address: Text | None = None
    phone: Text | None = None
    mobile: Text | None = None
    address: list[PostalAddress] | None = None


class Data(Struct, frozen=True):
    """What an answer holds; each answer has one of the members, a consent the texts."""

    consent_id: Id | None = None
    status: str | None = None
    expiration_date_time: str | None = None
    account: list[Account] | None = None
    balance: list[Balance] | None = None
    transaction: list[Row] | None = None
    party: Anything = UNSET


class Links(Struct, frozen=True):
    """Where the list goes on."""

    next: str | None = None


class Meta(Struct, frozen=True):
    """What the bank says of the whole list."""

    total_pages: Text | None = None


class Fault(Struct, frozen=True):
    """One error: `UK.OBIE.…` in 3.1, four characters in 4.0."""

    error_code: Text | None = None


class Reply(Struct, frozen=True):
    """Any answer; `errors` and `code` are those of an error."""

    data: Data | None = None
    links: Links | None = None
    meta: Meta | None = None
    code: Text | None = None
    errors: list[Fault] | None = None

    @property
    def codes(self) -> tuple[str, ...]:
        """The bank's codes of an error: those of its parts, then the whole's."""
        said = [*(one.error_code for one in self.errors or []), self.code]
        return tuple(str(code) for code in said if code is not None)


class TokenReply(msgspec.Struct, frozen=True):
    """A token, or why there is none (RFC 6749, 5)."""

    access_token: str | None = None
    expires_in: Id | None = None
    refresh_token: str | None = None
    error: str | None = field(default=None)
