"""The command line: `opensaldo SUBCOMMAND`; each subcommand imports only what it needs."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from opensaldo import __version__
from opensaldo.cli import options as given
from opensaldo.interrupts import interrupts_kept

if TYPE_CHECKING:
    from opensaldo.errors import PlatformUnavailable

EXIT_MISTAKE = 2
EXIT_UNAVAILABLE = 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one subcommand; returns its exit code. A user's mistake is one line, no traceback."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")
    options = parser().parse_args(arguments)
    with interrupts_kept():
        from opensaldo.config import BadConfig
        from opensaldo.errors import CallerError, OpenSaldoError, PlatformUnavailable

    try:
        code = int(options.run(options))
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        return _reader_left()
    except (BadConfig, CallerError) as mistake:
        return _say(str(mistake), EXIT_MISTAKE)
    except PlatformUnavailable as error:
        return _say(_database_trouble(error), EXIT_UNAVAILABLE)
    except OpenSaldoError as error:
        return _say(error.message, EXIT_UNAVAILABLE)
    except OSError as trouble:
        place = f": {trouble.filename}" if trouble.filename else ""
        return _say(f"{trouble.strerror or trouble}{place}", EXIT_UNAVAILABLE)


def parser() -> argparse.ArgumentParser:
    """The parser of the whole command line."""
    whole = argparse.ArgumentParser(
        prog="opensaldo",
        description="OpenSaldo, self-hosted account information.",
        epilog="Settings are OPENSALDO_… variables; `opensaldo check-config` shows all of them.",
    )
    whole.add_argument("--version", action="version", version=f"opensaldo {__version__}")
    given.add_subcommands(whole.add_subparsers(metavar="SUBCOMMAND", required=True))
    return whole


def _reader_left() -> int:
    """Who read our output wants no more of it, as `head` does: that is no mistake."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _database_trouble(error: PlatformUnavailable) -> str:
    from opensaldo.store.db import trouble

    where = "see OPENSALDO_DATABASE_URL and OPENSALDO_DATA_DIR"
    return f"The database cannot be used: {trouble(error)}; {where}."


def _say(text: str, code: int) -> int:
    sys.stdout.flush()
    print(f"opensaldo: {text}", file=sys.stderr)
    return code
