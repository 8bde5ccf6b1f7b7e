"""An execution whose history is full is explained by the loop that filled it."""

from __future__ import annotations

from typing import Any

import pytest

from sfn_release.testing.histories.failure_reason import failure_reason
from sfn_release.testing.histories.regular_events import regular_events
from sfn_release.testing.histories.timeline import read_timeline
from support.executions import machine
from support.recorded_runs import record

PASS = {"Type": "Pass"}
AGAIN = {"Type": "Choice", "Choices": [{"Variable": "$.id", "IsPresent": True, "Next": "Poll"}]}
LOOP = machine(First=PASS, Poll=PASS, Look=PASS, Again=AGAIN)


def around(definition: dict[str, Any]) -> dict[str, Any]:
    """Return a definition with a Parallel around another."""
    return machine(Both={"Type": "Parallel", "Branches": [definition]})


def each(definition: dict[str, Any], items: int) -> dict[str, Any]:
    """Return a definition with a Map around another."""
    numbers = {"Type": "Pass", "Result": [{}] * items}
    return machine(Items=numbers, Each={"Type": "Map", "ItemProcessor": definition})


@pytest.mark.parametrize(
    ("definition", "text"),
    [
        (LOOP, "It was in a loop: "),
        (around(LOOP), "It was in a loop: "),
        (each(machine(Work=PASS), 9000), "Work was entered most often: "),
    ],
)
def test_what_filled_the_history_is_named(definition: dict[str, Any], text: str) -> None:
    """By its states, in their order, with the number of rounds."""
    recording = record(definition, lambda _call: None)
    timeline = read_timeline(regular_events(recording.events), {})
    reason = failure_reason(timeline, definition)
    assert reason is not None
    assert reason.summary == "The history of the execution is full: it failed with States.Runtime."
    assert reason.advice[0].startswith(text)
    if "loop" in text:
        states = reason.advice[0].removeprefix(text).partition(",")[0].split(" → ")
        assert sorted(states[1:]) == ["Again", "Look", "Poll"]
        assert states[0] == states[-1]
        assert " → ".join(states * 2).count("Poll → Look → Again") >= 1
