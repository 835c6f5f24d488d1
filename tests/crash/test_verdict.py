"""The verdict over a crash test can find everything it looks for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.facts import CommandFact, Facts, WorkflowFact
from tests.support.verdict import verdict

NOW = (datetime.now(UTC) + timedelta(days=1)).isoformat()  # the engine still keeps its workflow
ENDED = CommandFact("1", "s1", "successful", 1, None, NOW, NOW, NOW, 4)
REFUSED = replace(ENDED, id="2", session_id="s2", state="error", runs=6, failure="SessionExpired")
WHOLE = Facts(
    commands=(ENDED, REFUSED),
    events={(one, kind): 1 for one in "12" for kind in ("command-accepted", "command-ended")},
    documents=(("1", "holdings"), ("1", "result_xml")),
    workflows=(
        WorkflowFact("1", "SUCCESS", "slot-0", None),
        WorkflowFact("2", "SUCCESS", "slot-0", None),
    ),
    over_ledger=0,
)
CALL = {
    "consentId": "c",
    "account": "1234",
    "endpoint": "getAccount",
    "page": "first",
    "attended": False,
    "status": 200,
}


def with_command(**changed: Any) -> Facts:
    return replace(WHOLE, commands=(replace(ENDED, **changed), REFUSED))


def test_a_whole_run_has_no_violation_and_counts_refused_reruns_apart():
    found = verdict(["1", "2"], WHOLE, [CALL] * 4)
    assert found.violations == []
    assert found.outcomes == {"successful": 1, "rerun refused (SessionExpired)": 1}
    assert found.reruns == {0: 1, 5: 1}
    assert found.unattended_most == 4


BROKEN = [
    ("accepted (202) and lost", {"accepted": ["1", "9"]}),
    ("never ended", {"facts": with_command(state="in_progress")}),
    ("imported 2 times", {"facts": with_command(session_id="s2")}),
    (
        "2 times ended",
        {"facts": replace(WHOLE, events={**WHOLE.events, ("1", "command-ended"): 2})},
    ),
    ("without exactly", {"facts": replace(WHOLE, documents=WHOLE.documents[:1])}),
    ("without exactly", {"facts": replace(WHOLE, documents=(*WHOLE.documents, ("2", "holdings")))}),
    (
        "documents of no command",
        {"facts": replace(WHOLE, documents=(*WHOLE.documents, ("7", "x")))},
    ),
    (
        "a workflow without a command",
        {
            "facts": replace(
                WHOLE, workflows=(*WHOLE.workflows, WorkflowFact("7", "PENDING", "", 1))
            )
        },
    ),
    (
        "its workflow ended as ERROR",
        {"facts": replace(WHOLE, workflows=(WorkflowFact("1", "ERROR", "", None),))},
    ),
    (
        "a command without a workflow",
        {"facts": replace(WHOLE, workflows=WHOLE.workflows[:1])},
    ),
    ("fatal", {"facts": with_command(state="fatal", failure="InternalError")}),
    ("error IO", {"facts": with_command(state="error", failure="IO")}),
    (
        "error SessionExpired in run 1",
        {"facts": with_command(state="error", failure=REFUSED.failure)},
    ),
    ("over the limit", {"facts": replace(WHOLE, over_ledger=1)}),
    ("5 unattended calls", {"bank": [CALL] * 5}),
    ("under the person's name", {"bank": [{**CALL, "attended": True}] * 2}),
    ("429", {"bank": [{**CALL, "status": 429}]}),
]


@pytest.mark.parametrize(("said", "changed"), BROKEN)
def test_every_broken_promise_is_found(said: str, changed: dict[str, Any]):
    given: dict[str, Any] = {"accepted": ["1", "2"], "facts": WHOLE, "bank": [], **changed}
    found = verdict(**given)
    assert any(said in violation for violation in found.violations), found.violations
