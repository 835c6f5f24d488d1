"""`opensaldo funnel …`: a table for every client, also one whose people have not come yet."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta

from opensaldo.app import open_store
from opensaldo.config import Config
from opensaldo.domain.client import Environment
from opensaldo.domain.clock import system_clock
from opensaldo.store.tables import funnel
from tests.unit.cli.conftest import Opensaldo

ROW = {
    "client_id": "acme-test",
    "environment": Environment.TEST.value,
    "target": "KontoBankApi",
    "channel": "widget",
    "reached": 3,
}


def test_shares_are_of_all_that_were_started(opensaldo: Opensaldo):
    assert opensaldo("client", "create", "acme-test", "--legal-name", "Acme").code == 0
    today = system_clock().date()
    with closing(open_store(Config.from_env())) as store, store.begin() as connection:
        for ending, days, count in (("success", 0, 3), ("IO", 29, 1), ("success", 30, 50)):
            row = {"started_on": today - timedelta(days=days), "ending": ending, "sign_ins": count}
            connection.execute(funnel.insert(), {**ROW, **row})
    said = opensaldo("funnel", "acme-test")
    assert said.code == 0
    assert "3 (75 %)" in said.out
    assert "IO 1 (25 %)" in said.out


def test_a_client_without_sign_ins_and_bad_days(opensaldo: Opensaldo):
    assert opensaldo("client", "create", "acme-test", "--legal-name", "Acme").code == 0
    assert opensaldo("funnel", "acme-test").code == 0
    assert opensaldo("funnel", "acme-test", "--days", "0").complaint == "--days: from 1 to 366."
    assert opensaldo("funnel", "nobody-test").complaint == "There is no client nobody-test."
