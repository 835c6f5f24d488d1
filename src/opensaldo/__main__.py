"""`python -m opensaldo` is the command line tool."""

from __future__ import annotations

from opensaldo.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
