"""The data of a state test: the request to run one state by itself, and its outcome.

A request says which state runs, on which input and variables, and optionally a mock that takes the
place of its task, branches or iterations. `state_test_run` runs it.
Source: the API reference of Step Functions, ``TestState``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

StateTestStatus = Literal["SUCCEEDED", "FAILED", "RETRIABLE", "CAUGHT_ERROR"]

ALONE = "StateName"
"""The name of a state whose definition stands alone."""


class StateTestRefused(Exception):  # noqa: N818 - the request is at fault, not the workflow
    """A request that contradicts itself or its definition; *code* is the API's error code."""

    def __init__(self, message: str, code: str = "ValidationException") -> None:
        super().__init__(message)
        self.message = message
        self.code = code


@dataclass(frozen=True)
class MockedResult:
    """The *result* of a task, of all branches of a Parallel, or of all iterations of a Map."""

    result: Any


@dataclass(frozen=True)
class MockedError:
    """The *error* and *cause* with which a task, a branch or an iteration fails."""

    error: str
    cause: str | None = None


@dataclass(frozen=True)
class StateTest:
    """A request to run one state.

    *definition* is the state itself, or with *state_name* the state machine that contains it, also
    inside a Parallel or a Map. *input*, *variables*, *context* (the context object) and the mock's
    result are JSON values.

    *retry_count* says how often the state has been retried. The others are for a Map or Parallel
    with a mock: *caused_by* names the inner state that fails, *failed_iterations* says how many
    iterations failed, and *reader_data* is the content of the object that the ItemReader reads.
    """

    definition: Mapping[str, Any]
    state_name: str | None = None
    input: Any = field(default_factory=dict)
    variables: Mapping[str, Any] = field(default_factory=dict)
    mock: MockedResult | MockedError | None = None
    context: Mapping[str, Any] | None = None
    retry_count: int | None = None
    failed_iterations: int | None = None
    caused_by: str | None = None
    reader_data: str | None = None


@dataclass(frozen=True)
class StateTestOutcome:
    """The end of a tested state.

    *output* is a JSON value if *has_output*. *next* is the state to go to, None after the last one.
    *inspection* has the members of the API's ``InspectionData`` that apply, as JSON values.
    """

    status: StateTestStatus
    inspection: Mapping[str, Any]
    output: Any = None
    has_output: bool = False
    next: str | None = None
    error: str | None = None
    cause: str | None = None
