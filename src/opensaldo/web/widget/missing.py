"""The bank that is not listed: the form on which a person names it, and what is taken from it."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from opensaldo.data import COUNTRIES
from opensaldo.engine.redirections import SignInView
from opensaldo.web.widget.messages import unsupported_target
from opensaldo.web.widget.rendering import leading_out, page
from opensaldo.web.widget.search import QUERY_LENGTH_MAX, fold
from opensaldo.web.widget.typed_banks import bank_address, bank_name
from opensaldo.web.widget.words import Words
from opensaldo.wire.params import Params


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """What the form holds; `faults` names the fields that cannot be taken as they are."""

    bank: str
    country: str
    address: str
    faults: frozenset[str] = frozenset()


def sought(params: Params, view: SignInView) -> Missing:
    """The form as it is first shown: the bank as it was searched for, the country chosen."""
    bank = (params.text("bank") or params.text("q") or "")[:QUERY_LENGTH_MAX]
    return Missing(bank=bank, country=_country(params, view), address="")


def named(params: Params, view: SignInView) -> Missing:
    """What was sent; without a form only what was searched for, and that may be nothing."""
    has_form = view.redirection.look.show_target_missing_form
    typed = Missing(
        bank=params.text("bank" if has_form else "q") or "",
        country=_country(params, view),
        address=params.text("address") or "",
    )
    faults = set()
    bank, address = "", ""
    try:
        bank = bank_name(typed.bank)
    except ValueError:
        faults.add("bank")
    try:
        address = bank_address(typed.address)
    except ValueError:
        faults.add("address")
    if faults and has_form:
        return Missing(
            bank=typed.bank[:QUERY_LENGTH_MAX],
            country=typed.country,
            address=typed.address[:QUERY_LENGTH_MAX],
            faults=frozenset(faults),
        )
    return Missing(bank=bank, country=typed.country, address=address)


def form(view: SignInView, words: Words, missing: Missing) -> Response:
    """The form, with what is wrong with it."""
    countries = sorted(COUNTRIES, key=lambda one: fold(words.plain(f"country_{one}")))
    status = 400 if missing.faults else 200
    return page(
        "missing",
        words,
        view,
        leading_out(view),
        status=status,
        missing=missing,
        countries=countries,
    )


def noted(view: SignInView, words: Words, missing: Missing) -> Response:
    """The bank was noted, the client's page hears of it, and here is the way on."""
    told = unsupported_target(missing.bank, missing.country, missing.address)
    said = (
        ("missing_noted", "missing_thanks") if missing.bank else ("not_listed", "not_listed_help")
    )
    return page("noted", words, view, leading_out(view), tells=(told,), said=said)


def _country(params: Params, view: SignInView) -> str:
    chosen = params.text("country") or view.redirection.country
    offered = [one.country for one in view.targets]
    return chosen if chosen in COUNTRIES else next(iter(offered), COUNTRIES[0])
