"""The service: answers one request of AWS's JSON 1.0 protocol, whoever carries it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

from sfn_release.local import aliases, errors, executions, starting, state_machines, tags, versions
from sfn_release.local import model as models
from sfn_release.local.arns import Scope
from sfn_release.local.errors import ApiError
from sfn_release.local.world import World

CONTENT_TYPE = "application/x-amz-json-1.0"

Operation = Callable[[World, Mapping[str, Any]], dict[str, Any]]
"""Answers a validated request; raises ApiError."""

OPERATIONS: dict[str, Operation] = {
    "CreateStateMachine": state_machines.create,
    "UpdateStateMachine": state_machines.update,
    "DescribeStateMachine": state_machines.describe,
    "DeleteStateMachine": state_machines.delete,
    "ListStateMachines": state_machines.list_all,
    "ValidateStateMachineDefinition": state_machines.validate,
    "PublishStateMachineVersion": versions.publish,
    "ListStateMachineVersions": versions.list_all,
    "DeleteStateMachineVersion": versions.delete,
    "CreateStateMachineAlias": aliases.create,
    "UpdateStateMachineAlias": aliases.update,
    "DescribeStateMachineAlias": aliases.describe,
    "DeleteStateMachineAlias": aliases.delete,
    "ListStateMachineAliases": aliases.list_all,
    "TagResource": tags.tag,
    "UntagResource": tags.untag,
    "ListTagsForResource": tags.list_all,
    "StartExecution": starting.start,
    "StartSyncExecution": starting.start_sync,
    "DescribeExecution": executions.describe,
    "DescribeStateMachineForExecution": executions.describe_state_machine,
    "GetExecutionHistory": executions.history,
    "ListExecutions": executions.list_all,
    "StopExecution": executions.stop,
}


class LocalService(AbstractContextManager["LocalService"]):
    """Step Functions over *world*. Use it from any number of threads; close it when done."""

    def __init__(self, world: World) -> None:
        self.world = world

    def handle(
        self, operation: str, body: bytes, scope: Scope | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        """Answer the request *body* of an API *operation*: HTTP status, headers, body.

        *scope* is the region and account that are asked; by default the service's own.
        What a client did wrong is an answer. Raises LocalServiceError when the database cannot be
        used: that is nothing that AWS could say.
        """
        try:
            answer = self._answer(operation, body, scope or self.world.scope)
            status = 200
        except ApiError as error:
            answer = {"__type": error.code, "message": error.message}
            status = error.status
        payload = json.dumps(answer, separators=(",", ":")).encode()
        headers = {
            "x-amzn-RequestId": str(uuid.uuid4()),
            "Content-Type": CONTENT_TYPE,
            "Content-Length": str(len(payload)),
        }
        return status, headers, payload

    def close(self) -> None:
        """End running executions and close the database. Safe to call twice."""
        self.world.runs.close()
        self.world.store.close()

    def __exit__(self, *_: object) -> None:
        self.close()

    def _answer(self, operation: str, body: bytes, scope: Scope) -> dict[str, Any]:
        perform = OPERATIONS.get(operation)
        if perform is None:
            raise errors.unknown_operation(operation, sorted(OPERATIONS))
        try:
            return perform(replace(self.world, scope=scope), models.load().request(operation, body))
        except RecursionError:
            raise errors.validation("The request is nested too deeply.") from None
