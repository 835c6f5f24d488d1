"""Commands and sessions in XML (wire contract, sections 2.6, 4.4, 5 and 6.2)."""

from __future__ import annotations

from collections.abc import Mapping

from opensaldo.domain.command import Command, CommandName, CommandState, Failure
from opensaldo.wire.names import FAILED_STATES, failure_of
from opensaldo.wire.xml_text import attribute, content, element

SCHEMA_OF_COMMAND: Mapping[CommandName, str] = {
    CommandName.DEFAULT_IMPORT: "default_import",
    CommandName.IMPORT_OWNERS: "import_owners",
    CommandName.IMPORT_ACCOUNTS: "import_accounts",
    CommandName.IMPORT_ACCOUNT_TRANSACTIONS: "import_account_transactions",
    CommandName.IMPORT_CARDS: "import_credit_cards",
    CommandName.IMPORT_CARD_TRANSACTIONS: "import_credit_card_transactions",
    CommandName.SIGN_OUT: "sign_out",
}


def schema_of(command: Command) -> str:
    """The name of the schema that the command's poll names."""
    return SCHEMA_OF_COMMAND[command.name]


def command(
    command: Command, *, result: bytes | None = None, friendly_message: str | None = None
) -> bytes:
    """The command as it stands now; target and institution show from `in_progress` on.

    Args:
        command: in a failed state its failure is shown, and InternalError if it has none.
        result: the stored inside of `<result>`, as `xml_result.result` rendered it.
        friendly_message: for a failed command, a text in the person's language.
    """
    started = command.state is not CommandState.SETUP
    head = _head(
        command.id,
        command.state,
        command.name,
        command.target if started else None,
        command.institution if started else None,
        command.progress,
    )
    if command.state in FAILED_STATES:
        ending = _exception(failure_of(command), friendly_message).encode()
    elif result is not None:
        ending = b"    <result>\n%b    </result>\n" % result
    else:
        ending = b""
    return b"%b%b  </command>\n" % (head.encode(), ending)


def sign_out(command_id: str, target: str | None = None, institution: str | None = None) -> bytes:
    """The sign-out, done at once (wire contract, section 5.4)."""
    state, name = CommandState.SUCCESSFUL, CommandName.SIGN_OUT
    return f"{_head(command_id, state, name, target, institution, 100)}  </command>\n".encode()


def session(session_id: str, signature: str, multiple_access_id: str | None = None) -> bytes:
    """A signed-in session; the id of its reusable access only where it was asked for."""
    head = f"  <session{attribute('id', session_id)}{attribute('signature', signature)}"
    if multiple_access_id is None:
        return f"{head}/>\n".encode()
    access = element(2, "multipleAccessId", multiple_access_id)
    return f"{head}>\n{access}  </session>\n".encode()


def _head(
    command_id: str,
    state: CommandState,
    name: CommandName,
    target: str | None,
    institution: str | None,
    progress: int,
) -> str:
    return (
        f"  <command{attribute('id', command_id)}"
        f' state="{state.value}" name="{name.value}"'
        f"{attribute('target', target)}{attribute('institution', institution)}>\n"
        f"    <progress><value>{progress}</value></progress>\n"
    )


def _exception(failure: Failure, friendly_message: str | None) -> str:
    return (
        f"    <exception{attribute('name', failure.name)}>\n"
        f"      <message>{content(failure.message)}</message>\n"
        f"{element(3, 'friendlyMessage', friendly_message)}"
        "    </exception>\n"
    )
