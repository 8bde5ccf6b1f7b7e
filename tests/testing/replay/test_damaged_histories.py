"""Any history ends in a report: damaged, mixed up, with members of wrong types."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sfn_release.simulator import VirtualClock, simulate
from sfn_release.testing.histories.history_files import execution_of
from sfn_release.testing.histories.state_visits import api_events
from sfn_release.testing.replay.replay_execution import replay_execution
from support.executions import SEED, START
from support.random_machines import RandomAnswers, machines

INPUT = {"n": 2, "items": [1, 2]}
VALUES: st.SearchStrategy[Any] = st.sampled_from(
    (None, 0, -1, 1e30, "", "x", "{", [], {}, True, "2026-01-01T00:00:00Z")
)


@settings(max_examples=40)
@given(machines(), st.integers(0, 999), st.data())
def test_a_damaged_history_ends_in_a_report(
    definition: dict[str, Any], seed: int, data: st.DataObject
) -> None:
    """Members are missing or have other values, and events are missing or repeated."""
    outcome = simulate(
        definition, INPUT, tasks=RandomAnswers(seed), clock=VirtualClock(START), context=SEED
    )
    events = json.loads(json.dumps([*api_events(outcome.events)], default=str))
    for _ in range(data.draw(st.integers(1, 4))):
        index = data.draw(st.integers(0, len(events) - 1))
        event = events[index]
        match data.draw(st.sampled_from(("drop", "repeat", "member", "detail"))):
            case "drop" if len(events) > 1:
                del events[index]
            case "repeat":
                events.insert(index, dict(event))
            case "member":
                event["timestamp"] = data.draw(VALUES)
                event["previousEventId"] = data.draw(st.integers(-1, 50))
            case _:
                details = [value for value in event.values() if isinstance(value, dict)]
                for found in details:
                    for name in found:
                        if data.draw(st.booleans()):
                            found[name] = data.draw(VALUES)
    recording = execution_of(events, {"executionArn": SEED.execution_arn}, name="damaged")
    replayed = replay_execution(recording, definition)
    assert json.dumps([found.to_json() for found in replayed.differences])
