"""The names in this clone's refs: releases, and workflows and states of a release. No network."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from typing import Any

from sfn_release.cli.completion.project_outline import ProjectOutline

_LONGEST = 1.0  # seconds that git may take
_MOST = 500  # releases that are offered
_MOST_READ = 5  # releases in which a workflow is looked for
_VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?")


def versions(project: ProjectOutline) -> list[str]:
    """Return the release versions that this clone knows, the highest first."""
    before, _, after = project.tag.partition("{version}")
    tags, trials = f"refs/tags/{before}", _trials(project)
    found = set()
    for ref in _refs(project):
        if ref.startswith(tags):
            found.add(ref.removeprefix(tags).removesuffix(after))
        elif ref.startswith(trials):
            found.add(ref.removeprefix(trials))
    for ref in _releases(project):
        subjects = _git(project, "log", "--format=%s", f"-n{_MOST}", ref, "--")
        found |= {subject.removeprefix("release ") for subject in subjects}
    return sorted((name for name in found if _VERSION.fullmatch(name)), key=_order, reverse=True)


def released_workflows(project: ProjectOutline) -> list[str]:
    """Return the workflows of the newest release, and of the newest local trial."""
    found: dict[str, None] = {}
    for ref in _definitions(project)[:2]:
        names = _git(project, "ls-tree", "-z", "--name-only", ref, "definitions/", zeros=True)
        found |= dict.fromkeys(
            name.removeprefix("definitions/").removesuffix(".asl.json") for name in names
        )
    return [*found]


def released_states(project: ProjectOutline, workflow: str) -> list[str]:
    """Return the states of a workflow in the newest release, or local trial, that has it."""
    import json

    for ref in _definitions(project)[:_MOST_READ]:
        text = "\n".join(_git(project, "show", f"{ref}:definitions/{workflow}.asl.json"))
        if text:
            return [*dict.fromkeys(_states(json.loads(text)))]
    return []


def _definitions(project: ProjectOutline) -> list[str]:
    """Return the refs whose commits hold definitions: the releases, and trials, newest first."""
    start = _trials(project)
    trials = [ref for ref in _refs(project) if ref.startswith(start)]
    known = [ref for ref in trials if _VERSION.fullmatch(ref.removeprefix(start))]
    known.sort(key=lambda ref: _order(ref.removeprefix(start)), reverse=True)
    return [*_releases(project), *known]


def _states(value: Any) -> Iterator[str]:
    """Yield the names of the states in a definition, nested ones too."""
    if isinstance(value, dict):
        states = value.get("States")
        if isinstance(states, dict):
            yield from states
        for member in value.values():
            yield from _states(member)
    elif isinstance(value, list):
        for item in value:
            yield from _states(item)


def _trials(project: ProjectOutline) -> str:
    return f"refs/sfn-release/{project.name}/local/releases/"


@cache
def _refs(project: ProjectOutline) -> list[str]:
    """Return the refs of releases: tags, trials, the ledger's branch and its copies."""
    branches = (f"{project.ledger}/{project.name}/releases", "refs/sfn-release-remotes/")
    tags = f"refs/tags/{project.tag.partition('{version}')[0]}*"
    return _git(project, "for-each-ref", "--format=%(refname)", tags, _trials(project), *branches)


def _releases(project: ProjectOutline) -> list[str]:
    """Return the ref of the releases: this clone's copy of the remote's, or its own."""
    own = f"{project.ledger}/{project.name}/releases"
    copy = f"/{project.name}/releases"
    found = [
        ref
        for ref in _refs(project)
        if ref == own or (ref.startswith("refs/sfn-release-remotes/") and ref.endswith(copy))
    ]
    return sorted(found, key=lambda ref: ref == own)[:1]


def _git(project: ProjectOutline, *arguments: str, zeros: bool = False) -> list[str]:
    """Return the lines that git prints; none after a failure. Git can't reach any remote."""
    environ = {name: text for name, text in os.environ.items() if not name.startswith("GIT_")}
    done = subprocess.run(
        ["git", "-C", str(project.root), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environ | {"GIT_ALLOW_PROTOCOL": "none", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"},
        timeout=_LONGEST,
        check=False,
    )
    text = done.stdout.decode("utf-8", "surrogateescape") if done.returncode == 0 else ""
    return [line for line in text.split("\0" if zeros else "\n") if line]


def _order(version: str) -> tuple[Any, ...]:
    """Return the precedence of a version, as Semantic Versioning has it."""
    found = _VERSION.fullmatch(version)
    if found is None:
        return ()
    major, minor, patch, before = found.groups()
    parts = [
        (0, int(part), "") if part.isdecimal() else (1, 0, part)
        for part in (before or "").split(".")
    ]
    return (int(major), int(minor), int(patch), before is None, parts)
