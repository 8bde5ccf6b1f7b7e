"""Damaged definitions: every problem becomes a finding, quickly."""

from __future__ import annotations

import copy
import json
import random
from pathlib import Path
from typing import Any

import pytest

import sfn_release as sfn
from support.command_line import run
from support.places import CORPUS

FLOW: dict[str, Any] = {
    "StartAt": "Read",
    "QueryLanguage": "JSONPath",
    "States": {
        "Read": {
            "Type": "Task",
            "Resource": "arn:aws:states:::aws-sdk:s3:getObject",
            "Parameters": {"Bucket": "b", "Key.$": "States.Format('{}', $.key[0])"},
            "Retry": [{"ErrorEquals": ["States.Timeout"], "MaxAttempts": 1}],
            "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Choose"}],
            "Assign": {"size.$": "$.ContentLength"},
            "Next": "Choose",
        },
        "Choose": {
            "Type": "Choice",
            "QueryLanguage": "JSONata",
            "Choices": [
                {"Condition": "{% $size > 1 and $states.input.ok %}", "Next": "Each"},
                {"Condition": True, "Assign": {"late": "{% $now() %}"}, "Next": "Both"},
            ],
            "Default": "Both",
        },
        "Each": {
            "Type": "Map",
            "Label": "each",
            "ItemReader": {
                "Resource": "arn:aws:states:::s3:getObject",
                "ReaderConfig": {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"},
                "Parameters": {"Bucket": "b", "Key": "k"},
            },
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                "StartAt": "Wait",
                "States": {"Wait": {"Type": "Wait", "SecondsPath": "$.s", "End": True}},
            },
            "MaxConcurrency": 5,
            "End": True,
        },
        "Both": {
            "Type": "Parallel",
            "Branches": [
                {"StartAt": "One", "States": {"One": {"Type": "Pass", "Result": 1, "End": True}}},
                {"StartAt": "Two", "States": {"Two": {"Type": "Fail", "Error": "Late"}}},
            ],
            "End": True,
        },
    },
}
VALUES: tuple[Any, ...] = (
    *(None, True, -1, 1.5, "", "$", "$.a", "$x", "{% $ %}", "{% $states.result", "States.UUID("),
    *([], {}, [[]], {"a.$": 1}, "\x00\U0001f4a5", "$.a[?(@.b", {"StartAt": "A"}, "${Parameter}"),
)
KEYS = ("Type", "Next", "Assign", "States", "x.$", "QueryLanguage", "Catch", "Choices", "Label")


def places(value: Any) -> list[tuple[Any, Any]]:
    """Return every object or array below *value* with each key in it."""
    found, queue = [], [value]
    for node in queue:
        keys = list(node) if isinstance(node, dict) else range(len(node))
        for key in keys:
            found.append((node, key))
            if isinstance(node[key], dict | list):
                queue.append(node[key])
    return found


def damaged(definition: Any, chance: random.Random) -> Any:
    """Return a copy with one to four parts replaced, removed, added or cut."""
    made = copy.deepcopy(definition)
    for _ in range(chance.randint(1, 4)):
        inside = places(made)
        if not inside:
            break
        node, key = chance.choice(inside)
        how = chance.randrange(4)
        if how == 0:
            node.pop(key)
        elif how == 1 and isinstance(node, dict):
            node[chance.choice(KEYS)] = copy.deepcopy(chance.choice(VALUES))
        elif how == 2 and isinstance(node[key], str):
            at = chance.randint(0, len(node[key]))
            node[key] = node[key][:at] + chance.choice("$'\\[({%.")
        else:
            node[key] = copy.deepcopy(chance.choice(VALUES))
    return made


@pytest.mark.parametrize("seed", range(4))
def test_a_damaged_definition_gives_findings(seed: int) -> None:
    """Each finding of hundreds of definitions has a path and a message."""
    chance = random.Random(seed)  # noqa: S311 - the same damage in every run
    sources = [FLOW]
    for path in sorted(CORPUS.rglob("*.json"))[seed::40]:
        try:
            sources.append(json.loads(path.read_bytes()))
        except ValueError:
            continue
    for _ in range(100):
        definition = damaged(chance.choice(sources), chance)
        for type in ("STANDARD", "EXPRESS"):
            for finding in sfn.check_definition(definition, type=type):
                assert finding.path.startswith("$")
                assert finding.message


def test_the_undamaged_definition_has_no_errors() -> None:
    """The original must be valid, so that the damage is the only fault."""
    assert [
        str(finding) for finding in sfn.check_definition(FLOW) if finding.severity == "error"
    ] == []


@pytest.mark.parametrize("text", ["[" * 10_000, '{"a":' * 10_000 + "1" + "}" * 10_000])
def test_a_deep_file_is_one_clear_finding(text: str, tmp_path: Path) -> None:
    """A file of ten thousand levels has one finding."""
    ran = run("-C", str(tmp_path), "check", "-", "--json", stdin=text)
    assert (ran.code, [finding["rule"] for finding in ran.json["findings"]]) == (1, ["not-json"])


@pytest.mark.parametrize("depth", [10, 200, 10_000])
def test_deep_scopes_are_checked_or_refused(depth: int) -> None:
    """States in states at any depth are checked, or refused with a finding."""
    state: Any = {"Type": "Pass", "Next": "Gone"}
    for level in range(depth):
        branch = {"StartAt": f"S{level}", "States": {f"S{level}": state}}
        state = {"Type": "Parallel", "Branches": [branch], "End": True}
    found = sfn.check_definition({"StartAt": "A", "States": {"A": state}})
    assert {finding.rule for finding in found} in ({"dangling"}, {"not-json"})


def test_what_is_wrong_a_thousand_times_is_told_a_hundred_times() -> None:
    """The work for many findings doesn't grow with their square."""
    states = {f"S{at}": {"Type": "Pass", "Next": f"T{at}"} for at in range(3000)}
    found = sfn.check_definition({"StartAt": "S0", "States": states})
    assert {
        rule: sum(finding.rule == rule for finding in found)
        for rule in {finding.rule for finding in found}
    } == {"dangling": 100, "unreachable": 100}
