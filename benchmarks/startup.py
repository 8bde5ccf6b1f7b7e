"""The start of commands, compared with an interpreter that does nothing."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from measuring import PYTHON, SFN_RELEASE, compare, run


def main() -> int:
    """Compare, print, and return 1 when a goal is missed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run(["git", "init", "--quiet"], folder)
        run([SFN_RELEASE, "init"], folder)
        run(["git", "add", "."], folder)
        run(["git", "commit", "--quiet", "-m", "First"], folder)
        run([SFN_RELEASE, "publish", "1.0.0"], folder)

        def command(*arguments: str) -> None:
            run([SFN_RELEASE, *arguments], folder)

        def nothing() -> None:
            run([PYTHON, "-c", "pass"], folder)

        met = [
            compare("--version", lambda: command("--version"), nothing, goal=1.5),
            compare("--help", lambda: command("--help"), nothing, goal=4),
            compare("history (Git only)", lambda: command("history"), nothing, goal=12),
            compare("releases (Git only)", lambda: command("releases"), nothing, goal=12),
            compare("show 1.0.0 (Git only)", lambda: command("show", "1.0.0"), nothing, goal=12),
        ]
    return 0 if all(met) else 1


if __name__ == "__main__":
    sys.exit(main())
