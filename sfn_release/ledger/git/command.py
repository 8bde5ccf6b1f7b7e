"""Running git commands, and explaining their failures. Each command is logged with its time."""

from __future__ import annotations

import logging
import os
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from sfn_release.errors import GitError, NotFoundError
from sfn_release.ledger.git.remote_timeout import GROUP, RemoteTimeout, wait_for
from sfn_release.ledger.git.urls import without_secrets

_LOG = logging.getLogger(__name__)
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


class NotReachedError(GitError):
    """A remote wasn't reached, or didn't answer in time."""


@dataclass(frozen=True)
class Result:
    """The result of a git command.

    *unanswered* means that a remote took too long and git was ended: a write may have arrived.
    """

    returncode: int
    stdout: bytes
    stderr: str
    unanswered: bool = False

    @property
    def text(self) -> str:
        """Standard output as text, without the last newline."""
        return self.stdout.decode("utf-8", "surrogateescape").removesuffix("\n")

    @property
    def words(self) -> str:
        """Git's own words, without the secrets that a remote's URL may hold."""
        return without_secrets(self.stderr.strip() or self.text.strip())


def run_git(
    directory: Path,
    arguments: Sequence[str],
    *,
    stdin: bytes | None = None,
    env: Mapping[str, str] | None = None,
    inherited: Sequence[int] = (),
) -> Result:
    """Run git in *directory* and return the result, also after a failure.

    *inherited* are file descriptors that git keeps open while it runs. Raises GitError on a machine
    without git, NotFoundError for a *directory* that isn't a folder.
    """
    start = start_time()
    with _stream(stdin) as istream:
        returncode, stdout, stderr = _execute(
            directory,
            arguments,
            env,
            istream=istream,
            with_extended_output=True,
            with_exceptions=False,
            stdout_as_string=False,
            strip_newline_in_stdout=False,
            **({"pass_fds": tuple(inherited)} if inherited else {}),
        )
    return log_command(arguments, start, Result(int(returncode), stdout, stderr))


def run_git_remotely(
    directory: Path,
    arguments: Sequence[str],
    *,
    remote: str,
    remote_timeout: RemoteTimeout,
    env: Mapping[str, str] | None = None,
) -> Result:
    """Run a git command that asks *remote* and return the result, also after a failure.

    The remote has as long as *remote_timeout* allows.
    """
    result = run_git_in_time(
        directory,
        arguments,
        waiting_for=f"the remote {remote}",
        remote_timeout=remote_timeout,
        env=env,
    )
    if result.unanswered:
        remote_timeout.silent.add(remote)
    else:
        remote_timeout.silent.discard(remote)
    return result


def run_git_in_time(
    directory: Path,
    arguments: Sequence[str],
    *,
    waiting_for: str,
    remote_timeout: RemoteTimeout,
    stdin: bytes | None = None,
    env: Mapping[str, str] | None = None,
) -> Result:
    """Run a git command that waits for something outside, and return the result.

    *waiting_for* names it: ``the remote origin``. It has as long as *remote_timeout* allows.
    """
    start = start_time()
    with _stream(stdin) as istream:
        process = _execute(directory, arguments, env, as_process=True, istream=istream, **GROUP)
        output = wait_for(process, waiting_for, remote_timeout)
    if output is None:
        words = f"no answer within {remote_timeout.limit:g} s"
        return log_command(arguments, start, Result(-1, b"", words, unanswered=True))
    stdout, stderr = output
    result = Result(process.returncode, stdout, stderr.decode("utf-8", "replace"))
    return log_command(arguments, start, result)


def run_program(
    directory: Path,
    command: Sequence[str],
    *,
    waiting_for: str,
    remote_timeout: RemoteTimeout,
    stdin: bytes,
    env: Mapping[str, str],
) -> Result | None:
    """Run one of git's helpers, such as gpg, and return the result; None if it isn't installed."""
    git = _gitpython()
    try:
        with _stream(stdin) as istream:
            process = git.Git(str(directory)).execute(
                [*command], env=dict(env), as_process=True, istream=istream, **GROUP
            )
            output = wait_for(process, waiting_for, remote_timeout)
    except git.GitCommandNotFound:
        return None
    if output is None:
        return Result(-1, b"", f"no answer within {remote_timeout.limit:g} s", unanswered=True)
    return Result(process.returncode, output[0], output[1].decode("utf-8", "replace"))


