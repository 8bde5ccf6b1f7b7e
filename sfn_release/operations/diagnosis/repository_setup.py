"""Examines git: the program, the repository, your name in commits, lock files that were left."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from sfn_release.deployment.runtime import Runtime
from sfn_release.errors import NotFoundError, SfnReleaseError
from sfn_release.ledger.git import Git
from sfn_release.ledger.git.command import git_version
from sfn_release.operations.diagnosis.diagnosis import Diagnosis, Findings

_OLDEST = (2, 31)  # `rev-parse --path-format`
_findings = Findings("git")


def examine_program(directory: Path) -> Iterator[Diagnosis]:
    """Yield whether git is there and new enough."""
    try:
        text = git_version(directory)
    except SfnReleaseError as error:
        yield _findings.error("version", error)
        return
    found = re.search(r"(\d+)\.(\d+)", text)
    if found and (int(found[1]), int(found[2])) < _OLDEST:
        oldest = ".".join(map(str, _OLDEST))
        yield _findings.problem("version", f"{text} is too old", f"Install git {oldest} or later.")
    else:
        yield _findings.ok("version", text)


def examine_repository(git: Git, runtime: Runtime) -> Iterator[Diagnosis]:
    """Yield the diagnoses of a repository."""
    shallow = "; a shallow clone, which is enough" if git.repository.is_shallow() else ""
    yield _findings.ok("repository", f"{git.repository.root}{shallow}")
    head = git.history.head()
    if head is None:
        yield _findings.problem(
            "commit",
            "there is no commit yet; a release is made from a commit",
            "Run:  git add . && git commit -m 'First workflows'",
        )
    else:
        yield _findings.ok("commit", f"HEAD is {head[:12]}")
    identity = git.repository.own_identity()
    if identity is None:
        yield _findings.warning(
            "identity",
            f"git doesn't know your name, so records are by {git.repository.fallback}",
            "Run:  git config user.name NAME && git config user.email ADDRESS",
        )
    else:
        yield _findings.ok("identity", str(identity))
    yield from _locks(git, runtime)


def _locks(git: Git, runtime: Runtime) -> Iterator[Diagnosis]:
    """Yield the lock files in the Git folder, and whether a running git may hold them."""
    found = sorted({*_lock_files(git.repository.common_dir), *_lock_files(git.repository.git_dir)})
    if not found:
        yield _findings.ok("locks", "there are no lock files")
        return
    live = _live_gits(git)
    for path in found:
        try:
            changed = datetime.fromtimestamp(path.stat().st_mtime, UTC)
        except FileNotFoundError:
            continue  # its git has finished
        age = max(0, int((runtime.now() - changed).total_seconds()))
        where = (
            path.relative_to(git.repository.common_dir)
            if path.is_relative_to(git.repository.common_dir)
            else path
        )
        if live:
            yield _findings.warning(
                "locks",
                f"{where} is {_age(age)} old, and git is running here (process"
                f" {', '.join(map(str, live))})",
                "Wait until it has finished.",
            )
            continue
        known = "no git is running" if live is not None else "we can't see whether git is running"
        yield _findings.problem(
            "locks",
            f"{where} is {_age(age)} old, and {known}: a killed git left it behind. Until you"
            " remove it, git can't write there",
            "Make sure that no git is running in this repository, also on other machines that"
            f" share it. Then remove it:  rm '{path}'",
        )


def _lock_files(folder: Path) -> Iterator[Path]:
    yield from folder.glob("*.lock")
    yield from folder.glob("refs/**/*.lock")


def _live_gits(git: Git) -> list[int] | None:
    """Return the git processes in this repository; None if the system doesn't list them."""
    processes = Path("/proc")
    if not (processes / "self" / "comm").exists():
        return None
    found = []
    for process in processes.iterdir():
        if not process.name.isdecimal():
            continue
        try:
            name = (process / "comm").read_text(encoding="utf-8", errors="replace").strip()
            folder = (process / "cwd").readlink()
        except OSError:
            continue  # another user's, or gone
        if name.startswith("git") and (
            folder.is_relative_to(git.repository.root)
            or folder.is_relative_to(git.repository.common_dir)
        ):
            found.append(int(process.name))
    return found


def _age(seconds: int) -> str:
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"


def examine_no_repository(error: SfnReleaseError) -> Diagnosis:
    """Return the diagnosis if git can't open a repository here."""
    if isinstance(error, NotFoundError):
        return _findings.error("repository", error)
    return _findings.problem(
        "repository",
        f"git can't open it: {error.why or error.message}",
        error.fix or "Follow git's advice.",
    )
