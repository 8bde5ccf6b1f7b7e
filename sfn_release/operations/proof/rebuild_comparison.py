"""Compares a release with a rebuild of its commit: digest, first difference, versions. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sfn_release.authoring.declaration import Declaration
from sfn_release.canonical import first_difference, keys_of, short
from sfn_release.errors import (
    DefinitionError,
    NonDeterministicError,
    SfnReleaseError,
    TamperedError,
)
from sfn_release.operations.proof.evidence import Evidence
from sfn_release.project.modules import Toolchain
from sfn_release.release.differences import differences
from sfn_release.release.manifest import release_digest
from sfn_release.release.release import Release
from sfn_release.text import shorten

_MEMBERS = ("definition", "type", "logging", "tracing", "encryption", "tags", "role")
_NOTHING = "(nothing)"


@dataclass(frozen=True)
class VersionDifference:
    """A part of the toolchain whose version differs; None stands for a part that is missing."""

    name: str
    recorded: str | None
    used: str | None

    def __str__(self) -> str:
        return f"{self.name} {self.recorded or 'none'} (now {self.used or 'none'})"


@dataclass(frozen=True)
class RebuildDifference:
    """The first difference of one workflow.

    *path* is its JSON path in the workflow, ``$.definition.States.Charge.TimeoutSeconds``;
    *released* and *rebuilt* are the values there, as JSON text. *text* describes it by state.
    """

    workflow: str
    path: str
    released: str
    rebuilt: str
    text: str


@dataclass(frozen=True)
class Rebuilt:
    """The comparison of a release with its rebuild.

    *digest* is the rebuild's, None if the commit didn't build because of the *problem*. *missing*
    are recorded versions that can't be had.
    """

    version: str
    commit: str
    released_digest: str
    digest: str | None = None
    differences: tuple[RebuildDifference, ...] = ()
    versions: tuple[VersionDifference, ...] = ()
    missing: tuple[str, ...] = ()
    problem: SfnReleaseError | None = None
    python: str = ""

    @property
    def ok(self) -> bool:
        """Whether the commit builds to the released digest."""
        return self.problem is None and self.digest == self.released_digest

    @property
    def error(self) -> SfnReleaseError | None:
        """The problem, None if there is none."""
        return _error(self, self.differences)

    @property
    def text(self) -> str:
        """The comparison in words, without its problem."""
        other = f", with other versions: {_listed(self.versions)}" if self.versions else ""
        built = f" with Python {self.python}" if self.python else ""
        return f"{self.commit[:12]} builds to {short(self.released_digest)} again{built}{other}"

    def evidence(self, workflows: Sequence[str]) -> dict[str, Evidence]:
        """Return the evidence for each of *workflows*: only its own difference counts."""
        found = {}
        for name in workflows:
            own = [difference for difference in self.differences if difference.workflow == name]
            broken = self.digest is None or bool(own)
            found[name] = Evidence(self.text, _error(self, own) if broken else None)
        return found

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        error = self.error
        return {
            "version": self.version,
            "commit": self.commit,
            "ok": self.ok,
            "released_digest": self.released_digest,
            "digest": self.digest,
            "differences": [vars(difference) for difference in self.differences],
            "versions": [vars(version) for version in self.versions],
            "missing": list(self.missing),
            "problem": f"{error.message} {error.why}".strip() if error else None,
        }


def compare_rebuild(
    release: Release, declarations: Sequence[Declaration], toolchain: Toolchain
) -> Rebuilt:
    """Compare a release with the *declarations* of its commit, built with *toolchain*."""
    manifest = release.manifest
    rebuilt = {declaration.name: declaration for declaration in declarations}
    found = Rebuilt(
        manifest.version,
        manifest.commit,
        release.digest,
        versions=tuple(version_differences_of(manifest.toolchain, toolchain)),
        python=toolchain.python,
    )
    try:
        digest = release_digest({name: other.digest for name, other in rebuilt.items()})
    except DefinitionError as error:
        return replace(found, problem=error)
    return replace(found, digest=digest, differences=tuple(_differences(release, rebuilt)))


def unbuilt(
    release: Release,
    problem: SfnReleaseError,
    versions: tuple[VersionDifference, ...] = (),
    missing: tuple[str, ...] = (),
) -> Rebuilt:
    """Return the comparison for a commit that doesn't build; the rest is as in `Rebuilt`."""
    manifest = release.manifest
    found = Rebuilt(manifest.version, manifest.commit, release.digest, problem=problem)
    return replace(found, versions=versions, missing=missing)


