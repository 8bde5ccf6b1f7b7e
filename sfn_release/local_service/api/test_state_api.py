"""TestState: runs one state by itself, with or without a mock.

    request → StateTest → checks of definition and mock → StateTestOutcome → answer

`sfn_release.simulator.state_tests` runs the state. A task without a mock is answered as the tasks
of an execution are.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from sfn_release.asl.intrinsic_functions import compact
from sfn_release.canonical import loads
from sfn_release.errors import DefinitionError
from sfn_release.local_service.api import (
    api_answers,
    api_errors,
    test_state_definition,
    test_state_mocks,
)
from sfn_release.local_service.executions.task_scope import tasks_named
from sfn_release.local_service.request_context import RequestContext
from sfn_release.local_service.storage import history_store
from sfn_release.simulator import ContextSeed, RealClock, VirtualClock
from sfn_release.simulator.state_tests.state_test import (
    MockedError,
    MockedResult,
    StateTest,
    StateTestOutcome,
    StateTestRefused,
)
from sfn_release.simulator.state_tests.state_test_rules import require_valid
from sfn_release.simulator.state_tests.state_test_run import simulate_state
from sfn_release.simulator.state_tests.tested_state import TestedState, find_tested

_MACHINE: Final = "TestState"
_PER_ITEM: Final = ("afterItemsPath", "afterItemsPointer", "afterItemSelector")
"""Members that AWS joins item by item, with a blank after each comma, as recorded."""
_TRACED: Final = ("request", "response")
_AS_THEY_ARE: Final = (
    *("maxConcurrency", "toleratedFailureCount", "toleratedFailurePercentage", "errorDetails"),
    *_TRACED,
)


def run(context: RequestContext, request: Mapping[str, Any]) -> dict[str, Any]:
    """TestState. A state that fails is a normal answer."""
    text = request.get("input", "{}")
    test, mode = _read(request, text)
    try:
        state = find_tested(test)
        _require_valid(test, state, request, mode)
        outcome = simulate_state(
            test,
            tasks=tasks_named(context, _MACHINE, {}),
            clock=RealClock() if context.real_time else VirtualClock(_now(context)),
            context=_seed(context, request),
        )
    except StateTestRefused as refused:
        raise api_errors.ApiError(refused.code, refused.message) from None
    written = _Written(text, (request.get("mock") or {}).get("result"))
    return _answer(outcome, request, written)


def _read(request: Mapping[str, Any], text: str) -> tuple[StateTest, str]:
    """Return the test that *request* describes, and its field validation mode."""
    definition = test_state_definition.checked(request["definition"], request.get("stateName"))
    try:
        input = loads(text, unique_keys=False)
    except DefinitionError as error:
        raise api_errors.invalid_input(error.message) from None
    mock = request.get("mock")
    settings = request.get("stateConfiguration") or {}
    test = StateTest(
        definition=definition,
        state_name=request.get("stateName"),
        input=input,
        variables=_object(request.get("variables"), "Invalid variables provided:") or {},
        mock=None if mock is None else _mock(mock),
        context=_object(request.get("context"), "Invalid Context object provided:"),
        retry_count=settings.get("retrierRetryCount"),
        failed_iterations=settings.get("mapIterationFailureCount"),
        caused_by=settings.get("errorCausedByState"),
        reader_data=settings.get("mapItemReaderData"),
    )
    return test, (mock or {}).get("fieldValidationMode") or "STRICT"


def _mock(mock: Mapping[str, Any]) -> MockedResult | MockedError:
    result, failure = mock.get("result"), mock.get("errorOutput")
    if (result is None) == (failure is None):
        raise api_errors.validation(
            "A test mock should have only one of the following fields: [result, errorOutput]."
        )
    if failure is not None:
        if not failure.get("error"):
            raise api_errors.validation("An error was not specified in the mocked error output.")
        return MockedError(failure["error"], failure.get("cause"))
    try:
        return MockedResult(loads(str(result), unique_keys=False))
    except DefinitionError:
        raise api_errors.validation("Mocked result must be valid JSON") from None


def _object(text: str | None, refusal: str) -> Mapping[str, Any] | None:
    """Return the JSON object in a member's text; None for an absent member."""
    if text is None:
        return None
    try:
        value = loads(text, unique_keys=False)
    except DefinitionError as error:
        raise api_errors.validation(f"{refusal} {error.message}") from None
    if not isinstance(value, Mapping):
        raise api_errors.validation(f"{refusal} It must be a JSON object.")
    return value


def _require_valid(
    test: StateTest, state: TestedState, request: Mapping[str, Any], mode: str
) -> None:
    require_valid(test, state)
    if test.mock is None:
        if state.type == "Task" and request.get("roleArn") is None:
            raise api_errors.validation("RoleArn must be specified when testing a Task state")
        return
    if request.get("revealSecrets"):
        raise api_errors.validation(
            "TestState does not support RevealSecrets when a mock is specified."
        )
    if isinstance(test.mock, MockedResult) and state.type == "Task":
        test_state_mocks.check_result(state.resource, test.mock.result, mode=mode)


def _now(context: RequestContext) -> datetime:
    return datetime.fromtimestamp(context.now(), UTC)


def _seed(context: RequestContext, request: Mapping[str, Any]) -> ContextSeed:
    """Return names and ARNs for the context object: a test is an EXPRESS execution on AWS."""
    machine, name = context.new_id(), context.new_id()
    return ContextSeed(
        execution_arn=context.scope.tested(machine, name),
        execution_name=name,
        role_arn=request.get("roleArn") or "",
        state_machine_arn=context.scope.machine(machine),
        state_machine_name=machine,
        started_at=_now(context),
        type="EXPRESS",
    )


class _Written:
    """Writes values as AWS answers them: texts that the caller gave keep their layout."""

    def __init__(self, *given: str | None) -> None:
        self._given = {compact(loads(text, unique_keys=False)): text for text in given if text}

    def text(self, value: Any) -> str:
        """Write any value."""
        text = compact(value)
        return history_store.storable(self._given.get(text, text))

    def items(self, values: list[Any]) -> str:
        """Write a list item by item."""
        return history_store.storable(f"[{', '.join(map(compact, values))}]")

    def batches(self, values: list[Any]) -> str:
        """Write the batches of an ItemBatcher, whose items are JSON texts."""
        return self.items([{**batch, "Items": [*map(compact, batch["Items"])]} for batch in values])


def _answer(
    outcome: StateTestOutcome, request: Mapping[str, Any], written: _Written
) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "output": written.text(outcome.output) if outcome.has_output else None,
        "error": outcome.error and history_store.storable(outcome.error),
        "cause": outcome.cause and history_store.storable(outcome.cause),
        "nextState": outcome.next,
        "status": outcome.status,
    }
    level = request.get("inspectionLevel", "INFO")
    if level != "INFO":
        answer["inspectionData"] = {
            name: _member(name, value, written)
            for name, value in outcome.inspection.items()
            if level == "TRACE" or name not in _TRACED
        }
    return api_answers.present(answer)


def _member(name: str, value: Any, written: _Written) -> Any:
    """Return a member of InspectionData: counts and structures as they are, data as JSON texts."""
    if name in _AS_THEY_ARE:
        return value
    if name == "afterItemBatcher":
        return written.batches(value)
    if name in _PER_ITEM and isinstance(value, list):
        return written.items(value)
    return written.text(value)
