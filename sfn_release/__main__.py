"""``python -m sfn_release``: the command line, where the console script is not on PATH."""

import sys

from sfn_release.cli import main

sys.exit(main())
