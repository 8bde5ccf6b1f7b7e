"""Simulates workflows of the work tree under the conditions of a test."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from typing import Any

from sfn_release.operations.work_tree import WorkTree, execution_seed
from sfn_release.project.mock_files import unused_keys
from sfn_release.release.rendering import Rendered
from sfn_release.simulator import ContextSeed
from sfn_release.testing.condition_checks import checked_input, refuse_faulty_conditions
from sfn_release.testing.run import Run
from sfn_release.testing.scenario import Conditions, Runnable, run_scenario


class UnusedMockWarning(UserWarning):
    """A mock file has an answer that no task of its workflows can use."""


class TreeSimulator:
    """Runs the workflows of *tree*, as often as you like. Each is rendered once."""

    def __init__(self, tree: WorkTree) -> None:
        self.tree = tree
        self._rendered: dict[str, Rendered] = {}

    def simulate(
        self,
        workflow: str,
        input: Any,
        conditions: Conditions,
        *,
        finished: Callable[[Run], None] = lambda _run: None,
        stacklevel: int = 1,
    ) -> Run:
        """Run a workflow by its name, as `run_scenario` does.

        The tasks that the test doesn't mock are answered as `execute --tree` answers them. Each run
        starts without executions of other workflows. Raises NotFoundError for an unknown workflow,
        DefinitionError for a faulty one, UsageError for faulty conditions, and for an input that
        doesn't fit the schema of the workflow, unless the run begins in the middle.
        """
        refuse_faulty_conditions(conditions)
        form = self._form(workflow, stacklevel + 1)
        if conditions.get("check_input", True) and conditions.get("start_at") is None:
            self.tree.check_input(workflow, checked_input(input), skip="check_input=False")

        def context(name: str, started: datetime) -> ContextSeed:
            return execution_seed(form, self.tree.environment, name, started)

        with closing(self.tree.open_tasks()) as workflows:
            runnable = Runnable(
                workflow, form.definition, context, lambda: workflows.tasks(form.name)
            )
            return run_scenario(
                runnable, input, conditions, finished=finished, stacklevel=stacklevel + 1
            )

    def _form(self, workflow: str, stacklevel: int) -> Rendered:
        """Return a workflow's rendered form. At the first time, warn of its unused mocks."""
        if workflow not in self._rendered:
            tree = self.tree
            self._rendered[workflow] = tree.rendered(workflow)
            source = tree.declaration(workflow).source
            sharing = [other.definition for other in tree.sharing(workflow)]
            for line in unused_keys(tree.project.root, source, sharing, workflow):
                warnings.warn(line, UnusedMockWarning, stacklevel=stacklevel + 1)
        return self._rendered[workflow]
