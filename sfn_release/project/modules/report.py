"""Tells what workflow modules raise, by the frames that are theirs, in the process that loads them.

Imports nothing of sfn-release: `worker` loads it by its file.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Failed(Exception):  # noqa: N818 - it is told by the process that waits, as another error
    """The build ends with an error of *kind* ``build`` or ``definition``."""

    def __init__(self, kind: str, message: str, *, why: str = "", fix: str = "") -> None:
        super().__init__(message)
        self.told = {"kind": kind, "message": message, "why": why, "fix": fix}


class Reporter:
    """Tells errors of modules by the frames that are theirs."""

    def __init__(self, root: str) -> None:
        self._root = root + os.sep

    @contextmanager
    def of(self, file: str, what: str = "") -> Iterator[None]:
        """Turn what is raised into a failure of *file*."""
        try:
            yield
        except Failed:
            raise
        except BaseException as error:
            told = getattr(error, "message", None)
            if what and isinstance(told, str):  # sfn-release's own refusal of a definition
                raise Failed(
                    "definition",
                    f"{file}: {told}",
                    why=str(getattr(error, "why", "")),
                    fix=str(getattr(error, "fix", "")),
                ) from error
            raise self._failed(error, file, what) from error

    def _failed(self, error: BaseException, file: str, what: str) -> Failed:
        told = traceback.TracebackException.from_exception(error)
        self._leave_users_frames(told, set())
        place = file
        if isinstance(error, SyntaxError) and error.filename:
            place = f"{error.filename}:{error.lineno}"
        else:
            # The project's own line says more than the library's that it called.
            own = [frame for frame in told.stack if frame.filename.startswith(self._root)]
            place = f"{own[-1].filename}:{own[-1].lineno}" if own else file
        if isinstance(error, SystemExit):
            message = "asks Python to exit"
            fix = "A workflow module only declares: take that out."
        else:
            message = f"raised {type(error).__name__}"
            fix = "Mend the module, then run the command again."
        if isinstance(error, ModuleNotFoundError):
            fix = (
                "Modules see the project's folder and its src as they are committed, and the"
                " packages that are installed; files that are not committed and editable installs"
                " of the project are not there."
            )
        message = f"{place} {message}" + (f" ({what})." if what else ".")
        text = "".join(told.format()).rstrip()
        return Failed(
            "build", message.replace(self._root, ""), why=text.replace(self._root, ""), fix=fix
        )

    def _leave_users_frames(self, told: traceback.TracebackException, seen: set[int]) -> None:
        if id(told) in seen:
            return
        seen.add(id(told))
        told.stack[:] = [frame for frame in told.stack if not _is_ours(frame.filename)]
        inner = [told.__cause__, told.__context__, *(getattr(told, "exceptions", None) or ())]
        for other in inner:
            if other is not None:
                self._leave_users_frames(other, seen)


def _is_ours(file: str) -> bool:
    """Return whether a frame is of the import system or of sfn-release."""
    modules = ("importlib", "sfn_release")
    places = [__file__, *(getattr(sys.modules.get(name), "__file__", None) for name in modules)]
    folders = tuple(str(Path(place).parent) + os.sep for place in places if place)
    return file.startswith(("<frozen ", *folders))
