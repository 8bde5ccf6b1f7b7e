"""Runs one state by itself, by the engine that runs executions.

    StateTest → find and check the state → its behaviour → Retry, Catch → StateTestOutcome

A mock answers a Task in place of `Tasks`, and stands for the branches of a Parallel and the
iterations of a Map. A failure is not retried: the outcome says which retrier would, and when.
Source: "Testing state machines with TestState API" in AWS's developer guide.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from random import Random
from typing import Any

from sfn_release.simulator.clock import Clock, VirtualClock
from sfn_release.simulator.definition_shape import shape_fault
from sfn_release.simulator.event_recorder import EventCounter
from sfn_release.simulator.execution import BEHAVIOURS, deliver_work
from sfn_release.simulator.execution_outcome import ContextSeed
from sfn_release.simulator.failure import (
    RUNTIME,
    ExecutionFailure,
    ExecutionTimedOut,
    StateFailure,
)
from sfn_release.simulator.languages.language_table import language_of
from sfn_release.simulator.machine import ExecutionRun, Frame
from sfn_release.simulator.mocks import Mocks
from sfn_release.simulator.scheduler import Scheduler
from sfn_release.simulator.state_tests.http_exchange import http_request, http_response, is_http
from sfn_release.simulator.state_tests.mocked_states import MockedTasks, NestedMocks
from sfn_release.simulator.state_tests.state_inspection import InspectedVisit, inspection
from sfn_release.simulator.state_tests.state_test import (
    StateTest,
    StateTestOutcome,
    StateTestRefused,
)
from sfn_release.simulator.state_tests.state_test_rules import require_valid
from sfn_release.simulator.state_tests.tested_state import TestedState, find_tested
from sfn_release.simulator.states.retries import backoff, first_match
from sfn_release.simulator.states.state_visit import StateExit
from sfn_release.simulator.task_protocol import Tasks
from sfn_release.simulator.timestamps import later, write_instant

_LONGEST = 300  # seconds (AWS: a test runs for up to five minutes)
_RETRIED = ("Task", "Map", "Parallel")
_HANDLERS = ("Retry", "Catch")
_ENTERED = 2  # the id of the first StateEntered event of an execution

_SEED = ContextSeed(
    execution_arn="arn:aws:states:us-east-1:000000000000:express:TestState:test:test",
    execution_name="test",
    role_arn="",
    state_machine_arn="arn:aws:states:us-east-1:000000000000:stateMachine:TestState",
    state_machine_name="TestState",
    started_at=datetime(2000, 1, 1, tzinfo=UTC),
    type="EXPRESS",
)


def simulate_state(
    test: StateTest,
    *,
    tasks: Tasks | None = None,
    context: ContextSeed = _SEED,
    clock: Clock | None = None,
) -> StateTestOutcome:
    """Run the state of *test* and return its outcome.

    *tasks* answer a Task without a mock. *context* has the names for a context object that the test
    doesn't give. *clock* is virtual by default: a Wait takes no time. A state that fails is an
    outcome too. Raises StateTestRefused for a test that contradicts itself or its definition.
    """
    try:
        state = find_tested(test)
        _require_shape(test, state)
        require_valid(test, state)
    except RecursionError:
        deep = "The states are too deeply nested."
        raise StateTestRefused(deep, "InvalidDefinition") from None
    return _StateTestRun.of(test, state, tasks or Mocks(), context, clock).outcome()


def _require_shape(test: StateTest, state: TestedState) -> None:
    """Refuse a definition that the simulator can't read."""
    alone = {"StartAt": state.name, "States": {state.name: test.definition}}
    fault = shape_fault(alone if test.state_name is None else test.definition)
    if fault is None and state.type not in BEHAVIOURS:
        fault = f"The state '{state.name}' has no known Type."
    if fault:
        raise StateTestRefused(f"The definition can't be run: {fault}", "InvalidDefinition")


