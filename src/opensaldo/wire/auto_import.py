"""What `autoImport` asks for, in every form that is accepted (wire contract, section 16).

`autoImport: true` with or without `since`, `{since}`, `6` (months), `{months: 6}`; a query writes
the members as `autoImport[since]` and `autoImport[months]`.
"""

from __future__ import annotations

from opensaldo.domain.session import AutoImport
from opensaldo.errors import InvalidParameter, InvalidSince
from opensaldo.wire.params import Params

NAME = "autoImport"
MONTHS_MAX = 60
WANTED = (
    f"The parameter {NAME} must be true, a number of months from 1 to {MONTHS_MAX}, {{since}} with"
    " a date (YYYY-MM-DD), or {months}."
)
_MONTHS = frozenset(map(str, range(1, MONTHS_MAX + 1)))


def auto_import(params: Params) -> AutoImport | None:
    """The import that shall start by itself; None when none shall.

    Raises:
        InvalidSince: a day that is none.
        InvalidParameter: anything else that is not one of the forms, or two depths at once.
    """
    plain, members = params.text(NAME), params.within(NAME)
    if plain in {None, "false"} and not members:
        return None
    if plain == "false" or not members.keys() <= {"since", "months"}:
        raise InvalidParameter(WANTED)
    months = [members["months"]] if "months" in members else []
    if plain not in {None, "true"}:
        months.append(plain)
    days = [name for name in ("since", f"{NAME}.since") if params.text(name)]
    if len(months) + len(days) > 1:
        raise InvalidParameter(f"{WANTED} How far back it reaches is said once.")
    return AutoImport(
        since=params.day(days[0], InvalidSince) if days else None,
        months=_months(months[0] or "") if months else None,
    )


def _months(text: str) -> int:
    if text not in _MONTHS:
        raise InvalidParameter(WANTED)
    return int(text)
