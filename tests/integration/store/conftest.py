"""A migrated store on each database, and small builders of the nouns it keeps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from opensaldo.domain.aggregate import Origin
from opensaldo.domain.client import Client, Environment
from opensaldo.domain.command import Command, CommandName, CommandState
from opensaldo.domain.receipt import Outcome, Receipt
from opensaldo.domain.secret import Secret
from opensaldo.domain.session import Session, SessionState
from opensaldo.domain.target import AccessMode
from opensaldo.store.db import Store
from opensaldo.store.migrate import migrate
from opensaldo.store.queries import clients, commands, documents, owners, sessions
from opensaldo.store.vault import DataKey, Vault
from tests.support.clock import SettableClock

CLIENT = Client(id="acme-test", environment=Environment.TEST, legal_name="Acme")
OTHER = Client(id="other-test", environment=Environment.TEST, legal_name="Other")
OWNER = "loan-7781-of-a-very-recognisable-person"


@pytest.fixture
def store(database_url: str, clock: SettableClock) -> Iterator[Store]:
    with closing(Store.open(Secret(database_url), pool_size=4)) as store:
        migrate(store)
        with store.begin() as connection:
            clients.insert_client(connection, CLIENT, clock())
            clients.insert_client(connection, OTHER, clock())
        yield store


@pytest.fixture
def vault(tmp_path: Path, clock: SettableClock) -> Vault:
    return Vault.open(tmp_path / "keys", clock)


class Kept:
    """What one import leaves: its session, command, key and two sealed documents."""

    def __init__(self, session: Session, command: Command, key: DataKey, sealed: bytes) -> None:
        self.session = session
        self.command = command
        self.key = key
        self.sealed = sealed


MakeSession = Callable[..., tuple[Session, DataKey]]
MakeCommand = Callable[..., Command]
MakeImport = Callable[..., Kept]


@pytest.fixture
def make_session(store: Store, vault: Vault, clock: SettableClock) -> MakeSession:
    def make(
        session_id: str = "50100011",
        *,
        owner: str | None = OWNER,
        signed_in: bool = True,
        client: Client = CLIENT,
        generated: bool = False,
    ) -> tuple[Session, DataKey]:
        key, wrapped = vault.new_key()
        session = Session(
            id=session_id,
            client_id=client.id,
            environment=client.environment,
            state=SessionState.CREATED,
            access_mode=AccessMode.SINGLE,
            created_at=clock(),
            owner_external_id=owner,
            owner_id_generated=generated,
        )
        with store.begin() as c:
            sessions.insert_session(c, session, wrapped)
            if signed_in:
                access = vault.seal(key, b"access token of the bank", session_id)
                sessions.sign_in(c, session_id, "KontoBank", None, owner, clock(), access)
        with store.read() as c:
            found = sessions.session_of(c, session_id, client.id, client.environment)
        assert found is not None
        return found, key

    return make


@pytest.fixture
def make_command(store: Store, clock: SettableClock) -> MakeCommand:
    def make(
        session: Session,
        command_id: str = "701000123",
        *,
        name: CommandName = CommandName.DEFAULT_IMPORT,
    ) -> Command:
        command = Command(
            id=command_id,
            name=name,
            session_id=session.id,
            client_id=session.client_id,
            environment=session.environment,
            state=CommandState.SETUP,
            progress=0,
            created_at=clock(),
        )
        with store.begin() as c:
            commands.insert_command(c, command)
        return command

    return make


@pytest.fixture
def make_import(
    store: Store,
    vault: Vault,
    clock: SettableClock,
    make_session: MakeSession,
    make_command: MakeCommand,
) -> MakeImport:
    def make(
        number: int = 1,
        *,
        owner: str = OWNER,
        ended: bool = True,
        clear: bytes = b"<result>Ewa Testowa</result>" * 400,
        kept_hours: int = 24,
        client: Client = CLIENT,
    ) -> Kept:
        session, key = make_session(f"{50_100_000 + number}", owner=owner, client=client)
        command = make_command(session, f"{701_000_000 + number}")
        sealed = vault.seal(key, clear, command.id)
        with store.begin() as c:
            commands.start(c, command.id, "KontoBank", "KontoBank", clock())
            running = commands.command_by_id(c, command.id)
            assert running is not None
            for kind in ("holdings", "result_xml"):
                documents.insert_document(
                    c,
                    command=running,
                    owner_external_id=owner,
                    kind=kind,
                    sealed=sealed,
                    at=clock(),
                    due_at=clock() + timedelta(hours=kept_hours),
                )
            owners.note_import(c, client.id, client.environment, owner, Origin.SCRAPER, clock())
            receipt = Receipt(outcome=Outcome.COMPLETE, accounts=1)
            commands.succeed(c, command.id, receipt, b"sealed", clock())
            if ended:
                sessions.end(c, session.id, clock())
        return Kept(session, command, key, sealed)

    return make
