"""Plans as text: for stderr before they are applied, and for `sfn-release plan`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator

from sfn_release.cli.output.plan_groups import PlanGroup, changed_pins, plan_layout
from sfn_release.cli.output.width import columns_of, padded
from sfn_release.comparison.semantic_change import CLASS_TEXTS, weightiest
from sfn_release.plan import Plan, WorkflowPlan
from sfn_release.plan.permission_needs import other_changes, permission_lines
from sfn_release.plan.steps import Step, TagStateMachine, names_text
from sfn_release.plan.traffic_shift import stages_text
from sfn_release.release.pins import pin_text
from sfn_release.text import count

_MARKS = {
    "created": ("+", "create"),
    "updated": ("~", "update"),
    "repointed": ("~", "repoint"),
    "unchanged": ("=", "unchanged"),
    "retained": ("=", "retained"),
    "deleted": ("-", "delete"),
    "adopted": ("=", "keep"),
    "handed-over": ("-", "hand over"),
}
_MANY = 20  # workflows, above which each gets one line
FOLD = 20
"""A plan shows this many lines of changes for an environment, unless it shows all."""


def plan_lines(plan: Plan, *, label: str, verbose: bool = False) -> Iterator[str]:
    """Yield the lines of a plan: its steps and their changes. *verbose* shows all of them.

    *label* is the environment's name for output.
    """
    yield f"plan: {purpose(plan, label)}"
    if (
        plan.version
        and plan.from_version
        and plan.action not in {"rollback", "adopt", "acknowledge", "handover"}
    ):
        yield from _lower(plan.version, plan.from_version)
    yield from _changes(plan, verbose=verbose)
    yield from _quiet(plan, verbose=verbose)
    if plan.stages:
        yield f"  shift: {stages_text(plan)}"
        yield f"  strategy: {plan.strategy}"
    notes = [*(note for workflow in plan.workflows for note in workflow.notes), *plan.notes]
    yield from (f"  note: {note}" for note in notes)
    for refusal in plan.refusals:
        first, *rest = refusal.message.splitlines()
        yield from (f"  refused: {first}", *(f"    {line.strip()}" for line in rest))
        yield f"    {refusal.fix}"


def purpose(plan: Plan, where: str, show: Callable[[str], str] = str) -> str:
    """Return the purpose of a plan. *show* formats a name for the output."""
    version = show(plan.version) if plan.version else plan.called
    served = show(plan.from_version) if plan.from_version else ""
    now = f", where {served} is live" if served else ", where nothing is deployed"
    match plan.action:
        case "delete" | "handover":
            names = ", ".join(show(workflow.workflow) for workflow in plan.workflows)
            verb = "delete" if plan.action == "delete" else "hand over"
            return f"{verb} {names} from {where}{now}"
        case "rollback" if plan.version == plan.from_version:
            return f"restore {version} in {where}"
        case "rollback":
            return f"roll back {where} from {served} to {version}"
        case "adopt":
            return f"record what is in {where} as {version}, before it is changed"
        case "acknowledge":
            return f"acknowledge state machine versions in {where}; AWS is not changed"
        case "publish" | "deploy" | "promote":
            return f"{plan.action} {version} to {where}{now}"


def _changes(plan: Plan, *, verbose: bool) -> Iterator[str]:
    """Yield the steps of each workflow that changes, and below them its differences.

    A long plan has the workflows with the same steps in groups, after the others.
    """
    layout = plan_layout(plan, verbose=verbose)
    wide = max((columns_of(workflow.workflow) for workflow in layout.listed), default=0)
    brief = len(layout.listed) > _MANY and not verbose
    shown = 0
    for workflow in layout.listed:
        yield from _workflow(plan, workflow, wide, verbose=verbose, brief=brief)
        lines = change_lines(workflow)
        lines = lines if verbose else lines[: FOLD - shown]
        shown += len(lines)
        yield from (f"      {line}" for line in (*lines, *permission_lines(workflow)))
    more = sum(len(change_lines(workflow)) for workflow in layout.listed) - shown
    if more:
        yield f"      … {count(more, 'more line')}; -v shows all"
    for group in layout.groups:
        yield from _group(group)


def _group(group: PlanGroup) -> Iterator[str]:
    meaning = f"  ({CLASS_TEXTS[group.change_class]})" if group.change_class else ""
    mark, _ = _MARKS[group.change]
    yield f"  {mark} {count(group.workflows, 'workflow')}: {', '.join(group.steps)}{meaning}"
    names = names_text([workflow.workflow for workflow in group.workflows])
    changes = sum(len(change_lines(workflow)) for workflow in group.workflows)
    yield f"      {names}" + (f"; -v shows {count(changes, 'change')}" if changes else "")


def _quiet(plan: Plan, *, verbose: bool) -> Iterator[str]:
    """Yield the lines of workflows whose content and callers don't change."""
    alike = defaultdict(list)
    for workflow in plan.workflows:
        if not workflow.changes:
            word = "retained" if workflow.change == "retained" else "unchanged"
            heaviest = weightiest(workflow.semantic_changes)
            word += f", removed from the release ({CLASS_TEXTS[heaviest]})" if heaviest else ""
            tagged = f", only tagged with {plan.version}" if workflow.tags and plan.version else ""
            alike[word + tagged].append(workflow.workflow)
    for words, names in sorted(alike.items(), reverse=True):
        yield f"  = {words}: {_listed(names, verbose=verbose)}"


