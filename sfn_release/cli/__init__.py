"""The command line, `sfn-release`: arguments in, text or JSON out, every decision elsewhere.

    app        the commands' names, the global options, the one place that catches errors
    exits      the exit codes
    session    what the global options say; opens the project for a command
    terminal   stdout and stderr: tables, JSON, colour, no control characters from data
    watching   shows a deployment while it happens, and asks before it does

Start-up is measured, so a command's module is imported when that command runs, and ``--version``
is answered before anything is.
"""

from __future__ import annotations

import sys

from sfn_release import __version__
from sfn_release.cli.exits import INTERRUPTED

TYPE_CHECKING = False  # typing would be a slow import
if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line (default: this process's) and return its exit code."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    if words == ["--version"] and _told_version():
        return 0
    try:
        import gc

        # What loads now stays: searching it for garbage all the while takes a tenth of start-up.
        gc.set_threshold(50_000)
        from sfn_release.cli.app import run

        return run(words)
    except KeyboardInterrupt:  # while importing, or while telling of an interruption
        return INTERRUPTED


def _told_version() -> bool:
    """Write the version without importing anything; what hinders that is told by `run`."""
    try:
        sys.stdout.write(f"sfn-release {__version__}\n")
        sys.stdout.flush()
    except (AttributeError, OSError):  # stdout is closed, or cannot be written
        return False
    return True
