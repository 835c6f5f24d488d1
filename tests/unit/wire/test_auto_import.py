"""`autoImport` in every form that is accepted, and in those that are not."""

from __future__ import annotations

from datetime import date

import pytest

from opensaldo.domain.session import AutoImport
from opensaldo.errors import InvalidParameter, InvalidSince
from opensaldo.wire.auto_import import auto_import
from opensaldo.wire.params import Params

DAY = date(2026, 1, 31)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", None),
        ("autoImport=false", None),
        ("autoImport=", None),
        ("since=2026-01-31", None),
        ("autoImport=false&since=2026-01-31", None),
        ("autoImport=true", AutoImport()),
        ("autoImport=true&since=", AutoImport()),
        ("autoImport=true&since=2026-01-31", AutoImport(since=DAY)),
        ("autoImport[since]=2026-01-31", AutoImport(since=DAY)),
        ("autoImport%5Bsince%5D=2026-01-31", AutoImport(since=DAY)),
        ("autoImport=true&autoImport[since]=2026-01-31", AutoImport(since=DAY)),
        ("autoImport=6", AutoImport(months=6)),
        ("autoImport=1", AutoImport(months=1)),
        ("autoImport=60", AutoImport(months=60)),
        ("autoImport[months]=6", AutoImport(months=6)),
        ("autoImport=true&autoImport[months]=6", AutoImport(months=6)),
    ],
)
def test_every_form_is_understood(query: str, expected: AutoImport | None):
    assert auto_import(Params.read(query.encode())) == expected


@pytest.mark.parametrize(
    "query",
    [
        *(f"autoImport={wrong}" for wrong in ("yes", "True", "0", "61", "-6", "06", "6.5", "6m")),
        "autoImport=" + "9" * 5000,
        "autoImport=%D9%A6",
        *(f"autoImport[months]={wrong}" for wrong in ("0", "61", "true", "six")),
        "autoImport[days]=6",
        "autoImport[since]=2026-01-31&autoImport[until]=2026-02-28",
        "autoImport=false&autoImport[months]=6",
        "autoImport=6&since=2026-01-31",
        "autoImport=6&autoImport[months]=6",
        "autoImport[months]=6&autoImport[since]=2026-01-31",
        "autoImport=true&since=2026-01-31&autoImport[since]=2026-01-31",
        "autoImport=true&autoImport=6",
    ],
)
def test_other_forms_are_refused_without_being_quoted(query: str):
    with pytest.raises(InvalidParameter) as refused:
        auto_import(Params.read(query.encode()))
    assert refused.value.wire_name == "InvalidParameter"
    assert "999" not in refused.value.message


@pytest.mark.parametrize("day", ["yesterday", "2026-02-30", "31.01.2026", "2026-1-31"])
@pytest.mark.parametrize("query", ["autoImport=true&since=", "autoImport[since]="])
def test_a_day_that_is_none_is_refused_as_such(query: str, day: str):
    with pytest.raises(InvalidSince):
        auto_import(Params.read((query + day).encode()))
