"""The virtual year in its short form: KontoBank meets no call above the limit."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
DAYS, ACCOUNTS = 3, "1,3"


def test_days_of_eager_clients_and_the_planner_make_no_call_above_the_limit():
    command = [sys.executable, "-m", "bench.consent_year", "--days", str(DAYS)]
    done = subprocess.run(
        [*command, "--accounts", ACCOUNTS], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    rows = [line.strip("│ ").split("│") for line in done.stdout.splitlines() if line[:1] == "│"]
    assert [int(row[0]) for row in rows] == [1, 3]
    for row in rows:
        _, attended, asked, planned, refused, _, _, failed, at_bank, here, over = map(int, row)
        assert min(attended, asked, planned, refused) > 0
        assert at_bank == here == 4
        assert failed == over == 0
