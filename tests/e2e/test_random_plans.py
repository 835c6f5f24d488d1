"""Random plans of faults: an import that ends well has every row once, whatever went wrong."""

from __future__ import annotations

import pytest

from kontobank.faults import random_plan
from tests.e2e.checked import CheckedApi
from tests.e2e.fixtures import World
from tests.e2e.test_packs import SINCE, TARGETS, books, facts_of
from tests.support.platform import failure_of, state_of

SEEDS = range(25)
PROMISED = {"IO", "ServiceTemporarilyUnavailable", "ServiceMaintenance", "SessionExpired"}
BLIND = {"no_next_page", "missing_page"}  # a list that ends early, at a bank that does not count


@pytest.mark.parametrize("seed", SEEDS)
def test_no_row_is_lost_or_doubled_and_no_success_is_false(
    world: World, api: CheckedApi, seed: int
):
    standard = sorted(TARGETS)[seed % len(TARGETS)]
    country, target = TARGETS[standard]
    kinds = {rule.fault.kind for rule in random_plan(seed).rules}
    login = f"bench-2x240-seed-{seed}"
    session = api.mock_session(login, target=target)
    world.bank.follow(random=seed)
    ended = api.finished(session, since=f"{SINCE}")
    if state_of(ended) == "successful":
        (rows, balances), (true_rows, true_balances) = (
            facts_of(ended),
            books(country, login, SINCE),
        )
        assert balances == true_balances
        assert rows <= true_rows
        if not (kinds & BLIND) or standard == "czech_standard":
            assert rows == true_rows
    else:
        assert (state_of(ended), failure_of(ended) in PROMISED) == ("error", True)
