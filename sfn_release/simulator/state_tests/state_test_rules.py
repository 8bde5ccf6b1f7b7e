"""Refuses state tests whose parts contradict each other, with AWS's words where they're known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sfn_release.asl.integrations import is_activity, service_call
from sfn_release.simulator.state_tests.state_test import MockedResult, StateTest, StateTestRefused
from sfn_release.simulator.state_tests.tested_state import TestedState, inner_states

_NESTING: Final = ("Map", "Parallel")
_MOCKED: Final = ("Task", *_NESTING)
_DEFINITION: Final = "InvalidDefinition"
_TEXT, _COUNT, _OBJECT, _ANY = "string", "integer", "object", ""
_CONTEXT: Final[Mapping[str, Mapping[str, str]]] = {
    "Execution": {
        **dict.fromkeys(("Id", "Name", "RoleArn", "StartTime", "RedriveTime"), _TEXT),
        "Input": _ANY,
        "RedriveCount": _COUNT,
    },
    "State": {"EnteredTime": _TEXT, "Name": _TEXT, "RetryCount": _COUNT},
    "StateMachine": {"Id": _TEXT, "Name": _TEXT},
    "Task": {"Token": _TEXT},
}
"""The context object that a test may give: its fields and their types."""


def require_valid(test: StateTest, state: TestedState) -> None:
    """Raise StateTestRefused if *test* can't run *state*."""
    if test.mock is None:
        _require_no_settings(test)
        _require_unmocked(state)
    else:
        if state.type not in _MOCKED:
            raise StateTestRefused(
                f"State type '{state.type}' is not supported when a mock is specified"
            )
        if isinstance(test.mock, MockedResult):
            _require_shape(state, test.mock.result)
        _require_settings(test, state)
    if test.context is not None:
        _require_context(test.context, state)


def _require_no_settings(test: StateTest) -> None:
    settings = {
        "MapIterationFailureCount": test.failed_iterations,
        "RetrierRetryCount": test.retry_count,
        "ErrorCausedByState": test.caused_by,
        "MapItemReaderData": test.reader_data,
        "Context": test.context,
    }
    for name, value in settings.items():
        if value is not None:
            raise StateTestRefused(
                f"TestState does not support {name} when a mock is not specified."
            )


def _require_unmocked(state: TestedState) -> None:
    """Refuse the states that can't run without a mock."""
    if state.type in _NESTING:
        raise StateTestRefused(
            "TestState API does not support Map or Parallel states. Supported state types include:"
            " [Task, Wait, Pass, Succeed, Fail, Choice]",
            _DEFINITION,
        )
    if is_activity(state.resource):
        raise StateTestRefused("TestState API does not support Activity tasks.", _DEFINITION)
    if _waits(state):
        raise StateTestRefused(
            "TestState API does not support '.sync' or '.waitForTaskToken' integration patterns.",
            _DEFINITION,
        )


def _require_shape(state: TestedState, result: Any) -> None:
    """Compare the mocked result of a Map or Parallel with the state."""
    if state.type == "Map" and "ResultWriter" in state.definition:
        if not isinstance(result, Mapping):
            raise StateTestRefused("Mocked result must be a JSON object.")
    elif state.type in _NESTING:
        if not isinstance(result, list):
            raise StateTestRefused("Mocked result must be an array.")
        if state.type == "Parallel" and len(result) != len(state.definition.get("Branches", ())):
            raise StateTestRefused(
                "Mocked result must contain the same number of items as number of Parallel"
                " branches."
            )


def _require_settings(test: StateTest, state: TestedState) -> None:
    """Refuse settings that are for another type of state."""
    if test.caused_by is not None:
        if state.type not in _NESTING:
            raise StateTestRefused("ErrorCausedByState is only supported for Map or Parallel.")
        if all(inner.name != test.caused_by for inner in inner_states(state)):
            raise StateTestRefused("State not found in definition")
    if test.failed_iterations is not None and state.type != "Map":
        raise StateTestRefused("MapIterationFailureCount is only supported for Map states.")
    if test.reader_data is not None and "ItemReader" not in state.definition:
        raise StateTestRefused(
            "MapItemReaderData is only supported for Map states with an ItemReader."
        )
    if test.reader_data is None and state.type == "Map" and "ItemReader" in state.definition:
        raise StateTestRefused(
            "ItemReader data must be specified when testing a Map state with ItemReader specified."
        )


def _require_context(context: Mapping[str, Any], state: TestedState) -> None:
    for name, fields in context.items():
        if name == "Map":
            raise _context_fault("'Map' field is not supported when mocking a Context object")
        if name not in _CONTEXT:
            raise _context_fault(f"Field '{name}' is not allowed")
        if not isinstance(fields, Mapping):
            raise _context_fault(f"{name} must be a {_OBJECT}")
        for field, value in fields.items():
            if field not in _CONTEXT[name]:
                raise _context_fault(f"Field '{field}' is not allowed")
            if not _has_type(value, _CONTEXT[name][field]):
                raise _context_fault(f"{name}.{field} must be a {_CONTEXT[name][field]}")
    if "Task" in context and not _waits(state):
        raise StateTestRefused(
            "Context object contains 'Task' when state is not a Task state with a '.sync' or"
            " '.waitForTaskToken' service integration pattern"
        )


def _waits(state: TestedState) -> bool:
    """Whether a Task waits for a job or a callback."""
    call = service_call(state.resource)
    return call is not None and call.wait != ""


def _has_type(value: Any, wanted: str) -> bool:
    if value is None or wanted == _ANY:
        return True
    if wanted == _COUNT:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, str)


def _context_fault(fault: str) -> StateTestRefused:
    return StateTestRefused(f"Invalid Context object provided: {fault}")
