"""The changes between all workflows of two releases, renamed workflows included."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

from sfn_release.comparison.placed_states import placed_scope, scopes_of
from sfn_release.comparison.semantic_change import SemanticChange
from sfn_release.comparison.semantic_changes import semantic_changes
from sfn_release.release.differences import ComparableWorkflow

_RENAMED: Final = 0.6  # of the states, by content
_MOST_PAIRS: Final = 10_000  # of removed and added workflows that are compared

Form = TypeVar("Form", bound=ComparableWorkflow)


@dataclass(frozen=True)
class WorkflowSet(Generic[Form]):
    """The workflows of one side by name, and the JSON Schemas of their inputs."""

    workflows: Mapping[str, Form]
    schemas: Mapping[str, Any] = field(default_factory=dict)


def release_changes(
    old: WorkflowSet[Form],
    new: WorkflowSet[Form],
    *,
    first_names: Mapping[str, str] | None = None,
) -> dict[str, tuple[SemanticChange, ...]]:
    """Return the changes of each workflow that has some, by its new name.

    A workflow that was removed stands under its old name. A new workflow whose states are nearly
    those of a removed one is that workflow under another name. *first_names* has the
    workflows that keep their state machine under a new name: ``renamed_from`` in releases.toml.
    """
    found = {}
    first = first_names or {}
    keeping = dict(_keeping(old.workflows, new.workflows, first))
    renamed = dict(_renamed(old.workflows, new.workflows, keeping))
    origins = {name: was for was, name in renamed.items()}
    for name in sorted({*old.workflows, *new.workflows}):
        if name in renamed:
            continue
        was = origins.get(name, name)
        changes = semantic_changes(
            old.workflows.get(was),
            new.workflows.get(name),
            workflow=name,
            old_schema=old.schemas.get(was),
            new_schema=new.schemas.get(name),
        )
        if was != name:
            changes = (_rename(was, name, kept=was in keeping), *changes)
        if changes:
            found[name] = changes
    return found


def _rename(was: str, name: str, *, kept: bool) -> SemanticChange:
    return SemanticChange(
        name,
        "",
        "renamed",
        "safe" if kept else "breaking",
        f'workflow "{was}" renamed to "{name}"',
        "It keeps its state machine, so callers start it as before."
        if kept
        else "Callers that start it by its old name find the old state machine, or none.",
        was=was,
    )


def _keeping(
    old: Mapping[str, object], new: Mapping[str, object], first_names: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Yield the old and the new name of each workflow that keeps its machine under a new name."""
    gone = {first_names.get(name, name): name for name in old if name not in new}
    for name in new:
        first = first_names.get(name, name)
        if name not in old and first in gone:
            yield gone[first], name


def _renamed(
    old: Mapping[str, ComparableWorkflow],
    new: Mapping[str, ComparableWorkflow],
    keeping: Mapping[str, str],
) -> Iterator[tuple[str, str]]:
    """Yield the old and the new name of each renamed workflow: *keeping*, then the likeliest."""
    yield from keeping.items()
    found = {*keeping.values()}
    gone = {name: _contents(old[name]) for name in old if name not in new and name not in keeping}
    came = {name: _contents(new[name]) for name in new if name not in old and name not in found}
    if len(gone) * len(came) > _MOST_PAIRS:
        return
    likely = [
        (_common(contents, others), was, name)
        for was, contents in gone.items()
        for name, others in came.items()
    ]
    for share, was, name in sorted(likely, key=lambda item: (-item[0], *item[1:])):
        if share >= _RENAMED and was in gone and name in came:
            del gone[was], came[name]
            yield was, name


def _contents(workflow: ComparableWorkflow) -> set[str]:
    """Return the contents of a workflow's states, with their names."""
    found = set()
    for scope in scopes_of(placed_scope(workflow.definition)):
        for state in scope.states:
            found.add(json.dumps([state.name, state.content]))
    return found


def _common(contents: set[str], others: set[str]) -> float:
    return 2 * len(contents & others) / (len(contents) + len(others)) if contents else 0.0
