"""Any interleaving of what can happen to a person's consents, against a model of a few lines.

Short form: a few histories, always the same ones, on both databases. The long form:
OPENSALDO_CONSENT_HISTORIES=200 pytest tests/integration/engine/test_consents_over_time.py
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from opensaldo.domain.client import Environment, Product
from opensaldo.engine.retention import purge
from opensaldo.store.queries import consents
from tests.e2e.checked import agreement, browse
from tests.e2e.fixtures import DATABASES, World
from tests.support.consents import delete, ended_as, grant, import_under, reuse
from tests.support.switchboard import unattended_counts

HISTORIES = int(os.environ.get("OPENSALDO_CONSENT_HISTORIES", "3"))
STEPS = 12
OWNER = "loan-7781"
GONE, FULL, WELL = "InvalidMultipleAccessId", "MultipleAccessLimitExceeded", "successful"
DAY, LIFE = timedelta(hours=24), timedelta(days=180)
WHICH = st.integers(min_value=0, max_value=50)


@pytest.fixture(scope="module", params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    return request.param


@dataclass
class Known:
    """What the model knows of one consent."""

    token: str
    granted_at: datetime
    is_open: bool = True
    is_withdrawn: bool = False
    is_proved: bool = False
    imports: list[datetime] = field(default_factory=list)


class Histories(RuleBasedStateMachine):
    """One client, one person, one bank; `world` is set by the test."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        self.world.bank.reset()
        self.world.later(seconds=1)
        self.api = self.world.client(Product.MULTIPLE_ACCESS)
        self.known: list[Known] = []

    @rule(imports=st.booleans())
    def sign_in(self, imports: bool) -> None:
        """The first consent, or a renewal; the person may stay for its import."""
        self.world.later(seconds=1)
        session, token = grant(self.api, "test2", ownerExternalId=OWNER)
        one = Known(token, self.now)
        self.known.append(one)
        if imports:
            one.imports.append(self.now)
            assert ended_as(self.api.finished(session)) == WELL
            self.proves(one)

    @precondition(lambda self: self.known)
    @rule(which=WHICH)
    def come_back(self, which: int) -> None:
        one = self.chosen(which)
        expected = self.expected(one)
        assert import_under(self.api, one.token) == expected
        if expected == FULL or not self.is_usable(one):
            return
        one.imports.append(self.now)
        if expected == WELL:
            self.proves(one)
        else:
            one.is_open = False

    @precondition(lambda self: self.known)
    @rule(which=WHICH)
    def revoke_here(self, which: int) -> None:
        one = self.chosen(which)
        assert delete(self.api, one.token).status == (200 if self.is_usable(one) else 404)
        one.is_open = False

    @precondition(lambda self: self.known)
    @rule(which=WHICH)
    def withdraw_at_the_bank(self, which: int) -> None:
        one = self.chosen(which)
        if self.is_usable(one) and not one.is_withdrawn:
            self.world.bank.withdraw(self.bank_id(one))
            one.is_withdrawn = True

    @rule(kind=st.sampled_from(["agreement", "bank"]))
    def give_up_a_sign_in(self, kind: str) -> None:
        """A sign-in that is cancelled, or never finished, changes nothing."""
        made = self.api.started(accessMode="MULTIPLE", ownerExternalId=OWNER)
        link = made["redirectionLink"]
        form = agreement(link, "KontoBankApi")
        decision = {"decision": "cancel"} if kind == "agreement" else {}
        browse(link + "/consent", form | decision)

    @rule()
    def delete_the_data(self) -> None:
        body = {"ownerExternalId": OWNER}
        assert self.api.call("POST", "/v1/data/delete", json_body=body).status in (200, 404)

    @rule(hours=st.sampled_from([1, 5, 11, 23, 24, 25]))
    def wait(self, hours: int) -> None:
        self.world.later(hours=hours)
        self.world.house.run(purge)

    @rule(days=st.sampled_from([90, 179, 181]))
    def wait_long(self, days: int) -> None:
        self.world.later(hours=24 * days)
        self.world.house.run(purge)

    @invariant()
    def the_client_sees_what_can_be_used(self) -> None:
        shown = self.api.call("GET", "/v1/consents").json["consents"]
        active = {one["multipleAccessId"] for one in shown if one["state"] == "ACTIVE"}
        assert active == {one.token for one in self.known if self.is_usable(one)}
        assert len(shown) == len(self.known)
        for one in self.known:
            if not self.is_usable(one):
                assert reuse(self.api, one.token).exception == GONE

    @invariant()
    def the_bank_met_no_call_too_many(self) -> None:
        rows = unattended_counts(self.world.bank.url)
        assert all(row["count"] <= 4 and row["refused"] == 0 for row in rows)

    @property
    def now(self) -> datetime:
        return self.world.clock()

    def chosen(self, which: int) -> Known:
        return self.known[which % len(self.known)]

    def is_usable(self, one: Known) -> bool:
        return one.is_open and self.now < one.granted_at + LIFE

    def expected(self, one: Known) -> str:
        if not self.is_usable(one):
            return GONE
        if sum(at > self.now - DAY for at in one.imports) >= 4:
            return FULL
        return GONE if one.is_withdrawn else WELL

    def proves(self, one: Known) -> None:
        if not one.is_proved:
            for other in self.known:
                other.is_open &= other.granted_at >= one.granted_at
        one.is_proved = True

    def bank_id(self, one: Known) -> str:
        """PolishAPI's consents have our ids."""
        platform: Any = self.world.house.platform
        digest = platform.vault.fingerprint("multiple-access", one.token)
        with platform.store.read() as connection:
            found = consents.consent_by_token(
                connection, digest, self.api.client_id, Environment.TEST
            )
        assert found is not None
        return found.id


@pytest.mark.timeout(3600)
def test_every_history_agrees_with_the_model(world: World):
    class OnThisWorld(Histories):
        pass

    OnThisWorld.world = world
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
