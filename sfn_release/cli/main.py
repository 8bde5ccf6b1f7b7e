"""Runs a command line: answers ``--version`` and ``--help``, and leaves the rest to `app`."""

from __future__ import annotations

import os
import sys

from sfn_release import __version__
from sfn_release.cli.exits import INTERRUPTED

TYPE_CHECKING = False  # importing typing is slow
if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line (default: this process's) and return its exit code."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    shell = os.environ.get("_SFN_RELEASE_COMPLETE")
    if shell:
        from sfn_release.cli.completion.answer import answer

        return answer(shell, words)
    if len(words) == 1 and _answered(words[0]):
        return 0
    try:
        import atexit
        import gc

        # Modules stay loaded. Searching them for garbage takes a fifth of a short command's time.
        gc.set_threshold(200_000)
        atexit.register(gc.freeze)  # Python searches everything once more as it ends
        from sfn_release.cli.app import run

        return run(words)
    except KeyboardInterrupt:  # during an import, or while an interruption is reported
        return INTERRUPTED


def _answered(word: str) -> bool:
    """Answer ``--version`` and ``--help`` without click; leave the rest, and errors, to `run`."""
    if word == "--version":
        text = f"sfn-release {__version__}"
    elif word in {"--help", "-h"}:
        from sfn_release.cli.help import help_columns, program_help

        text = program_help(help_columns())
    else:
        return False
    try:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
    except (AttributeError, OSError):  # stdout is closed, or can't be written
        return False
    return True
