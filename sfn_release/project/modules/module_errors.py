"""Reports errors of workflow modules with the user's stack frames, in the process that loads them.

Imports nothing of sfn-release: `worker` loads it by its file.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class BuildFailure(Exception):  # noqa: N818 - the waiting process raises the error that it names
    """The build fails. *members* describe the error: its kind, message, why and fix."""

    def __init__(self, members: dict[str, str]) -> None:
        super().__init__(members["message"])
        self.members = members


class ModuleErrors:
    """Turns the errors of modules into failures of the build."""

    def __init__(self, root: str) -> None:
        self._root = root + os.sep

    @staticmethod
    def failure(kind: str, message: str, *, why: str = "", fix: str = "") -> BuildFailure:
        """Return the failure with an error of *kind* ``build`` or ``definition``."""
        return BuildFailure({"kind": kind, "message": message, "why": why, "fix": fix})

    @contextmanager
    def of(self, file: str, subject: str = "") -> Iterator[None]:
        """Turn an error in the block into a failure of *file*."""
        try:
            yield
        except BuildFailure:
            raise
        except BaseException as error:
            message = getattr(error, "message", None)
            if subject and isinstance(message, str):  # sfn-release itself refuses the definition
                raise self.failure(
                    "definition",
                    f"{file}: {message}",
                    why=str(getattr(error, "why", "")),
                    fix=str(getattr(error, "fix", "")),
                ) from error
            raise self._failed(error, file, subject) from error

    def _failed(self, error: BaseException, file: str, subject: str) -> BuildFailure:
        report = traceback.TracebackException.from_exception(error)
        self._keep_users_frames(report, set())
        place = file
        if isinstance(error, SyntaxError) and error.filename:
            place = f"{error.filename}:{error.lineno}"
        else:
            # The project's own line helps more than the line of a library that it called.
            own = [frame for frame in report.stack if frame.filename.startswith(self._root)]
            place = f"{own[-1].filename}:{own[-1].lineno}" if own else file
        if isinstance(error, SystemExit):
            message = "tells Python to exit"
            fix = "A workflow module only declares workflows: remove the call."
        else:
            message = f"raised {type(error).__name__}"
            fix = "Fix the module, then run the command again."
        if isinstance(error, ModuleNotFoundError):
            fix = (
                "A module can import committed files of the project's folder and of its src, and"
                " installed packages. Files that are not committed, and editable installs of the"
                " project, can't be imported."
            )
        message = f"{place} {message}" + (f" ({subject})." if subject else ".")
        text = "".join(report.format()).rstrip()
        return self.failure(
            "build", message.replace(self._root, ""), why=text.replace(self._root, ""), fix=fix
        )

    def _keep_users_frames(self, report: traceback.TracebackException, seen: set[int]) -> None:
        if id(report) in seen:
            return
        seen.add(id(report))
        report.stack[:] = [frame for frame in report.stack if not _is_ours(frame.filename)]
        inner = [report.__cause__, report.__context__, *(getattr(report, "exceptions", None) or ())]
        for other in inner:
            if other is not None:
                self._keep_users_frames(other, seen)


def _is_ours(file: str) -> bool:
    """Return whether a frame is of the import system or of sfn-release."""
    modules = ("importlib", "sfn_release")
    places = [__file__, *(getattr(sys.modules.get(name), "__file__", None) for name in modules)]
    folders = tuple(str(Path(place).parent) + os.sep for place in places if place)
    return file.startswith(("<frozen ", *folders))
