"""The seal's file: made once, by one of many, for our eyes only."""

from __future__ import annotations

import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.x509.oid import NameOID

from opensaldo.connectors import certificates
from opensaldo.connectors.certificates import SEAL_FILE, make_seal, open_seal
from opensaldo.errors import Defect

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)


def test_a_seal_is_made_once(tmp_path: Path):
    first = open_seal(tmp_path / "new", NOW)
    second = open_seal(tmp_path / "new", NOW)
    assert first.certificate_der == second.certificate_der
    assert first.tpp_id == second.tpp_id
    assert list((tmp_path / "new").iterdir()) == [tmp_path / "new" / SEAL_FILE]


def test_only_we_may_read_it(tmp_path: Path):
    open_seal(tmp_path, NOW)
    assert stat.S_IMODE((tmp_path / SEAL_FILE).stat().st_mode) == 0o600


def test_who_comes_second_takes_what_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    first = open_seal(tmp_path, NOW)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "exists", lambda _self: False)  # as seen before the first wrote
        second = open_seal(tmp_path, NOW)
    assert second.certificate_der == first.certificate_der
    assert [path.name for path in tmp_path.iterdir()] == [SEAL_FILE]


def test_processes_that_start_together_agree(tmp_path: Path):
    program = (
        "import sys; from datetime import datetime, UTC; from pathlib import Path;"
        "from opensaldo.connectors.certificates import open_seal;"
        "print(open_seal(Path(sys.argv[1]), datetime.now(UTC)).tpp_id)"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(3)]
    assert len({process.communicate(timeout=60)[0] for process in running}) == 1


def test_every_new_seal_is_another_party():
    first, second = make_seal(NOW), make_seal(NOW)
    assert first.tpp_id.startswith("PSDPL-TEST-")
    assert first.tpp_id != second.tpp_id


def test_the_certificate_lasts_ten_years():
    certificate = make_seal(NOW).certificate
    assert certificate.not_valid_before_utc < NOW
    assert certificate.not_valid_after_utc >= NOW + timedelta(days=3649)


@pytest.mark.parametrize("content", [b"", b"not pem", b"-----BEGIN PRIVATE KEY-----\n"])
def test_a_file_that_is_no_seal_is_refused(tmp_path: Path, content: bytes):
    (tmp_path / SEAL_FILE).write_bytes(content)
    with pytest.raises(Defect, match=r"seal\.pem must hold"):
        open_seal(tmp_path, NOW)


def test_key_and_certificate_must_belong_together(tmp_path: Path):
    first, second = make_seal(NOW), make_seal(NOW)
    mixed = certificates.SealPair(first.key, second.certificate)
    (tmp_path / SEAL_FILE).write_bytes(certificates._pem(mixed))
    with pytest.raises(Defect, match="of that key"):
        open_seal(tmp_path, NOW)


def test_a_certificate_without_our_id_is_refused(monkeypatch: pytest.MonkeyPatch):
    pair = make_seal(NOW)
    monkeypatch.setattr(NameOID, "ORGANIZATION_IDENTIFIER", NameOID.TITLE)
    with pytest.raises(Defect, match="organizationIdentifier"):
        _ = pair.tpp_id
