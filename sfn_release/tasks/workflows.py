"""Answers tasks that call Step Functions itself: nested executions, and its other operations.

The executions that such a task starts are real ones: you can describe and list them like any other.
Source: "Start workflow executions from a Task state in Step Functions" in AWS's developer guide.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import Any

from sfn_release.asl.intrinsic_functions import compact
from sfn_release.checks.services.botocore_models import Service, optimized_service, sdk_service
from sfn_release.simulator import Later, TaskCall, TaskFailure, TaskResult
from sfn_release.tasks.chain import Answer
from sfn_release.tasks.execution_scope import ApiRefusal, CallApi, EndOf
from sfn_release.tasks.request_ids import new_request_id
from sfn_release.tasks.sdk_metadata import with_metadata
from sfn_release.tasks.sdk_values import UnknownMember, from_answer, to_request
from sfn_release.tasks.service_failures import ServiceFault, failure_of
from sfn_release.tasks.work import after, in_background

_START = "StartExecution"
_RESOURCE = re.compile(
    r"arn:[^:]+:states:[^:]*:[^:]*:(?:(?P<plain>states:startExecution)|aws-sdk:sfn:(?P<sdk>\w+))"
    r"(?P<wait>\.sync(?::2)?|\.waitForTaskToken)?"
)
_POLL_SECONDS = 0.05
_LONGEST_CAUSE = 32_768  # characters; the model of the API: SensitiveCause
_NAMES_MACHINE = (_START, "StartSyncExecution")


@dataclass(frozen=True)
class _ApiCall:
    """A task's call of an operation. *wait* is the end of the Resource, such as ``.sync``."""

    service: Service
    operation: str
    sdk: bool
    wait: str
    request: Mapping[str, Any]


class WorkflowTasks:
    """Step Functions itself as a source of answers, by *call_api*.

    A start of a state machine that it doesn't have is left to the next source. *end_of* follows
    nested executions to their ends; those that it can't follow are polled.
    """

    def __init__(self, call_api: CallApi, end_of: EndOf | None = None) -> None:
        self._call_api = call_api
        self._end_of = end_of

    def answer_to(self, call: TaskCall) -> Answer | None:
        """Return the call of Step Functions; None for other services and unknown workflows."""
        found = _RESOURCE.fullmatch(call.resource)
        if found is None or not isinstance(call.payload, Mapping):
            return None
        sdk = found["plain"] is None
        service = sdk_service("sfn") if sdk else optimized_service("states")
        action = found["sdk"] or "startExecution"
        if service is None or action not in service.actions:
            return None
        operation = action[:1].upper() + action[1:]
        try:
            request = to_request(service, service.input_of(action), call.payload, sdk=sdk)
        except UnknownMember as unknown:
            return partial(_refuse, str(unknown))
        asked = _ApiCall(service, operation, sdk, found["wait"] or "", request)
        if operation in _NAMES_MACHINE and not self._knows(request.get("stateMachineArn")):
            return None
        return partial(self._answer, asked)

    def _knows(self, arn: Any) -> bool:
        """Whether the state machine of *arn*, or of its version or alias, exists here."""
        if not isinstance(arn, str):
            return True  # Step Functions says what's wrong with it
        machine = ":".join(arn.partition("#")[0].split(":")[:7])
        try:
            self._call_api("DescribeStateMachine", {"stateMachineArn": machine})
        except ApiRefusal as refusal:
            return refusal.code != "StateMachineDoesNotExist"
        return True

    def _answer(self, asked: _ApiCall) -> Any:
        members = self._perform(asked)
        result = _result(asked, members)
        match asked.wait:
            case "":
                return result
            case ".waitForTaskToken":
                return Later(submitted=result)
            case _:
                return self._finished(asked, members["executionArn"], result)

    def _perform(self, asked: _ApiCall) -> dict[str, Any]:
        try:
            return self._call_api(asked.operation, asked.request)
        except ApiRefusal as refusal:
            fault = ServiceFault(refusal.code, refusal.message, refusal.status, new_request_id())
            submits = bool(asked.wait)
            raise failure_of(asked.service, fault, sdk=asked.sdk, at_submission=submits) from None

    def _finished(self, asked: _ApiCall, arn: str, submitted: Any) -> Any:
        """Return the end of a started execution: at once if it's there, else as work."""
        found = self._call_api("DescribeExecution", {"executionArn": arn})
        if found["status"] == "RUNNING":
            end = None if self._end_of is None else self._end_of(arn)
            waiting = after(end or self._polled(arn), lambda described: _outcome(asked, described))
            return Later(waiting, submitted)
        seconds = max(0.0, found["stopDate"] - found["startDate"])
        try:
            output = _outcome(asked, found)
        except TaskFailure as failure:
            failure.seconds, failure.submitted = seconds, submitted
            raise
        return TaskResult(output, seconds, submitted)

    def _polled(self, arn: str) -> Future[dict[str, Any]]:
        """Poll an execution until it has ended, or nothing waits for it any more."""
        abandoned = threading.Event()
        end = in_background(lambda: self._wait(arn, abandoned), arn)
        end.add_done_callback(lambda _done: abandoned.set())
        return end

    def _wait(self, arn: str, abandoned: threading.Event) -> dict[str, Any]:
        """Return a started execution once it has ended. Stop it if its parent gives it up."""
        while True:
            found = self._call_api("DescribeExecution", {"executionArn": arn})
            if found["status"] != "RUNNING":
                return found
            if abandoned.wait(_POLL_SECONDS):
                self._call_api("StopExecution", {"executionArn": arn})
                return found


def _refuse(problem: str) -> Any:
    raise TaskFailure("States.Runtime", problem)


def _result(asked: _ApiCall, members: Mapping[str, Any]) -> dict[str, Any]:
    """Return an answer of the API as the integration shows it."""
    action = asked.operation[:1].lower() + asked.operation[1:]
    shape = asked.service.actions[action].get("output", {}).get("shape")
    shown: dict[str, Any] = from_answer(asked.service, shape, members, sdk=asked.sdk)
    if asked.sdk:
        return shown
    request_id = new_request_id()
    headers = {
        "connection": "keep-alive",
        "Content-Length": str(len(compact(members).encode(errors="replace"))),
        "Content-Type": "application/x-amz-json-1.0",
        "x-amzn-RequestId": request_id,
    }
    return with_metadata(shown, request_id, headers)


def _cause(shown: Mapping[str, Any]) -> str:
    """Return a failed execution's description as a cause, its own cause cut to fit in."""
    text = compact(shown)
    excess = len(text) - _LONGEST_CAUSE
    if excess <= 0:
        return text
    inner = str(shown.get("Cause", ""))
    return compact({**shown, "Cause": inner[: max(0, (len(inner) - excess) // 2)]})


def _outcome(asked: _ApiCall, found: Mapping[str, Any]) -> dict[str, Any]:
    """Return a finished execution as ``.sync`` shows it, or raise it as the task's failure.

    ``.sync:2`` shows input and output as JSON, ``.sync`` as texts.
    """
    shape = asked.service.actions["describeExecution"]["output"]["shape"]
    shown = dict(sorted(from_answer(asked.service, shape, found, sdk=False).items()))
    if found["status"] != "SUCCEEDED":
        raise TaskFailure("States.TaskFailed", _cause(shown))
    if asked.wait == ".sync:2":
        shown |= {name: json.loads(shown[name]) for name in ("Input", "Output") if name in shown}
    return shown
