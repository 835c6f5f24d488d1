"""`opensaldo certificates`: made once, shown with their end, never replaced by accident."""

from __future__ import annotations

import json
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from opensaldo.cli import certificates
from tests.unit.cli.conftest import Opensaldo

NAMES = ["qseal.pem", "qwac.pem", "test-authority.crt.pem", "test-authority.pem"]


def test_made_certificates_are_ours_alone(opensaldo: Opensaldo, tmp_path: Path):
    said = opensaldo("certificates", "make", "--tpp-id", "PSDPL-TEST-000000000009")
    assert said.code == 0
    assert "a bank takes only those of a qualified trust service" in said.out
    folder = tmp_path / "keys" / "certificates"
    assert sorted(path.name for path in folder.iterdir()) == NAMES
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    shown = json.loads(opensaldo("certificates", "show", "--json").out)["certificates"]
    by_file = {one["file"]: one for one in shown}
    assert by_file["qwac.pem"]["organization_identifier"] == "PSDPL-TEST-000000000009"
    assert (by_file["qwac.pem"]["kind"], by_file["qwac.pem"]["roles"]) == ("QWAC", ["PSP_AI"])
    assert by_file["qseal.pem"]["kind"] == "QSEAL"
    assert by_file["qwac.pem"]["faults"] == []


def test_what_banks_know_is_replaced_only_on_demand(opensaldo: Opensaldo, tmp_path: Path):
    opensaldo("certificates", "make")
    path = tmp_path / "keys" / "certificates" / "qwac.pem"
    first = path.read_bytes()
    said = opensaldo("certificates", "make")
    assert said.code == 2
    assert "--replace makes new ones" in said.complaint
    assert path.read_bytes() == first
    assert opensaldo("certificates", "make", "--replace").code == 0
    assert path.read_bytes() != first


def test_without_any_the_way_to_some_is_shown(opensaldo: Opensaldo):
    said = opensaldo("certificates", "show")
    assert said.code == 0
    assert "opensaldo certificates make" in said.out


def test_the_table_says_when_one_ends(opensaldo: Opensaldo, monkeypatch: pytest.MonkeyPatch):
    opensaldo("certificates", "make")
    later = datetime.now(UTC) + timedelta(days=820)
    monkeypatch.setattr(certificates, "system_clock", lambda: later)
    said = opensaldo("certificates", "show")
    assert said.code == 1
    assert "qwac.pem expires in 4 days: renew it" in said.out


def test_a_file_of_ones_own_is_inspected(opensaldo: Opensaldo, tmp_path: Path):
    opensaldo("certificates", "make")
    path = tmp_path / "keys" / "certificates" / "qseal.pem"
    assert "QSEAL PSP_AI" in opensaldo("certificates", "show", str(path)).out
    (tmp_path / "other.pem").write_text("nothing")
    assert (
        "no PEM certificate"
        in opensaldo("certificates", "show", str(tmp_path / "other.pem")).complaint
    )
    assert opensaldo("certificates", "show", str(tmp_path / "absent.pem")).code == 1
