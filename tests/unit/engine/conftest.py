"""A migrated SQLite store of one test's own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from opensaldo.domain.secret import Secret
from opensaldo.store.db import Store
from opensaldo.store.migrate import migrate


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(Store.open(Secret(f"sqlite:///{tmp_path}/opensaldo.db"))) as store:
        migrate(store)
        yield store
