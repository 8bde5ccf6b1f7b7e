"""explain: walk one execution in plain words, of an environment or of a history file.

ARN → its environment → DescribeExecution, GetExecutionHistory ─┐
FILE → events, description, definition ─────────────────────────┴→ Timeline → Explanation
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sfn_release.aws.api_calls import call
from sfn_release.aws.stepfunctions import StepFunctions
from sfn_release.canonical import loads
from sfn_release.errors import (
    AccessError,
    AwsError,
    DefinitionError,
    SfnReleaseError,
)
from sfn_release.operations.described_execution import describe_execution
from sfn_release.operations.execution_arns import ExecutionArn, parse_execution_arn
from sfn_release.operations.execution_release import (
    ExecutionRelease,
    owner_of,
    release_anywhere,
    release_of,
)
from sfn_release.operations.explained_execution import Explanation
from sfn_release.operations.failed_children import with_children
from sfn_release.operations.waiting_states import waiting_states
from sfn_release.operations.workspace import Workspace
from sfn_release.testing.histories.failure_reason import failure_reason
from sfn_release.testing.histories.history_ends import text_of
from sfn_release.testing.histories.history_files import SavedHistory
from sfn_release.testing.histories.regular_events import regular_events
from sfn_release.testing.histories.timeline import Timeline, read_timeline
from sfn_release.testing.inner_machines import states_in


def explain_execution(
    workspace: Workspace, arn: str, *, environment: str | None = None
) -> Explanation:
    """Return the explanation of an execution of one of the project's environments.

    *arn* may also be the link of the execution's page in the AWS console. Raises UsageError for
    anything else, NotFoundError for an unknown execution and for one outside of the project's
    environments, and AccessError with the IAM action that you need (``states:DescribeExecution``,
    ``states:GetExecutionHistory``, for EXPRESS ``logs:FilterLogEvents``).
    """
    parsed = parse_execution_arn(arn)
    owner = owner_of(workspace, parsed, environment)
    chosen = owner.environment
    if parsed.express and not parsed.label:
        from sfn_release.operations.logged_execution import logged_execution

        file = logged_execution(workspace, chosen, parsed)
        definition, note = None, ""
    else:
        client = workspace.reach(chosen).stepfunctions
        file = _asked(client, parsed, chosen.name)
        definition, note = _definition_of(client, parsed)
    timeline = read_timeline(file.events, file.described)
    release, why = None, "the environment has no record of its state machine"
    if owner.workflow is not None:
        release, why = _release(workspace, owner.workflow, chosen.name, timeline, definition)
    definition = definition or (release.definition if release else None)
    if not parsed.express:
        _add_children(client, timeline)
    waits = _waits(file.events) if timeline.status == "RUNNING" else ()
    return Explanation(
        parsed.text,
        owner.workflow or parsed.machine,
        chosen.name,
        timeline,
        release,
        why,
        definition,
        failure_reason(timeline, definition),
        waits,
        notes=tuple(filter(None, (file.incomplete, note))),
    )


def explain_file(
    file: SavedHistory,
    *,
    workspace: Callable[[], Workspace | None] = lambda: None,
) -> Explanation:
    """Return the explanation of a history *file*, without credentials.

    *workspace* opens the current project, and returns None without one. The project's ledger has
    the release. If the file has no definition, the work tree's is used.
    """
    events = regular_events(file.events)
    timeline = read_timeline(events, file.described)
    arn = text_of(file.described.get("executionArn"))
    parsed = _parsed(arn or "")
    project = workspace()
    release, why = None, "the file doesn't name the version of the state machine"
    if project is not None and timeline.version_arn is not None:
        release = release_anywhere(project, timeline.version_arn, timeline.started)
        why = "no record of this project names its state machine version"
    elif project is None:
        why = ""
    definition = _readable(file.definition) or (release.definition if release else None)
    workflow = release.workflow if release else None
    if definition is None and project is not None:
        workflow, definition = _in_work_tree(project, timeline, workflow)
    machine = parsed.machine if parsed else None
    running = timeline.status == "RUNNING"
    cut_off = running and bool(file.incomplete) and not file.described.get("status")
    return Explanation(
        arn or None,
        workflow or text_of(file.saved.get("workflow")) or machine,
        (release.environment if release else text_of(file.saved.get("environment"))) or None,
        timeline,
        release,
        why,
        definition,
        failure_reason(timeline, definition),
        _waits(events) if running and not cut_off else (),
        text_of(file.saved.get("version")) or None,
        tuple(_notes(file, timeline)),
        cut_off=cut_off,
    )


def _notes(file: SavedHistory, timeline: Timeline) -> Iterator[str]:
    if file.incomplete:
        yield file.incomplete
    elif timeline.status == "RUNNING" and not file.described.get("status"):
        yield "The history has no end: the execution was still running, or the file is cut off."


def _asked(client: StepFunctions, arn: ExecutionArn, environment: str) -> SavedHistory:
    """Return the description and the history of a STANDARD execution, or of a child execution."""
    from sfn_release.operations.awaited_execution import history

    described = describe_execution(client, arn, environment)
    if arn.express:
        note = "Step Functions keeps no history of EXPRESS child executions"
        return SavedHistory((), described, incomplete=note)
    return SavedHistory(regular_events(history(client, arn.text, data=True)), described)


def _definition_of(
    client: StepFunctions, arn: ExecutionArn
) -> tuple[Mapping[str, Any] | None, str]:
    """Return the definition that an execution ran; or None, with the reason if you can change it.

    Child executions have none, and some emulators don't know the call.
    """
    try:
        answer = call(client.describe_state_machine_for_execution, executionArn=arn.text)
    except AccessError:
        return None, "You need states:DescribeStateMachineForExecution to see the rules that it ran"
    except AwsError:
        return None, ""
    return _readable(answer.get("definition")), ""


def _readable(definition: Any) -> Mapping[str, Any] | None:
    """Return a definition, an object or text; None if it has no states."""
    try:
        value = loads(definition) if isinstance(definition, str) else definition
    except DefinitionError:
        return None
    return value if states_in(value) else None


def _release(
    workspace: Workspace,
    workflow: str,
    environment: str,
    timeline: Timeline,
    definition: Mapping[str, Any] | None,
) -> tuple[ExecutionRelease | None, str]:
    """Return the release of an execution; or None, with the reason."""
    found = release_of(workspace, workflow, environment, timeline.version_arn, timeline.started)
    if found is None:
        if timeline.version_arn is None:
            return None, "no release was live when it started"
        return None, f"no recorded deployment made {timeline.version_arn}"
    if timeline.version_arn is None and None not in (definition, found.definition):
        ran, released = states_in(definition), states_in(found.definition)
        if not ran.keys() <= released.keys() or any(ran[name] != released[name] for name in ran):
            return None, (
                f"it was started without a version, and its definition differs from"
                f" {found.manifest.version}, which was live then"
            )
    return found, ""


def _in_work_tree(
    workspace: Workspace, timeline: Timeline, workflow: str | None
) -> tuple[str | None, Mapping[str, Any] | None]:
    """Return the only workflow of the work tree that has all states of an execution."""
    from sfn_release.operations.verbs.build import build_definitions

    visited = {visit.state for visit in timeline.visits}
    try:
        declarations = build_definitions(workspace, workflow)
    except SfnReleaseError:
        return workflow, None
    fitting = [
        declaration
        for declaration in declarations
        if visited and visited <= states_in(declaration.definition).keys()
    ]
    if len(fitting) != 1:
        return workflow, None
    return fitting[0].name, fitting[0].definition


def _add_children(client: StepFunctions, timeline: Timeline) -> None:
    """Set the failed child executions of the visits of distributed Maps."""
    for visit, asked in zip(timeline.visits, with_children(client, timeline.visits), strict=True):
        visit.children = asked.children


def _waits(events: Any) -> tuple[str, ...]:
    return tuple(f"{wait.state} waits for {wait.reason}" for wait in waiting_states(events))


def _parsed(arn: str) -> ExecutionArn | None:
    try:
        return parse_execution_arn(arn)
    except SfnReleaseError:
        return None
