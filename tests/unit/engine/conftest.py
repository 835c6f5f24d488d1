"""A migrated SQLite store of one test's own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from opensaldo.domain.secret import Secret
from opensaldo.store.db import Store


@pytest.fixture
def store(tmp_path: Path, migrated_sqlite: Path) -> Iterator[Store]:
    path = shutil.copy(migrated_sqlite, tmp_path / "opensaldo.db")
    with closing(Store.open(Secret(f"sqlite:///{path}"))) as store:
        yield store
