"""A mocked answer that AWS would never give: the problem, its warning and its error."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class ShapeProblem:
    """One thing in a mocked answer that AWS would never return.

    *state* is the task's state, "" if it isn't known; *resource* its Resource. *path* is the JSON
    path of the fault in the result (``$.Item.total``), "" for an error name. *message* is a
    sentence, *fix* the next thing to do, or "".
    """

    resource: str
    path: str
    message: str
    fix: str = ""
    state: str = ""

    def __str__(self) -> str:
        called = self.resource.partition(":::")[2] or self.resource
        place = f'The mock of "{self.state}" ({called})' if self.state else f"The mock of {called}"
        at = f" at {self.path}" if self.path not in ("", "$") else ""
        return f"{place}{at}: {self.message} {self.fix}".rstrip()


class MockedResultWarning(UserWarning):
    """A mock answers a task as AWS never would."""


class MockedResultError(AssertionError):
    """A mock answers as AWS never would, and a strict test fails. *problems* lists why."""

    def __init__(self, problems: Iterable[ShapeProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def report_problems(
    problems: Iterable[ShapeProblem], *, strict: bool = False, stacklevel: int = 2
) -> None:
    """Warn of each problem once, by MockedResultWarning.

    Raises MockedResultError for all of them instead if the test is *strict*. *stacklevel* is as in
    `warnings.warn`: 1 is the caller, 2 the caller's caller.
    """
    found = dict.fromkeys(problems)
    if strict and found:
        raise MockedResultError(found)
    for problem in found:
        warnings.warn(str(problem), MockedResultWarning, stacklevel=stacklevel + 1)
