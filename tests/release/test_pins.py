"""Pins, pure: the references of definitions, and definitions with exact versions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfn_release.deployment.workflow_pins import in_waves
from sfn_release.release.pins import exact_name, pin, pin_text, references
from support.errors import refused
from support.values import JSON

LAMBDA = "arn:aws:lambda:eu-west-1:111122223333:function:charge"
MACHINE = "arn:aws:states:eu-west-1:111122223333:stateMachine:child"
INVOKE = "arn:aws:states:::lambda:invoke"
START = "arn:aws:states:::states:startExecution"
COMPUTED = "it is known only when the state runs"


def task(resource: str, **fields: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": resource, "End": True, **fields}


def one(state: Any, **members: Any) -> dict[str, Any]:
    return {"StartAt": "Do", "States": {"Do": state}, **members}


def invoke(**arguments: Any) -> dict[str, Any]:
    return task(INVOKE, Parameters=arguments)


def jsonata(resource: str, arguments: Any) -> dict[str, Any]:
    return task(resource, Arguments=arguments, QueryLanguage="JSONata")


REFERENCES = {
    # a Task state: the reference as written, and its name or why it has none
    "a function's ARN": (task(LAMBDA), LAMBDA, "charge"),
    "an ARN with an alias": (task(f"{LAMBDA}:live"), f"{LAMBDA}:live", "charge:live"),
    "an ARN with a version": (task(f"{LAMBDA}:7"), f"{LAMBDA}:7", "charge:7"),
    "$LATEST": (task(f"{LAMBDA}:$LATEST"), f"{LAMBDA}:$LATEST", "charge:$LATEST"),
    "an ARN in China": (
        task("arn:aws-cn:lambda:cn-north-1:111122223333:function:charge"),
        "arn:aws-cn:lambda:cn-north-1:111122223333:function:charge",
        "charge",
    ),
    "a broken ARN": (
        task("arn:aws:lambda:eu-west-1:function:charge"),
        "arn:aws:lambda:eu-west-1:function:charge",
        "this is not the name of a function",
    ),
    "a name": (invoke(FunctionName="charge"), "charge", "charge"),
    "a name and an alias": (invoke(FunctionName="charge:live"), "charge:live", "charge:live"),
    "a name and a version": (invoke(FunctionName="charge:7"), "charge:7", "charge:7"),
    "a partial ARN": (
        invoke(FunctionName="111122223333:function:charge"),
        "111122223333:function:charge",
        "charge",
    ),
    "a partial ARN and an alias": (
        invoke(FunctionName="function:charge:live"),
        "function:charge:live",
        "charge:live",
    ),
    "a qualifier beside it": (
        invoke(FunctionName="charge", Qualifier="live"),
        "charge:live",
        "charge:live",
    ),
    "a qualifier twice": (
        invoke(FunctionName="charge:live", Qualifier="live"),
        "charge:live",
        "charge:live",
    ),
    "two qualifiers": (
        invoke(FunctionName="charge:live", Qualifier="7"),
        "charge:live:7",
        "this is not the name of a function",
    ),
    "a qualifier from the input": (
        {
            **invoke(FunctionName="charge"),
            "Parameters": {"FunctionName": "charge", "Qualifier.$": "$.q"},
        },
        "charge:$.q",
        COMPUTED,
    ),
    "a name from the input": (task(INVOKE, Parameters={"FunctionName.$": "$.f"}), "$.f", COMPUTED),
    "all from the input": (task(INVOKE), "FunctionName", COMPUTED),
    "not even a text": (invoke(FunctionName=7), "FunctionName", COMPUTED),
    "a callback": (
        task(f"{INVOKE}.waitForTaskToken", Parameters={"FunctionName": "charge"}),
        "charge",
        "charge",
    ),
    "the SDK's call": (
        task("arn:aws:states:::aws-sdk:lambda:invoke", Parameters={"FunctionName": "charge"}),
        "charge",
        "charge",
    ),
    "JSONata: a text": (jsonata(INVOKE, {"FunctionName": "charge"}), "charge", "charge"),
    "JSONata: a constant": (
        jsonata(INVOKE, {"FunctionName": "{% 'charge' %}"}),
        "charge",
        "charge",
    ),
    "JSONata: an expression": (
        jsonata(INVOKE, {"FunctionName": "{% $f %}"}),
        "{% $f %}",
        COMPUTED,
    ),
    "JSONata: all of it": (jsonata(INVOKE, "{% $states.input %}"), "{% $states.input %}", COMPUTED),
    "JSONPath has no expressions": (
        invoke(FunctionName="{% 'charge' %}"),
        "{% 'charge' %}",
        "this is not the name of a function",
    ),
    "a state machine": (task(START, Parameters={"StateMachineArn": MACHINE}), MACHINE, "child"),
    "a state machine's alias": (
        task(f"{START}.sync", Parameters={"StateMachineArn": f"{MACHINE}:live"}),
        f"{MACHINE}:live",
        "child:live",
    ),
    "a state machine's version": (
        task(f"{START}.sync:2", Parameters={"StateMachineArn": f"{MACHINE}:3"}),
        f"{MACHINE}:3",
        "child:3",
    ),
    "a state machine with a callback": (
        task(f"{START}.waitForTaskToken", Parameters={"StateMachineArn": MACHINE}),
        MACHINE,
        "child",
    ),
    "the SDK's start": (
        task(
            "arn:aws:states:::aws-sdk:sfn:startExecution", Parameters={"StateMachineArn": MACHINE}
        ),
        MACHINE,
        "child",
    ),
    "the SDK's synchronous start": (
        jsonata("arn:aws:states:::aws-sdk:sfn:startSyncExecution", {"StateMachineArn": MACHINE}),
        MACHINE,
        "child",
    ),
    "itself": (
        task(START, Parameters={"StateMachineArn.$": "$$.StateMachine.Id"}),
        "$$.StateMachine.Id",
        COMPUTED,
    ),
    "a state machine's bare name": (
        task(START, Parameters={"StateMachineArn": "child"}),
        "child",
        "this is not the name of a state machine",
    ),
}


@pytest.mark.parametrize("case", REFERENCES)
def test_references_are_found(case: str) -> None:
    """Every way to name a function or a state machine is found and parsed."""
    state, written, named = REFERENCES[case]
    found = references(one(state))
    assert [(written, named)] == [(ref.written, str(ref.name or ref.problem)) for ref in found]


OTHERS = {
    "another service": task("arn:aws:states:::sns:publish", Parameters={"FunctionName": "charge"}),
    "an activity": task("arn:aws:states:eu-west-1:111122223333:activity:count"),
    "another call of Lambda's": task(
        "arn:aws:states:::aws-sdk:lambda:getFunction", Parameters={"FunctionName": "charge"}
    ),
    "another call of Step Functions": task(
        "arn:aws:states:::aws-sdk:sfn:stopExecution", Parameters={"StateMachineArn": MACHINE}
    ),
    "no task": {"Type": "Pass", "Resource": LAMBDA, "End": True},
    "no resource": {"Type": "Task", "End": True},
    "no state": 7,
}


@pytest.mark.parametrize("case", OTHERS)
def test_what_is_no_reference_stays(case: str) -> None:
    """Only functions that are invoked, and state machines that are started, are pinned."""
    definition = one(OTHERS[case])
    assert references(definition) == ()
    assert pin(definition, {LAMBDA: f"{LAMBDA}:7", "charge": f"{LAMBDA}:7"}) is definition


def test_references_name_state_and_path_in_every_scope() -> None:
    """Branches, item processors, old iterators: each with its own query language."""
    inner = one(jsonata(INVOKE, {"FunctionName": "{% 'a' %}"}))
    definition = {
        "StartAt": "Both",
        "States": {
            "Both": {
                "Type": "Parallel",
                "Branches": [one({"Type": "Pass"}), inner],
                "Next": "Each",
            },
            "Each": {"Type": "Map", "ItemProcessor": one(invoke(FunctionName="b")), "Next": "Old"},
            "Old": {"Type": "Map", "Iterator": one(task(LAMBDA)), "End": True},
        },
    }
    assert [(ref.written, ref.state, ref.path) for ref in references(definition)] == [
        ("a", "Both › branch 2 › Do", "$.States.Both.Branches[1].States.Do.Arguments.FunctionName"),
        ("b", "Each › Do", "$.States.Each.ItemProcessor.States.Do.Parameters.FunctionName"),
        (LAMBDA, "Old › Do", "$.States.Old.Iterator.States.Do.Resource"),
    ]


def test_a_definition_in_jsonata_hands_its_language_down() -> None:
    """The root's query language applies to every state without its own."""
    definition = one(task(INVOKE, Arguments={"FunctionName": "charge"}), QueryLanguage="JSONata")
    assert [ref.written for ref in references(definition)] == ["charge"]


