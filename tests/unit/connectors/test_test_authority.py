"""Test certificates have the form banks ask for; what a certificate says is read back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given
from hypothesis import strategies as st

from opensaldo.connectors.authority import CERTIFICATE_DAYS, issue, make_authority
from opensaldo.connectors.certificates import make_seal
from opensaldo.connectors.inspection import WARN_DAYS, inspect, inspect_folder
from opensaldo.connectors.psd2_statement import (
    QC_STATEMENTS,
    ROLES,
    Psd2Statement,
    extension_of,
    statement_of,
)
from opensaldo.errors import InvalidArgument

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
TPP_ID = "PSDPL-TEST-000000000001"
AUTHORITY = make_authority(NOW)
QWAC = issue(AUTHORITY, "QWAC", TPP_ID, NOW)


@pytest.mark.parametrize("kind", ["QWAC", "QSEAL"])
def test_both_kinds_say_who_may_do_what(kind: str):
    issued = issue(AUTHORITY, kind, TPP_ID, NOW)
    statement = statement_of(issued.certificate)
    assert statement is not None
    assert (statement.roles, statement.kind) == (("PSP_AI",), kind)
    assert statement.authority_id == "PL-TEST"
    issued.certificate.verify_directly_issued_by(AUTHORITY.certificate)
    usages = [one.oid for one in issued.certificate.extensions]
    assert (x509.ExtendedKeyUsage.oid in usages) == (kind == "QWAC")


def test_a_qwac_is_for_tls_clients():
    found = QWAC.certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    assert ExtendedKeyUsageOID.CLIENT_AUTH in found.value


def test_the_statement_is_written_as_the_standard_has_it():
    """DER by hand for one role (ETSI TS 119 495, annex A; EN 319 412-5, 4.2)."""
    said = Psd2Statement(roles=("PSP_AI",), authority_name="N", authority_id="PL-N", kind="QWAC")
    role = "3011" + "060704008198270103" + "0c06" + b"PSP_AI".hex()
    info = "301e" + "3013" + role + "0c01" + b"N".hex() + "0c04" + b"PL-N".hex()
    psd2 = "3028" + "0606040081982702" + info
    kind = "3013" + "060604008e460106" + "3009" + "060704008e46010603"
    compliance = "3008" + "060604008e460101"
    assert extension_of(said).value.hex() == "3049" + compliance + kind + psd2


@given(
    st.lists(st.sampled_from(sorted(ROLES)), min_size=1, max_size=4, unique=True),
    st.text(min_size=1, max_size=60),
    st.text(min_size=1, max_size=20),
)
def test_a_statement_comes_back_as_it_was_said(roles: list[str], name: str, number: str):
    said = Psd2Statement(roles=tuple(roles), authority_name=name, authority_id=number, kind="QSEAL")

    class Certificate:
        extensions = x509.Extensions([x509.Extension(QC_STATEMENTS, False, extension_of(said))])

    assert statement_of(Certificate()) == said  # type: ignore[arg-type]


@given(st.binary(max_size=200))
def test_bytes_that_are_no_statement_say_nothing(written: bytes):
    value = x509.UnrecognizedExtension(QC_STATEMENTS, written)

    class Certificate:
        extensions = x509.Extensions([x509.Extension(QC_STATEMENTS, False, value)])

    assert statement_of(Certificate()) is None  # type: ignore[arg-type]


def test_a_good_certificate_has_no_fault(tmp_path: Path):
    (tmp_path / "qwac.pem").write_bytes(QWAC.key_pem + QWAC.certificate_pem)
    found = inspect(tmp_path / "qwac.pem", NOW)
    assert (found.tpp_id, found.has_key, found.faults) == (TPP_ID, True, ())
    assert found.days_left == CERTIFICATE_DAYS


@pytest.mark.parametrize(
    ("later", "words"),
    [
        (timedelta(days=CERTIFICATE_DAYS - WARN_DAYS + 1), f"expires in {WARN_DAYS - 1} days"),
        (timedelta(days=CERTIFICATE_DAYS), "has expired"),
        (timedelta(days=-3), "is not valid yet"),
    ],
)
def test_the_end_is_announced(tmp_path: Path, later: timedelta, words: str):
    (tmp_path / "qwac.pem").write_bytes(QWAC.certificate_pem)
    found = inspect(tmp_path / "qwac.pem", NOW + later)
    assert not found.has_key
    assert [words in fault for fault in found.faults] == [True]


def test_a_missing_role_and_a_missing_statement_are_said(tmp_path: Path):
    payer = issue(AUTHORITY, "QWAC", TPP_ID, NOW, roles=("PSP_PI",))
    (tmp_path / "a.pem").write_bytes(payer.certificate_pem)
    seal = make_seal(NOW).certificate.public_bytes(Encoding.PEM)
    (tmp_path / "b.pem").write_bytes(seal)
    (tmp_path / "c.pem").write_text("no certificate")
    first, second = inspect_folder(tmp_path, NOW)
    assert "does not grant PSP_AI" in first.faults[0]
    assert "no PSD2 statement" in second.faults[0]
    with pytest.raises(InvalidArgument, match=r"c\.pem holds no PEM certificate"):
        inspect(tmp_path / "c.pem", NOW)
