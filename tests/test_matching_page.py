"""The figures on pending-to-booked: the command works, the page has its table, the judge sees."""

import json
import re
import shlex
from decimal import Decimal

import pytest

from bench import matching
from bench.judge import Judge
from bench.shown import Listed, Truth
from kontobank.quirks import PACKS
from opensaldo.domain.transaction import Transaction, TransactionStatus

PAGE = matching.PAGE.read_text("utf-8")
PAYMENT = Truth("p1", "p1", 0, -4120, True)
OTHER = Truth("p2", "p2", 0, -4120, True)


def test_the_pages_table_is_the_commands():
    table = [line.strip("| ").split(" | ") for line in PAGE.splitlines() if line.startswith("| ")]
    assert table[0] == list(matching.TITLES)
    wanted = [
        (name, each) for name in matching.WATCHED for each in sorted(matching.standards(name))
    ]
    assert [(row[0], row[1]) for row in table[2:]] == wanted
    assert {*matching.WATCHED} - PACKS.keys() == {matching.PLAIN, matching.NUMBERLESS}


def test_the_pages_command_is_one(tmp_path, monkeypatch):
    (command,) = re.findall(r"^python -m bench\.matching (.+)$", PAGE, re.MULTILINE)
    wanted = matching.options(shlex.split(command))
    assert (wanted.rows, wanted.write) == (matching.ROWS, True)
    copy = tmp_path / "page.md"
    copy.write_text(PAGE, "utf-8")
    monkeypatch.setattr(matching, "PAGE", copy)
    matching.write({}, f"{matching.MADE_WITH} nothing.")
    bare = copy.read_text("utf-8")
    new = [line for line in bare.splitlines() if line not in PAGE.splitlines()]
    assert new == [f"{matching.MADE_WITH} nothing."]
    assert bare.count("\n| ") == 2
    assert PAGE.count(f"\n{matching.MADE_WITH} `--rows ") == 1


def test_a_short_run_counts_and_repeats(capsys):
    seen = []
    for _ in range(2):
        matching.main(["--rows", "145", "--packs", "ids-blank", "--json"])
        seen.append(capsys.readouterr().out)
    assert seen[0] == seen[1]
    (found,) = json.loads(seen[0])
    assert found["platform"]["payments"] > 100
    assert found["platform"]["pairs"] == found["naive"]["pairs"] > 20
    assert found["platform"]["precision_ratio"] > 0.95
    assert found["platform"]["recall_ratio"] > 0.9 > found["naive"]["recall_ratio"]
    assert found["platform"]["equal_apart_ratio"] == 1 > found["naive"]["equal_apart_ratio"]


@pytest.mark.parametrize(
    ("row_id", "truth", "precision", "recall"),
    [("a", PAYMENT, 1, 1), ("b", PAYMENT, None, 0), ("a", OTHER, 0, None)],
)
def test_the_judge_tells_right_from_wrong_from_missed(row_id, truth, precision, recall):
    judge = Judge()
    hold = Transaction(amount=Decimal("-41.20"), status=TransactionStatus.PENDING)
    booked = Transaction(amount=Decimal("-41.20"))
    judge.see([Listed(hold, PAYMENT, True)], {id(hold): "a"})
    judge.see([Listed(booked, truth, True)], {id(booked): row_id})
    shares = judge.tally.shares()
    assert (shares["precision_ratio"], shares["recall_ratio"]) == (precision, recall)


def test_the_judge_sees_ids_that_change_and_equal_payments_that_become_one():
    judge = Judge()
    twins = [Transaction(amount=Decimal(-5)), Transaction(amount=Decimal(-5))]
    rows = [Listed(twins[0], PAYMENT, True), Listed(twins[1], Truth("t", *PAYMENT[1:]), True)]
    judge.see(rows, {id(one): row_id for one, row_id in zip(twins, "ab", strict=True)})
    assert judge.tally.shares()["equal_apart_ratio"] == 1
    judge.see(rows, {id(one): "a" for one in twins})
    shares = judge.tally.shares()
    assert (shares["equal_apart_ratio"], shares["ids_kept_ratio"]) == (0.5, 0.5)
