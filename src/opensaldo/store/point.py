"""Point reads: a SELECT of at most one row without the statement machinery, for what polls ask."""

from __future__ import annotations

import sqlite3
from collections import namedtuple
from collections.abc import Callable, Mapping
from typing import Any, cast

from sqlalchemy import Connection, Dialect, Select
from sqlalchemy.engine.default import DefaultDialect

Value = Callable[[Any], Any]


class PointRead:
    """One prepared statement, run straight on SQLite's driver and through Core elsewhere.

    On SQLite a poll's read through Core costs more than the rest of the request; see
    `bench/status_polls.py`. One statement sees one moment, so no transaction is begun for it.
    """

    def __init__(self, statement: Select[Any], dialect: Dialect) -> None:
        """Write the SQL once; the columns' own types convert what comes back."""
        compiled = statement.compile(dialect=cast("DefaultDialect", dialect))
        columns = list(statement.selected_columns)
        self._statement = statement
        self._sql = str(compiled)
        self._parameters: tuple[str, ...] = tuple(getattr(compiled, "positiontup", None) or ())
        self._given: Mapping[str, Any] = compiled.params
        self._row: Any = namedtuple("PointRow", [column.key for column in columns])  # type: ignore[misc]
        self._values: list[tuple[int, Value]] = [
            (place, value)
            for place, column in enumerate(columns)
            if (value := column.type.dialect_impl(dialect).result_processor(dialect, None))
        ]

    def on_driver(self, driver: sqlite3.Connection, which: Mapping[str, Any]) -> Any | None:
        """The row as a named tuple, None without one."""
        given = {**self._given, **which}
        found = driver.execute(self._sql, [given[name] for name in self._parameters]).fetchone()
        if found is None:
            return None
        cells = list(found)
        for place, value in self._values:
            cells[place] = value(cells[place])
        return self._row._make(cells)

    def on_connection(self, connection: Connection, which: Mapping[str, Any]) -> Any | None:
        """The row, None without one."""
        return connection.execute(self._statement, which).one_or_none()
