"""The definitions in `tests/data/definitions`, valid and invalid ones.

Each file has a *definition* and its reason as *why*: for an invalid definition, AWS's message where
it is known, or else the fault. An invalid one also has the *rule* and *path* of its finding.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import sfn_release as sfn
from sfn_release.checks.finding import Finding
from support.places import DEFINITIONS as DATA

ACCEPTED = sorted((DATA / "accepted").glob("*.json"))
REFUSED = sorted((DATA / "refused").glob("*.json"))


def read(path: Path) -> dict[str, Any]:
    """Return a file's text."""
    read: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return read


def errors(case: dict[str, Any]) -> list[Finding]:
    """Return the errors of a definition."""
    type = case.get("type", "STANDARD")
    found = sfn.check_definition(case["definition"], type=type, services=True)
    return [finding for finding in found if finding.severity == "error"]


@pytest.mark.parametrize("path", ACCEPTED, ids=lambda path: path.stem)
def test_a_good_definition_has_no_error(path: Path) -> None:
    """A valid definition is also written back unchanged."""
    case = read(path)
    assert errors(case) == []
    again = sfn.Workflow.from_dict(case["definition"]).serialize(type=case.get("type", "STANDARD"))
    assert again == case["definition"]


@pytest.mark.parametrize("path", REFUSED, ids=lambda path: path.stem)
def test_a_wrong_definition_has_its_error(path: Path) -> None:
    """The error is at the place of the fault."""
    case = read(path)
    assert (case["rule"], case["path"]) in {
        (finding.rule, finding.path) for finding in errors(case)
    }


def test_there_are_some_of_both() -> None:
    """There are valid and invalid files, each with its reason."""
    assert len(ACCEPTED) >= 10
    assert len(REFUSED) >= 20
    assert all(read(path)["why"] for path in (*ACCEPTED, *REFUSED))
