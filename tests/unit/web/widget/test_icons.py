import re
from xml.etree import ElementTree

import pytest

from opensaldo.connectors.bank_files import read_bank_files
from opensaldo.web.widget.colours import WHITE, Colour, contrast
from opensaldo.web.widget.icons import colour, icon, initials

BANKS = tuple(read_bank_files().values())


def test_white_initials_can_be_read_on_every_colour_there_is() -> None:
    for seed in range(2000):
        made = colour(str(seed))
        red, green, blue = (int(made[place : place + 2], 16) for place in (1, 3, 5))
        assert contrast(Colour(red, green, blue), WHITE) >= 4.5


@pytest.mark.parametrize("one", BANKS, ids=lambda one: one.name)
def test_every_bank_has_a_badge_that_is_a_picture_and_asks_for_nothing(one) -> None:
    made = icon(one.official_name, one.institution)
    root = ElementTree.fromstring(made)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert not re.search(rb"href|url\(|style|script", made)
    assert 1 <= len(initials(one.official_name)) <= 4


def test_ways_into_one_institution_have_one_colour() -> None:
    assert colour("Pko") == colour("Pko")
    assert len({colour(one.institution) for one in BANKS}) > 60


def test_a_hostile_name_stays_text() -> None:
    made = icon('<"& <script>', "x")
    assert ElementTree.fromstring(made)[1].text
    assert b"<script" not in made


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("PKO BP", "PKO"),
        ("ING Bank Śląski", "ING"),
        ("Česká spořitelna", "ČS"),
        ("Banco BPI, SA", "BPI"),
        ("mBank", "M"),
        ("Bank", "B"),
        ("...", "?"),
    ],
)
def test_initials_leave_out_what_every_bank_is_called(name: str, shown: str) -> None:
    assert initials(name) == shown
