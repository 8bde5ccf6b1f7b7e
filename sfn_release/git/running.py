"""Running git: what it is given, what it answers, and what its failures mean."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from sfn_release.errors import GitError, NotFoundError

_OBJECT_ID = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_UNWRITABLE = ("Read-only file system", "Permission denied")
_SCRUBBED = (
    # A git hook or alias exports these for its own repository, not for the one we were asked for.
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_COMMON_DIR",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_NAMESPACE",
)


@dataclass(frozen=True)
class Result:
    """What a git command answered."""

    returncode: int
    stdout: bytes
    stderr: str

    @property
    def text(self) -> str:
        """Standard output as text, without the last newline."""
        return self.stdout.decode("utf-8", "surrogateescape").removesuffix("\n")


def run_git(
    directory: Path,
    arguments: Sequence[str],
    *,
    stdin: bytes | None = None,
    env: Mapping[str, str] | None = None,
) -> Result:
    """Run git in *directory* and return what it answered, whatever it was.

    Raises GitError on a machine without git, NotFoundError for a *directory* that is none.
    """
    git = _gitpython()
    scrubbed = [name for name in _SCRUBBED if name in os.environ]
    prefix = ["env", *(word for name in scrubbed for word in ("-u", name))] if scrubbed else []
    with _stream(stdin) as istream:
        try:
            returncode, stdout, stderr = git.Git(str(directory)).execute(
                [*prefix, "git", *arguments],
                istream=istream,
                with_extended_output=True,
                with_exceptions=False,
                stdout_as_string=False,
                strip_newline_in_stdout=False,
                env={"GIT_NO_REPLACE_OBJECTS": "1", "GIT_OPTIONAL_LOCKS": "0", **(env or {})},
            )
        except git.GitCommandNotFound as error:
            if not directory.is_dir():
                raise NotFoundError(f"{directory} is not a folder.") from error
            raise _no_git() from error
    return Result(int(returncode), stdout, stderr)


@contextmanager
def _stream(content: bytes | None) -> Iterator[IO[bytes] | None]:
    """Give *content* as a real file: GitPython wants one for standard input."""
    if content is None:
        yield None
        return
    import tempfile

    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.seek(0)
        yield file


def _gitpython() -> Any:
    try:
        import git
    except ImportError as error:
        raise _no_git() from error
    return git


def _no_git() -> GitError:
    return GitError(
        "git was not found on this machine.",
        fix="Releases live in Git: install it from https://git-scm.com/ and put it on PATH.",
    )


def failure(command: str, result: Result) -> GitError:
    """Return the error for a git *command* that failed, with git's words and what they mean."""
    words = result.stderr.strip() or result.text.strip() or f"exit code {result.returncode}"
    if command == "fetch" and any(one in words for one in _UNWRITABLE):
        return GitError(
            "What is new in the ledger cannot be kept: this clone's Git folder is not writable.",
            why=words,
            fix="Every command first fetches what the remote has. Make .git writable for whoever"
            " runs this, or work in a clone of your own:  git clone URL",
        )
    fix = ""
    if "safe.directory" in words:
        fix = "Git does not trust this folder's owner; its own advice is above."
    elif any(one in words for one in _UNWRITABLE):
        fix = "The Git folder must be writable."
    elif ".lock" in words and "exists" in words:
        fix = "A killed git left a lock. Make sure that no git runs here, then remove that file."
    return GitError(f"`git {command}` failed.", why=words, fix=fix)


def checked(object_id: str | None) -> str:
    """Return an object id after making sure that it is one."""
    if object_id is None or not _OBJECT_ID.fullmatch(object_id):
        raise GitError(f"{object_id!r} is not an object id.")
    return object_id
