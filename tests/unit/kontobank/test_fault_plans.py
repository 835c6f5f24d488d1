"""A plan is a function of seed, login, account, endpoint and count, and of nothing else."""

import random

import pytest

from kontobank.faults import (
    KINDS,
    WORDINGS,
    Fault,
    FaultPlan,
    Latency,
    Plan,
    PlanRefused,
    Rule,
    plan_of,
    random_plan,
)

CALLS = [
    (endpoint, login, account, nth)
    for endpoint in ("getAccount", "getTransactionsDone", "transactions")
    for login in ("a", "b")
    for account in ("1111", "2222")
    for nth in range(1, 40)
]


def met(plan, calls):
    return {call: plan.fault(*call) for call in calls}


@pytest.mark.parametrize("seed", range(50))
def test_a_random_plan_is_the_same_in_whatever_order_it_is_asked(seed):
    shuffled = random.Random(seed).sample(CALLS, len(CALLS))
    assert met(random_plan(seed), CALLS) == met(random_plan(seed), shuffled)


def test_random_plans_bring_every_kind_and_wording_in_time():
    faults = [rule.fault for seed in range(600) for rule in random_plan(seed).rules]
    assert set(KINDS) - {one.kind for one in faults} == {
        "slow",
        "hostile_text",
        "sca_rejected",
        "sca_timeout",
    }
    assert {one.wording for one in faults if one.kind == "limit"} == set(WORDINGS)


def test_others_calls_change_nothing_for_a_login():
    plan = Plan(7, (Rule(Fault("reset"), nth=(2,)),))
    alone, crowded = FaultPlan(first_plan=plan), FaultPlan(first_plan=plan)
    crowd = random.Random(1)
    seen_alone = [alone.take("list", "me", "1234") for _ in range(3)]
    seen_crowded = []
    for _ in range(3):
        for _ in range(crowd.randint(0, 5)):
            crowded.take("list", "other", "1234")
            crowded.take("list", "me", "9999")
        seen_crowded.append(crowded.take("list", "me", "1234"))
    assert seen_alone == seen_crowded == [None, Fault("reset"), None]


def test_a_share_is_drawn_by_the_seed_and_about_as_large_as_said():
    plans = [Plan(seed, (Rule(Fault("html"), share_ratio=0.3),)) for seed in (1, 2)]
    hits = [[bool(plan.fault("x", "me", None, n)) for n in range(2000)] for plan in plans]
    assert hits[0] != hits[1]
    assert all(500 < sum(one) < 700 for one in hits)


@pytest.mark.parametrize("shape", ["constant", "lognormal", "heavy_tail"])
def test_latencies_have_their_shape(shape):
    plan = Plan(3, latency=Latency(shape, 100, 0.5, 10_000))
    taken = sorted(plan.fault("x", "me", None, n).delay_ms for n in range(1, 1001))
    least, median, most = taken[0], taken[500], taken[-1]
    assert most <= 10_000
    if shape == "constant":
        assert (least, most) == (100, 100)
    elif shape == "lognormal":
        assert 85 < median < 115
        assert least < 60
        assert most > 200
    else:
        assert least >= 100
        assert median < 200
        assert most > 1_000


def test_a_file_says_it_all():
    plan = plan_of(
        {
            "seed": 7,
            "latency": {"shape": "lognormal", "ms": 80},
            "fault": [
                {"kind": "limit", "wording": "silence", "login": "x", "nth": [2]},
                {"kind": "status", "status": 503, "share": 0.5, "path": "getAccount"},
            ],
        }
    )
    assert plan.fault("any", "x", None, 2) == Fault("limit", wording="silence")
    assert plan.rules[1].share_ratio == 0.5
    assert plan_of({"random": 9}) == random_plan(9)


@pytest.mark.parametrize(
    "wrong",
    [
        {"seed": "x"},
        {"colour": 1},
        {"fault": [{"kind": "rain"}]},
        {"fault": [{"kind": "limit", "wording": "shouted"}]},
        {"fault": [{"kind": "reset", "nth": [0]}]},
        {"fault": [{"kind": "reset", "share": 2}]},
        {"fault": {"kind": "reset"}},
        {"latency": {"shape": "wave"}},
        {"random": -1},
    ],
)
def test_a_plan_that_says_something_else_is_refused(wrong):
    with pytest.raises(PlanRefused):
        plan_of(wrong)


def test_a_reset_brings_back_the_plan_of_the_start():
    faults = FaultPlan(first_plan=Plan(1, (Rule(Fault("reset"), nth=(1,)),)))
    assert faults.take("x", "me") == Fault("reset")
    faults.follow(Plan())
    assert faults.take("x", "me") is None
    faults.reset()
    assert faults.take("x", "me") == Fault("reset")


def test_sign_in_faults_happen_at_the_sign_in_only():
    plan = Plan(1, (Rule(Fault("sca_rejected")),))
    faults = FaultPlan(first_plan=plan)
    assert faults.take("getAccount", "me") is None
    assert faults.sign_in_fault("me") == ("access_denied", None)
    assert FaultPlan(first_plan=Plan(1, (Rule(Fault("reset")),))).sign_in_fault("me") is None
