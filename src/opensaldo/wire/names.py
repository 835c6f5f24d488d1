"""Words that both dialects use: status lines and the reason of a failed command."""

from __future__ import annotations

from http import HTTPStatus

from opensaldo.domain.command import Command, CommandState, Failure
from opensaldo.errors import Defect

STATUS_LINES = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}
FAILED_STATES = frozenset({CommandState.ERROR, CommandState.FATAL})


def failure_of(command: Command) -> Failure:
    """Why the command failed; a failed command without a reason is a defect of ours."""
    return command.failure or Failure(name=Defect.wire_name, message=Defect().message)
