"""What goes wrong on purpose: by login, by the switchboard's list, by a seeded plan."""

from kontobank.faults.kinds import (
    CUT_KINDS,
    KINDS,
    LATENCY_MAX_MS,
    SLOW_PAGE_ROWS_MAX,
    WORDINGS,
    Fault,
    Wording,
)
from kontobank.faults.logins import call_fault, person_fault
from kontobank.faults.planned import FaultPlan, PlannedFault
from kontobank.faults.seeded import (
    ANY,
    Latency,
    Plan,
    PlanRefused,
    Rule,
    fault_of,
    plan_of,
    random_plan,
)

__all__ = [  # noqa: RUF022 - sorted as text
    "ANY",
    "CUT_KINDS",
    "Fault",
    "FaultPlan",
    "KINDS",
    "LATENCY_MAX_MS",
    "Latency",
    "Plan",
    "PlanRefused",
    "PlannedFault",
    "Rule",
    "SLOW_PAGE_ROWS_MAX",
    "WORDINGS",
    "Wording",
    "call_fault",
    "fault_of",
    "person_fault",
    "plan_of",
    "random_plan",
]
