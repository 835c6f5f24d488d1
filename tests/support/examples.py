"""One example target and one sign-in at it, for the unit tests of every standard's flow."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from opensaldo.connectors.base import PsuContext, SignInRequest
from opensaldo.domain.target import AccountType, Interface, Target


def an_example_target(protocol: str, country: str) -> Target:
    """A target of a bank that does not exist, on this standard."""
    suffix = "" if country == "pl" else f"_{country}"
    return Target(
        name=f"ExampleApi{suffix}",
        country=country,
        institution=f"Example{suffix}",
        official_name="Example",
        official_url="https://example.org",
        interface=Interface.PSD2,
        protocol=protocol,
        account_types=(AccountType.INDIVIDUAL,),
        commands=("DefaultImportCommand",),
        credentials=("API_SETUP",),
    )


def a_sign_in(target: Target, psu: PsuContext, now: datetime, **changes: Any) -> SignInRequest:
    """A repeated sign-in with the whole history, for half a year."""
    given: dict[str, Any] = {
        "grant": "g" * 32,
        "return_url": "https://we.example.org/back?id=1",
        "state": "st4te",
        "repeated": True,
        "history_days": 5000,
        "valid_until": now + timedelta(days=180),
    }
    return SignInRequest(target=target, psu=psu, **given | changes)
