"""Real definitions with verdicts: the checks accept and refuse the same definitions as AWS.

The definitions are in a folder beside the repository. Without them, these tests are skipped.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from typing import Any

import pytest

import sfn_release as sfn
from sfn_release.canonical import loads
from sfn_release.errors import DefinitionError
from support.places import CORPUS, ORACLE

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not here")


def corpus(*bases: str, label: str) -> Iterator[dict[str, str]]:
    with (CORPUS / "index.tsv").open(newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            if row["basis"] in bases and row["label"].startswith(label):
                yield row


def errors_in(row: dict[str, str]) -> list[str]:
    """Return the errors of one definition, checked as its type of state machine."""
    try:
        definition = loads((CORPUS / row["path"]).read_bytes())
    except DefinitionError as error:
        return [error.message]
    type = "EXPRESS" if row["label"] == "invalid-express" else "STANDARD"
    findings = sfn.check_definition(definition, type=type)
    return [finding.message for finding in findings if finding.severity == "error"]


def test_what_aws_accepted_is_accepted() -> None:
    """A definition of a state machine that AWS created has no errors."""
    rows = list(corpus("aws-accepted", label="valid"))
    assert len(rows) > 100
    assert {row["path"]: found for row in rows if (found := errors_in(row))} == {}


def test_what_aws_ran_is_accepted() -> None:
    """A definition of a recorded execution has no errors."""
    refused: dict[str, Any] = {}
    for path in (ORACLE / "executions").rglob("*.json"):
        case = json.loads(path.read_text())
        found = sfn.check_definition(case["definition"], type=case.get("type") or "STANDARD")
        errors = [str(finding) for finding in found if finding.severity == "error"]
        if errors:
            refused[path.name] = errors
    assert refused == {}


WORDS = (
    "RFC3339",
    "must be a valid JSONPath or a valid intrinsic function call",
    "is required but was missing",
    "'QueryLanguage' can not be 'JSONPath'",
    "does not support '.sync'",
    "does not support '.waitForTaskToken'",
    "does not support Activity ARN",
)


def test_what_aws_refused_is_refused_for_its_reason() -> None:
    """The first error has AWS's message."""
    rows = [*corpus("aws-refused", label="invalid"), *corpus("aws-recorded", label="invalid-")]
    assert len(rows) > 10
    for row in rows:
        first, *_ = errors_in(row)
        (words,) = [words for words in WORDS if words in row["aws_says"]]
        assert words in first


def test_what_other_validators_refuse_is_refused() -> None:
    """Spaces around the braces of {% %} are an exception, because AWS accepts them."""
    passed = {row["aws_says"] for row in corpus("suite", label="invalid") if not errors_in(row)}
    spaces = {"jsonata-surround-syntax-no-spaces", "json-surround-syntax-extra-spaces"}
    assert spaces == passed


def test_published_definitions_are_accepted() -> None:
    """Except one, which has a QueryLanguage among its States."""
    refused = [row["path"] for row in corpus("published", label="valid") if errors_in(row)]
    assert refused == ["aws-samples__step-functions-workflows-collection/699a8e423abd.json"]
