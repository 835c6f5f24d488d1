"""What the database says after a crash test, asked by plain SQL beside the platform's own code.

Parameters are written %s on both databases.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

WORKFLOW = "DefaultImportCommand"
WORKFLOWS_KEPT = timedelta(minutes=9)  # finished ones are deleted after ten
_COMMANDS = """
    SELECT id, session_id, state, runs, failure_name,
           created_at, started_at, finished_at, attempts_made
    FROM commands LEFT JOIN (
        SELECT command_id, count(*) AS attempts_made FROM attempts GROUP BY command_id
    ) AS ledger ON ledger.command_id = commands.id
"""
_EVENTS = "SELECT subject, kind, count(*) FROM events GROUP BY subject, kind"
_DOCUMENTS = "SELECT command_id, kind FROM documents"
_WORKFLOWS = "SELECT workflow_uuid, status, executor_id, completed_at FROM {}workflow_status WHERE"
_OVER_LEDGER = """
    SELECT count(*) FROM (
        SELECT 1 FROM attempts WHERE NOT attended
        GROUP BY grant_key, account_key, endpoint HAVING count(*) > 4
    ) AS too_many
"""


@dataclass(frozen=True, slots=True)
class CommandFact:
    """One command row."""

    id: str
    session_id: str
    state: str
    runs: int
    failure: str | None
    created_at: Any
    started_at: Any
    finished_at: Any
    attempts: int | None

    @property
    def is_final(self) -> bool:
        return self.state in {"successful", "error", "fatal"}

    @property
    def ended_at(self) -> datetime | None:
        """When it ended; text in SQLite, a datetime in PostgreSQL, both are UTC."""
        at = self.finished_at
        found = datetime.fromisoformat(at) if isinstance(at, str) else at
        return found if found is None or found.tzinfo else found.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class WorkflowFact:
    """One workflow of an import that the durable engine knows."""

    id: str
    status: str
    executor: str | None
    completed_at_ms: int | None

    @property
    def is_over(self) -> bool:
        return self.status not in {"ENQUEUED", "PENDING", "DELAYED"}


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything the verdict needs, of one moment."""

    commands: tuple[CommandFact, ...]
    events: dict[tuple[str, str], int]
    documents: tuple[tuple[str, str], ...]
    workflows: tuple[WorkflowFact, ...]
    over_ledger: int

    @property
    def unfinished(self) -> list[str]:
        """Commands, or workflows of commands, that have not ended."""
        open_commands = {one.id for one in self.commands if not one.is_final}
        return sorted(open_commands | {one.id for one in self.workflows if not one.is_over})


class Questions:
    """Questions to one database, whichever it is, and what a test changes behind its back."""

    def __init__(self, database_url: str) -> None:
        """Remember the address."""
        self._url = database_url
        self._is_sqlite = database_url.startswith("sqlite")
        self.workflow_schema = "" if self._is_sqlite else "dbos."

    def ask(self, statement: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The rows of one statement."""
        with self._connected() as connection:
            return list(self._run(connection, statement, parameters).fetchall())

    def change(self, statement: str, parameters: Sequence[Any] = ()) -> None:
        """The statement was carried out and kept."""
        with self._connected() as connection:
            self._run(connection, statement, parameters)
            connection.commit()

    def is_locked(self) -> bool:
        """Whether somebody writes at this moment; SQLite only."""
        path = self._url.removeprefix("sqlite:///")
        with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as connection:
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                return True
            connection.execute("ROLLBACK")
            return False

    def facts(self) -> Facts:
        """The database as it is now."""
        workflows = _WORKFLOWS.format(self.workflow_schema) + f" name = '{WORKFLOW}'"
        with self._connected() as connection:
            rows = [
                connection.execute(statement).fetchall()
                for statement in (workflows, _COMMANDS, _EVENTS, _DOCUMENTS, _OVER_LEDGER)
            ]
        return Facts(
            workflows=tuple(WorkflowFact(*row) for row in rows[0]),
            commands=tuple(CommandFact(*row) for row in rows[1]),
            events={(subject, kind): count for subject, kind, count in rows[2]},
            documents=tuple((command, kind) for command, kind in rows[3]),
            over_ledger=int(rows[4][0][0]),
        )

    def _run(self, connection: Any, statement: str, parameters: Sequence[Any]) -> Any:
        if self._is_sqlite:
            return connection.execute(statement.replace("%s", "?"), parameters)
        return connection.execute(statement, parameters or None)

    @contextmanager
    def _connected(self) -> Iterator[Any]:
        if self._is_sqlite:
            path = self._url.removeprefix("sqlite:///")
            with closing(sqlite3.connect(path, timeout=30)) as connection:
                yield connection
        else:
            with closing(psycopg.connect(self._url)) as connection:
                yield connection
