"""Comparing a recorded form with its release: no forgery passes, no true form fails."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfn_release.authoring.declaration import Declaration
from sfn_release.errors import SfnReleaseError
from sfn_release.project import Environment
from sfn_release.project.backends import AWS
from sfn_release.release.pins import pin_open
from sfn_release.release.render_verification import unlike_release
from sfn_release.release.rendering import Rendered, render, values_of
from support.shop import ROLE
from support.values import JSON, definition

CHARGE = "arn:aws:lambda:eu-west-1:111111111111:function:charge"
SHIPPING = "arn:aws:states:eu-west-1:111111111111:stateMachine:shipping"
VALUES: Mapping[str, Any] = {"Charge": CHARGE, "Who": "Alice", "Pause": 3, "Child": SHIPPING}


def environment(**values: Any) -> Environment:
    return Environment(
        "prod", AWS, region="eu-west-1", role_arn=ROLE, parameters={**VALUES, **values}
    )


def machine(**states: Any) -> dict[str, Any]:
    return {"StartAt": next(iter(states)), "States": states}


def task(resource: str, parameters: Any = None, **more: Any) -> dict[str, Any]:
    given = {} if parameters is None else {"Parameters": parameters}
    return {"Type": "Task", "Resource": resource, **given, **more, "End": True}


INVOKE = "arn:aws:states:::lambda:invoke"
START = "arn:aws:states:::states:startExecution"
DECLARED: dict[str, tuple[Declaration, Mapping[str, str]]] = {
    "a literal": (Declaration("a", definition("one")), {}),
    "a text with a placeholder": (Declaration("a", definition("${Who} says $${x}")), {}),
    "a key": (Declaration("a", definition({"${Who}": 1, "Bob": 2, "Alice's": "${Who}"})), {}),
    "JSONata": (Declaration("a", definition("{% ${'a': 1}.a & '${Who}' %}")), {}),
    "settings and tags": (
        Declaration(
            "a",
            definition(1),
            role="arn:aws:iam::111111111111:role/${Who}",
            logging={"level": "ALL"},
            tracing={"enabled": True},
            tags={"team": "${Who}", "x": "y"},
        ),
        {},
    ),
    "a pinned function": (
        Declaration("a", machine(A=task("${Charge}"))),
        {CHARGE: f"{CHARGE}:7"},
    ),
    "a pinned function by its alias": (
        Declaration(
            "a", machine(A=task(INVOKE, {"FunctionName": "${Charge}", "Qualifier": "live"}))
        ),
        {f"{CHARGE}:live": f"{CHARGE}:7"},
    ),
    "a pinned function in JSONata": (
        Declaration(
            "a",
            {
                "QueryLanguage": "JSONata",
                **machine(
                    A={
                        "Type": "Task",
                        "Resource": INVOKE,
                        "Arguments": {"FunctionName": "{% '${Charge}' %}"},
                        "End": True,
                    }
                ),
            },
        ),
        {CHARGE: f"{CHARGE}:7"},
    ),
    "a pinned workflow": (
        Declaration("a", machine(A=task(START, {"StateMachineArn": "${Child}", "Input": {}}))),
        {SHIPPING: f"{SHIPPING}:3"},
    ),
}


def rendered(declaration: Declaration, pins: Mapping[str, str]) -> Rendered:
    form = render(declaration, environment())
    return replace(form, definition=pin_open(form.definition, pins))


def unlike(declaration: Declaration, form: Rendered, pins: Mapping[str, str], *, old: bool) -> Any:
    values = None if old else values_of(declaration, environment())
    return unlike_release(declaration, form, values=values, pins=pins)


@pytest.mark.parametrize("old", [False, True], ids=["with values", "as 0.2.0 recorded"])
@pytest.mark.parametrize("name", DECLARED)
def test_what_a_release_renders_to_is_its_own(name: str, old: bool) -> None:
    """Pins are included, and so are records without values."""
    declaration, pins = DECLARED[name]
    assert unlike(declaration, rendered(declaration, pins), pins, old=old) is None


def test_numbers_fill_fields_with_their_type() -> None:
    """3 is not "3": the values are recorded with their types."""
    waits = Declaration("a", machine(A={"Type": "Wait", "Seconds": "${Pause}", "End": True}))
    form = rendered(waits, {})
    assert form.definition["States"]["A"]["Seconds"] == 3
    assert unlike(waits, form, {}, old=False) is None
    text = machine(A={"Type": "Wait", "Seconds": "3", "End": True})
    found = unlike(waits, replace(form, definition=text), {}, old=False)
    assert found == "the definition differs at $.States.A.Seconds"


FORGED: dict[str, tuple[str, Any, str]] = {
    "another literal": ("a literal", definition("two"), "$.States.Only.Result"),
    "another type": ("a literal", definition(1), "$.States.Only.Result"),
    "a state more": (
        "a literal",
        {**definition("one"), "States": {**definition("one")["States"], "B": {}}},
        "$.States",
    ),
    "a text around": (
        "a text with a placeholder",
        definition("Alice says ${x} and more"),
        "$.States.Only.Result",
    ),
    "another version than the pin's": (
        "a pinned function",
        machine(A=task(CHARGE.replace("charge", "steal") + ":7")),
        "$.States.A.Resource",
    ),
    "another function": (
        "a pinned function by its alias",
        machine(A=task(INVOKE, {"FunctionName": CHARGE.replace("charge", "steal")})),
        "$.States.A.Parameters",
    ),
}


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_definition_is_named_with_its_path(name: str) -> None:
    """The path is the first place where it differs from the rendered release."""
    of, forged, path = FORGED[name]
    declaration, pins = DECLARED[of]
    form = replace(rendered(declaration, pins), definition=forged)
    found = unlike(declaration, form, pins, old=False)
    assert found is not None
    assert found.startswith(f"the definition differs at {path}")


OLD = {name: row for name, row in FORGED.items() if name != "another version than the pin's"}


@pytest.mark.parametrize("name", OLD)
def test_old_records_are_held_to_what_is_literal(name: str) -> None:
    """A name alone in its field may be any text, because its value is not recorded."""
    of, forged, path = OLD[name]
    declaration, pins = DECLARED[of]
    form = replace(rendered(declaration, pins), definition=forged)
    found = unlike(declaration, form, pins, old=True)
    assert found is not None
    assert found.startswith(f"the definition differs at {path}")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"type": "EXPRESS"}, "its type is EXPRESS, and the released type is STANDARD"),
        ({"role": "arn:aws:iam::111111111111:role/evil"}, "the role differs at $"),
        (
            {"logging": {"level": "OFF", "includeExecutionData": False}},
            "logging differs at $.level",
        ),
        ({"tracing": {"enabled": False}}, "tracing differs at $.enabled"),
        ({"tags": {"team": "Mallory", "x": "y"}}, "tags differs at $.team"),
    ],
)
def test_settings_that_a_release_decides_are_held_against_it(
    change: dict[str, Any], said: str
) -> None:
    """The other settings come from releases.toml."""
    declaration, pins = DECLARED["settings and tags"]
    form = rendered(declaration, pins)
    assert unlike(declaration, replace(form, **change), pins, old=False) == said
    plain = Declaration("a", definition(1))
    form = rendered(plain, {})
    if "type" not in change:
        assert unlike(plain, replace(form, **change), {}, old=False) is None


def test_values_that_are_missing_make_nothing() -> None:
    """A record that lacks a value of the release's parameters is not its own."""
    declaration, pins = DECLARED["a text with a placeholder"]
    form = rendered(declaration, pins)
    assert "Who" in (unlike_release(declaration, form, values={}, pins={}) or "")


_NAMES = st.sampled_from(["${Who}", "${Pause}", "$${", "x", "", "${Charge}", "%}", "{%"])
_TEXTS = st.lists(_NAMES, max_size=4).map("".join)
_FILLED = st.recursive(
    JSON | _TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXTS, inner, max_size=3),
    max_leaves=8,
)


@given(_FILLED, st.booleans())
def test_no_true_form_is_called_forged(content: Any, old: bool) -> None:
    """This holds for every definition that can be rendered."""
    declaration = Declaration("a", definition({"of": content}))
    try:
        form = render(declaration, environment(Pause="3"))
    except SfnReleaseError:  # it was never deployed
        return
    values = None if old else values_of(declaration, environment(Pause="3"))
    assert unlike_release(declaration, form, values=values, pins={}) is None
