"""The database a Python brings along: one that cannot carry the engine is refused in words."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from opensaldo.store import engines


@pytest.mark.parametrize(
    ("python", "sqlite", "is_fit"),
    [
        ((3, 11, 2), (3, 40, 1), True),
        ((3, 12, 0), (3, 45, 1), True),
        ((3, 12, 0), (3, 42, 0), True),
        ((3, 12, 0), (3, 40, 1), False),
        ((3, 13, 1), (3, 41, 2), False),
    ],
)
def test_which_sqlite_can_carry_the_engine(monkeypatch, python, sqlite, is_fit):
    monkeypatch.setattr(engines, "sys", SimpleNamespace(version_info=python))
    monkeypatch.setattr(
        engines,
        "sqlite3",
        SimpleNamespace(sqlite_version_info=sqlite, sqlite_version=".".join(map(str, sqlite))),
    )
    if is_fit:
        engines.check_sqlite()
        return
    with pytest.raises(ValueError, match=r"3\.42 or newer here; use Python 3\.11"):
        engines.check_sqlite()
