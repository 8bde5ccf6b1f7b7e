"""Replays recorded executions on one core, their histories read from JSON files.

You see how many executions of 20 states it replays in a second: reading and parsing the file,
running the candidate, comparing. Then the same with a task in every state, in JSONata, with a Map
of 20 iterations, and with UUIDs that are taken over from the recording. ``--profile`` shows where
the time goes.
"""

from __future__ import annotations

import cProfile
import json
import pstats
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sfn_release.simulator import ContextSeed, Mocks, VirtualClock, simulate
from sfn_release.testing.histories.history_files import read_history_files
from sfn_release.testing.histories.state_visits import api_events
from sfn_release.testing.replay.candidate import Candidate
from sfn_release.testing.replay.replay_execution import replay_execution

GOAL = 500  # executions a second
FILES = 300
ROUNDS = 5
STATES = 20
ARN = "arn:aws:states:us-east-1:000000000000"
START = datetime(2026, 1, 31, 12, tzinfo=UTC)
LAMBDA = "arn:aws:lambda:us-east-1:000000000000:function:Price"
ORDER = {
    "order": {"id": 17, "total": 120.5, "lines": [1, 2, 3]},
    "customer": "Ada",
    "items": [{"sku": f"sku-{number}"} for number in range(STATES)],
}
INVOKE: dict[str, Any] = {
    "Type": "Task",
    "Resource": "arn:aws:states:::lambda:invoke",
    "Parameters": {"FunctionName": LAMBDA, "Payload": {"order.$": "$.order"}},
    "ResultSelector": {"amount.$": "$.Payload.amount"},
    "ResultPath": "$.price",
    "Retry": [{"ErrorEquals": ["States.TaskFailed"]}],
}
SELECT = {"Type": "Pass", "Parameters": {"seen.$": "$.customer"}, "ResultPath": "$.last"}
CHOICE = {
    "Type": "Choice",
    "Choices": [{"Variable": "$.order.total", "NumericGreaterThan": 100}],
}
JSONATA = {
    "Type": "Pass",
    "Output": "{% $merge([$states.input, {'seen': $states.input.customer}]) %}",
}
DRAWN = {"Type": "Pass", "Parameters": {"id.$": "States.UUID()"}, "ResultPath": "$.last"}
MAP = {
    "Type": "Map",
    "ItemsPath": "$.items",
    "ItemProcessor": {
        "StartAt": "Ship",
        "States": {"Ship": {"Type": "Task", "Resource": LAMBDA, "End": True}},
    },
    "ResultPath": "$.shipped",
}


def main() -> int:
    """Measure, print, and return 1 when the goal is missed."""
    mixed = [(INVOKE, SELECT, CHOICE, SELECT)[number % 4] for number in range(STATES)]
    rates = [
        _rate("20 states: tasks, passes, choices", _chain(mixed), goal=GOAL),
        _rate("20 tasks with Parameters", _chain([INVOKE] * STATES)),
        _rate("20 states in JSONata", _chain([JSONATA] * STATES, "JSONata")),
        _rate("a Map of 20 iterations with a task", _chain([MAP])),
        _rate("20 states that draw a UUID", _chain([DRAWN] * STATES)),
    ]
    if "--profile" in sys.argv:
        _profile(_chain(mixed))
    return 0 if all(rates) else 1


def _chain(states: list[dict[str, Any]], language: str = "JSONPath") -> dict[str, Any]:
    """Return a machine of the states, one after the other."""
    linked: dict[str, Any] = {}
    for number, state in enumerate(states):
        following = f"S{number + 1}"
        if "Choices" in state:
            rules = [{**rule, "Next": following} for rule in state["Choices"]]
            linked[f"S{number}"] = {**state, "Choices": rules}
        else:
            linked[f"S{number}"] = {**state, "Next": following}
    linked[f"S{len(states)}"] = {"Type": "Succeed"}
    return {"QueryLanguage": language, "StartAt": "S0", "States": linked}


def _record(definition: dict[str, Any], folder: Path) -> None:
    """Write histories as the AWS CLI prints them."""
    for number in range(FILES):
        seed = ContextSeed(
            f"{ARN}:execution:orders:run-{number}",
            f"run-{number}",
            "arn:aws:iam::000000000000:role/orders",
            f"{ARN}:stateMachine:orders",
            "orders",
            START,
        )
        outcome = simulate(
            definition,
            {**ORDER, "number": number},
            tasks=Mocks({LAMBDA: {"payload": 1}, INVOKE["Resource"]: {"payload": {"amount": 1}}}),
            clock=VirtualClock(START),
            context=seed,
        )
        events = [
            event | {"timestamp": event["timestamp"].isoformat()}
            for event in api_events(outcome.events)
        ]
        document = {"events": events, "execution": {"executionArn": seed.execution_arn}}
        (folder / f"{number}.json").write_text(json.dumps(document, indent=4), encoding="utf-8")


def _replay(definition: dict[str, Any], folder: Path) -> None:
    candidate = Candidate.of(definition)
    for recording in read_history_files(folder):
        replayed = replay_execution(recording, candidate)
        if not replayed.same:
            raise SystemExit(f"It isn't the same: {replayed}")


def _rate(what: str, definition: dict[str, Any], goal: int | None = None) -> bool:
    with tempfile.TemporaryDirectory() as name:
        _record(definition, Path(name))
        times = []
        for _ in range(ROUNDS):
            begun = time.process_time()
            _replay(definition, Path(name))
            times.append(time.process_time() - begun)
    rate = FILES / min(times)
    met = goal is None or rate >= goal
    end = "" if goal is None else f"  (goal {goal}: {'met' if met else 'MISSED'})"
    print(f"{what:<40} {rate:8.0f} executions a second{end}")
    return met


def _profile(definition: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as name:
        _record(definition, Path(name))
        profile = cProfile.Profile()
        profile.runcall(_replay, definition, Path(name))
        pstats.Stats(profile).sort_stats("tottime").print_stats(35)


if __name__ == "__main__":
    sys.exit(main())
