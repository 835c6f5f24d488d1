"""Any interleaving of what can happen to a person's consents, against a model of a few lines.

Short form: one history of weighted acts, always the same, over two standards, on both databases.
Long form, in which Hypothesis draws the acts (its first few histories repeat one act, so fewer than
fifty prove little):
OPENSALDO_CONSENT_HISTORIES=200 pytest tests/integration/engine/test_consents_over_time.py
Kills of the process are in tests/crash/test_consents_killed.py.
"""

from __future__ import annotations

import os
import random

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.e2e.fixtures import DATABASES, World
from tests.support.consent_histories import Histories

HISTORIES = int(os.environ.get("OPENSALDO_CONSENT_HISTORIES", "0"))
STEPS = 12
ACTS, SEED = 24, 1


@pytest.fixture(scope="module", params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("its_country", ["pl", "cz"], ids=["PolishAPI", "Czech standard"])
def test_every_history_agrees_with_the_model(world: World, its_country: str):
    class OnThisWorld(Histories):
        country = its_country

    OnThisWorld.world = world
    if not HISTORIES:
        OnThisWorld().played(random.Random(SEED), ACTS)
        return
    run_state_machine_as_test(
        OnThisWorld,
        settings=settings(
            max_examples=HISTORIES,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
