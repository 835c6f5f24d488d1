import base64
import json
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from kontobank.mask import PLAIN, MaskRefused, place_of, place_or_none
from tests.unit.kontobank.tpp import Tpp, call_asgi


def place(country="pl", **members):
    written = base64.urlsafe_b64encode(json.dumps(members).encode()).rstrip(b"=").decode()
    return f"{country}.{written}"


def test_a_country_alone_wears_no_mask():
    assert place_of("ro") == ("ro", PLAIN)


def test_a_mask_is_read_with_its_limits():
    country, mask = place_of(place("lt", name="Bank <x>", approaches=["decoupled"], consent_days=7))
    assert (country, mask.name, mask.approaches, mask.consent_days) == (
        "lt",
        "Bank <x>",
        ("decoupled",),
        7,
    )


@pytest.mark.parametrize(
    "text", ["", "xx", "pl.", "pl.!!", place(colour="red"), place(consent_days="7"), place(name=1)]
)
def test_what_is_no_place_is_refused(text):
    with pytest.raises(MaskRefused):
        place_of(text)
    assert place_or_none(text) == (None, PLAIN)


def test_the_pages_wear_the_name_and_say_that_they_simulate(app):
    tpp = Tpp(app, country=place("pl", name="Bank <Wzór>"))
    address = urlsplit(tpp.authorize().json["aspspRedirectUri"])
    page = call_asgi(app, "GET", f"{address.path}?{address.query}", {})
    assert "<strong>Bank &lt;Wzór&gt;</strong>" in page.text
    assert "To symulacja w KontoBanku" in page.text


def test_a_masked_polish_bank_keeps_its_limits(app, clock):
    limits = {"consent_days": 30, "calls_per_day": 1, "history_days_initial": 40}
    tpp = Tpp(app, country=place("pl", **limits))
    token = tpp.connect("test1")
    ends = clock.now() + timedelta(days=30)
    assert token["scope_details"]["scopeTimeLimit"] == ends.strftime("%Y-%m-%dT%H:%M:%SZ")
    number = token["scope_details"]["privilegeList"][0]["accountNumber"]
    found = tpp.data(
        "getTransactionsDone", token["access_token"], accountNumber=number, attended=False
    )
    days = [row["bookingDate"][:10] for row in found.json["transactions"]]
    assert min(days) >= (clock.today() - timedelta(days=40)).isoformat()
    again = tpp.data(
        "getTransactionsDone", token["access_token"], accountNumber=number, attended=False
    )
    assert (again.status, again.json["code"]) == (429, "ACCESS_EXCEEDED")


def test_a_bank_without_a_place_is_not_found(app):
    assert Tpp(app, country="pl.xx").authorize().status == 404
