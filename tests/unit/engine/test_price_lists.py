"""A price list file: one list for all clients, others for those who agreed to others."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from opensaldo.data import BadDataFile
from opensaldo.engine.price_lists import read_price_lists

FOR_ALL = 'name = "Ours"\ncurrency = "PLN"\nreport = "1.20"\nscoring = "0.80"\n'


def written(tmp_path: Path, text: str | bytes) -> Path:
    file = tmp_path / "list.toml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def test_a_client_pays_what_it_agreed_to_and_else_what_all_pay(tmp_path: Path):
    own = '[clients.acme]\nreport = "1.00"\npdf_agreed_files = 5\npdf_base_fee = "9.00"\n'
    licence = '[clients.acme.on_premises]\nsince = 2026-03-15\nlicence_yearly = "1200.00"\n'
    lists = read_price_lists(written(tmp_path, FOR_ALL + own + licence))
    acme, other = lists.of("acme"), lists.of("acme-test")
    assert (acme.report, acme.scoring, acme.pdf_agreed_files) == ("1.00", "0.80", 5)
    assert acme.on_premises is not None
    assert acme.on_premises.since == date(2026, 3, 15)
    assert (other.report, other.pdf_agreed_files, other.on_premises) == ("1.20", 0, None)


def test_without_a_file_there_is_an_example():
    assert read_price_lists(None).of("anybody").name == "Example"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (FOR_ALL + "[clients.acme]\nreport = '-1.00'\n", "clients.acme: expected report as an"),
        (FOR_ALL + "[clients.acme]\nreports = '1.00'\n", "clients.acme.reports"),
        (FOR_ALL + "[clients]\nacme = 1\n", "clients.acme: expected a table"),
        ("clients = 1\n" + FOR_ALL, "clients: expected a table"),
        (b"\xff\xfe", "expected UTF-8 text"),
        ("name", "expected TOML"),
    ],
)
def test_a_file_that_is_no_price_list_says_where(tmp_path: Path, text: str | bytes, what: str):
    with pytest.raises(BadDataFile, match=r"^list\.toml: ") as refused:
        read_price_lists(written(tmp_path, text))
    assert what in refused.value.message
