"""Where nothing goes wrong no import ever ends in an error, over sixty days and every standard."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from opensaldo.domain.client import Product
from tests.e2e.checked import CheckedApi
from tests.simulation.test_virtual_world import TARGETS
from tests.support.consents import JSON, grant, reuse_in_json
from tests.support.platform import command_of, state_of
from tests.support.virtual import VirtualWorld, virtual_world

DAYS = 60
STEP_DAYS = 12
WITH_CONSENTS = {"KontoBankApi", "KontoBankApi_cz"}
TELLING_A_DAY = {
    "KontoBankApi_cz",
    "KontoBankApi_es",
    "KontoBankApi_lt",
    "KontoBankApi_ro",
    "KontoBank_pt",
}


def session_at(
    api: CheckedApi, target: str, country: str, tokens: dict[str, str]
) -> tuple[str, str]:
    """A session of the living person, under a consent where the target has any."""
    login = f"alive-1x50-{country}"
    if target not in WITH_CONSENTS:
        return api.mock_session(login, target=target)
    session, tokens[target] = grant(api, login, target=target)
    return session


def receipts(
    world: VirtualWorld, api: CheckedApi, step_days: int
) -> list[tuple[str, dict[str, Any]]]:
    """The receipt of every import of one living person at each standard, by target."""
    found: list[tuple[str, dict[str, Any]]] = []
    tokens: dict[str, str] = {}
    for day in range(0, DAYS + 1, step_days):
        for target, country in TARGETS.items():
            if target in tokens:
                accepted = reuse_in_json(api, tokens[target], since="2025-12-20")
                assert accepted.status == 200, (target, day, accepted.body)
                ended = api.poll(accepted.json["id"])
            else:
                session = session_at(api, target, country, tokens)
                ended = api.finished(session, since="2025-12-20")
            assert state_of(ended) == "successful", (target, day, ended.body[-1500:])
            shown = api.call(
                "GET", f"/v1/command/{command_of(ended).attrib['id']}.xml", accept=JSON
            )
            found.append((target, shown.json["receipt"]))
        world.clock.advance(days=step_days, hours=1)
    return found


def test_every_faultless_import_is_complete_or_explained(tmp_path: Path):
    with virtual_world(tmp_path) as world:
        known = world.platform.api("alarm-test", Product.MULTIPLE_ACCESS)
        api = CheckedApi(known.address, known.key, client_id="alarm-test")
        found = receipts(world, api, STEP_DAYS)
    assert len(found) == len(TARGETS) * (DAYS // STEP_DAYS + 1)
    outcomes = Counter(receipt["outcome"] for _, receipt in found)
    assert set(outcomes) <= {"complete", "explained"}
    assert outcomes["complete"] > len(found) / 3, outcomes
    assert not any(receipt.get("rereads") for _, receipt in found)
    telling = {
        target
        for target, receipt in found
        if all(one.get("balanceOn") for one in receipt["balances"])
    }
    assert telling == TELLING_A_DAY