def version_differences_of(
    recorded: Mapping[str, Any], used: Toolchain
) -> Iterator[VersionDifference]:
    """Yield the versions that differ between a manifest's toolchain and the one of a build."""
    for name, before, now in (
        ("Python", recorded.get("python"), used.python),
        ("sfn-release", recorded.get("sfn_release"), used.sfn_release),
    ):
        if isinstance(before, str) and before != now:
            yield VersionDifference(name, before, now)
    then = recorded.get("distributions")
    then = then if isinstance(then, Mapping) else {}
    for name in sorted({*then, *used.distributions}, key=str):
        if then.get(name) != used.distributions.get(name):
            yield VersionDifference(name, then.get(name), used.distributions.get(name))


def _differences(
    release: Release, rebuilt: Mapping[str, Declaration]
) -> Iterator[RebuildDifference]:
    """Yield the first difference of each workflow that differs."""
    for name in sorted({*release.declarations, *rebuilt}):
        old, new = release.declarations.get(name), rebuilt.get(name)
        if old is None or new is None:
            sides = [_NOTHING if side is None else f'"{name}"' for side in (old, new)]
            text = "it isn't in the release" if old is None else "the commit doesn't build it"
            yield RebuildDifference(name, "$", sides[0], sides[1], text)
        elif old.digest != new.digest:
            left, right = _content(old), _content(new)
            path = first_difference(left, right) or "$"
            described = next(iter(differences(old, new)), None)
            text = str(described or path)
            yield RebuildDifference(name, path, _at(left, path), _at(right, path), text)


def _content(declaration: Declaration) -> dict[str, Any]:
    """Return the members that the workflow digest covers."""
    return {name: getattr(declaration, name) for name in _MEMBERS}


def _at(value: Any, path: str) -> str:
    for key in keys_of(path):
        try:
            value = value[key]
        except (KeyError, IndexError, TypeError):
            return _NOTHING
    return shorten(json.dumps(value, ensure_ascii=False))


def _error(rebuilt: Rebuilt, shown: Sequence[RebuildDifference]) -> SfnReleaseError | None:
    if rebuilt.ok:
        return None
    versions = [f"Versions that differ: {_listed(rebuilt.versions)}."] if rebuilt.versions else []
    versions += [f"Versions that can't be had: {'; '.join(rebuilt.missing)}."] * bool(
        rebuilt.missing
    )
    if rebuilt.problem is not None:
        return rebuilt.problem.explained(*versions)
    lines = [
        f"{difference.workflow}: {difference.text}\n    at {difference.path}:"
        f" released {difference.released}, rebuilt {difference.rebuilt}"
        for difference in shown[:1]
    ]
    more = len(shown) - 1
    lines += [f"… and {more} more workflows differ."] if more > 1 else []
    lines += ["… and 1 more workflow differs."] if more == 1 else []
    message = f"{rebuilt.commit[:12]} doesn't build to the digest of {rebuilt.version}."
    digests = f"Released {short(rebuilt.released_digest)}, rebuilt {short(rebuilt.digest or '')}."
    why = "\n  ".join([*lines, digests, *versions])
    if rebuilt.versions:
        again = f"sfn-release verify {rebuilt.version} --rebuild --toolchain recorded"
        return NonDeterministicError(
            message, why=why, fix=f"Build it with the recorded versions:  {again}"
        )
    return TamperedError(
        message,
        why=why,
        fix="With the recorded versions, a commit builds to the same digest. So the release was not"
        " made from this commit, or its build depends on something that isn't recorded.",
    )


def _listed(versions: Sequence[VersionDifference]) -> str:
    return ", ".join(map(str, versions))