def _listed(names: list[str], *, verbose: bool) -> str:
    return ", ".join(names) if verbose else names_text(names)


def change_lines(workflow: WorkflowPlan) -> list[str]:
    """Return the changes of a workflow with their classes, one per line.

    `permission_lines` shows those of permissions.
    """
    return [
        f"{change.text}  ({CLASS_TEXTS[change.change_class]})" for change in other_changes(workflow)
    ]


def step_text(step: Step, *, verbose: bool = False) -> str:
    """Return a step in words; our own tags are counted unless *verbose*."""
    if verbose or not isinstance(step, TagStateMachine):
        return str(step)
    theirs = {key: value for key, value in step.tags.items() if not key.startswith("sfn-release:")}
    texts = [f"{key}={value}" for key, value in theirs.items()]
    texts += [f"without {key}" for key in step.removed]
    if len(theirs) < len(step.tags):
        texts.append("sfn-release:*")
    return "update tags " + ", ".join(texts)


def change_texts(plan: Plan, workflow: WorkflowPlan, *, verbose: bool = False) -> list[str]:
    """Return a workflow's steps in words, and its pins where they change."""
    texts = [f"keep: {step_text(step, verbose=verbose)}" for step in workflow.keep]
    texts += [step_text(step, verbose=verbose) for step in plan.steps_of(workflow)]
    return texts + [
        f"pin {pin_text(written, now, workflow.pinned.get(written))}"
        for written, now in changed_pins(workflow, every=verbose).items()
    ]


def _lower(version: str, served: str) -> Iterator[str]:
    from sfn_release.release.version import Precedence

    if Precedence(version) < Precedence(served):
        yield f"  note: {version} is lower than the live version, {served}"


def _workflow(
    plan: Plan, workflow: WorkflowPlan, wide: int, *, verbose: bool, brief: bool
) -> Iterator[str]:
    """Yield a line for every step of a workflow; if *brief*, one line for all steps."""
    mark, word = _MARKS[workflow.change]
    steps = change_texts(plan, workflow, verbose=verbose)
    head = f"  {mark} {padded(workflow.workflow, wide)}  {word:<8}"
    steps = ["; ".join(steps)] if brief else steps
    for step in steps:
        yield f"{head}  {step}".rstrip()
        head = " " * columns_of(head)