def test_a_state_that_takes_on_a_role_is_marked() -> None:
    """There a bare name may belong to another account."""
    state = {**invoke(FunctionName="charge"), "Credentials": {"RoleArn": "arn:…"}}
    assert [ref.foreign for ref in references(one(state))] == [True]


def test_pinning_writes_exact_arns_and_nothing_else() -> None:
    """The order of keys stays, and so do all other values."""
    state = task(
        INVOKE, Parameters={"FunctionName": "f:live", "Payload": {"FunctionName": "f:live"}}
    )
    definition = {"Comment": "f:live", **one(state), "TimeoutSeconds": 60}
    pinned = pin(definition, {"f:live": f"{LAMBDA}:7"})
    state = {**state, "Parameters": {**state["Parameters"], "FunctionName": f"{LAMBDA}:7"}}
    assert {"Comment": "f:live", **one(state), "TimeoutSeconds": 60} == pinned
    assert [*definition] == [*pinned]


def test_a_qualifier_goes_into_the_arn() -> None:
    """Lambda refuses a call whose name and Qualifier differ."""
    definition = one(invoke(FunctionName="charge", Qualifier="live", Payload=1))
    assert one(invoke(FunctionName=f"{LAMBDA}:7", Payload=1)) == pin(
        definition, {"charge:live": f"{LAMBDA}:7"}
    )


