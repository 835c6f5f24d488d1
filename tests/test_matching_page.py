"""The figures on pending-to-booked: the command works, the page has its table, the judge sees."""

import json
import re
import shlex
from collections import Counter
from decimal import Decimal

import pytest

from bench import matching
from bench.judge import Judge, Tally
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
    payments = Counter[str]()
    for name, _standard, counted, *_ in table[2:]:
        payments[name] += int(counted.replace(",", ""))
    assert min(payments.values()) >= matching.ROWS
    assert {*matching.WATCHED} - PACKS.keys() == {matching.PLAIN, matching.NUMBERLESS}


def test_the_pages_command_is_one():
    (command,) = re.findall(r"^python -m bench\.matching (.+)$", PAGE, re.MULTILINE)
    wanted = matching.options(shlex.split(command))
    assert (wanted.rows, wanted.write) == (matching.ROWS, True)


def test_rows_of_named_packs_are_merged_into_the_page(tmp_path, monkeypatch):
    copy = tmp_path / "page.md"
    monkeypatch.setattr(matching, "PAGE", copy)
    before = matching.HEADING, "", f"{matching.MADE_WITH} `--rows 9 --seed 1`.", "", "| none | x |"
    copy.write_text("\n".join(["Above", *before, "", matching.NEXT_HEADING, "Below"]), "utf-8")

    def write(*packs: str, options: str) -> tuple[list[str], list[str]]:
        matching.write({(name, "s"): (Tally(payments=7), Tally()) for name in packs}, options)
        page = copy.read_text("utf-8").splitlines()
        assert (page[0], page[-1]) == ("Above", "Below")
        made = [line for line in page if line.startswith(matching.MADE_WITH)]
        return made, [line.split(" | ")[0][2:] for line in page if line.startswith("| ")][2:]

    assert write("nulls", options="--rows 5") == (
        ["Made with `--rows 9 --seed 1`.", "Made with `--rows 5 --packs nulls`."],
        ["none", "nulls"],
    )
    made, rows = write("ids-blank", options="--rows 5")
    assert (made[1], rows) == (
        "Made with `--rows 5 --packs ids-blank nulls`.",
        ["none", "ids-blank", "nulls"],
    )
    made, rows = write("nulls", "ids-blank", options="--rows 9 --seed 1")
    assert (made, len(rows)) == (["Made with `--rows 9 --seed 1`."], 3)


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


@pytest.mark.parametrize("pack", ["text-cut-when-booked", "ids-count-a-day"])
def test_packs_over_days_are_played_to_both_importers(capsys, pack):
    matching.main(["--rows", "145", "--packs", pack, "--json"])
    (found,) = json.loads(capsys.readouterr().out)
    assert found["platform"]["pairs"] > 20
    assert found["platform"]["precision_ratio"] > 0.95
    assert found["platform"]["recall_ratio"] > 0.9 > found["naive"]["recall_ratio"]


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
