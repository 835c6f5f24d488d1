"""A price list in a request: what a month would cost at other prices."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields
from datetime import date

from opensaldo.domain.bill import CURRENCY, PRICE, OnPremises, Prices
from opensaldo.errors import InvalidParameter

GROUP = "prices"
WHAT_IF = "What if"
NAME_LENGTH_MAX = 100
ON_PREMISES = "onPremises"
COUNT = re.compile(r"[0-9]{1,9}")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))


FIELDS = {_camel(one.name): one.name for one in fields(Prices) if one.name != "on_premises"}
FIELDS_ON_PREMISES = {f"{ON_PREMISES}.{_camel(one.name)}": one.name for one in fields(OnPremises)}
FORMS = {"currency": CURRENCY, "pdfAgreedFiles": COUNT, f"{ON_PREMISES}.since": DAY}


def price_list(sent: Mapping[str, str], currency: str) -> Prices | None:
    """The price list these parameters make, by their names without the group; None without any.

    What has no price costs nothing, as in a file; the currency is this one unless another is said.

    Raises:
        InvalidParameter: an unknown name, or a value of another form than its own.
    """
    if not sent:
        return None
    if not sent.keys() <= FIELDS.keys() | FIELDS_ON_PREMISES.keys():
        known = ", ".join((*FIELDS, *FIELDS_ON_PREMISES))
        raise InvalidParameter(f"A price list has only these names after {GROUP}.: {known}.")
    values = {name: _value(name, text) for name, text in sent.items()}
    table: dict[str, str | int | date] = {"name": WHAT_IF, "currency": currency}
    table |= {FIELDS[name]: value for name, value in values.items() if name in FIELDS}
    return Prices(**table, on_premises=_on_premises(values))  # type: ignore[arg-type]


def _on_premises(values: Mapping[str, str | int | date]) -> OnPremises | None:
    table = {field: values[name] for name, field in FIELDS_ON_PREMISES.items() if name in values}
    if not table:
        return None
    if not {"since", "licence_yearly"} <= table.keys():
        raise InvalidParameter(f"{GROUP}.{ON_PREMISES} needs since and licenceYearly.")
    return OnPremises(**table)  # type: ignore[arg-type]


def _value(name: str, text: str) -> str | int | date:
    if name == "name":
        return text[:NAME_LENGTH_MAX]
    form = FORMS.get(name, PRICE)
    try:
        if not form.fullmatch(text):
            raise ValueError
        if form is DAY:
            return date.fromisoformat(text)
    except ValueError:
        raise InvalidParameter(f"The parameter {GROUP}.{name} must be {_MEANT[form]}.") from None
    return int(text) if form is COUNT else text


_MEANT = {
    PRICE: "an amount with a point and at most two decimals",
    CURRENCY: "a currency code",
    COUNT: "a number of files",
    DAY: "a date (YYYY-MM-DD)",
}
