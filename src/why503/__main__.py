"""`python -m why503`: the same program."""

import sys

from why503.cli import main

if __name__ == "__main__":
    sys.exit(main())
