"""The coverage page and its downloads say what the bank files say."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest

from opensaldo.connectors.bank_files import read_bank_files
from opensaldo.engine.coverage import coverage
from opensaldo.web.docs.coverage import COLUMNS, as_csv, as_json, cell, matrices, render, routes

COVERED = coverage()
PAGE = render(COVERED)


def rows() -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(as_csv(COVERED).decode())))


def test_every_target_is_covered_once_by_country_then_name():
    assert {one.name for one in COVERED.targets} == set(read_bank_files())
    assert (COVERED.targets[0].country, COVERED.targets[-1].country) == ("pl", "ee")


def test_countries_count_banks_and_not_the_mock_bank():
    found = {one.code: (one.banks, one.psd2, one.fallback, one.cards) for one in COVERED.countries}
    assert found["pl"] == (23, 19, 5, 16)
    assert found["ro"] == (5, 4, 1, 0)
    assert sum(one.banks for one in COVERED.countries) >= 88


def test_the_page_shows_every_table():
    for one in COVERED.targets:
        assert f"<code>{one.name}</code>" in PAGE
    for anchor in ("countries", "banks", "pl", "ee", "fields", "transaction", "test-accounts"):
        assert f'id="{anchor}"' in PAGE
    assert '<span class="yes">Yes</span>' in PAGE
    assert "<code>test4</code>" in PAGE
    assert all(f'href="/docs/coverage.{kind}"' in PAGE for kind in ("json", "csv"))


def test_the_page_works_offline_and_runs_nothing():
    assert "<script" not in PAGE
    assert "style=" not in PAGE
    assert re.findall(r'(?:src|href)="([^"]+)"', PAGE)
    assert not re.findall(r'(?:src|href)="https?:', PAGE)


def test_a_matrix_has_a_column_for_each_field_that_anybody_delivers():
    names, targets = matrices(COVERED)["transaction"]
    assert {"amount", "variable_symbol"} <= set(names)
    assert len(targets) == len(COVERED.targets)
    assert all(one.cards for one in matrices(COVERED)["card"][1])


def test_both_downloads_tell_the_same():
    found = {one["name"]: one for one in json.loads(as_json(COVERED))["targets"]}
    assert len(rows()) == len(found) == len(COVERED.targets)
    for row in rows():
        told = found[row["name"]]
        assert set(COLUMNS) <= set(told)
        assert row["standard"] == told["standard"]
        assert row["account_types"].split() == told["account_types"]
        assert row["transaction_fields"].split() == told["fields"]["transaction"]
        assert (row["cards"] == "yes") is told["cards"]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_a_formula(start: str):
    assert cell(f"{start}SUM(A1)")[0] == "'"
    assert cell((f"{start}SUM(A1)", "b"))[0] == "'"


def test_the_paths_are_the_documented_ones():
    assert [route.path for route in routes()] == [
        "/docs/coverage",
        "/docs/coverage.json",
        "/docs/coverage.csv",
    ]
