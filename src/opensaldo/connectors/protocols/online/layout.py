"""Where the pages of a bank's online service keep what a login and a history need.

One record a layout; a bank file names its layout in `version`. What stands here is KontoBank's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from opensaldo import errors
from opensaldo.errors import OpenSaldoError


def _errors() -> dict[str, type[OpenSaldoError]]:
    return {
        "E101": errors.InvalidCredentials,
        "E102": errors.SignInCancelled,
        "E103": errors.SignInTimeout,
        "E201": errors.AccessBlocked,
        "E202": errors.AccessTemporarilyBlocked,
        "E301": errors.ManualActionRequired,
        "E302": errors.TargetCredentialsMismatch,
        "E303": errors.UnsupportedLoginMethod,
        "E304": errors.UnsupportedLanguage,
        "E305": errors.InsufficientIdentificationLevel,
        "E403": errors.BankAccessEnded,
        "timeout": errors.BankAccessEnded,
    }


def _file_columns() -> dict[str, str]:
    polish = (
        "Data operacji;Data księgowania;Rodzaj operacji;Tytuł;Kontrahent;"
        "Rachunek kontrahenta;Kwota;Saldo po operacji;Waluta"
    )
    english = (
        "Transaction date;Booking date;Kind;Title;Counterparty;Counterparty account;"
        "Amount;Balance;Currency"
    )
    ours = (
        "traded",
        "booked",
        "kind",
        "title",
        "party",
        "party-iban",
        "amount",
        "balance",
        "currency",
    )
    return {
        name.casefold(): noun
        for names in (polish, english)
        for name, noun in zip(names.split(";"), ours, strict=True)
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Paths under the service's address, ids of elements, names of fields, meanings of codes.

    Columns of tables and terms of lists are told by their classes, `c-<noun>` and `d-<noun>`;
    columns of a file by their headings. `reads_file`: a history of several pages is read
    from its file, in two calls however long it is.
    """

    login_path: str = "/login"
    step_path: str = "/confirm"
    owner_path: str = "/owner"
    cards_path: str = "/cards"
    keep_alive_path: str = "/keep-alive"
    sign_out_path: str = "/logout"
    reads_file: bool = False
    login_form: str = "loginForm"
    step_form: str = "stepForm"
    terms_form: str = "termsForm"
    onwards_link: str = "onwards"
    approval: str = "approval"
    picture: str = "challenge"
    kind_field: str = "idType"
    login_field: str = "idNumber"
    password_field: str = "password"  # noqa: S105 - the name of a field
    company_field: str = "company"
    branch_field: str = "branch"
    error_of_code: Mapping[str, type[OpenSaldoError]] = field(default_factory=_errors)
    noun_of_heading: Mapping[str, str] = field(default_factory=_file_columns)


PAGES = Layout()
LAYOUTS: Mapping[str, Layout] = {"": PAGES, "pages": PAGES, "file": Layout(reads_file=True)}
