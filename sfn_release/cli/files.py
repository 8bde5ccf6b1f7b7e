"""Files that a command reads and writes, with errors that say which and why."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

from sfn_release.errors import FileError, UsageError
from sfn_release.text import did_you_mean


def shown_path(path: Path) -> str:
    """Return a path for output: relative to the current folder if it is inside, else absolute.

    It has no ``..`` and no symbolic links.
    """
    whole = path.resolve()
    try:
        here = Path.cwd().resolve()
    except FileNotFoundError:  # the folder was deleted
        return str(whole)
    return str(whole.relative_to(here) if whole.is_relative_to(here) else whole)


def make_folder(path: Path) -> None:
    """Make a folder with those above it; raises FileError."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unusable(path, "create", error) from error


def write_text(path: Path, text: str) -> None:
    """Write a UTF-8 file; raises FileError."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise _unusable(path, "write", error) from error


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file; raises FileError."""
    try:
        path.write_bytes(content)
    except OSError as error:
        raise _unusable(path, "write", error) from error


def write_new(path: Path, text: str) -> bool:
    """Write a file if it doesn't exist yet; return whether it was written. Raises FileError."""
    make_folder(path.parent)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        return False
    except OSError as error:
        raise _unusable(path, "write", error) from error
    return True


def read_text(path: Path) -> str:
    """Read a UTF-8 file that the command line names; raises UsageError."""
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise _unreadable(path, error) from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8 text.") from error


def read_untrusted_text(path: Path, *, most: int) -> str:
    """Read a UTF-8 file of at most *most* bytes that a job which isn't trusted wrote.

    A link could lead to a secret of this job, and a pipe could keep it waiting: both are refused.
    Text that isn't UTF-8 is replaced. Raises UsageError.
    """
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        if path.is_symlink():
            raise UsageError(f"{path} is a link.", fix="Name the file itself.")
        with os.fdopen(os.open(path, flags), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise UsageError(f"{path} isn't a file with text.", fix="Name a file.")
            content = file.read(most + 1)
    except OSError as error:
        raise _unreadable(path, error) from error
    if len(content) > most:
        raise UsageError(f"{path} is too long: more than {most:,} bytes.")
    return content.decode("utf-8", "replace")


def read_bytes(path: Path) -> bytes:
    """Read a file that the command line names; raises UsageError."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from error


def read_given(folder: Path, given: str) -> str:
    """Return the text that an option gives: JSON, ``@FILE`` in *folder*, or ``-`` for stdin.

    A file whose name ends in ``.json`` needs no ``@``, because no JSON ends like that. A byte order
    mark, which some editors and shells write, is not part of it. Raises UsageError.
    """
    if given == "-":
        if sys.stdin is None:
            raise UsageError("There is no standard input to read.")
        given = sys.stdin.read()
    elif given.startswith("@") or given.endswith(".json"):
        given = read_text(folder / given.removeprefix("@"))
    return given.removeprefix("\ufeff")


def read_stdin() -> bytes:
    """Read standard input to its end; raises UsageError without one."""
    if sys.stdin is None:
        raise UsageError("There is no standard input to read.")
    binary = getattr(sys.stdin, "buffer", None)  # a text put in its place has none
    content: bytes = binary.read() if binary else sys.stdin.read().encode()
    return content


def _unusable(path: Path, verb: str, error: OSError) -> FileError:
    return FileError(
        f"Can't {verb} {path}: {error.strerror}.",
        fix="Nothing else was changed. Make the folder writable, or name another one.",
    )


def _near_file(path: Path) -> str:
    """Return a question with the name of a file that is like that of *path*; "" without any."""
    try:
        names = [file.name for file in path.parent.iterdir()]
    except OSError:
        return ""
    return did_you_mean(path.name, names)


def _unreadable(path: Path, error: OSError) -> UsageError:
    match error:
        case FileNotFoundError():
            fix = _near_file(path) or "Correct the name of the file."
        case IsADirectoryError():
            fix = "Name a file in that folder."
        case _:
            fix = "Make the file readable."
    return UsageError(f"Can't read {path}: {error.strerror}.", fix=fix)
