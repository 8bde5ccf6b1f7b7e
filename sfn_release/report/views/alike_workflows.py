"""Groups workflows that two releases change in the same way. Pure."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

from sfn_release.report.views.changed_states import ChangedState, changed_states, setting_lines
from sfn_release.report.views.comparisons import WorkflowComparison
from sfn_release.report.views.line_differences import LinePair
from sfn_release.text import count, few_names


@dataclass(frozen=True)
class ComparedGroup:
    """Workflows with the same changes: often one. Only *first* is drawn, with its *states*.

    *settings* are its fields outside of the states.
    """

    workflows: tuple[WorkflowComparison, ...]
    states: tuple[ChangedState, ...] = ()
    settings: tuple[LinePair, ...] = ()

    @property
    def first(self) -> WorkflowComparison:
        """The workflow whose changes are shown."""
        return self.workflows[0]

    @property
    def label(self) -> str:
        """The name of the workflow, or how many there are with the first names."""
        names = [workflow.name for workflow in self.workflows]
        if len(names) == 1:
            return names[0]
        return f"{count(names, 'workflow')}: {few_names(names)}"


def same_texts(workflows: Sequence[WorkflowComparison]) -> list[ComparedGroup]:
    """Return workflows grouped by the texts of their changes, in the order of the first ones."""
    found: dict[Hashable, list[WorkflowComparison]] = {}
    for workflow in workflows:
        found.setdefault(_texts(workflow), []).append(workflow)
    return [ComparedGroup(tuple(several)) for several in found.values()]


def same_changes(workflows: Sequence[WorkflowComparison]) -> list[ComparedGroup]:
    """Return workflows grouped by their changes, and by every line of JSON that differs.

    States that didn't change may be different ones, but they have the same names.
    """
    found: dict[Hashable, ComparedGroup] = {}
    for workflow in workflows:
        old = workflow.old.definition if workflow.old else None
        new = workflow.new.definition if workflow.new else None
        states: tuple[ChangedState, ...] = ()
        settings: tuple[LinePair, ...] = ()
        if old is not None and new is not None:
            states = changed_states(old, new, workflow.changes)
            settings = setting_lines(workflow.old, workflow.new)
        lines = tuple((state.label, state.kind, _different(state.lines)) for state in states)
        key = (_texts(workflow), lines, _different(settings), _names(old), _names(new))
        group = found.setdefault(key, ComparedGroup((), states, settings))
        found[key] = replace(group, workflows=(*group.workflows, workflow))
    return [*found.values()]


def _texts(workflow: WorkflowComparison) -> Hashable:
    changes = workflow.changes
    return workflow.was, tuple(
        (it.state, it.was, it.kind, it.change_class, it.text, it.reason) for it in changes
    )


def _different(lines: tuple[LinePair, ...]) -> Hashable:
    return tuple(
        (pair.kind, pair.old, pair.new) for pair in lines if pair.kind not in {"same", "folded"}
    )


def _names(definition: object) -> Hashable:
    states = definition.get("States") if isinstance(definition, dict) else None
    return tuple(states) if isinstance(states, dict) else None
