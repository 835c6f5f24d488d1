"""The funnel's rows: every stage counts all that reached it, and nobody is counted twice."""

from __future__ import annotations

from datetime import date

from opensaldo.domain.funnel import PENDING, SUCCESS, Passed, Reached, rows, total

MONDAY, TUESDAY = date(2026, 3, 2), date(2026, 3, 3)


def passed(reached: Reached, ending: str, count: int = 1, **more: object) -> Passed:
    place = {"started_on": MONDAY, "target": "KontoBankApi", "channel": "redirection"}
    return Passed(reached=reached, ending=ending, count=count, **{**place, **more})  # type: ignore[arg-type]


def test_each_stage_counts_all_that_reached_it_and_success_has_reached_everything():
    row = total(
        [
            passed(Reached.STARTED, "abandoned", 4),
            passed(Reached.BANK_CHOSEN, "SignInCancelled", 3),
            passed(Reached.AT_BANK, SUCCESS, 2),
            passed(Reached.BACK, "AccessBlocked"),
            passed(Reached.AT_BANK, PENDING),
        ]
    )
    counts = (row.started, row.bank_chosen, row.at_bank, row.back, row.success, row.pending)
    assert counts == (11, 7, 4, 3, 2, 1)
    assert row.exits == {"AccessBlocked": 1, "SignInCancelled": 3, "abandoned": 4}
    assert row.started == row.success + row.pending + sum(row.exits.values())


def test_days_targets_and_channels_are_rows_of_their_own_in_order():
    found = rows(
        [
            passed(Reached.STARTED, PENDING, started_on=TUESDAY),
            passed(Reached.STARTED, PENDING, channel="popup"),
            passed(Reached.STARTED, PENDING, target=None),
            passed(Reached.STARTED, PENDING),
            passed(Reached.BACK, SUCCESS),
        ]
    )
    assert [(row.started_on, row.target, row.channel, row.started) for row in found] == [
        (MONDAY, None, "redirection", 1),
        (MONDAY, "KontoBankApi", "popup", 1),
        (MONDAY, "KontoBankApi", "redirection", 2),
        (TUESDAY, "KontoBankApi", "redirection", 1),
    ]


def test_nothing_is_a_row_of_noughts():
    assert (total([]).started, total([]).exits, rows([])) == (0, {}, ())
