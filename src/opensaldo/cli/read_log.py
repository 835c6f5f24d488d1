"""Reading personal data on the command line leaves a line in the log, without that data."""

from __future__ import annotations

import os
import pwd
import sys

from opensaldo.observe import lines_to

READ = "personal data read"


def note_read(name: str, **ids: str) -> None:
    """The error stream says that this command showed personal data, of what, and to which user."""
    lines_to(sys.stderr).info(READ, name=name, who=_os_user(), **ids)


def _os_user() -> str:
    """The account the process runs under, whatever the environment says; its number if nameless."""
    number = os.getuid()
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)