def git_version(directory: Path) -> str:
    """Return git's name and version: ``git version 2.39.5``; raises GitError without git."""
    return run_git(directory, ["version"]).text.strip()


@contextmanager
def reading_git(directory: Path, arguments: Sequence[str], stdin: IO[bytes]) -> Iterator[IO[bytes]]:
    """Run git in *directory* and yield its output, to read while it runs.

    Git is ended with the block. Raises GitError when it fails.
    """
    start = start_time()
    process = start_git(directory, arguments, istream=stdin)
    try:
        yield process.stdout
        errors = process.stderr.read()
    except BaseException:
        process.proc.kill()
        raise
    finally:
        process.stdout.close()
        process.stderr.close()
        returncode = process.proc.wait()
    result = Result(returncode, b"", errors.decode("utf-8", "replace"))
    if log_command(arguments, start, result).returncode:
        raise failure(arguments[0], result)


def start_git(directory: Path, arguments: Sequence[str], *, istream: Any, **how: Any) -> Any:
    """Start git in *directory* and return the process, which ends with its last reference."""
    return _execute(directory, arguments, None, as_process=True, istream=istream, **how)


def start_time() -> float:
    """Return the time at which a command starts, after the slow import of GitPython."""
    _gitpython()
    return time.monotonic()


def log_command(arguments: Sequence[str], start: float, result: Result) -> Result:
    """Log a finished command with the time since *start*, and return its result."""
    if _LOG.isEnabledFor(logging.DEBUG):
        command = without_secrets(" ".join(without_settings(arguments)))
        seconds = time.monotonic() - start
        _LOG.debug("git %s: exit code %d, %.3f s", command, result.returncode, seconds)
    return result


def without_settings(arguments: Sequence[str]) -> list[str]:
    """Return the arguments of a git command without ``-c name=value``.

    >>> without_settings(["-c", "gc.auto=0", "push", "origin"])
    ['push', 'origin']
    """
    words = iter(arguments)
    return [word for word in words if word != "-c" or not next(words)]


def verb_of(arguments: Sequence[str]) -> str:
    """Return the verb of a git command, which stands after the options.

    >>> verb_of(["-c", "gc.auto=0", "--git-dir=/tmp/x", "fetch", "--quiet"])
    'fetch'
    """
    return next(word for word in without_settings(arguments) if not word.startswith("-"))


def _execute(
    directory: Path, arguments: Sequence[str], env: Mapping[str, str] | None, **how: Any
) -> Any:
    git = _gitpython()
    scrubbed = [name for name in _SCRUBBED if name in os.environ]
    prefix = ["env", *(word for name in scrubbed for word in ("-u", name))] if scrubbed else []
    try:
        return git.Git(str(directory)).execute(
            [*prefix, "git", *arguments],
            env={"GIT_NO_REPLACE_OBJECTS": "1", "GIT_OPTIONAL_LOCKS": "0", **(env or {})},
            **how,
        )
    except git.GitCommandNotFound as error:
        if not directory.is_dir():
            raise NotFoundError(f"{directory} is not a folder.") from error
        raise _no_git() from error


@contextmanager
def _stream(content: bytes | None) -> Iterator[IO[bytes] | None]:
    """Yield *content* as a real file: GitPython needs one for standard input."""
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
    """Return the error for a git *command* that failed, with git's words and how to fix it."""
    words = result.words or f"exit code {result.returncode}"
    if command == "fetch" and any(sign in words for sign in _UNWRITABLE):
        return GitError(
            "Can't store ledger updates: .git is not writable.",
            why=words,
            fix="Every command fetches the remote's changes first. Make .git writable for your"
            " user, or work in a clone of your own:  git clone URL",
        )
    fix = ""
    if "safe.directory" in words:
        fix = "Git doesn't trust this folder's owner. See git's advice above."
    elif any(sign in words for sign in _UNWRITABLE):
        fix = "The Git folder must be writable."
    elif ".lock" in words and "exists" in words:
        fix = (
            "A killed git left a lock. Make sure that no git is running here, then remove the file."
        )
    return GitError(f"`git {command}` failed.", why=words, fix=fix)


def checked(object_id: str | None) -> str:
    """Return *object_id*; raise GitError if it isn't an object id."""
    if object_id is None or not _OBJECT_ID.fullmatch(object_id):
        raise GitError(f"{object_id!r} is not an object id.")
    return object_id
