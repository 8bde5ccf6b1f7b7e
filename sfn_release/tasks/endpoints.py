"""Answers tasks by real requests: to AWS, or to an emulator of it, for the services that you name.

Optimized integrations and SDK integrations are sent through botocore. Requests are converted from
the spelling of Step Functions, answers and errors into it.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from sfn_release.asl.integrations import ServiceCall
from sfn_release.asl.intrinsic_functions import compact
from sfn_release.aws.service_requests import (
    RefusedRequest,
    ServiceAnswer,
    UnansweredRequest,
    send,
    service_client,
)
from sfn_release.checks.integrations import parse_resource
from sfn_release.checks.services.botocore_models import (
    Service,
    optimized_service,
    sdk_ids,
    sdk_service,
)
from sfn_release.simulator import Later, NoAnswer, TaskCall, TaskFailure
from sfn_release.tasks.chain import Answer
from sfn_release.tasks.event_entries import with_sender
from sfn_release.tasks.jobs import JOBS, Job
from sfn_release.tasks.lambda_calls import LambdaCall, parse_lambda_call
from sfn_release.tasks.lambda_endpoint import invoke
from sfn_release.tasks.model_endpoint import (
    RUNTIME,
    invokes_model,
    model_answer,
    model_service,
    refuse_objects,
)
from sfn_release.tasks.sdk_metadata import shown_headers, with_metadata
from sfn_release.tasks.sdk_values import UnknownMember, from_answer, to_request
from sfn_release.tasks.service_failures import ServiceFault, failure_of, unreachable
from sfn_release.tasks.work import in_background

AWS = "aws"
"""The endpoint that means AWS's own."""

_BOTOCORE = {"states": "stepfunctions", "elasticmapreduce": "emr"}
_FIRST_POLL, _LAST_POLL = 0.1, 5.0  # seconds between two looks at a job


@dataclass(frozen=True)
class _Request:
    """A task's request to a service. *wait* is the end of the Resource, such as ``.sync``."""

    service: Service
    action: str
    sdk: bool
    wait: str
    client: Any
    members: Mapping[str, Any]

    @property
    def operation(self) -> str:
        """The operation's name in the API."""
        return self.action[:1].upper() + self.action[1:]


class Endpoints:
    """Where each service is: ``{botocore's name: URL or "aws"}``, with "*" for all others."""

    def __init__(self, urls: Mapping[str, str]) -> None:
        self._urls = urls
        self._clients: dict[tuple[str, str], Any] = {}
        self._lock = threading.Lock()

    def of_execution(self, region: str) -> EndpointTasks:
        """Return the source of answers for an execution in a region."""
        return EndpointTasks(self, region)

    def has(self, service: str) -> bool:
        """Whether a service was asked for, by botocore's name."""
        return service in self._urls or "*" in self._urls

    def client(self, service: str, region: str) -> Any:
        """Return the client of a service. Raises UnansweredRequest."""
        url = self._urls.get(service) or self._urls["*"]
        with self._lock:
            if (service, region) not in self._clients:
                self._clients[service, region] = service_client(
                    service, region=region, url=None if url == AWS else url
                )
            return self._clients[service, region]


class EndpointTasks:
    """The endpoints as a source of answers, for executions of one region."""

    def __init__(self, endpoints: Endpoints, region: str) -> None:
        self._endpoints = endpoints
        self._region = region

    def answer_to(self, call: TaskCall) -> Answer | None:
        """Return the request to the service; None for a service that you didn't name."""
        called = parse_lambda_call(call)
        if called is not None and called.integration != "sdk":
            return self._function(call, called) if self._endpoints.has("lambda") else None
        asked = parse_resource(call.resource).call
        if asked is None:
            return None
        sdk = asked.service == "aws-sdk"
        name, service = _called(asked)
        if name is None or service is None or asked.action not in service.actions:
            return None
        if not self._endpoints.has(name):
            return None
        if asked.wait.startswith(".sync") and (asked.service, asked.action) not in JOBS:
            return partial(_no_job, call)
        return partial(self._answer, call, service, name, asked.action, asked.wait, sdk)

    def reason(self, call: TaskCall) -> str:
        """Return why a service that you asked for doesn't answer a task."""
        asked = parse_resource(call.resource).call
        if asked is None or asked.service == "aws-sdk":
            return ""
        name, service = _called(asked)
        covered = service is not None and asked.action in service.actions
        if name is None or covered or not self._endpoints.has(name):
            return ""
        return (
            f"An endpoint can't answer {asked.service}:{asked.action}, because no request of a"
            " service is the same."
        )

    def _function(self, call: TaskCall, called: LambdaCall) -> Answer:
        service = optimized_service("lambda")
        submits = call.resource.endswith(".waitForTaskToken")

        def run() -> Any:
            if service is None:
                raise NoAnswer("SfnRelease.Unsupported", "The installed botocore has no Lambda.")
            with_client = lambda: invoke(self._endpoints.client("lambda", self._region), called)  # noqa: E731
            return _named_failures(service, with_client, sdk=False, submits=submits)

        if submits:
            return lambda: Later(submitted=run())
        return lambda: Later(in_background(run, "lambda"))

    def _answer(
        self, call: TaskCall, service: Service, name: str, action: str, wait: str, sdk: bool
    ) -> Any:
        payload = call.payload if isinstance(call.payload, Mapping) else {}
        if not sdk and invokes_model(service.id, action):
            refuse_objects(call)
        try:
            members = to_request(service, service.input_of(action), payload, sdk=sdk)
        except UnknownMember as unknown:
            raise TaskFailure("States.Runtime", str(unknown)) from None
        if service.id == "events" and action == "putEvents" and not sdk:
            members = with_sender(members, call)

        def submit() -> tuple[_Request, ServiceAnswer]:
            client = self._endpoints.client(name, self._region)
            request = _Request(service, action, sdk, wait, client, members)
            return request, send(client, request.operation, members)

        def submitted() -> tuple[_Request, ServiceAnswer]:
            done: tuple[_Request, ServiceAnswer] = _named_failures(
                service, submit, sdk=sdk, submits=bool(wait)
            )
            return done

        if not wait:
            return Later(in_background(lambda: _shown(*submitted()), name))
        request, answer = submitted()
        if wait == ".waitForTaskToken":
            return Later(submitted=_shown(request, answer))
        job = JOBS[service.id, action]
        abandoned = threading.Event()
        polled = in_background(partial(_finished, request, job, answer, abandoned), name)
        polled.add_done_callback(lambda _done: abandoned.set())
        return Later(polled, _shown(request, answer))


