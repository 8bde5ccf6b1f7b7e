"""execute --tree: run a workflow of the work tree on `local`, without a commit or a version.

Nothing is deployed and nothing is recorded: the definition runs in the simulator, with the mocks
beside its module and the parameters of the environment.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace

from sfn_release.canonical import loads
from sfn_release.errors import UsageError
from sfn_release.operations.failed_children import children_of
from sfn_release.operations.given_buckets import with_buckets
from sfn_release.operations.mocked_start import MockedStart
from sfn_release.operations.verbs.execute import Execution, checked_input
from sfn_release.operations.work_tree import execution_seed, read_work_tree
from sfn_release.operations.workspace import Workspace
from sfn_release.project import LOCAL
from sfn_release.project.aws_rules import state_machine_name
from sfn_release.project.mock_files import unused_keys
from sfn_release.release.record import timestamp
from sfn_release.simulator import (
    ContextSeed,
    ExecutionOutcome,
    VirtualClock,
    simulate,
)
from sfn_release.testing.histories.state_visits import Visit, api_events, read_visits


def execute_tree(
    workspace: Workspace,
    workflow: str,
    *,
    input: str = "{}",
    environment: str | None = None,
    name: str | None = None,
    mocked: MockedStart | None = None,
    buckets: Mapping[str, str] | None = None,
    schema: bool = True,
) -> Execution:
    """Run *workflow* of the work tree in this process, and return the execution.

    *input* is JSON text. *mocked* names the test case that answers its tasks, and *buckets* are
    folders that replace S3 buckets. With *schema*, the input is checked by the workflow's
    schema, if it has one.

    Raises NotFoundError for an unknown workflow, UsageError for an environment on AWS and for input
    that isn't JSON or doesn't fit its schema, DefinitionError for a definition that `publish` would
    refuse, and ConfigError for a faulty mock file. Another workflow's faulty definition is a
    warning, until a task starts it.
    """
    given = loads(checked_input(input))
    chosen = workspace.environment(environment or LOCAL)
    if not chosen.backend.has_mocks:
        raise UsageError(
            f"--tree runs on this machine, with mocks, but {chosen.name} has no mocks.",
            fix="Leave out --env, or publish a release there.",
        )
    chosen = with_buckets(chosen, buckets or {})
    chosen = mocked.on(workspace, chosen) if mocked else chosen
    problem = state_machine_name(name) if name is not None else None
    if problem:
        raise UsageError(f"{name!r} can't be the name of an execution.", why=problem)
    tree = read_work_tree(workspace, chosen)
    declaration = tree.declaration(workflow)
    if schema:
        tree.check_input(workflow, given, skip="--no-schema")
    for other in tree.refused:
        workspace.runtime.watcher.say(
            f"warning: {other} can't run, and it's left out: {tree.refused[other].message}"
        )
    form = tree.rendered(workflow)
    sharing = [other.definition for other in tree.sharing(workflow)]
    unused = unused_keys(workspace.project.root, declaration.source, sharing, workflow)
    if mocked:
        unused += mocked.unknown_states(workspace, chosen, form.name, form.definition)
    for line in unused:
        workspace.runtime.watcher.say(f"warning: {line}")
    started = workspace.runtime.now()
    case = mocked.case(workspace, chosen, form.name) if mocked else None
    seed = execution_seed(form, chosen, name or str(uuid.uuid4()), started)
    with closing(tree), closing(tree.open_tasks()) as workflows:
        outcome = simulate(
            form.definition,
            given,
            tasks=workflows.tasks(form.name, case),
            clock=VirtualClock(started),
            context=seed,
        )
    return _finished(seed, workflow, outcome)


def _finished(seed: ContextSeed, workflow: str, outcome: ExecutionOutcome) -> Execution:
    """Return a finished execution of the work tree."""
    return Execution(
        execution_arn=seed.execution_arn,
        workflow=workflow,
        version=None,
        status=outcome.status,
        output=outcome.output if outcome.has_output else None,
        error=outcome.error,
        cause=outcome.cause,
        started_at=timestamp(seed.started_at),
        stopped_at=timestamp(outcome.stopped_at),
        way=tuple(_way(outcome)),
    )


def _way(outcome: ExecutionOutcome) -> Iterator[Visit]:
    """Yield the states that a finished execution went through, as `execute` shows them."""
    runs = {run.arn: run for run in outcome.map_runs}
    for visit in read_visits(api_events(outcome.events)):
        run = runs.get(visit.map_run or "")
        yield visit if run is None else replace(visit, children=children_of(run))
