"""The short kill -9 sweep; the long one is `python -m bench.kill_sweep`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.postgres import Cluster
from tests.support.sweep import SweepResult, sweep

pytestmark = [pytest.mark.crash, pytest.mark.enable_socket, pytest.mark.timeout(240)]
KILLS = 12
HURRY = 2.0


def judge(result: SweepResult) -> None:
    assert result.verdict.violations == []
    assert sum(result.kills.values()) == KILLS
    assert result.verdict.accepted >= KILLS, "so few imports prove nothing"
    assert result.verdict.outcomes["successful"] > 0
    assert sum(count for reruns, count in result.verdict.reruns.items() if reruns) > 0


def test_imports_survive_kills_of_the_one_process_on_sqlite(tmp_path: Path):
    judge(sweep(tmp_path, kills=KILLS, seed=20, hurry=HURRY))


@pytest.mark.postgres
def test_imports_survive_kills_of_server_and_workers_on_postgresql(
    tmp_path: Path, postgres_cluster: Cluster
):
    judge(
        sweep(
            tmp_path,
            kills=KILLS,
            seed=21,
            database_url=postgres_cluster.fresh_database(),
            workers=2,
            hurry=HURRY,
        )
    )
