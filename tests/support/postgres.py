"""A throw-away PostgreSQL: made in a temporary folder, reached by its socket, gone afterwards."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

HOW_TO_GET_IT = "PostgreSQL is not installed: apt-get install postgresql (or brew install)"
SUPERUSER = "opensaldo"
START_TIMEOUT_S = 60
_PLACES = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
)
_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "on",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_connections": "100",
    "shared_buffers": "32MB",
    "listen_addresses": "127.0.0.1",
    "timezone": "Europe/Warsaw",  # so that a forgotten conversion shows
}


@dataclass(frozen=True, slots=True)
class Cluster:
    """A running server; `url` is its maintenance database, over the socket."""

    folder: Path
    port: int

    @property
    def url(self) -> str:
        """The address of the database that every cluster has."""
        return self.url_of("postgres")

    def url_of(self, name: str) -> str:
        """The address of one database, over the unix socket."""
        return f"postgresql://{SUPERUSER}@/{name}?host={quote(str(self.folder))}&port={self.port}"

    def fresh_database(self, name: str | None = None) -> str:
        """The address of a new empty database; one of this name is dropped first."""
        name = name or f"test_{uuid.uuid4().hex[:12]}"
        self.drop_database(name)
        self._run(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return self.url_of(name)

    def drop_database(self, name: str) -> None:
        """The database is gone, whoever was connected to it."""
        self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _run(self, statement: sql.Composed) -> None:
        with closing(psycopg.connect(self.url, autocommit=True)) as connection:
            connection.execute(statement)


def find_postgres() -> Path | None:
    """The folder of the newest PostgreSQL's programs, None when there is none."""
    found = [place for pattern in _PLACES for place in Path("/").glob(pattern.removeprefix("/"))]
    if (on_path := shutil.which("initdb")) is not None:
        found.append(Path(on_path).resolve().parent)
    usable = [place for place in found if (place / "initdb").exists()]
    return max(usable, key=_version_of, default=None)


@contextmanager
def temporary_cluster() -> Iterator[Cluster]:
    """A running cluster for the length of the block.

    Raises:
        FileNotFoundError: PostgreSQL is not installed.
    """
    programs = find_postgres()
    if programs is None:
        raise FileNotFoundError(HOW_TO_GET_IT)
    folder = Path(tempfile.mkdtemp(prefix="opensaldo-pg-", dir="/tmp"))  # a socket's path is short
    user = _server_user()
    if user is not None:
        os.chown(folder, user.pw_uid, user.pw_gid)
    try:
        cluster = Cluster(folder, _free_port())
        _start(programs, cluster, user)
        try:
            yield cluster
        finally:
            _pg(programs, user, "pg_ctl", "stop", "-D", folder / "data", "-m", "immediate", "-w")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _start(programs: Path, cluster: Cluster, user: pwd.struct_passwd | None) -> None:
    data = cluster.folder / "data"
    options = ("--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
    _pg(programs, user, "initdb", "-D", data, "-U", SUPERUSER, *options)
    settings = _SETTINGS | {"port": str(cluster.port), "unix_socket_directories": cluster.folder}
    with (data / "postgresql.conf").open("a", encoding="utf-8") as file:
        file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())
    log = cluster.folder / "log"
    _pg(programs, user, "pg_ctl", "start", "-D", data, "-l", log, "-w", "-t", START_TIMEOUT_S)


def _pg(programs: Path, user: pwd.struct_passwd | None, name: str, *arguments: object) -> None:
    done = subprocess.run(
        [str(programs / name), *map(str, arguments)],
        user=user.pw_uid if user else None,
        group=user.pw_gid if user else None,
        extra_groups=[] if user else None,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE if name == "initdb" else subprocess.DEVNULL,  # the server keeps it
        stderr=subprocess.PIPE if name == "initdb" else subprocess.DEVNULL,
        check=False,
    )
    if done.returncode != 0:
        said = (done.stderr or b"").decode(errors="replace").strip()
        raise RuntimeError(f"PostgreSQL: {name} {arguments[0]} failed: {said}")


def _server_user() -> pwd.struct_passwd | None:
    """Whom the server runs as: PostgreSQL refuses root, so an unprivileged user then."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    return known.get("postgres") or known["nobody"]


def _free_port() -> int:
    """A port nobody listens on; asked by a child, because tests may not open sockets."""
    ask = "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); print(s.getsockname()[1])"
    return int(subprocess.run([sys.executable, "-c", ask], capture_output=True, check=True).stdout)


def _version_of(programs: Path) -> tuple[int, ...]:
    said = subprocess.run([programs / "initdb", "--version"], capture_output=True, check=False)
    digits = said.stdout.decode(errors="replace").rsplit(maxsplit=1)[-1:]
    return tuple(int(part) for part in (digits[0] if digits else "0").split(".") if part.isdigit())
