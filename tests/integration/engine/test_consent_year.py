"""The virtual year in its short form: KontoBank meets no call above the limit."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
DAYS, ACCOUNTS = 2, "1,3"


def test_days_of_eager_clients_and_the_planner_make_no_call_above_the_limit():
    command = [sys.executable, "-m", "bench.consent_year", "--days", str(DAYS)]
    done = subprocess.run(
        [*command, "--accounts", ACCOUNTS], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    head, *rows = done.stdout.splitlines()
    assert head.split()[-1] == "limit"
    for accounts, row in zip(ACCOUNTS.split(","), rows, strict=True):
        found, imports, refused, _renewed, failed, most_calls, over = map(int, row.split())
        assert found == int(accounts)
        assert imports > 0
        assert refused > 0
        assert failed == over == 0
        assert most_calls <= 4
