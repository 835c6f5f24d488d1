"""`python -m opensaldo` and `opensaldo` are the command line tool."""

from __future__ import annotations

from opensaldo.interrupts import interrupts_kept


def main() -> int:
    """Run one subcommand; returns its exit code. Ctrl-C is no error."""
    try:
        with interrupts_kept():
            from opensaldo.cli import main as run
        return run()
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    raise SystemExit(main())
