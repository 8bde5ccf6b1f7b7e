"""The bump that changes call for."""

from __future__ import annotations

import pytest

from sfn_release.comparison.semantic_change import ChangeClass, SemanticChange, weightiest
from sfn_release.comparison.version_bump import least_version, needed_bump


def made(change_class: ChangeClass, kind: str = "data") -> SemanticChange:
    """Return a change of a class."""
    return SemanticChange("orders", "", kind, change_class, "text", "reason")


@pytest.mark.parametrize(
    ("classes", "last", "bump", "version"),
    [
        ((), "1.2.3", "none", "1.2.3"),
        (("safe",), "1.2.3", "patch", "1.2.4"),
        (("safe", "results"), "1.2.3", "minor", "1.3.0"),
        (("permissions",), "1.2.3", "minor", "1.3.0"),
        (("breaking", "safe"), "1.2.3", "major", "2.0.0"),
        (("breaking",), "0.2.3", "minor", "0.3.0"),
        (("results",), "0.2.3", "minor", "0.3.0"),
        (("safe",), "0.2.3", "patch", "0.2.4"),
        (("safe",), "2.0.0-rc.1", "patch", "2.0.0"),
        (("breaking",), "2.0.0-rc.1", "major", "2.0.0"),
        (("breaking",), "1.2.4-rc.1", "major", "2.0.0"),
        (("results",), "1.2.4-rc.1", "minor", "1.3.0"),
    ],
)
def test_the_weightiest_class_decides(
    classes: tuple[ChangeClass, ...], last: str, bump: str, version: str
) -> None:
    """Below 1.0.0 nothing raises the major part; a pre-release leads to its version."""
    changes = [made(found) for found in classes]
    assert (needed_bump(changes, last), least_version(changes, last)) == (bump, version)


def test_a_new_workflow_asks_for_a_minor_version() -> None:
    """It is safe, and it is a feature."""
    assert needed_bump([made("safe", "added")], "1.0.0") == "minor"
    assert weightiest([made("safe"), made("permissions"), made("results")]) == "permissions"
    assert weightiest([]) is None
