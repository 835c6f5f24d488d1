"""What PolishAPI banks answer, read leniently: unknown members are ignored, null is absent.

Amounts stay as the bank wrote them (`Raw`), text or number, and become decimals in `convert`; ids
are opaque; texts may come as numbers. Field names are the standard's.
"""

from __future__ import annotations

import msgspec
from msgspec import UNSET, field

from opensaldo.connectors.lenient import Amount, Id, Text


class Struct(msgspec.Struct, rename="camel", frozen=True):
    """A message whose members are in camel case."""


class ResponseHeader(Struct, frozen=True):
    """The reply's own header; `request_id` repeats the request's."""

    request_id: str | None = None
    is_callback: bool | None = None


class Code(Struct, frozen=True):
    """A dictionary item."""

    code: Text | None = None


class NameAddress(Struct, frozen=True):
    """A name with its postal address; the first line is the name."""

    value: list[Text | None] | None = None


class Party(Struct, frozen=True):
    """Sender or recipient."""

    account_number: Id | None = None
    name_address: NameAddress | None = None


class PageInfo(Struct, frozen=True):
    """Where the list goes on."""

    next_page: Id | None = None


class AccountInfo(Struct, frozen=True):
    """The account of getAccount, or the little of it that getAccounts shows."""

    account_number: Id | None = None
    name_address: NameAddress | None = None
    account_type: Code | None = None
    account_type_name: Text | None = None
    account_holder_type: str | None = None
    account_name_client: Text | None = None
    currency: str | None = None
    available_balance: Amount = UNSET
    booking_balance: Amount = UNSET


class Item(Struct, frozen=True):
    """A transaction, booked or not, or a hold (which has no category)."""

    item_id: Id | None = None
    amount: Amount = UNSET
    currency: str | None = None
    description: Text | None = None
    transaction_type: Text | None = None
    trade_date: str | None = None
    booking_date: str | None = None
    post_transaction_balance: Amount = UNSET
    transaction_category: str | None = None
    transaction_status: Code | None = None
    rejection_reason: Text | None = None
    rejection_date: str | None = None
    sender: Party | None = None
    recipient: Party | None = None


class Reply(Struct, frozen=True):
    """What every reply may hold; `code` and `message` are those of an error."""

    response_header: ResponseHeader | None = None
    code: Id | None = None
    message: Text | None = None


class AuthorizeReply(Reply, frozen=True):
    """Where the person signs in."""

    aspsp_redirect_uri: str | None = None


class AccountsReply(Reply, frozen=True):
    """A page of getAccounts."""

    accounts: list[AccountInfo] | None = None
    page_info: PageInfo | None = None


class AccountReply(Reply, frozen=True):
    """getAccount; the account stays raw because quirks read members the standard does not name."""

    account: Amount = UNSET


class TaxInfo(Struct, frozen=True):
    """The form a tax was paid for; the payer is not read."""

    form_code: Text | None = None
    period_id: Text | None = None
    period_type: Text | None = None
    year: Text | None = None
    obligation_id: Text | None = None


class SocialInfo(Struct, frozen=True):
    """The contribution paid to the social insurance; the payer is not read."""

    contribution_type: Text | None = None
    contribution_id: Text | None = None
    contribution_period: Text | None = None
    payment_type_id: Text | None = None
    obligation_id: Text | None = None


class DetailReply(Reply, frozen=True):
    """getTransactionDetail, what the list has not said already."""

    us_info: TaxInfo | None = None
    zus_info: SocialInfo | None = None


class ListReply(Reply, frozen=True):
    """A page of a transaction list; holds come under their own name."""

    transactions: list[Item] | None = None
    holds: list[Item] | None = None
    page_info: PageInfo | None = None


class HistoryPrivilege(Struct, frozen=True):
    """A granted list privilege."""

    max_allowed_history_long: int | None = None


class GrantedPrivilege(Struct, frozen=True):
    """One item of the granted privileges, at most for one account."""

    account_number: Id | None = None
    done: HistoryPrivilege | None = field(name="ais:getTransactionsDone", default=None)


class GrantedScope(Struct, frozen=True):
    """What was granted; it may be narrower than what was asked for."""

    privilege_list: list[GrantedPrivilege] | None = None
    consent_id: Id | None = None
    scope_time_limit: str | None = None


class TokenReply(msgspec.Struct, frozen=True):
    """A token; its members are named after OAuth 2, its header after the standard."""

    access_token: str | None = None
    expires_in: Id | None = None
    refresh_token: str | None = None
    scope_details: GrantedScope | None = None
    response_header: ResponseHeader | None = field(name="responseHeader", default=None)
    code: Id | None = None
    message: Text | None = None
