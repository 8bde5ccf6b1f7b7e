"""execute --tree: run a workflow of the work tree on `local`, without a commit or a version.

Nothing is deployed and nothing is recorded: the definition runs in the simulator, with the mocks
beside its module and the parameters of the environment.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from typing import Any

from sfn_release.authoring.declaration import Declaration
from sfn_release.canonical import loads
from sfn_release.deployment.parameter_lookup import look_up
from sfn_release.errors import DefinitionError, NotFoundError, UsageError
from sfn_release.operations.failed_children import children_of
from sfn_release.operations.given_buckets import with_buckets
from sfn_release.operations.mocked_start import MockedStart
from sfn_release.operations.open_site import site_of
from sfn_release.operations.state_visits import Visit, read_visits
from sfn_release.operations.tree_workflows import TreeWorkflows
from sfn_release.operations.verbs.build import build_work_tree
from sfn_release.operations.verbs.execute import Execution, checked_input
from sfn_release.operations.workspace import Workspace
from sfn_release.project import LOCAL, Environment
from sfn_release.project.aws_rules import state_machine_name
from sfn_release.project.backends.local_tasks import project_sources
from sfn_release.project.mock_files import read_mocks, unused_keys
from sfn_release.project.modules.acceptance import refuse_calls
from sfn_release.release.record import timestamp
from sfn_release.release.rendering import Rendered, parameters_of, render
from sfn_release.simulator import (
    ContextSeed,
    Event,
    ExecutionOutcome,
    Mocks,
    VirtualClock,
    simulate,
)
from sfn_release.text import did_you_mean


def execute_tree(
    workspace: Workspace,
    workflow: str,
    *,
    input: str = "{}",
    environment: str | None = None,
    name: str | None = None,
    mocked: MockedStart | None = None,
    buckets: Mapping[str, str] | None = None,
) -> Execution:
    """Run *workflow* of the work tree in this process, and return the execution.

    *input* is JSON text. *mocked* names the test case that answers its tasks, and *buckets* are
    folders that stand in for S3 buckets.

    Raises NotFoundError for an unknown workflow, UsageError for an environment on AWS and for input
    that isn't JSON, DefinitionError for a definition that `publish` would refuse, and ConfigError
    for a faulty mock file. Another workflow's faulty definition is a warning, until a task starts
    it.
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
    declarations, refused = _work_tree(workspace)
    if workflow in refused:
        raise refused[workflow]
    for other in refused:
        workspace.runtime.watcher.say(
            f"warning: {other} can't run, and it's left out: {refused[other].message}"
        )
    if workflow not in declarations:
        raise NotFoundError(
            f"The work tree has no workflow {workflow!r}.",
            why=f"It has: {', '.join(declarations)}.",
            fix=did_you_mean(workflow, declarations),
        )
    form = _rendered(workspace, chosen, declarations, declarations[workflow])
    source = declarations[workflow].source
    sharing = [other.definition for other in declarations.values() if other.source == source]
    unused = unused_keys(workspace.project.root, source, sharing, workflow)
    if mocked:
        unused += mocked.unknown_states(workspace, chosen, form.name, form.definition)
    for line in unused:
        workspace.runtime.watcher.say(f"warning: {line}")
    started = workspace.runtime.now()
    case = mocked.case(workspace, chosen, form.name) if mocked else None
    seed = _seed(form, chosen, name or str(uuid.uuid4()), started)
    with closing(_workflows(workspace, chosen, declarations, refused)) as workflows:
        outcome = simulate(
            form.definition,
            given,
            tasks=workflows.tasks(form.name, case),
            clock=VirtualClock(started),
            context=seed,
        )
    return _finished(seed, workflow, outcome)


def _work_tree(
    workspace: Workspace,
) -> tuple[dict[str, Declaration], dict[str, DefinitionError]]:
    """Return the workflows of the work tree by name, and the errors of the faulty ones."""
    refused: dict[str, DefinitionError] = {}
    declarations = {}
    for declaration in build_work_tree(workspace, refused).declarations:
        try:
            refuse_calls([declaration], workspace.project.silences)
        except DefinitionError as error:
            refused[declaration.name] = error
        else:
            declarations[declaration.name] = declaration
    return declarations, refused


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
    for visit in read_visits(map(_api_event, outcome.events)):
        run = runs.get(visit.map_run or "")
        yield visit if run is None else replace(visit, children=children_of(run))


def _workflows(
    workspace: Workspace,
    environment: Environment,
    declarations: dict[str, Declaration],
    refused: Mapping[str, DefinitionError],
) -> TreeWorkflows:
    """Return the workflows of the work tree, with the answers to their tasks."""
    sources = {
        environment.state_machine_name(name): declared.source
        for name, declared in declarations.items()
    }

    def mocks_of(machine: str) -> Mocks:
        source = sources.get(machine)
        return read_mocks(workspace.project.root, source) if source else Mocks()

    return TreeWorkflows(
        environment,
        declarations,
        lambda declared: _rendered(workspace, environment, declarations, declared),
        project_sources(workspace.clone, environment, environment.tasks, mocks_of),
        workspace.runtime.watcher.say,
        {environment.state_machine_name(name): error for name, error in refused.items()},
    )


def _rendered(
    workspace: Workspace,
    environment: Environment,
    declarations: dict[str, Declaration],
    declaration: Declaration,
) -> Rendered:
    found = look_up(
        site_of(workspace, environment),
        parameters_of([declaration], environment),
        workflows=declarations,
    )
    return render(declaration, environment.resolved(found))


def _seed(form: Rendered, environment: Environment, name: str, started: datetime) -> ContextSeed:
    known = environment.given
    start = f"arn:aws:states:{known['AWS::Region']}:{known['AWS::AccountId']}"
    return ContextSeed(
        execution_arn=f"{start}:execution:{form.name}:{name}",
        execution_name=name,
        role_arn=form.role,
        state_machine_arn=f"{start}:stateMachine:{form.name}",
        state_machine_name=form.name,
        started_at=started,
        type=form.type,
    )


def _api_event(event: Event) -> dict[str, Any]:
    """Return an event in the shape of ``GetExecutionHistory``."""
    return {
        "id": event.id,
        "previousEventId": event.previous,
        "type": event.type,
        "timestamp": event.timestamp,
        **event.details,
    }
