"""Feeds generated JSON to the simulator and to the operations of the service.

Any definition, input, mock file and request that is legal JSON ends in a result or in one of AWS's
errors. A Python error is a traceback that a user would see, and ten seconds of work are a hang.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any
from unittest.mock import patch

from sfn_release.errors import SfnReleaseError
from sfn_release.local_service.executions import activity_tasks
from sfn_release.simulator import ContextSeed, VirtualClock, load_mocks, simulate
from sfn_release.simulator.state_tests import (
    MockedError,
    MockedResult,
    StateTest,
    StateTestRefused,
    simulate_state,
)
from support.attacks.fuzzing import LIMIT, Fed, Service, shown
from support.attacks.generating import PREFIX, ROLE
from support.attacks.generating_requests import RequestGenerator

_SEED = ContextSeed(
    execution_arn=f"{PREFIX}:execution:m:e",
    execution_name="e",
    role_arn=ROLE,
    state_machine_arn=f"{PREFIX}:stateMachine:m",
    state_machine_name="m",
    started_at=datetime(2030, 1, 1, tzinfo=UTC),
)
_LATEST = 20
_PATIENCE = 60.0  # seconds
_INNER = {"StartAt": "Pass", "States": {"Pass": {"Type": "Pass", "End": True}}}
_EACH = {
    "Type": "Map",
    "ItemProcessor": {
        **_INNER,
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
    },
    "ItemSelector": {"a": 1},
    "End": True,
}
_HELLO = json.dumps({"StartAt": "Each", "States": {"Each": {**_EACH, "Label": "label"}}})


class GeneratedInputs:
    """One service that lives as long as the inputs come."""

    def __init__(self) -> None:
        self._service = Service()
        self._known: dict[str, list[str]] = {"arn": [], "token": []}

    def feed(self, inputs: int, seed: int, before: Callable[[str, Any], None]) -> Iterator[Fed]:
        """Feed *inputs* generated inputs; yield each with its outcome.

        *before* gets each input first, so that you know an input that never returns.
        """
        with patch.object(activity_tasks, "_SECONDS", 0):  # nobody gives the workers a task
            for number in range(inputs):
                generator = RequestGenerator(f"{seed}/{number}")
                kind = _KINDS[number % len(_KINDS)]
                given, run = getattr(self, f"_{kind}")(generator)
                text = json.dumps(given)
                before(kind, text)
                yield _fed(kind, number, text, run)

    def _execution(self, generator: RequestGenerator) -> tuple[Any, Callable[[], bool]]:
        """Run a definition that nothing has checked."""
        definition, input, mocks = generator.definition(), generator.input(), generator.mocks()

        def run() -> bool:
            tasks = load_mocks(json.dumps(mocks), file="x.mocks.json").fresh()
            clock = VirtualClock(_SEED.started_at)
            outcome = simulate(definition, input, tasks=tasks, clock=clock, context=_SEED)
            json.dumps([outcome.output, outcome.error, outcome.cause])
            json.dumps([event.details for event in outcome.events])
            return outcome.status != "SUCCEEDED"

        return [definition, input, mocks], run

    def _state(self, generator: RequestGenerator) -> tuple[Any, Callable[[], bool]]:
        """Test a state that nothing has checked."""
        definition, input = generator.definition(), generator.input()
        error, context, count = generator.any(), generator.any(), generator.any()
        states = definition["States"]
        name = next(iter(states), None) if isinstance(states, dict) else None
        mocks = (None, MockedResult(generator.any()), MockedError(str(error), None))
        mock = mocks[len(json.dumps(definition)) % 3]
        test = StateTest(
            definition,
            name,
            input,
            mock=mock,
            context=context if isinstance(context, Mapping) and mock else None,
            retry_count=count if isinstance(count, int) and mock else None,
        )

        def run() -> bool:
            try:
                outcome = simulate_state(test)
            except StateTestRefused as refused:
                return bool(refused.code)
            json.dumps([outcome.output, outcome.error, outcome.cause, outcome.inspection])
            return outcome.status == "FAILED"

        return [definition, name, input, repr(mock), context], run

    def _machine(self, generator: RequestGenerator) -> tuple[Any, Callable[[], bool]]:
        """Create a state machine, run it and read its history."""
        definition, input = generator.definition(), generator.input()

        def run() -> bool:
            create = {"name": "x", "definition": json.dumps(definition), "roleArn": ROLE}
            made = self._service.ask("CreateStateMachine", create)
            if "stateMachineArn" not in made:
                return True
            arn = made["stateMachineArn"]
            start = {"stateMachineArn": arn, "input": json.dumps(input)}
            started = self._service.ask("StartExecution", start)
            if "executionArn" in started:
                execution = {"executionArn": started["executionArn"]}
                self._service.ask("DescribeExecution", execution)
                self._service.ask("GetExecutionHistory", execution)
                self._service.ask("RedriveExecution", execution)
            self._service.ask("DeleteStateMachine", {"stateMachineArn": arn})
            return False

        return [definition, input], run

    def _request(self, generator: RequestGenerator) -> tuple[Any, Callable[[], bool]]:
        """Send a request of any operation of the API."""
        self._stock()
        generator.known = self._known
        operation, shape = generator.pick([*_operations().items()])
        request = generator.request(shape)

        def run() -> bool:
            answer = self._service.ask(operation, json.dumps(request).encode())
            self._learn(answer)
            return "__type" in answer

        return [operation, request], run

    def _stock(self) -> None:
        """Have something to ask for, whatever an earlier request deleted."""
        hello = {"name": "hello", "definition": _HELLO, "roleArn": ROLE, "publish": True}
        made = self._service.ask("CreateStateMachine", hello)
        arn = made.get("stateMachineVersionArn", f"{PREFIX}:stateMachine:hello")
        started = self._service.ask("StartExecution", {"stateMachineArn": arn})
        self._learn([made, started])
        if "executionArn" in started:
            execution = {"executionArn": started["executionArn"]}
            self._learn(self._service.ask("ListMapRuns", execution))

    def _learn(self, value: Any, name: str = "") -> None:
        """Keep the latest ARNs and tokens in an answer."""
        if isinstance(value, dict):
            for member, inner in value.items():
                self._learn(inner, member)
        elif isinstance(value, list):
            for inner in value:
                self._learn(inner, name)
        for end, known in self._known.items():
            if isinstance(value, str) and name.lower().endswith(end):
                known.append(value)
                del known[:-_LATEST]


_KINDS = ("execution", "state", "machine", "request", "request")


def _fed(kind: str, number: int, text: str, run: Callable[[], bool]) -> Fed:
    """Run an input. It hangs if it computes too long, or waits much longer on a busy machine."""
    begun, busy = time.monotonic(), time.process_time()
    trouble, refused = "", False
    try:
        refused = run()
    except SfnReleaseError:
        refused = True
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the finding
        trouble = shown(error)
    seconds, computed = time.monotonic() - begun, time.process_time() - busy
    if not trouble and (computed > LIMIT or seconds > _PATIENCE):
        trouble = f"took {seconds:.1f} s, and computed for {computed:.1f} s"
    return Fed(kind, number, computed, trouble, text, refused)


@cache
def _operations() -> Mapping[str, Any]:
    """Return the input shape of every operation, as botocore's model has it."""
    from botocore.loaders import Loader
    from botocore.model import ServiceModel

    service = ServiceModel(Loader().load_service_model("stepfunctions", "service-2"))
    return {name: service.operation_model(name).input_shape for name in service.operation_names}
