"""The execution whose tasks are to be answered, as the sources of answers see it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sfn_release.tasks.mock_config import MockedTestCase

CallApi = Callable[[str, Mapping[str, Any]], dict[str, Any]]
"""Performs an operation of Step Functions' API on behalf of a task: (operation, request) → answer.

Members are spelled as in the API, and times are datetimes. Raises `ApiRefusal`.
"""


EndOf = Callable[[str], Future[dict[str, Any]] | None]
"""Returns the future of DescribeExecution's answer at the end of the execution with an ARN.

Cancelling the future stops the execution. None: the execution can only be polled.
"""


class ApiRefusal(Exception):  # noqa: N818 - AWS's word: the service refused the request
    """Step Functions refused a request of a task: AWS's error *code*, *message* and HTTP status."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.status = status


@dataclass(frozen=True)
class ExecutionScope:
    """One execution: its state machine by name and tags, and where it runs.

    *test_case* is the case of a MockConfigFile.json that the start named, if any. *call_api*
    performs an operation of Step Functions in the same region and account; None where the
    execution can't reach other workflows. *machines* returns the names of those that it can start,
    if ListStateMachines doesn't. *endpoint_url* is where other processes reach Step Functions; None
    where they can't.
    """

    machine: str
    tags: Mapping[str, str] = field(default_factory=dict)
    test_case: MockedTestCase | None = None
    region: str = ""
    account: str = ""
    call_api: CallApi | None = None
    endpoint_url: str | None = None
    end_of: EndOf | None = None
    machines: Callable[[], Iterable[str]] | None = None
