"""Any request that is JSON ends in an answer or an AWS error, never in a traceback."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from botocore.loaders import Loader
from botocore.model import ServiceModel
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from sfn_release.local_service import open_service
from sfn_release.simulator import Mocks
from support.machines import MACHINES, ROLE, definition

KINDS = ("stateMachine:m", "stateMachine:m:1", "stateMachine:m:live", "execution:m:e")
OTHERS = ("express:m:e:i", "activity:a", "mapRun:m/l:id", "stateMachine:m/label", "")
ARNS = [MACHINES.replace("stateMachine", kind) for kind in (*KINDS, *OTHERS)]
TEXTS = ["m", "e", "live", "", "é", "\x00", "x" * 300, "{}", "nope", "[1,", definition()]
NUMBERS = [0, 1, -1, 100, 1001, 2**31, 2**63, 10**400, 1.5]
ANYTHING = st.recursive(
    st.sampled_from([None, True, *NUMBERS, *TEXTS, *ARNS]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner),
    max_leaves=4,
)
SETUP = [
    (
        "CreateStateMachine",
        {"name": "m", "definition": definition(), "roleArn": ROLE, "publish": True},
    ),
    ("CreateActivity", {"name": "a"}),
    ("StartExecution", {"stateMachineArn": ARNS[0], "name": "e"}),
]


@cache
def model() -> Any:
    """Return AWS's model of Step Functions."""
    return ServiceModel(Loader().load_service_model("stepfunctions", "service-2"))


def valid(shape: Any) -> SearchStrategy[Any]:
    """Return values that look like those of a shape."""
    match shape.type_name:
        case "structure":
            members = {name: value(member) for name, member in shape.members.items()}
            return st.fixed_dictionaries(
                {name: members[name] for name in shape.required_members},
                optional={k: v for k, v in members.items() if k not in shape.required_members},
            )
        case "list":
            return st.lists(value(shape.member), max_size=3)
        case "map":
            return st.dictionaries(st.sampled_from("ab"), value(shape.value))
        case "string":
            return st.sampled_from([*shape.enum, *TEXTS, *ARNS * 3])
        case "boolean":
            return st.booleans()
        case _:
            return st.sampled_from(NUMBERS)


def value(shape: Any) -> SearchStrategy[Any]:
    """Return values of a shape, and now and then anything else."""
    likely = valid(shape)
    return st.integers(0, 15).flatmap(lambda n: ANYTHING if n == 0 else likely)


OPERATIONS = [name for name in model().operation_names if name != "GetActivityTask"]  # it waits
REQUESTS = st.sampled_from(OPERATIONS).flatmap(
    lambda name: st.tuples(st.just(name), value(model().operation_model(name).input_shape))
)


@settings(max_examples=150, deadline=None)
@given(st.lists(REQUESTS, min_size=1, max_size=8))
def test_any_request_is_answered(requests: list[tuple[str, Any]]) -> None:
    """Whatever came before: the status is AWS's, and the body is JSON."""
    with open_service(":memory:", tasks_for=lambda _scope: Mocks()) as service:
        for operation, request in (*SETUP, *requests):
            status, _, body = service.answer(operation, json.dumps(request).encode())
            answer = json.loads(body)
            assert status == 200 or (status in (400, 402) and answer["__type"])
