"""The meaning of a workflow's change: the change in the language's words, its class, the reason.

    settings · scopes and states · data that callers give and get · the role

Where a definition can't answer, the change ``results`` says so; no change is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from sfn_release.comparison.contract_changes import contract_changes
from sfn_release.comparison.schema_changes import schema_changes
from sfn_release.comparison.semantic_change import UNTOLD, SemanticChange
from sfn_release.comparison.setting_changes import role_changes, setting_changes
from sfn_release.comparison.structure_changes import definition_changes
from sfn_release.errors import FileError
from sfn_release.permissions.needed import ANYWHERE, Place
from sfn_release.release.differences import ComparableWorkflow, differences

_WITHOUT_CALLS: Final = frozenset(
    (
        *("comment", "transition", "start", "retry", "timeout", "heartbeat", "wait", "renamed"),
        *("cause", "error", "tags"),
    )
)
"""The kinds of changes after which the role needs what it needed before.

A Choice, a Catch and data aren't among them: each can assign a variable that names a resource.
"""


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
    if _is_equal(old, new):
        return
    changed = [
        *setting_changes(name, old, new),
        *definition_changes(name, old.definition, new.definition),
    ]
    yield from changed
    kinds = {change.kind for change in changed}
    yield from contract_changes(
        name, old.definition, new.definition, old_schema, errors="error" not in kinds
    )
    if not kinds <= _WITHOUT_CALLS:
        try:
            yield from [*role_changes(name, old, new, place)]
        except FileError as error:  # a deployment doesn't wait for the data of IAM
            text = "the permissions of the role can't be compared"
            kind = "permission-unknown"
            yield SemanticChange(name, "", kind, "permissions", text, error.message)


def _is_equal(old: ComparableWorkflow, new: ComparableWorkflow) -> bool:
    """Whether two forms have no difference. Most of them are equal, so they're compared fast."""
    return bool(old.definition == new.definition) and not differences(old, new)
