"""Definitions of others: accepted, run or refused by AWS, or published.

The collections aren't part of the project, and the tests are skipped without them.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

import sfn_release as sfn
from sfn_release.authoring.state_names import StateNames
from sfn_release.canonical import first_difference
from sfn_release.errors import DefinitionError
from support.places import CORPUS, ORACLE


def corpus() -> list[dict[str, str]]:
    index = CORPUS / "index.tsv"
    if not index.exists():
        pytest.skip("the corpus of public definitions is not here")
    with index.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def errors(path: Path, *, type: str = "STANDARD") -> list[str]:
    findings = sfn.check_definition(json.loads(path.read_bytes()), type=type)
    return [str(finding) for finding in findings if finding.severity == "error"]


def test_no_definition_that_aws_accepted_is_refused() -> None:
    """No false alarms on definitions that AWS accepted, in both query languages."""
    accepted = [row["path"] for row in corpus() if row["basis"] == "aws-accepted"]
    refused = {path: errors(CORPUS / path) for path in accepted}
    assert {path: why for path, why in refused.items() if why} == {}
    assert len(accepted) > 100


def test_published_definitions_are_not_refused() -> None:
    """Published definitions have no errors, except one with a QueryLanguage among its states."""
    paths = [row["path"] for row in corpus() if row["label"] == "valid"]
    published = [path for path in paths if not path.startswith("localstack")]
    refused = [path for path in published if errors(CORPUS / path)]
    assert refused == ["aws-samples__step-functions-workflows-collection/699a8e423abd.json"]


def test_most_definitions_that_aws_refused_are_refused() -> None:
    """Refused definitions have errors, except two with AWS's grammar of intrinsic functions."""
    rows = [row for row in corpus() if row["basis"] in {"aws-refused", "localstack-recorded"}]
    missed = [row["path"] for row in rows if not errors(CORPUS / row["path"])]
    assert len(missed) <= 2, missed
    express = [row["path"] for row in corpus() if row["label"] == "invalid-express"]
    assert all(errors(CORPUS / path, type="EXPRESS") for path in express)


def test_no_definition_that_aws_ran_is_refused() -> None:
    """0 false alarms on the definitions of recorded executions."""
    folder = ORACLE / "executions"
    if not folder.exists():
        pytest.skip("the recorded executions are not here")
    refused = {}
    for path in sorted(folder.rglob("*.json")):
        case = json.loads(path.read_bytes())
        findings = sfn.check_definition(case["definition"], type=case.get("type") or "STANDARD")
        if why := [str(finding) for finding in findings if finding.severity == "error"]:
            refused[path.name] = why
    assert refused == {}


def read_back(definition: dict[str, Any]) -> tuple[sfn.Workflow, str | None]:
    """Return the workflow of a definition, and the places where it is written differently."""
    workflow = sfn.Workflow.from_dict(definition)
    return workflow, first_difference(workflow.to_asl(StateNames(workflow)), definition)


def test_every_definition_is_read_and_written_back() -> None:
    """Nothing is lost in either language, and almost all states are typed."""
    raw = states = 0
    unread = []
    for row in corpus():
        definition = json.loads((CORPUS / row["path"]).read_bytes())
        try:
            workflow, difference = read_back(definition)
        except DefinitionError:
            unread.append(row["label"])
            continue
        assert difference is None, row["path"]
        if row["label"] == "valid":
            states += len(workflow.states)
            raw += sum(isinstance(state, sfn.Raw) for state in workflow.states)
    assert unread.count("valid") <= 1
    assert states > 500
    assert raw <= 2
