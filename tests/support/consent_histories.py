"""What can happen to a person's consents, step by step, against a model of a few lines."""

from __future__ import annotations

import random
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from opensaldo.domain.client import Environment, Product
from opensaldo.engine.platform import Platform
from opensaldo.engine.retention import purge
from opensaldo.store.queries import consents
from tests.e2e.checked import CheckedApi, agreement, browse
from tests.support.bank import Bank
from tests.support.consents import delete, ended_as, grant, import_under, reuse
from tests.support.switchboard import unattended_counts

T = TypeVar("T")
LOGIN, OWNER = "test2", "loan-7781"
GONE, FULL, WELL = "InvalidMultipleAccessId", "MultipleAccessLimitExceeded", "successful"
DAY, LIFE = timedelta(hours=24), timedelta(days=180)
IMPORTS_MAX = 4
WHICH = st.integers(min_value=0, max_value=50)
ABOUT_ONE = {"come_back", "revoke_here", "withdraw_at_the_bank"}
WEIGHED: tuple[tuple[str, dict[str, Any], int], ...] = (
    ("come_back", {}, 10),
    ("sign_in", {"imports": True}, 2),
    ("sign_in", {"imports": False}, 1),
    ("revoke_here", {}, 1),
    ("withdraw_at_the_bank", {}, 1),
    ("give_up_a_sign_in", {"kind": "agreement"}, 1),
    ("delete_the_data", {}, 1),
    ("wait", {"hours": 11}, 3),
    ("wait", {"hours": 24}, 1),
    ("wait_long", {"days": 179}, 1),
)


@dataclass
class Known:
    """What the model knows of one consent.

    `cut_off`: when an import may have been killed; the calls it had made count, and it makes new.
    """

    token: str
    granted_at: datetime
    is_open: bool = True
    is_withdrawn: bool = False
    is_proved: bool = False
    imports: list[datetime] = field(default_factory=list)
    cut_off: list[datetime] = field(default_factory=list)


class Stage(Protocol):
    """Where a history is played: a platform, the bank behind it, the time of both."""

    @property
    def bank(self) -> Bank: ...
    @property
    def clock(self) -> Callable[[], datetime]: ...
    @property
    def house(self) -> House: ...
    def client(self, *products: Product) -> CheckedApi: ...
    def later(self, **more: float) -> None: ...


class House(Protocol):
    """A platform that work can be done on."""

    def run(self, work: Callable[[Platform], Coroutine[Any, Any, T]]) -> T: ...


class Histories(RuleBasedStateMachine):
    """One client, one person, one bank; `world` and `country` are set by the test."""

    world: Stage
    country = "pl"

    def __init__(self) -> None:
        super().__init__()
        self.world.bank.reset()
        self.world.later(seconds=1)
        self.api = self.world.client(Product.MULTIPLE_ACCESS)
        self.known: list[Known] = []

    @initialize(imports=st.booleans())
    def begin(self, imports: bool) -> None:
        """Before there is a consent nothing can happen to one."""
        self.sign_in(imports=imports)

    @rule(imports=st.booleans())
    def sign_in(self, imports: bool) -> None:
        """The first consent, or a renewal; the person may stay for its import."""
        self.world.later(seconds=1)
        session, token = grant(self.api, LOGIN, country=self.country, ownerExternalId=OWNER)
        one = Known(token, self.now)
        self.known.append(one)
        if imports:
            one.imports.append(self.now)
            assert ended_as(self.api.finished(session)) == WELL
            self.proves(one)

    @rule(which=WHICH)
    def come_back(self, which: int) -> None:
        """An import without the person."""
        one = self.chosen(which)
        expected = self.expected(one)
        end = import_under(self.api, one.token)
        assert end in expected
        if end == FULL or not self.is_usable(one):
            return
        one.imports.append(self.now)
        if end == WELL:
            self.proves(one)
        else:
            one.is_open = False

    @rule(which=WHICH)
    def revoke_here(self, which: int) -> None:
        one = self.chosen(which)
        assert delete(self.api, one.token).status == (200 if self.is_usable(one) else 404)
        one.is_open = False

    @rule(which=WHICH)
    def withdraw_at_the_bank(self, which: int) -> None:
        """One of them; at a bank whose consents have its own ids, all of them."""
        one = self.chosen(which)
        if self.country != "pl":
            self.world.bank.withdraw_all(LOGIN)
            for other in self.known:
                other.is_withdrawn = True
        elif self.is_usable(one) and not one.is_withdrawn:
            self.world.bank.withdraw(self.bank_id(one))
            one.is_withdrawn = True

    @rule(kind=st.sampled_from(["agreement", "bank"]))
    def give_up_a_sign_in(self, kind: str) -> None:
        """A sign-in that is cancelled, or never finished, changes nothing."""
        target = "KontoBankApi" if self.country == "pl" else f"KontoBankApi_{self.country}"
        asked = {"target": target, "country": self.country, "ownerExternalId": OWNER}
        made = self.api.started(accessMode="MULTIPLE", **asked)
        link = made["redirectionLink"]
        form = agreement(link, target)
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

    def played(self, dice: random.Random, acts: int) -> None:
        """So many acts, drawn with weights, the first a sign-in; each holds what always must."""
        self.act(self.sign_in, imports=True)
        for _ in range(acts):
            name, how, _weight = dice.choices(WEIGHED, [weight for *_, weight in WEIGHED])[0]
            which = {"which": dice.randrange(len(self.known))} if name in ABOUT_ONE else {}
            self.act(getattr(self, name), **how, **which)

    def act(self, what: Callable[..., None], **how: Any) -> None:
        """It was done, and what must always hold does."""
        what(**how)
        self.the_client_sees_what_can_be_used()
        self.the_bank_met_no_call_too_many()

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

    def expected(self, one: Known) -> set[str]:
        """How an import may end now."""
        if not self.is_usable(one):
            return {GONE}
        recent = sum(at > self.now - DAY for at in one.imports)
        if recent >= IMPORTS_MAX:
            return {FULL}
        may_be_full = recent + sum(at > self.now - DAY for at in one.cut_off) >= IMPORTS_MAX
        return {GONE if one.is_withdrawn else WELL} | ({FULL} if may_be_full else set())

    def proves(self, one: Known) -> None:
        if not one.is_proved:
            for other in self.known:
                other.is_open &= other.granted_at >= one.granted_at
        one.is_proved = True

    def bank_id(self, one: Known) -> str:
        """PolishAPI's consents have our ids."""

        async def find(platform: Platform) -> str:
            digest = platform.vault.fingerprint("multiple-access", one.token)
            found = await platform.store.fetch(
                consents.consent_by_token, digest, self.api.client_id, Environment.TEST
            )
            assert found is not None
            return found.id

        return self.world.house.run(find)
