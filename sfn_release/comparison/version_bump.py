"""The part of a version that changes ask to raise. Source: Semantic Versioning 2.0."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal, assert_never

from sfn_release.comparison.semantic_change import SemanticChange
from sfn_release.release.version import Part, is_initial, raised

Bump = Literal["major", "minor", "patch", "none"]
BUMPS: Final[tuple[Bump, ...]] = ("none", "patch", "minor", "major")
"""The bumps, the smallest first."""


def bump_of(change: SemanticChange) -> Part:
    """Return the part that one change asks to raise, for a version from 1.0.0 on."""
    match change.change_class:
        case "breaking":
            return "major"
        case "results" | "permissions":
            return "minor"
        case "safe":
            return "minor" if change.kind == "added" else "patch"  # a new workflow
        case _:
            assert_never(change.change_class)


def needed_bump(changes: Iterable[SemanticChange], last: str) -> Bump:
    """Return the bump that *changes* since the version *last* ask for; ``none`` without changes.

    Below 1.0.0, a breaking change raises the minor part.
    """
    bumps: list[Bump] = ["none", *map(bump_of, changes)]
    found = max(bumps, key=BUMPS.index)
    return "minor" if found == "major" and is_initial(last) else found


def least_version(changes: Iterable[SemanticChange], last: str) -> str:
    """Return the lowest version that suits *changes* since *last*; *last* without changes."""
    bump = needed_bump(changes, last)
    return last if bump == "none" else raised(last, bump)