@dataclass
class _StateTestRun:
    """One run of a state test."""

    test: StateTest
    state: TestedState
    run: ExecutionRun
    frame: Frame
    visit: InspectedVisit

    @classmethod
    def of(
        cls,
        test: StateTest,
        state: TestedState,
        tasks: Tasks,
        context: ContextSeed,
        clock: Clock | None,
    ) -> _StateTestRun:
        clock = clock or VirtualClock(context.started_at)
        execution = {
            "Id": context.execution_arn,
            "Input": test.input,
            "StartTime": write_instant(context.started_at),
            "Name": context.execution_name,
            "RoleArn": context.role_arn or None,
        }
        handled = bool(state.definition.get("Retry") or state.definition.get("Catch"))
        nested = NestedMocks(test, handled=handled)
        random = Random(context.execution_arn)  # noqa: S311 - reproducible, nothing secret
        run = ExecutionRun(
            tasks=tasks if test.mock is None else MockedTasks(test),
            clock=clock,
            history=EventCounter(clock, express=context.type == "EXPRESS"),
            random=random,
            seed=context,
            execution=execution,
            behaviours={**BEHAVIOURS, "Map": nested.map, "Parallel": nested.parallel},
        )
        frame = Frame(_ENTERED, state.language, dict(test.variables))
        visit = InspectedVisit(
            state.name,
            {field: value for field, value in state.definition.items() if field not in _HANDLERS},
            test.input,
            _context_object(test, state, run),
            frame.variables,
            _ENTERED,
            random,
            clock,
            given_context=test.context is not None,
        )
        return cls(test, state, run, frame, visit)

    def outcome(self) -> StateTestOutcome:
        """Run the state and return its outcome."""
        try:
            exit_ = self._exit()
            self.run.texts.of(exit_.output, self.state.name)  # raises beyond the quota
        except StateFailure as failure:
            return self._failed(failure)
        except ExecutionFailure as failure:
            return self._ended("FAILED", error=failure.error, cause=failure.cause)
        except ExecutionTimedOut:
            return self._failed(StateFailure("States.Timeout"))
        except RecursionError:
            cause = "The data of the state is nested too deeply to be processed here."
            return self._ended("FAILED", error=RUNTIME, cause=cause)
        return self._ended("SUCCEEDED", exit_)

    def _exit(self) -> StateExit:
        """Drive the state's behaviour to its end."""
        behaviour = self.run.behaviours[self.state.type]
        clock = self.run.clock
        deadline = later(clock.now(), _LONGEST)
        scheduler = Scheduler(clock, behaviour(self.run, self.frame, self.visit))
        while True:
            deliver_work(self.run, scheduler)
            scheduler.run_due(deadline)
            if scheduler.ended:
                exit_: StateExit = scheduler.value
                return exit_
            clock.wait(min(scheduler.due or deadline, deadline), self.run.work.values())

    def _failed(self, failure: StateFailure) -> StateTestOutcome:
        """Find the retrier or catcher of a failure, of the state or of the states around it."""
        details: dict[str, int] = {}
        for holder in self.state.handlers:
            index = first_match(holder.definition.get("Retry", ()), failure)
            if index is not None:
                details["retryIndex"] = index
                seconds = backoff(holder.definition["Retry"][index], self.test.retry_count or 0)
                if seconds is not None:
                    details["retryBackoffIntervalSeconds"] = int(seconds)
                    return self._ended("RETRIABLE", None, failure.error, failure.cause, details)
            index = first_match(holder.definition.get("Catch", ()), failure)
            if index is not None:
                details["catchIndex"] = index
                return self._caught(holder, failure, details)
        return self._ended("FAILED", None, failure.error, failure.cause, details)

    def _caught(
        self, holder: TestedState, failure: StateFailure, details: Mapping[str, int]
    ) -> StateTestOutcome:
        language = language_of(holder.language)
        try:
            visit = replace(self.visit, name=holder.name, definition=holder.definition)
            exit_ = language.catch(visit, details["catchIndex"], failure.output())
        except StateFailure as second:
            return self._ended("FAILED", None, second.error, second.cause)
        return self._ended("CAUGHT_ERROR", exit_, failure.error, failure.cause, details)

    def _ended(
        self,
        status: Any,
        exit_: StateExit | None = None,
        error: str | None = None,
        cause: str | None = None,
        details: Mapping[str, int] | None = None,
    ) -> StateTestOutcome:
        data = inspection(self.visit, alone=self.test.state_name is None) | self._http()
        variables = {**self.test.variables, **(exit_.assigned if exit_ else {})}
        if variables:
            data["variables"] = variables
        if details:
            data["errorDetails"] = dict(details)
        if exit_ is None:
            return StateTestOutcome(status, data, error=error, cause=cause)
        return StateTestOutcome(status, data, exit_.output, True, exit_.next, error, cause)

    def _http(self) -> dict[str, Any]:
        """Return the request and the response of an HTTP Task that ran without a mock."""
        notes = self.visit.notes
        payload = notes.get("afterParameters", notes.get("afterArguments"))
        if self.test.mock is not None or payload is None or not is_http(self.state.resource):
            return {}
        region = "".join(self.run.seed.state_machine_arn.split(":")[3:4])
        request = http_request(payload, region)
        if "result" not in notes:
            return {"request": request}
        return {"request": request, "response": http_response(notes["result"], request)}


def _context_object(test: StateTest, state: TestedState, run: ExecutionRun) -> dict[str, Any]:
    """Return the given context object, or one like an execution's."""
    if test.context is not None:
        return dict(test.context)
    seed = run.seed
    found: dict[str, Any] = {
        "Execution": run.execution,
        "StateMachine": {"Id": seed.state_machine_arn, "Name": seed.state_machine_name},
        "State": {"Name": state.name, "EnteredTime": write_instant(run.clock.now())},
    }
    if state.type in _RETRIED:
        found["State"]["RetryCount"] = test.retry_count or 0
    if any(holder.type == "Map" for holder in state.handlers if holder is not state):
        # As AWS does: the first iteration, over the input.
        found["Map"] = {"Item": {"Index": 0, "Value": test.input}}
    return found
