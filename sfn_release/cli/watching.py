"""Run a command again whenever a file that it may read changes: `check --watch`.

Each run is a process of its own. It imports the modules of the project afresh, which no purge of
imported modules does fully, and nothing that they do can end the watching.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime
from pathlib import Path

from sfn_release.cli.output import terminal
from sfn_release.errors import ConfigError, NotFoundError, UsageError
from sfn_release.project import find_project

_CLEAR = "\x1b[2J\x1b[3J\x1b[H"  # the screen, what scrolled away, then to the top
_QUIET_MS = 200  # an editor saves in several steps, a `git checkout` in many
_BEAT_MS = 250  # between two looks
_OWN = 3  # runs in a row: an editor may save during one or two
_PATIENCE = 5  # seconds that a run gets for its end


def watched_folders(directory: Path, named: Sequence[str]) -> list[Path]:
    """Return the folders that hold what the *named* workflows and files are made from.

    It's the project around *directory*, if there is one, and the folder of each file. Raises
    NotFoundError for a file that doesn't exist, or without a project and files.
    """
    from sfn_release.project.modules.single_file import is_file

    files = [directory / name for name in named if is_file(name)]
    for file in files:
        if not file.exists():
            raise NotFoundError(f"{file} doesn't exist.", fix="Name a file that exists.")
    folders = [file.parent for file in files]
    try:
        folders.append(find_project(directory).parent)
    except NotFoundError:
        if not files or len(files) < len(named):
            raise
    return [*dict.fromkeys(folder.resolve() for folder in folders)]


class OwnChanges:
    """Finds the files that the runs themselves change, such as a file that a module writes.

    A file that changes during several runs in a row is one. *new* has those that were found last.
    """

    def __init__(self) -> None:
        self.new: frozenset[str] = frozenset()
        self._in_a_row: Counter[str] = Counter()

    def without_own(self, paths: Collection[str]) -> set[str]:
        """Return the files, of all that changed during a run, that somebody else changed."""
        self._in_a_row = Counter({path: self._in_a_row[path] + 1 for path in paths})
        self.new = frozenset(path for path, runs in self._in_a_row.items() if runs == _OWN)
        return {path for path, runs in self._in_a_row.items() if runs < _OWN}


def watch_command(arguments: Sequence[str], folders: Sequence[Path]) -> int:
    """Run the program with *arguments* now, and at each change in *folders*.

    A file that each run changes doesn't start another run: it's named once.
    Ctrl-C or SIGTERM ends it with exit code 0. Raises ConfigError without the extra ``watch``, and
    UsageError where the system can't watch the folders.
    """
    try:
        from watchfiles import watch
    except ImportError as error:
        raise ConfigError(
            "Can't watch files: watchfiles is not installed.",
            fix="pip install 'sfn-release[watch]'",
        ) from error

    try:
        changes = watch(
            *folders,
            debounce=_QUIET_MS,
            step=_QUIET_MS // 4,
            rust_timeout=_BEAT_MS,
            yield_on_timeout=True,
        )
        next(changes)  # watching has begun: a change during the first run isn't missed
        _run(arguments, folders)
        own = OwnChanges()
        after_run = True
        for changed in changes:
            paths = {path for _, path in changed}
            if after_run:
                paths = own.without_own(paths)
                if own.new:
                    names = ", ".join(sorted(own.new))
                    terminal.say(
                        f"note: each check changes {names}: that starts no other check", style="dim"
                    )
            after_run = bool(paths)
            if paths:
                _run(arguments, folders)
    except KeyboardInterrupt:  # Ctrl-C, or SIGTERM, is how it is meant to end
        terminal.say()
    except OSError as error:  # the limit of inotify, or a folder that isn't readable
        raise UsageError(
            f"The folder can't be watched: {error}.",
            fix="On Linux, raise fs.inotify.max_user_watches, or set WATCHFILES_FORCE_POLLING=1.",
        ) from error
    return 0


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a run, which first ends the process that loads the modules: a module may hang."""
    process.terminate()
    try:
        process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()


def _run(arguments: Sequence[str], folders: Sequence[Path]) -> None:
    if sys.stdout.isatty() and os.environ.get("TERM") != "dumb":
        sys.stdout.write(_CLEAR)
        sys.stdout.flush()
    with subprocess.Popen([sys.executable, "-m", "sfn_release", *arguments]) as process:
        try:
            process.wait()
        except KeyboardInterrupt:
            _end(process)
            raise
    named = ", ".join(str(folder) for folder in folders)
    now = datetime.now().astimezone()
    terminal.say(f"{now:%H:%M:%S}  watching {named}; Ctrl-C ends it", style="dim")
