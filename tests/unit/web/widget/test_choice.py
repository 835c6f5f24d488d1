from dataclasses import replace

import pytest

from opensaldo.domain.client import Environment
from opensaldo.domain.health import Health
from opensaldo.domain.look import Look
from opensaldo.web.api.openapi_examples import TARGET
from opensaldo.web.widget.choice import Choice

LARGEST = replace(TARGET, name="LargestApi", popular=1)
NEXT = replace(TARGET, name="NextApi", popular=2)
CHOICE = Choice(country="pl", can_change_country=False, sought="", banks=(LARGEST, NEXT))


def test_the_largest_bank_leads_and_nobody_else_in_its_place() -> None:
    assert CHOICE.leading == LARGEST
    assert replace(CHOICE, banks=(NEXT,)).leading is None
    assert replace(CHOICE, banks=()).leading is None
    assert replace(CHOICE, sought="n").leading is None
    assert replace(CHOICE, look=Look(show_default_target=False)).leading is None


def test_a_bank_that_fails_does_not_lead() -> None:
    assert replace(CHOICE, health={"LargestApi": Health.WARNED}).leading is None
    assert replace(CHOICE, health={"LargestApi": Health.WELL}).leading == LARGEST


@pytest.mark.parametrize(
    ("wish", "environment", "is_shown"),
    [
        (None, Environment.TEST, True),
        (None, Environment.PRODUCTION, False),
        (True, Environment.PRODUCTION, True),
        (False, Environment.TEST, False),
    ],
)
def test_new_banks_are_marked_on_test_unless_the_client_says_otherwise(
    wish: bool | None, environment: Environment, is_shown: bool
) -> None:
    choice = replace(CHOICE, look=Look(show_beta_labels=wish), environment=environment)
    assert choice.shows_beta is is_shown
