"""Holds mocked results and errors of tasks against the models of AWS's services.

A mock that AWS could never return proves nothing. Sources: botocore's models, "Integrating
optimized services with Step Functions" and "Learning to use AWS service SDK integrations" in AWS's
developer guide.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sfn_release.simulator import TaskCall, Tasks


class MockedResultWarning(UserWarning):
    """A mock answers a task as AWS never would."""


class MockedResultError(AssertionError):
    """The same in a strict test: it fails, and lists all *problems*."""

    def __init__(self, problems: Iterable[ShapeProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


@dataclass(frozen=True)
class ShapeProblem:
    """One thing in a mocked answer that AWS would never return.

    *state* is the task's state, "" if it isn't known; *resource* its Resource. *path* is the
    JSON path of the fault in the result (``$.Item.total``), "" for an error name. *message* is a
    sentence, *fix* the next thing to do, or "".
    """

    resource: str
    path: str
    message: str
    fix: str = ""
    state: str = ""

    def __str__(self) -> str:
        place = f'The mock of "{self.state}"' if self.state else "The mocked result"
        at = f" at {self.path}" if self.path else ""
        return f"{place} ({self.resource}){at}: {self.message} {self.fix}".rstrip()


def shape_problems(resource: str, result: Any) -> list[ShapeProblem]:
    """Return what in *result* a task with this Resource would never get from AWS.

    The results of functions, activities and callbacks are free, and so are those of services that
    the installed botocore doesn't have.
    """
    del resource, result
    return []


def error_problems(resource: str, error: str | None) -> list[ShapeProblem]:
    """Return why a task with this Resource would never fail with the *error* name.

    The errors of functions, activities and callbacks are free, except for those that begin with
    ``States.``.
    """
    del resource, error
    return []


class HeldToShapes:
    """Answers tasks as *tasks* do, and reports each problem of an answer to *on_problem*.

    Wrap the mocks alone: what handlers and endpoints answer is real.
    """

    def __init__(self, tasks: Tasks, on_problem: Callable[[ShapeProblem], None]) -> None:
        self._tasks = tasks
        self._on_problem = on_problem

    def run(self, call: TaskCall) -> Any:
        """Answer *call*."""
        return self._tasks.run(call)


def report_problems(
    problems: Iterable[ShapeProblem], *, strict: bool = False, stacklevel: int = 2
) -> None:
    """Warn of each problem once, by MockedResultWarning.

    Raises MockedResultError for all of them instead if the test is *strict*. *stacklevel* is the
    one of `warnings.warn`, counted from the caller.
    """
    import warnings

    found = dict.fromkeys(problems)
    if strict and found:
        raise MockedResultError(found)
    for problem in found:
        warnings.warn(str(problem), MockedResultWarning, stacklevel=stacklevel + 1)
