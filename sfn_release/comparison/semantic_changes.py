"""The meaning of a workflow's change: the change in the language's words, its class, the reason.

    settings · scopes and states · data that callers give and get · the role

Where a definition can't answer, the change ``results`` says so; no change is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sfn_release.comparison.contract_changes import contract_changes, error_changes
from sfn_release.comparison.schema_changes import schema_changes
from sfn_release.comparison.semantic_change import UNTOLD, SemanticChange
from sfn_release.comparison.setting_changes import role_changes, setting_changes
from sfn_release.comparison.structure_changes import definition_changes
from sfn_release.permissions.needed import ANYWHERE, Place
from sfn_release.release.differences import ComparableWorkflow, differences


def semantic_changes(
    old: ComparableWorkflow | None,
    new: ComparableWorkflow | None,
    *,
    workflow: str = "",
    old_schema: Any = None,
    new_schema: Any = None,
    place: Place = ANYWHERE,
) -> tuple[SemanticChange, ...]:
    """Return the changes between two forms of a workflow; none for equal ones.

    You can pass `Declaration` or `Rendered` forms, None for a missing workflow. *workflow* is the
    name in the changes; default the new one's. The schemas are the JSON Schemas of inputs, None
    for none. *place* is where the role's permissions are compared.
    """
    side = new or old
    if side is None:
        return ()
    name = workflow or side.name
    if old is None:
        reason = "No caller knows it yet."
        return (SemanticChange(name, "", "added", "safe", "workflow added", reason),)
    if new is None:
        reason = "Callers that start it have nothing to start."
        return (SemanticChange(name, "", "removed", "breaking", "workflow removed", reason),)
    try:
        return tuple(_changes(name, old, new, old_schema, new_schema, place))
    except RecursionError:
        reason = f"The definition is nested too deeply; its meaning {UNTOLD}."
        return (SemanticChange(name, "", "field", "results", "definition changed", reason),)


def _changes(
    name: str,
    old: ComparableWorkflow,
    new: ComparableWorkflow,
    old_schema: Any,
    new_schema: Any,
    place: Place,
) -> Iterator[SemanticChange]:
    yield from schema_changes(name, old_schema, new_schema)
    if not differences(old, new):
        return
    yield from setting_changes(name, old, new)
    changed = [*definition_changes(name, old.definition, new.definition)]
    yield from changed
    if all(change.kind != "error" for change in changed):
        yield from error_changes(name, old.definition, new.definition)
    yield from contract_changes(name, old.definition, new.definition, old_schema)
    yield from role_changes(name, old, new, place)
