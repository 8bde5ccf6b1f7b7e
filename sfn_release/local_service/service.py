"""The service: answers one request of AWS's JSON 1.0 protocol.

`local_client` calls it in this process, and `http_protocol` over HTTP.
"""

from __future__ import annotations

import json
import random as randomness
import time
import uuid
from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from sfn_release.aws.regions import LOCAL_ACCOUNT, LOCAL_REGION
from sfn_release.local_service.api import (
    activity_api,
    alias_api,
    api_errors,
    execution_api,
    map_run_api,
    redrive_api,
    start_api,
    state_machine_api,
    tag_api,
    task_api,
    version_api,
)
from sfn_release.local_service.api import api_model as models
from sfn_release.local_service.api.api_errors import ApiError
from sfn_release.local_service.api.arns import ArnScope
from sfn_release.local_service.executions import activity_tasks
from sfn_release.local_service.executions.live_executions import LiveExecutions
from sfn_release.local_service.executions.signal_reader import signal_reader
from sfn_release.local_service.request_context import ApiOperation, RequestContext, TasksFor
from sfn_release.local_service.storage.store import Store

if TYPE_CHECKING:
    from sfn_release.tasks import ReadMockConfig

REGION = LOCAL_REGION
ACCOUNT = LOCAL_ACCOUNT
CONTENT_TYPE = "application/x-amz-json-1.0"


def _test_state(context: RequestContext, request: Mapping[str, Any]) -> dict[str, Any]:
    # It imports the checks, which no execution needs.
    from sfn_release.local_service.api import test_state_api

    return test_state_api.run(context, request)


OPERATIONS: dict[str, ApiOperation] = {
    "CreateStateMachine": state_machine_api.create,
    "UpdateStateMachine": state_machine_api.update,
    "DescribeStateMachine": state_machine_api.describe,
    "DeleteStateMachine": state_machine_api.delete,
    "ListStateMachines": state_machine_api.list_all,
    "ValidateStateMachineDefinition": state_machine_api.validate,
    "PublishStateMachineVersion": version_api.publish,
    "ListStateMachineVersions": version_api.list_all,
    "DeleteStateMachineVersion": version_api.delete,
    "CreateStateMachineAlias": alias_api.create,
    "UpdateStateMachineAlias": alias_api.update,
    "DescribeStateMachineAlias": alias_api.describe,
    "DeleteStateMachineAlias": alias_api.delete,
    "ListStateMachineAliases": alias_api.list_all,
    "CreateActivity": activity_api.create,
    "DescribeActivity": activity_api.describe,
    "DeleteActivity": activity_api.delete,
    "ListActivities": activity_api.list_all,
    "GetActivityTask": activity_tasks.get,
    "SendTaskSuccess": task_api.send_success,
    "SendTaskFailure": task_api.send_failure,
    "SendTaskHeartbeat": task_api.send_heartbeat,
    "TagResource": tag_api.tag,
    "UntagResource": tag_api.untag,
    "ListTagsForResource": tag_api.list_all,
    "StartExecution": start_api.start,
    "StartSyncExecution": start_api.start_sync,
    "DescribeExecution": execution_api.describe,
    "DescribeStateMachineForExecution": execution_api.describe_state_machine,
    "GetExecutionHistory": execution_api.history,
    "ListExecutions": execution_api.list_all,
    "RedriveExecution": redrive_api.redrive,
    "StopExecution": execution_api.stop,
    "DescribeMapRun": map_run_api.describe,
    "ListMapRuns": map_run_api.list_all,
    "UpdateMapRun": map_run_api.update,
    "TestState": _test_state,
}


class ServiceResponse(NamedTuple):
    """The answer to one request, ready for HTTP."""

    status: int
    headers: dict[str, str]
    body: bytes


class LocalService(AbstractContextManager["LocalService"]):
    """Step Functions over *context*. Use it from any number of threads; close it when done."""

    def __init__(self, context: RequestContext) -> None:
        self.context = context

    def answer(self, operation: str, body: bytes, scope: ArnScope | None = None) -> ServiceResponse:
        """Answer the request *body* of an API *operation*.

        *scope* is the region and account of the request; the default is the service's own.
        A client's mistake is an answer too. Raises LocalServiceError when the database can't be
        used, because AWS has no answer for that.
        """
        try:
            members = self._members(operation, body, scope or self.context.scope)
            status = 200
        except ApiError as error:
            members = {"__type": error.code, "message": error.message}
            status = error.status
        payload = json.dumps(members, separators=(",", ":")).encode()
        headers = {
            "x-amzn-RequestId": str(uuid.uuid4()),
            "Content-Type": CONTENT_TYPE,
            "Content-Length": str(len(payload)),
        }
        return ServiceResponse(status, headers, payload)

    def close(self) -> None:
        """Stop running executions and close the database. You can call it twice."""
        self.context.live.close()
        self.context.store.close()

    def __exit__(self, *_: object) -> None:
        self.close()

    def _members(self, operation: str, body: bytes, scope: ArnScope) -> dict[str, Any]:
        perform = OPERATIONS.get(operation)
        if perform is None:
            raise api_errors.unknown_operation(operation, sorted(OPERATIONS))
        try:
            return perform(
                replace(self.context, scope=scope), models.load().request(operation, body)
            )
        except RecursionError:
            raise api_errors.validation("The request is nested too deeply.") from None


def open_service(
    path: str | Path,
    *,
    tasks_for: TasksFor,
    clock: Callable[[], float] = time.time,
    new_id: Callable[[], str] = lambda: str(uuid.uuid4()),
    random: Callable[[], float] = randomness.random,
    region: str = REGION,
    account: str = ACCOUNT,
    real_time: bool = False,
    mock_config: ReadMockConfig | None = None,
    wait_time_scale: float = 1,
    fixed: Collection[str] = (),
) -> LocalService:
    """Return the service over the database at *path*, which the first request opens.

    ``":memory:"`` keeps everything in memory. *tasks_for* returns the tasks of one execution.
    *clock* returns seconds since 1970, *new_id* UUIDs, *random* numbers from 0 up to but without 1,
    which aliases route by. In *real_time*, executions take as long as on AWS. Otherwise they run in
    virtual time: an execution has ended when its start returns, unless it waits for an answer from
    outside. *mock_config* returns the test cases that a start can name. *wait_time_scale*
    multiplies the time of Wait states. *fixed* are ``region`` or ``account``, where every request
    is for the service's own.
    """
    scope = ArnScope(region, account)
    store = Store(path, scope.key)
    return LocalService(
        RequestContext(
            store=store,
            scope=scope,
            now=lambda: round(clock(), 3),
            new_id=new_id,
            random=random,
            tasks_for=tasks_for,
            live=LiveExecutions(new_id(), None if store.in_memory else signal_reader(store)),
            operations=OPERATIONS,
            real_time=real_time,
            mock_config=mock_config,
            wait_time_scale=wait_time_scale,
            fixed=fixed,
        )
    )
