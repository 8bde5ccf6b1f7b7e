"""Find out from AWS what still needs a state machine version: aliases and executions. Only reads.

An execution that ended in `FAILED`, `ABORTED` or `TIMED_OUT` can be redriven for 14 days, with the
definition of its version
(https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html). Executions of
EXPRESS state machines can't be listed; they take five minutes at most and can't be redriven.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sfn_release.aws.api_calls import call, call_or_none
from sfn_release.aws.stepfunctions import StepFunctions
from sfn_release.canonical import loads
from sfn_release.deployment.live_state import list_pages, version_dates
from sfn_release.errors import AwsError, DefinitionError
from sfn_release.plan.pruning import MachineVersions, VersionContent, mentioned_versions
from sfn_release.release.record import timestamp

REDRIVABLE = timedelta(days=14)
EXPRESS_QUIET = timedelta(minutes=10)
"""EXPRESS versions stay so long after callers were moved: twice the longest execution."""

_PAGE = 1000  # the most that one call of ListExecutions returns
_ENDED_BADLY = ("FAILED", "ABORTED", "TIMED_OUT")
_NO_EXECUTIONS = {"StateMachineDoesNotExist", "StateMachineTypeNotSupported"}
_OPEN = ("RUNNING", "PENDING_REDRIVE")


def machine_versions(
    client: StepFunctions, workflow: str, arn: str, *, untouchable: str = ""
) -> tuple[MachineVersions, str, datetime | None] | None:
    """Return a machine's versions and routes, its type, and when an alias last changed.

    None when the machine is gone. Raises AwsError.
    """
    machine = call_or_none(client.describe_state_machine, stateMachineArn=arn)
    if machine is None or machine.get("status") == "DELETING":
        return None
    routes: dict[str, list[str]] = {}
    moved: list[datetime] = []
    listed = list_pages(
        client.list_state_machine_aliases, "stateMachineAliases", stateMachineArn=arn
    )
    for item in listed:
        alias = call_or_none(
            client.describe_state_machine_alias, stateMachineAliasArn=item["stateMachineAliasArn"]
        )
        if alias is None:
            continue
        name = item["stateMachineAliasArn"].rpartition(":")[2]
        for route in alias["routingConfiguration"]:
            routes.setdefault(route["stateMachineVersionArn"], []).append(name)
        if alias.get("updateDate"):
            moved.append(alias["updateDate"])
    versions = MachineVersions(
        workflow=workflow,
        versions=tuple(version_dates(client, arn)),
        aliases={version: tuple(sorted(names)) for version, names in routes.items()},
        revision=machine.get("revisionId"),
        mentions=_mentions(machine),
        untouchable=untouchable,
    )
    return versions, machine["type"], max(moved, default=None)


def version_content(
    client: StepFunctions, arn: str, *, use: str | None, now: datetime
) -> VersionContent | None:
    """Return what AWS says of a version, None when it is gone.

    Its executions are looked at unless *use* is known already. If they can't be listed, that is the
    reason to keep it.
    """
    version = call_or_none(client.describe_state_machine, stateMachineArn=arn)
    if version is None:
        return None
    if use is None:
        try:
            use = _use(client, arn, now)
        except AwsError as error:
            use = f"its executions can't be listed: {error.message}"
    return VersionContent(version.get("revisionId"), _mentions(version), use)


def express_use(moved: datetime | None, now: datetime) -> str:
    """Return why an EXPRESS version is kept: callers were moved a moment ago, perhaps off it."""
    if moved is None or now - moved >= EXPRESS_QUIET:
        return ""
    return (
        f"it is EXPRESS, and callers were moved at {timestamp(moved.astimezone(UTC))}: its"
        f" executions can't be listed, so it stays for {EXPRESS_QUIET.seconds // 60} minutes"
    )


def unqualified_use(client: StepFunctions, arn: str, now: datetime) -> str:
    """Return why executions that were started without a version need what their definition names.

    They run on the content that ``$LATEST`` had then, which no version's definition shows. Returns
    "" if there is none, and for EXPRESS: those have ended when their version may go.
    """
    try:
        for status in (*_OPEN, *_ENDED_BADLY):
            listed = list_pages(
                client.list_executions, "executions", stateMachineArn=arn, statusFilter=status
            )
            found = _need(
                (execution for execution in listed if not execution.get("stateMachineVersionArn")),
                now,
            )
            if found:
                return f"{found}, and was started without a version: it may start this one"
    except AwsError as error:
        if error.aws_code in _NO_EXECUTIONS:
            return ""
        return f"executions of {arn.rpartition(':')[2]} can't be listed: {error.message}"
    return ""


def _use(client: StepFunctions, arn: str, now: datetime) -> str:
    """Return why executions need a version, "" if none does. One call for a quiet version."""
    first = call(client.list_executions, stateMachineArn=arn, maxResults=_PAGE)
    if not first.get("nextToken"):
        return _need(first["executions"], now)
    for status in (*_OPEN, *_ENDED_BADLY):
        listed = list_pages(
            client.list_executions, "executions", stateMachineArn=arn, statusFilter=status
        )
        found = _need(listed, now)
        if found:
            return found
    return ""


def _need(executions: Iterable[Mapping[str, Any]], now: datetime) -> str:
    """Return why one of *executions* needs their version; stops at the first that does."""
    for execution in executions:
        name = execution.get("name", "")
        if execution["status"] in _OPEN:
            word = "running" if execution["status"] == "RUNNING" else "waiting to be redriven"
            return f"the execution {name} is {word}"
        stopped = execution.get("stopDate")
        if execution["status"] in _ENDED_BADLY and (stopped is None or now - stopped < REDRIVABLE):
            until = (
                ""
                if stopped is None
                else f" until {timestamp((stopped + REDRIVABLE).astimezone(UTC))}"
            )
            return f"the execution {name} {_ENDS[execution['status']]} and can be redriven{until}"
    return ""


_ENDS = {"FAILED": "failed", "ABORTED": "was stopped", "TIMED_OUT": "timed out"}


def _mentions(described: Mapping[str, Any]) -> frozenset[str]:
    """Return the versions that a definition names. It needn't be valid JSON."""
    text = described.get("definition") or ""
    try:
        return mentioned_versions(loads(text))
    except DefinitionError:
        return mentioned_versions(text)
