"""The answers to a workflow's tasks, made anew for each of many runs."""

from __future__ import annotations

from collections.abc import Callable

from sfn_release.operations.tree_workflows import TreeWorkflows
from sfn_release.operations.work_tree import WorkTree
from sfn_release.simulator import Mocks, Tasks
from sfn_release.tasks import MockedTestCase


class RepeatedTasks:
    """Makes the tasks of one execution after the other of a state machine. Close it.

    Each starts without executions of other workflows, as if the runs before had not been. The mocks
    *given* answer first, then the mocks of a *test_case*.
    """

    def __init__(
        self, tree: WorkTree, machine: str, test_case: MockedTestCase | None, given: Mocks | None
    ) -> None:
        self._tree = tree
        self._machine = machine
        self._test_case = test_case
        self._given = given
        self._open: TreeWorkflows | None = None

    def fresh(self) -> Tasks:
        """Return the tasks of the next execution. The execution before must have ended."""
        self.close()
        self._open = self._tree.open_tasks()
        return self._open.tasks(self._machine, self._test_case, self._given)

    def close(self) -> None:
        """End the workflows that the last execution started."""
        if self._open is not None:
            self._open.close()
            self._open = None


def said_once(say: Callable[[str], None]) -> Callable[[str], None]:
    """Return a function that passes each line on to *say* once, however many runs say it."""
    said: set[str] = set()

    def pass_on(text: str) -> None:
        if text not in said:
            said.add(text)
            say(text)

    return pass_on
