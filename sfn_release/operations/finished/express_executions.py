"""Reads the finished executions of an EXPRESS state machine from its log group.

FilterLogEvents returns the oldest events first, and we want the newest executions. So the time is
read backwards, in windows that grow from a minute on, until enough executions are complete.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sfn_release.aws.api_calls import call
from sfn_release.aws.clients import Aws
from sfn_release.errors import AwsError, ConfigError
from sfn_release.operations.finished.execution_filter import ExecutionFilter
from sfn_release.testing.histories.express_log import ExpressLog, LoggedExecution
from sfn_release.testing.histories.history_ends import ends_of

LONGEST = timedelta(minutes=5)
"""The longest that an EXPRESS execution runs; a quota of Step Functions."""
HORIZON = timedelta(days=30)
"""How far back we look for executions without `since`."""
_FIRST, _GROWTH = timedelta(minutes=1), 4
_EXPIRED = "InvalidParameterException"  # the error of a page token after 24 hours
_LEVEL = "ALL"


@dataclass(frozen=True)
class LogGroup:
    """The log group *name* of the state machine with the ARN *machine*.

    With the ARN of an *execution*, only its events are read.
    """

    name: str
    machine: str
    execution: str = ""

    def pattern(self) -> str:
        """Return the filter pattern for the log events of the state machine's executions."""
        every = f"{self.machine.replace(':stateMachine:', ':express:')}:*"
        return f"{{ $.execution_arn = {json.dumps(self.execution or every, ensure_ascii=False)} }}"


def log_group_of(machine: str, described: Mapping[str, Any], where: str) -> LogGroup:
    """Return the log group that DescribeStateMachine's answer names.

    Raises ConfigError, naming *where* the workflow is, if the log doesn't have all events with
    their data.
    """
    logging = described.get("loggingConfiguration") or {}
    arns = [
        destination.get("cloudWatchLogsLogGroup", {}).get("logGroupArn")
        for destination in logging.get("destinations") or ()
    ]
    arn = next((arn for arn in arns if arn), None)
    level, data = logging.get("level", "OFF"), logging.get("includeExecutionData", False)
    if arn is None or level != _LEVEL or not data:
        found = "no log group" if arn is None else f"level {level}" + ("" if data else ", no data")
        raise ConfigError(
            f"Executions of {where} can't be read from its logs.",
            why="Step Functions keeps no history of EXPRESS executions. Its log group has it with"
            f" the level ALL and includeExecutionData = true; now it has {found}.",
            fix="Set it in releases.toml, deploy, and wait for executions:\n"
            '  logging = { level = "ALL", includeExecutionData = true, destinations = [{'
            ' cloudWatchLogsLogGroup = { logGroupArn = "arn:aws:logs:…:log-group:NAME:*" } }] }',
        )
    return LogGroup(arn.split(":", 6)[-1].removesuffix(":*"), machine)


def express_executions(
    aws: Aws, group: LogGroup, wanted: ExecutionFilter, now: datetime
) -> Iterator[LoggedExecution]:
    """Yield the finished executions that *wanted* takes, newest first.

    Some of them may be `LoggedExecution.incomplete`. Raises AccessError for a missing
    ``logs:FilterLogEvents``, and ConfigError for a log group that doesn't exist.
    """
    log = ExpressLog(group.machine)
    until = min(wanted.until + LONGEST, now) if wanted.until else now
    since = wanted.since or until - HORIZON
    given: set[str] = set()
    span, end = _FIRST, until
    while end > since:
        begin = max(end - span, since)
        for message in _messages(aws, group, begin, end):
            log.read(message)
        whole = begin <= since
        found = [
            execution
            for execution in log.finished()
            if execution.arn not in given
            and (execution.begun or whole or begin + LONGEST <= _started(execution))
            and _taken(execution, wanted)
        ]
        for execution in sorted(found, key=_started, reverse=True):
            given.add(execution.arn)
            yield execution
        for arn in given & log.executions.keys():
            del log.executions[arn]
        end, span = begin, span * _GROWTH


def _taken(execution: LoggedExecution, wanted: ExecutionFilter) -> bool:
    return wanted.takes(
        {"status": ends_of(execution.history).status, "startDate": _started(execution)}
    )


def _started(execution: LoggedExecution) -> datetime:
    first: datetime = execution.history[0]["timestamp"]
    return first


def _messages(aws: Aws, group: LogGroup, begin: datetime, end: datetime) -> Iterator[str]:
    """Yield the messages of a window of time, from *begin* to just before *end*.

    A page token that has expired starts the window again; the reader takes an event twice.
    """
    request: dict[str, Any] = {
        "logGroupName": group.name,
        "startTime": _milliseconds(begin),
        "endTime": _milliseconds(end) - 1,
        "filterPattern": group.pattern(),
    }
    token: str | None = None
    restarted = False
    while True:
        page = request if token is None else {**request, "nextToken": token}
        try:
            answer = call(aws.logs.filter_log_events, **page)
        except AwsError as error:
            if error.missing:
                raise ConfigError(
                    f"The log group {group.name} doesn't exist.",
                    why=error.why,
                    fix="Create it, or correct `logging` in releases.toml.",
                ) from error
            if error.aws_code != _EXPIRED or token is None or restarted:
                raise
            token, restarted = None, True
            continue
        for event in answer.get("events", ()):
            yield event.get("message", "")
        token = answer.get("nextToken")
        if not token:
            return


def _milliseconds(at: datetime) -> int:
    return int(at.astimezone(UTC).timestamp() * 1000)
