"""Replays our own hand-written executions, whose histories follow from AWS's rules.

Each file in ``data/recordings`` names the rule that it shows. Its events are ``[id, previous event,
type, details]``; a detail ``"*"`` matches any text. Unlike AWS's own recordings, which are in a
folder beside the repository, these are part of the source.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sfn_release.checks.checker import check_definition
from sfn_release.simulator import ContextSeed, VirtualClock, load_mocks, simulate
from support.places import RECORDINGS as FOLDER

RECORDINGS = sorted(FOLDER.glob("*.json"))
ARN = "arn:aws:states:us-east-1:000000000000"
START = datetime(2026, 1, 1, tzinfo=UTC)
SEED = ContextSeed(
    execution_arn=f"{ARN}:execution:m:e",
    execution_name="e",
    role_arn="arn:aws:iam::000000000000:role/m",
    state_machine_arn=f"{ARN}:stateMachine:m",
    state_machine_name="m",
    started_at=START,
)


def test_there_are_recordings() -> None:
    """The recordings are part of the source, so that every contributor runs them."""
    assert len(RECORDINGS) >= 18


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_an_execution_goes_as_it_is_written_down(path: Path) -> None:
    """The outcome and every event, with its link and details, match the file."""
    recording = json.loads(path.read_text(encoding="utf-8"))
    errors = [
        finding
        for finding in check_definition(recording["definition"])
        if finding.severity == "error"
    ]
    assert errors == []
    outcome = simulate(
        recording["definition"],
        recording["input"],
        tasks=load_mocks(json.dumps(recording["mocks"])),
        clock=VirtualClock(START),
        context=SEED,
    )
    fields = ("status", "output", "error", "cause")
    assert recording["expect"] == {
        name: value for name in fields if (value := getattr(outcome, name)) is not None
    }
    actual = [
        [event.id, event.previous, event.type, next(iter(event.details.values()), None)]
        for event in outcome.events
    ]
    assert len(recording["events"]) == len(actual)
    assert [filled(*pair) for pair in zip(recording["events"], actual, strict=True)] == actual


def filled(expected: list[Any], actual: list[Any]) -> list[Any]:
    """Return an expected event, with its wildcards replaced by the actual texts."""
    if not expected[3]:
        return expected
    details = actual[3] or {}
    return [
        *expected[:3],
        {key: details.get(key) if value == "*" else value for key, value in expected[3].items()},
    ]
