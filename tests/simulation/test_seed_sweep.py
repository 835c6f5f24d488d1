"""The seed sweep, in short; a seed that is played again; and a checker that can fail."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.support.checker import violations
from tests.support.evidence import Act, Evidence, Record, told_alike
from tests.support.seed_run import play, world_of
from tests.support.seeded import Doing, Seeded, seeded

pytestmark = pytest.mark.timeout(600)  # the short sweep takes a minute on an idle machine

SHORT = range(40, 80)
REPLAYED = (3, 4, 12)  # lists over pages, a sign-in cut short, an access that ends
REFUSED_REFRESH = 336  # the bank refuses the refresh token, and nobody signs in again
QUIET = replace(
    seeded(1),
    login="alive-2x30-quiet",
    country="pl",
    target="KontoBankApi",
    is_multiple=True,
    fault_seed=None,
    doings=tuple(
        Doing(doing.after, what)
        for doing, what in zip(
            (seeded(1).doings * 2)[:5],
            ("again", "import", "import", "revoke", "import"),
            strict=True,
        )
    ),
)


def test_no_seed_breaks_a_promise(tmp_path: Path):
    stories = [seeded(seed) for seed in SHORT]
    successes = 0
    with world_of(stories[0], tmp_path) as world:
        for story in stories:
            seen = play(world, story)
            assert violations(seen) == [], f"python -m bench.seed_sweep --seed {story.seed}"
            successes += len(seen.imports)
    assert successes > 2 * len(SHORT)


@pytest.mark.parametrize("one_by_one", [False, True], ids=["at once", "one by one"])
@pytest.mark.parametrize("seed", REPLAYED)
def test_a_seed_is_replayed_to_the_byte(tmp_path: Path, seed: int, one_by_one: bool):
    story = seeded(seed)
    runs = [_alone(story, tmp_path / name, one_by_one) for name in ("once", "again")]
    (seen, transcript), (seen_again, transcript_again) = runs
    assert any(call["fault"] not in (None, "slow") for call in seen.calls)
    assert transcript == transcript_again
    assert told_alike(seen.acts) == told_alike(seen_again.acts)


def test_an_access_that_a_client_was_told_is_over_is_over(tmp_path: Path):
    seen, _ = _alone(seeded(REFUSED_REFRESH), tmp_path)
    told = [act.failure for act in seen.acts if act.what in ("import", "reuse")]
    first = told.index("InvalidMultipleAccessId")
    assert set(told[first:]) == {"InvalidMultipleAccessId"}
    assert [one["kind"] for one in seen.events].count("consent-ended") == 1
    assert violations(seen) == []


def _alone(story: Seeded, folder: Path, one_by_one: bool = False) -> tuple[Evidence, bytes]:
    file = folder / "transcript.jsonl"
    with world_of(story, folder, one_by_one=one_by_one, transcript_file=file) as world:
        seen = play(world, story)
    return seen, file.read_bytes()


# --- the checker can fail ------------------------------------------------------------------------
Tampering = Callable[[ElementTree.Element, Record], None]


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory, houses: Any) -> Evidence:
    houses.leave()
    return _alone(QUIET, tmp_path_factory.mktemp("honest"))[0]


def tampered(seen: Evidence, place: int, change: Tampering) -> Evidence:
    """The same with another final poll of the import at this place."""
    acts = list(seen.acts)
    position = acts.index(seen.imports[place])
    root, told = ElementTree.fromstring(acts[position].xml), json.loads(acts[position].json)
    change(root, told)
    acts[position] = replace(
        acts[position], xml=ElementTree.tostring(root), json=json.dumps(told).encode()
    )
    return replace(seen, acts=acts)


def drop(root: ElementTree.Element, told: Record) -> None:
    """The last booked row of the first account is not there; the receipt does not count it."""
    rows = root.find(".//moneyTransactions")
    assert rows is not None
    place = [row.findtext("status") for row in rows].index("DONE")
    rows.remove(rows[place])
    del told["accounts"][0]["transactions"][place]
    told["receipt"]["rows"] -= 1


def double(root: ElementTree.Element, told: Record) -> None:
    """A row is there once more under an id of its own."""
    rows = root.find(".//moneyTransactions")
    assert rows is not None
    rows.insert(0, rows[0])
    again = {**told["accounts"][0]["transactions"][0], "id": "f" * 32}
    told["accounts"][0]["transactions"].insert(0, again)
    told["receipt"]["rows"] += 1


def rename(_root: ElementTree.Element, told: Record) -> None:
    """A booked row that an earlier import had comes under another id."""
    told["accounts"][0]["transactions"][-1]["id"] = "e" * 32


def rename_to_another(_root: ElementTree.Element, told: Record) -> None:
    """Two booked rows change places under their ids."""
    rows = told["accounts"][0]["transactions"]
    rows[-1]["id"], rows[-2]["id"] = rows[-2]["id"], rows[-1]["id"]


def cut(root: ElementTree.Element, told: Record) -> None:
    """The list ends early, its account says so, and the receipt does not."""
    drop(root, told)
    account = root.find(".//account")
    assert account is not None
    account.set("partialDueToTimeout", "true")


def lose_account(root: ElementTree.Element, told: Record) -> None:
    """An account is not there at all."""
    accounts = root.find(".//accounts")
    assert accounts is not None
    accounts.remove(accounts[0])
    told["receipt"]["rows"] -= len(told["accounts"].pop(0)["transactions"])


def misstate(root: ElementTree.Element, _told: Record) -> None:
    """The balance is another one."""
    balance = root.find(".//account/currencyBalance")
    assert balance is not None
    balance.text = "1.00"


def miscount(_root: ElementTree.Element, told: Record) -> None:
    """The receipt counts a row that is not there."""
    told["receipt"]["rows"] += 1


def claim_failure(_root: ElementTree.Element, told: Record) -> None:
    """The receipt of a success says that nothing was kept."""
    told["receipt"]["outcome"] = "failed"


TAMPERED: dict[Tampering, str] = {
    drop: "lost row",
    double: "double row",
    rename: "an id changed",
    rename_to_another: "one id for different rows",
    cut: "false success: whole by the receipt, cut by the result",
    lose_account: "false success: 1 of 2 accounts",
    misstate: "false success: the balance",
    miscount: "false success: the receipt counts",
    claim_failure: "false success: successful with a receipt",
}


def test_an_honest_seed_passes(honest: Evidence):
    assert len(honest.imports) == 3
    assert violations(honest) == []


@pytest.mark.parametrize("change", TAMPERED, ids=lambda change: change.__name__)
def test_a_tampered_answer_is_caught(honest: Evidence, change: Tampering):
    found = violations(tampered(honest, -1, change))
    assert any(one.startswith(TAMPERED[change]) for one in found), found


def with_calls(
    seen: Evidence, what: str, calls: Callable[[list[Record]], list[Record]]
) -> Evidence:
    """The same with other calls at the bank during the last act of this name."""
    acts = list(seen.acts)
    place = max(place for place, act in enumerate(acts) if act.what == what)
    unattended = [
        call
        for act in seen.imports
        for call in act.calls
        if call["account"] and call["page"] == "first" and not call["attended"]
    ]
    acts[place] = replace(acts[place], calls=acts[place].calls + calls(unattended))
    return replace(seen, acts=acts)


def test_a_fifth_call_is_caught(honest: Evidence):
    found = violations(with_calls(honest, "import", lambda made: [made[-1]] * 4))
    assert any(one.startswith("fifth call") for one in found)


def test_a_call_in_the_name_of_somebody_away_is_caught(honest: Evidence):
    found = violations(with_calls(honest, "import", lambda made: [{**made[-1], "attended": True}]))
    assert any(one.startswith("a call in the name of a person") for one in found)


def test_the_use_of_a_revoked_consent_is_caught(honest: Evidence):
    assert honest.acts[-1].what == "reuse"
    assert honest.acts[-1].status == 404
    found = violations(with_calls(honest, "reuse", lambda made: [made[-1]]))
    assert any(one.startswith("ended consent used") for one in found)


def test_a_revoked_consent_that_is_given_out_is_caught(honest: Evidence):
    acts = [*honest.acts[:-1], replace(honest.acts[-1], status=200)]
    found = violations(replace(honest, acts=acts))
    assert any(one.startswith("ended consent given out") for one in found)


def test_an_event_log_that_tells_another_end_is_caught(honest: Evidence):
    def other(one: Record) -> Record:
        is_end = one["kind"] == "command-ended"
        return {**one, "state": "error"} if is_end else one

    for events in (map(other, honest.events), honest.events * 2, ()):
        found = violations(replace(honest, events=list(events)))
        assert any(one.startswith("events:") for one in found)


def test_act_without_answer_has_no_rows():
    act = Act(what="import", at=QUIET.start)
    assert (act.rows, act.receipt, act.state, act.failure) == ([], {}, "", None)