def _called(asked: ServiceCall) -> tuple[str | None, Service | None]:
    """Return the service that a Resource calls, by botocore's name and by its model."""
    if asked.service == "aws-sdk":
        return sdk_ids().get(asked.sdk), sdk_service(asked.sdk)
    if invokes_model(asked.service, asked.action):
        return RUNTIME, model_service()
    return _BOTOCORE.get(asked.service, asked.service), optimized_service(asked.service)


def _no_job(call: TaskCall) -> Any:
    raise NoAnswer(
        "SfnRelease.Unsupported",
        f"The state {call.state!r} waits for a job ({call.resource}), which can't be followed at"
        " an endpoint. Mock the state, or leave out .sync and poll in the workflow.",
    )


def _named_failures(
    service: Service, run: Callable[[], Any], *, sdk: bool, submits: bool = False
) -> Any:
    """Run a request. Its failures are raised as TaskFailures, named as Step Functions does."""
    try:
        return run()
    except RefusedRequest as refused:
        fault = ServiceFault(
            refused.code,
            refused.message,
            refused.status,
            refused.request_id,
            refused.extended_id,
            refused.shape,
        )
        raise failure_of(service, fault, sdk=sdk, at_submission=submits) from refused
    except UnansweredRequest as problem:
        raise unreachable(service, str(problem), sdk=sdk, at_submission=submits) from problem


def _shown(request: _Request, answer: ServiceAnswer) -> Any:
    """Return an answer as a task's result."""
    shape = request.service.actions[request.action].get("output", {}).get("shape")
    members = from_answer(request.service, shape, answer.members, sdk=request.sdk)
    if request.sdk:
        return members
    if invokes_model(request.service.id, request.action):
        return model_answer(members)
    if request.service.id == "events" and members.get("FailedEntryCount"):
        raise TaskFailure("EventBridge.FailedEntry", compact(members))
    return with_metadata(members, answer.request_id, shown_headers(answer.headers), answer.status)


def _finished(
    request: _Request, job: Job, submitted: ServiceAnswer, abandoned: threading.Event
) -> Any:
    """Return the end of a job, which is polled. Raises TaskFailure for a failed one.

    The job goes on when its execution has *abandoned* it, but isn't polled any more.
    """
    pause = _FIRST_POLL
    while True:
        found = _described(request, job, submitted)
        status = job.status(found)
        if status in job.succeeded or status in job.failed:
            break
        if abandoned.wait(pause):
            return None  # which is dropped
        pause = min(pause * 1.5, _LAST_POLL)
    shown = _shown_job(request, job, found)
    if status in job.failed:
        raise TaskFailure("States.TaskFailed", compact(shown))
    if request.wait == ".sync:2":
        texts = {name: shown[name] for name in ("Input", "Output") if name in shown}
        shown |= {name: json.loads(text) for name, text in texts.items()}
    return {job.wrapped: shown} if job.wrapped else shown


def _described(request: _Request, job: Job, submitted: ServiceAnswer) -> Mapping[str, Any]:
    """Return a job as it is now. Raises TaskFailure for a job that doesn't exist."""
    try:
        asks = job.request(request.members, submitted.members)
        answer: ServiceAnswer = _named_failures(
            request.service, lambda: send(request.client, job.operation, asks), sdk=False
        )
        return job.find(answer.members)
    except (KeyError, IndexError, TypeError):
        # Nothing was started, or an emulator forgot it: the submission's answer may say why.
        raise TaskFailure("States.TaskFailed", compact(_shown(request, submitted))) from None


def _shown_job(request: _Request, job: Job, found: Mapping[str, Any]) -> dict[str, Any]:
    """Return a described job in Step Functions' spelling."""
    shape = job.shape(request.service)
    shown: dict[str, Any] = from_answer(request.service, shape, found, sdk=False)
    return dict(sorted(shown.items()))
