"""Holds mocked results and errors of tasks against the models of AWS's services.

A mock that AWS could never return proves nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Final, assert_never

from sfn_release.checks.location import Location
from sfn_release.checks.services.result_validation import ResultFault, json_type, result_faults
from sfn_release.simulator import Later, TaskCall, TaskFailure, TaskResult, Tasks
from sfn_release.simulator.task_protocol import FunctionResult
from sfn_release.testing.mocked_results.mocked_errors import error_problems
from sfn_release.testing.mocked_results.result_models import (
    ResultModel,
    result_model,
    submission_model,
)
from sfn_release.testing.mocked_results.shape_problem import ShapeProblem
from sfn_release.text import did_you_mean, shorten

_SHOWN: Final = 8  # known values or members that a message lists


def shape_problems(resource: str, result: Any) -> list[ShapeProblem]:
    """Return what in *result* a task with this Resource would never get from AWS.

    The results of functions, activities and callbacks are free, and so are those of actions that
    the installed botocore doesn't have.
    """
    return [*_problems(resource, result_model(resource), result)]


class HeldToShapes:
    """Answers tasks as *tasks* do, and reports each problem of an answer to *on_problem*.

    Wrap the mocks alone: what handlers and endpoints answer is real. The items that a mock gives to
    a Map's ItemReader are free. The same mock answers the Map's ResultWriter, which ignores it.
    """

    def __init__(self, tasks: Tasks, on_problem: Callable[[ShapeProblem], None]) -> None:
        self._tasks = tasks
        self._on_problem = on_problem
        self._readers: set[str] = set()  # the Maps whose items a mock gave

    def run(self, call: TaskCall) -> Any:
        """Answer *call*."""
        try:
            answer = self._tasks.run(call)
        except TaskFailure as failure:
            self._submission(call, failure.submitted)
            self._report(call, error_problems(call.resource, failure.error))
            raise
        if call.reads_items:
            self._readers.add(call.state)
        if call.state in self._readers:
            return answer
        match answer:
            case FunctionResult():
                pass  # it's right, so that the models of AWS needn't be read
            case Later(submitted=submitted):
                self._submission(call, submitted)
            case TaskResult(result, submitted=submitted):
                self._submission(call, submitted)
                self._report(call, shape_problems(call.resource, result))
            case result:
                self._report(call, shape_problems(call.resource, result))
        return answer

    def _submission(self, call: TaskCall, submitted: Any) -> None:
        if submitted is not None:
            model = submission_model(call.resource)
            self._report(call, [*_problems(call.resource, model, submitted)])

    def _report(self, call: TaskCall, problems: list[ShapeProblem]) -> None:
        for problem in problems:
            self._on_problem(replace(problem, state=call.state))


def _problems(resource: str, model: ResultModel | None, result: Any) -> Iterator[ShapeProblem]:
    if model is None:
        return
    if result is None:
        if model.usual:
            yield ShapeProblem(resource, "$", "the result is null, but AWS returns an object.")
        return
    try:
        written = json.loads(json.dumps(result))  # a test may have an object with numbers as keys
    except (TypeError, ValueError, RecursionError):
        return  # the simulator refuses it
    for fault in result_faults(model.service, model.shape, written, sdk=model.sdk):
        if _is_number_for_time(model, fault):
            continue
        message, fix = _words(model, fault)
        yield ShapeProblem(resource, Location(fault.keys).path, message, fix)


def _is_number_for_time(model: ResultModel, fault: ResultFault) -> bool:
    """Whether a time is a number, as optimized integrations show it."""
    timed = model.service.shapes[fault.shape]["type"] == "timestamp"
    number = isinstance(fault.value, int | float) and not isinstance(fault.value, bool)
    return timed and number and not model.sdk


def _words(model: ResultModel, fault: ResultFault) -> tuple[str, str]:
    """Return the message and the fix of a fault."""
    shape = model.service.shapes[fault.shape]
    match fault.kind:
        case "type":
            wanted = json_type(shape)
            if shape["type"] == "timestamp":
                wanted = "a time as text" if model.sdk else "a time, in milliseconds since 1970"
            return f"expected {wanted}, not {_shown(fault.value)}.", _text_of(shape, fault)
        case "time":
            return (
                f"{_shown(fault.value)} isn't a time in ISO 8601.",
                'For example: "2026-01-01T00:00:00Z".',
            )
        case "enum":
            known = shape["enum"]
            return (
                f"{_shown(fault.value)} isn't a value of {fault.name}.",
                did_you_mean(str(fault.value), known) or f"Known values: {_listed(known)}.",
            )
        case "size":
            return f"{fault.words}.", ""
        case "required":
            return f"{fault.name} is missing, but AWS always returns it.", ""
        case "unknown":
            return _unknown(model, fault)
        case _ as never:
            assert_never(never)


def _text_of(shape: Any, fault: ResultFault) -> str:
    structured = shape["type"] in ("string", "blob") and isinstance(fault.value, dict | list)
    return "Write the JSON as text." if structured else ""


def _unknown(model: ResultModel, fault: ResultFault) -> tuple[str, str]:
    members = model.service.members(fault.shape, sdk=model.sdk)
    known = [name for name in members if fault.keys or name in model.usual]
    message = f"AWS returns no member {fault.name} here."
    if not known:
        return message, "The result is an empty object."
    same = [name for name in known if name.lower() == fault.name.lower()]
    near = f'Did you mean "{same[0]}"?' if same else did_you_mean(fault.name, known)
    return message, near or f"Known members: {_listed(known)}."


def _listed(names: list[str]) -> str:
    return ", ".join(names[:_SHOWN]) + (" …" if len(names) > _SHOWN else "")


def _shown(value: Any) -> str:
    return shorten(json.dumps(value, ensure_ascii=False, default=repr))
