"""`python -m kontobank` does what the console script does."""

import sys

from kontobank.cli import main

if __name__ == "__main__":
    sys.exit(main())
