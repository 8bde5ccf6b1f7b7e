"""Every difference between generated machines is in a semantic change; equal ones have none."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sfn_release.authoring.declaration import Declaration
from sfn_release.comparison.placed_states import placed_scope, scopes_of
from sfn_release.comparison.semantic_change import SemanticChange
from sfn_release.comparison.semantic_changes import semantic_changes
from sfn_release.project.json_schemas import schema_fault, value_faults
from sfn_release.release.differences import MISSING, Difference, definition_differences
from support.changed_definitions import CHANGES, Place
from support.random_machines import machines
from support.values import JSON

_FOLLOWING = ("Next", "Default", "StartAt")


def compared(old: Any, new: Any) -> tuple[SemanticChange, ...]:
    """Return what changed between two definitions."""
    return semantic_changes(Declaration("orders", old), Declaration("orders", new))


def is_covered(difference: Difference, found: tuple[SemanticChange, ...]) -> bool:
    """Whether a change speaks of a difference: of its state, or of a rename that it follows."""
    field = difference.field.replace('["', ".").rpartition(".")[2]
    names = {
        (change.was.rpartition(" › ")[2], change.state.rpartition(" › ")[2])
        for change in found
        if change.kind == "renamed"
    }
    if field in _FOLLOWING and (difference.old, difference.new) in names:
        return True
    if difference.field.startswith(("Choices", "Catch")) and names:
        return True
    labels = [label for change in found for label in (change.state, change.was)]
    if not difference.state:
        return any(not change.state for change in found)
    return any(label and (difference.state + " › ").startswith(label + " › ") for label in labels)


def changed(definition: dict[str, Any], random: Random) -> dict[str, Any] | None:
    """Return a copy with a change in a random state; None where it has no place."""
    copy = json.loads(json.dumps(definition))
    bodies = [scope.body for scope in scopes_of(placed_scope(copy))]
    machine: Any = random.choice(bodies)
    name = random.choice([*machine["States"]])
    place = Place(name, machine["States"][name], machine, [], {*machine["States"]}, random)
    return copy if CHANGES[random.choice([*CHANGES])](place) else None


@given(machines(), st.randoms(use_true_random=False))
def test_a_change_in_a_machine_is_in_a_semantic_change(
    definition: dict[str, Any], random: Random
) -> None:
    """Whichever state and field it is; several changes are told too."""
    new: dict[str, Any] | None = definition
    for _ in range(random.randint(1, 3)):
        new = changed(new, random) or new if new is not None else None
    found = compared(definition, new)
    assert bool(found) == bool(definition_differences(definition, new or {}))
    missing = [
        str(difference)
        for difference in definition_differences(definition, new or {})
        if not is_covered(difference, found)
    ]
    assert missing == [], [str(change) for change in found]


@given(machines(), machines())
def test_two_machines_differ_by_their_semantic_changes(
    old: dict[str, Any], new: dict[str, Any]
) -> None:
    """Whatever the machines are."""
    found = compared(old, new)
    for difference in definition_differences(old, new):
        assert is_covered(difference, found), [difference, *map(str, found)]


@given(st.dictionaries(st.sampled_from(("StartAt", "States", "Comment", "x")), JSON), JSON, JSON)
def test_any_json_is_compared(body: dict[str, Any], first: Any, second: Any) -> None:
    """A definition that nothing accepts still ends in changes, and none for itself."""
    old = {**body, "States": {"A": first, "B": second}}
    new = {**body, "States": {"B": first, "A": second, "C": {"Type": first, "Next": second}}}
    assert compared(old, old) == ()
    assert compared(old, new) != ()
    assert compared(body, old) != () or body == old
    sides = ({"Type": "Choice", **dict.fromkeys(("Choices", "Retry", "Catch"), value)}
             for value in (first, second))  # fmt: skip
    before, after = ({"StartAt": "A", "States": {"A": side}} for side in sides)
    assert bool(compared(before, after)) == bool(definition_differences(before, after))


TYPES = st.sampled_from(("integer", "number", "string", "object", "array", "boolean"))
SCHEMAS = st.recursive(
    st.one_of(
        st.booleans(),
        st.fixed_dictionaries(
            {},
            optional={
                "type": st.one_of(TYPES, st.lists(TYPES, min_size=1, max_size=2, unique=True)),
                "enum": st.lists(st.sampled_from((1, 2, "a", "b")), min_size=1, unique=True),
                "const": st.sampled_from((1, "a")),
                "minimum": st.integers(-2, 2),
                "maximum": st.integers(-2, 2),
                "minLength": st.integers(0, 2),
                "maxItems": st.integers(0, 2),
                "uniqueItems": st.booleans(),
                "title": st.just("x"),
            },
        ),
    ),
    lambda inner: st.fixed_dictionaries(
        {},
        optional={
            "type": TYPES,
            "required": st.lists(st.sampled_from("xy"), unique=True),
            "properties": st.dictionaries(st.sampled_from("xyz"), inner),
            "patternProperties": st.dictionaries(st.sampled_from(("^x", "^z")), inner),
            "additionalProperties": inner,
            "items": inner,
            "prefixItems": st.lists(inner, min_size=1, max_size=2),
            "anyOf": st.lists(inner, min_size=1, max_size=2),
            "not": inner,
        },
    ),
    max_leaves=6,
)
VALUES = st.recursive(
    st.sampled_from((1, 2, -1, 0.5, "a", "", "abc", True, None)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("xyz"), inner),
    max_leaves=5,
)


@given(SCHEMAS, SCHEMAS, st.lists(VALUES, min_size=1, max_size=8))
def test_a_schema_that_refuses_more_is_never_safe(old: Any, new: Any, values: list[Any]) -> None:
    """The class is safe only if every input that was accepted still is."""
    assert schema_fault(old) is None
    assert schema_fault(new) is None
    side = Declaration("orders", {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}})
    found = semantic_changes(side, side, old_schema=old, new_schema=new)
    classes = {change.change_class for change in found}
    assert (old == new) == (classes == set())
    if classes == {"safe"}:
        for value in values:
            assert value_faults(old, value) or not value_faults(new, value), value


def test_a_missing_workflow_is_a_change() -> None:
    """A removed workflow breaks its callers."""
    side = Declaration("orders", {"StartAt": "A", "States": {}})
    assert [change.kind for change in semantic_changes(None, side)] == ["added"]
    assert [change.change_class for change in semantic_changes(side, None)] == ["breaking"]
    assert semantic_changes(None, None) == ()
    assert MISSING.value == "(none)"
