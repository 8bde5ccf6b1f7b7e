"""A declared test: the input and the mocks of one run, and the expectations for it. Pure data."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

STARTED = datetime(2026, 1, 1, tzinfo=UTC)
"""When a test's execution starts, in virtual time, unless it says otherwise."""


@dataclass(frozen=True)
class ExpectedCalls:
    """The expected calls of one state: how many, and the *arguments* of each, in order.

    None for *arguments* compares the number alone. With *partial*, the objects in a call's
    arguments may have more members than expected.
    """

    count: int
    arguments: tuple[Any, ...] | None = None
    partial: bool = False


@dataclass(frozen=True)
class Expectation:
    """Everything that a test expects of its run. A member that is None isn't compared.

    *output* and *output_contains* hold their JSON value in a tuple, because null is a value too.
    *cause_matches* is searched in the cause. *calls* are by the state's name. With *any_end*, the
    execution may end in any way, as long as it can run.
    """

    status: str | None = None
    output: tuple[Any] | None = None
    output_contains: tuple[Any] | None = None
    error: str | None = None
    cause: str | None = None
    cause_matches: re.Pattern[str] | None = None
    path: tuple[str, ...] | None = None
    calls: tuple[tuple[str, ExpectedCalls], ...] = ()
    any_end: bool = False

    @property
    def wanted_status(self) -> str | None:
        """The status to compare: SUCCEEDED, unless a failure is expected or a status is named."""
        if self.any_end:
            return None
        fails = (self.error, self.cause, self.cause_matches)
        if self.status is None and all(expected is None for expected in fails):
            return "SUCCEEDED"
        return self.status


@dataclass(frozen=True)
class DeclaredTest:
    """A test of a *workflow*, from a *file* (its path below the project), *line* and *index* in it.

    *mocks* have the form of a mock file. *test_case* names a case of the MockConfigFile.json. The
    run goes from *start_at*, by default the definition's own, and ends after *until*.
    *expected* is None for a test that declares no expectations; it has to succeed. If it's
    *strict*, it fails if its mocks answer as AWS never would. With *check_input*, its input must
    fit the workflow's input schema, if there is one. *state_lines* has the line in which it names a
    state.
    """

    name: str
    workflow: str
    file: str
    line: int | None = None
    index: int = 0
    input: Any = field(default_factory=dict)
    mocks: Mapping[str, Any] = field(default_factory=dict)
    test_case: str | None = None
    start_at: str | None = None
    until: str | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)
    started_at: datetime = STARTED
    expected: Expectation | None = None
    strict: bool = False
    check_input: bool = True
    state_lines: Mapping[str, int | None] = field(default_factory=dict)

    @property
    def states(self) -> list[str]:
        """The states that it names, apart from its mocks."""
        expected = self.expected or Expectation()
        ends = [name for name in (self.start_at, self.until) if name is not None]
        return [*ends, *(expected.path or ()), *(name for name, _ in expected.calls)]

    @property
    def place(self) -> str:
        """The file and the line: ``workflows/orders.tests.toml:3``."""
        return self.file if self.line is None else f"{self.file}:{self.line}"

    def place_of(self, state: str) -> str:
        """Return the file, and the line in which the test names *state*."""
        line = self.state_lines.get(state, self.line)
        return self.file if line is None else f"{self.file}:{line}"

    def __str__(self) -> str:
        return f"{self.workflow}: {self.name}"
