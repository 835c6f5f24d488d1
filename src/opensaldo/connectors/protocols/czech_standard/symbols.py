"""The payment symbols of the Czech Republic: variable, constant and specific; pure.

Source: COBS 8.0, creditorReferenceInformation.reference: `(VS:|KS:|SS:)[0-9]{1,10}`; SEPA payments
carry them as `/VS/…/SS/…/KS/…` in the end-to-end id.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from opensaldo.connectors.things import Thing, text_of

_SYMBOL = re.compile(
    r"(?<![A-Z])(?P<kind>[VKS]S)\s*[:/=.]?\s*(?P<digits>[0-9]{1,10})(?![0-9])", re.IGNORECASE
)
_NAMES = {
    "VS": ("variableSymbol", "variable", "vs"),
    "KS": ("constantSymbol", "constant", "ks"),
    "SS": ("specificSymbol", "specific", "ss"),
}


class Symbols(NamedTuple):
    """The symbols of one payment, their digits as the bank wrote them."""

    variable: str | None = None
    constant: str | None = None
    specific: str | None = None


def symbols_in(details: Thing) -> Symbols:
    """The symbols of a transaction's details, each from the first place that has it."""
    remittance = details.thing("remittanceInformation") or Thing({})
    structured = remittance.thing("structured") or remittance
    reference = structured.thing("creditorReferenceInformation") or structured
    found = {kind: _digits(reference.text(*names)) for kind, names in _NAMES.items()}
    places = (
        remittance.raw("structured", "creditorReferenceInformation"),
        (details.thing("references") or Thing({})).raw("endToEndIdentification"),
    )
    for place in places:
        for match in _SYMBOL.finditer(text_of(place) or ""):
            kind = match["kind"].upper()
            found[kind] = found[kind] or match["digits"]
    return Symbols(variable=found["VS"], constant=found["KS"], specific=found["SS"])


def _digits(written: str | None) -> str | None:
    """A symbol that stands under its own name, without the mark a bank may repeat."""
    if written is None:
        return None
    match = _SYMBOL.search(written)
    digits = match["digits"] if match else written
    return digits if re.fullmatch(r"[0-9]{1,10}", digits) else None
