"""The history as a file for a spreadsheet: some lines of its own, then `;` and decimal commas."""

import csv
import io
from datetime import date

from kontobank.apis.online import forms
from kontobank.apis.online.words import words_of
from kontobank.world import Account, Transaction


def csv_of(account: Account, rows: list[Transaction], since: date, country: str) -> str:
    """The file's text; rows newest first, booked ones only."""
    words = words_of(country)
    target = io.StringIO()
    writer = csv.writer(target, delimiter=";", lineterminator="\r\n")
    writer.writerow([words["csv_title"]])
    writer.writerow([words["csv_account"], forms.grouped(account.number)])
    writer.writerow([words["csv_since"], forms.day(since, country)])
    writer.writerow([])
    writer.writerow(words["columns"].split(";"))
    writer.writerows(_fields(row, country) for row in rows)
    mark = "\ufeff" if forms.charset(country) == "utf-8" else ""
    return mark + target.getvalue()


def _fields(row: Transaction, country: str) -> list[str]:
    balance = forms.plain_amount(row.balance_minor) if row.balance_minor is not None else ""
    return [
        forms.day(row.traded_on, country),
        forms.day(row.booked_on, country),
        row.kind,
        row.title,
        row.party.name,
        row.party.account or "",
        forms.plain_amount(row.minor),
        balance,
        row.currency,
    ]