names = st.sampled_from(
    ["charge", "charge:live", "f:$LATEST", LAMBDA, f"{LAMBDA}:live", f"{LAMBDA}:3"]
)
machines = st.sampled_from([MACHINE, f"{MACHINE}:live", f"{MACHINE}:3"])
tasks = st.one_of(
    st.builds(task, names),
    st.builds(lambda name, payload: invoke(FunctionName=name, Payload=payload), names, JSON),
    st.builds(lambda name: jsonata(INVOKE, {"FunctionName": name}), names),
    st.builds(
        lambda name, rest: task(START, Parameters={"StateMachineArn": name, "Input": rest}),
        machines,
        JSON,
    ),
    st.builds(lambda value: {"Type": "Pass", "Result": value, "End": True}, JSON),
)
definitions = st.recursive(
    st.builds(one, tasks),
    lambda inner: st.one_of(
        st.builds(
            lambda scopes: one({"Type": "Parallel", "Branches": scopes, "End": True}),
            st.lists(inner, max_size=3),
        ),
        st.builds(lambda scope: one({"Type": "Map", "ItemProcessor": scope, "End": True}), inner),
    ),
    max_leaves=5,
)
EXACT = {
    **dict.fromkeys(
        ["charge", "charge:live", "f:$LATEST", LAMBDA, f"{LAMBDA}:live"], f"{LAMBDA}:7"
    ),
    **dict.fromkeys([MACHINE, f"{MACHINE}:live"], f"{MACHINE}:9"),
}


@given(definitions)
def test_pinning_is_idempotent_and_leaves_nothing_open(definition: dict[str, Any]) -> None:
    """Pinning twice changes nothing more, and every reference is exact."""
    pinned = pin(definition, EXACT)
    assert pinned == pin(pinned, EXACT)
    assert all(ref.name and ref.name.exact for ref in references(pinned))


@given(definitions)
def test_pinning_touches_references_alone(definition: dict[str, Any]) -> None:
    """A definition with its references removed is the same before and after."""
    assert covered(definition) == covered(pin(definition, EXACT))


def covered(definition: Mapping[str, Any]) -> Mapping[str, Any]:
    return pin(definition, {ref.written: "covered" for ref in references(definition)})


def test_what_is_needed_comes_first() -> None:
    """Workflows without needs are first; each later group needs only earlier ones."""
    needs = {"a": {"b", "c"}, "b": {"c"}, "c": set(), "d": set[str]()}
    assert in_waves(needs) == [["c", "d"], ["b"], ["a"]]


@pytest.mark.parametrize(
    ("needs", "shown"),
    [
        ({"a": {"a"}}, "a → a."),
        ({"a": {"b"}, "b": {"a"}, "c": {"a"}}, "a → b → a."),
        ({"c": {"a"}, "a": {"b"}, "b": {"c"}}, "a → b → c → a."),
    ],
)
def test_a_circle_is_shown(needs: dict[str, set[str]], shown: str) -> None:
    """The circle begins with the first name, and goes in the direction of the starts."""
    with refused("E_DEFINITION", shown):
        in_waves(needs)


def test_only_the_arn_of_a_version_is_exact() -> None:
    """A pin in the ledger must be the ARN of a version."""
    assert exact_name(f"{LAMBDA}:7").exact
    assert exact_name(f"{MACHINE}:7").kind == "state machine"
    for text in ("charge:7", LAMBDA, f"{MACHINE}:live", "x"):
        with refused("E_DEFINITION", text):
            exact_name(text)


def test_a_pin_is_told_in_short() -> None:
    """The short name, the version, and the former version."""
    assert pin_text(f"{LAMBDA}:live", f"{LAMBDA}:7") == "charge:live → :7"
    assert pin_text("charge", f"{LAMBDA}:7", f"{LAMBDA}:6") == "charge → :7 (was :6)"
    assert pin_text(MACHINE, None) == "child → the new version"
