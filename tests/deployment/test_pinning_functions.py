"""Pins of Lambda functions: every way to name one, and everything that can be wrong with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sfn_release.errors import AccessError, AwsError, NetworkError
from sfn_release.release.record import Record
from support.errors import refused
from support.faults import DENIED, FAULTS, SERVER_ERROR, THROTTLED, At, Fault, Faulty
from support.services import Lambda
from support.shop import ROLE, Shop, make_shop

HOME = "arn:aws:lambda:eu-west-1:000000000000:function"
ABROAD = "arn:aws:lambda:eu-west-1:999988887777:function:charge"
ORDERS = "arn:aws:states:eu-west-1:000000000000:stateMachine:orders"
WHERE = 'state "Call 0", $.States["Call 0"].Parameters.FunctionName'


def config(pins: str) -> str:
    return (
        '[project]\nname = "shop"\nremote = ""\ndefault_environment = "prod"\n'
        f'[environments.prod]\nregion = "eu-west-1"\nrole_arn = "{ROLE}"\npins = "{pins}"\n'
        f'[environments.local]\npins = "{pins}"\n'
    )


def calls(*names: str, **fields: Any) -> dict[str, Any]:
    """Return the definition of a workflow that invokes these functions."""
    states: dict[str, Any] = {
        f"Call {number}": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": name},
            "Next": f"Call {number + 1}",
            **fields,
        }
        for number, name in enumerate(names)
    }
    return {"StartAt": "Call 0", "States": {**states, f"Call {len(names)}": {"Type": "Succeed"}}}


@pytest.fixture
def functions() -> Lambda:
    """Return a Lambda service with `charge`: two versions, and an alias `live` of the first."""
    there = Lambda()
    there.add("charge", "one", "two").aliases["live"] = {"FunctionVersion": "1"}
    return there


@pytest.fixture
def shop(tmp_path: Path, functions: Lambda) -> Shop:
    """Make a project whose workflow `orders` calls `charge`, where pins are resolved."""
    shop = make_shop(tmp_path / "shop", config=config("resolve"))
    shop.others["lambda"] = functions
    orders(shop, "charge")
    return shop


def orders(shop: Shop, *names: str, **fields: Any) -> None:
    shop.write("workflows/orders.asl.json", json.dumps(calls(*names, **fields)))
    shop.commit()


def require(shop: Shop) -> None:
    shop.write("releases.toml", config("required"))
    shop.commit()


def called(shop: Shop, arn: str = ORDERS) -> list[str]:
    """Return the functions that the live workflow, or a version of it, calls."""
    described = shop.client("prod").describe_state_machine(stateMachineArn=arn)
    states = json.loads(described["definition"])["States"].values()
    return [state["Parameters"]["FunctionName"] for state in states if "Parameters" in state]


def publish(shop: Shop, version: str = "1.0.0", **options: Any) -> Record:
    return shop.publish(version, **options).deployments[0]


def notes(shop: Shop) -> list[str]:
    found: list[str] = shop.watcher.plans[-1].to_json()["notes"]
    return found


NAMED = {
    "charge": 2,
    "charge:$LATEST": 2,
    "charge:live": 1,
    "charge:1": 1,
    "function:charge": 2,
    "000000000000:function:charge:live": 1,
    "eu-west-1:000000000000:function:charge": 2,
    f"{HOME}:charge": 2,
    f"{HOME}:charge:live": 1,
}


@pytest.mark.parametrize("name", NAMED)
def test_a_function_is_pinned_however_it_is_named(shop: Shop, name: str) -> None:
    """The newest version with the code of $LATEST, or the alias's; an exact name stays as it is."""
    orders(shop, name)
    record = publish(shop)
    exact = f"{HOME}:charge:{NAMED[name]}"
    assert record.workflows["orders"].pins == {name: exact}
    assert called(shop) == [name if name == "charge:1" else exact]
    assert shop.serving("prod").workflows["orders"].pins == {name: exact}
    assert notes(shop) == []
    assert shop.deploy("1.0.0") is None


def test_an_alias_of_latest_is_what_latest_is(shop: Shop, functions: Lambda) -> None:
    """Lambda lets an alias name $LATEST."""
    functions.functions["charge"].aliases["dev"] = {"FunctionVersion": "$LATEST"}
    orders(shop, "charge:dev")
    publish(shop)
    assert called(shop) == [f"{HOME}:charge:2"]


def test_each_function_is_asked_for_once(shop: Shop, functions: Lambda) -> None:
    """Any number of states and workflows may call it."""
    functions.page = 50
    asked = Faulty(functions)  # type: ignore[arg-type]  # it wraps any client
    shop.others["lambda"] = asked
    orders(shop, "charge", f"{HOME}:charge:$LATEST", "charge:live")
    shop.write("workflows/refunds.asl.json", json.dumps(calls("charge", "charge:live")))
    shop.commit()
    publish(shop)
    assert sorted(asked.calls) == ["GetAlias", "ListVersionsByFunction"]


UNPINNED = {
    # the state of $LATEST, versions and alias in Lambda: the name, and the reason for no pin
    "unpublished code": (
        "charge",
        "code of $LATEST is not published: its newest version is :2",
    ),
    "another configuration": (
        "tuned",
        "$LATEST has the code of version 1 but a different Timeout, Layers",
    ),
    "no version": ("new", "it has no published version"),
    "two routes": ("charge:split", "several versions (:1, 10% to :2)"),
    "another region": (
        "arn:aws:lambda:us-east-1:000000000000:function:charge",
        "it is in us-east-1, and prod in eu-west-1",
    ),
    "another account that does not let us look": (
        ABROAD,
        "AWS denied lambda:ListVersionsByFunction",
    ),
    "no name": ("charge!", "this is not the name of a function"),
}


@pytest.mark.parametrize("case", UNPINNED)
def test_what_cannot_be_pinned_is_noted_or_refused(
    shop: Shop, functions: Lambda, case: str
) -> None:
    """It is left as it is written, with the reason; where pins are required, a policy refuses."""
    name, why = UNPINNED[case]
    functions.functions["charge"].latest = {"CodeSha256": "three"}
    functions.functions["charge"].aliases["split"] = {
        "FunctionVersion": "1",
        "RoutingConfig": {"AdditionalVersionWeights": {"2": 0.1}},
    }
    functions.add("tuned", "one").latest |= {"Timeout": 60, "Layers": [{"Arn": "arn:…"}]}
    functions.add("new", "one").versions.clear()
    functions.denied = frozenset({"999988887777"})
    orders(shop, name)
    require(shop)
    unpinned = f"{name} of orders isn't pinned ({WHERE}): "
    with refused("E_POLICY", f'pins = "required": {unpinned}', why):
        publish(shop)
    assert "refs/tags/v1.0.0" not in shop.refs()
    shop.write("releases.toml", config("resolve"))
    shop.commit()
    record = publish(shop)
    assert called(shop) == [name]
    assert record.workflows["orders"].pins == {}
    assert [why in note for note in notes(shop)] == [True]


def test_a_function_of_another_account_is_pinned_where_it_may_be_seen(shop: Shop) -> None:
    """It is asked for by its whole ARN."""
    orders(shop, ABROAD)
    publish(shop)
    assert called(shop) == [f"{HOME}:charge:2"]  # the double answers for its own account


def test_a_bare_name_with_another_role_is_not_pinned(shop: Shop) -> None:
    """It may be the name of a function in the account of that role."""
    orders(shop, "charge", Credentials={"RoleArn": "arn:aws:iam::999988887777:role/theirs"})
    publish(shop)
    assert called(shop) == ["charge"]
    assert ["assumes another role" in note for note in notes(shop)] == [True]


@pytest.mark.parametrize("name", ["refund", "charge:nightly", "charge:3", f"{HOME}:refund"])
def test_what_does_not_exist_is_named_with_its_place(shop: Shop, name: str) -> None:
    """Workflow, state and JSON path, before a version is taken."""
    orders(shop, name)
    with refused("E_NOT_FOUND", f"{name} of orders ({WHERE})"):
        publish(shop)
    assert "refs/tags/v1.0.0" not in shop.refs()


def test_new_code_is_an_update_that_says_what_it_is(shop: Shop, functions: Lambda) -> None:
    """Only the pin changes, and the plan shows the old and the new one."""
    publish(shop)
    functions.functions["charge"].latest = {"CodeSha256": "three"}
    functions.functions["charge"].publish()
    record = shop.deploy("1.0.0")
    assert record is not None
    assert record.workflows["orders"].change == "updated"
    assert called(shop) == [f"{HOME}:charge:3"]
    assert notes(shop) == ["the content of orders doesn't change: only its pins do"]
    planned = shop.watcher.plans[-1].workflows[-1]
    assert (planned.pins, planned.pinned) == (
        {"charge": f"{HOME}:charge:3"},
        {"charge": f"{HOME}:charge:2"},
    )


def moved_on(shop: Shop, functions: Lambda) -> None:
    """Deploy 1.0.0, then new code, then 1.1.0 with another graph too."""
    publish(shop)
    functions.functions["charge"].latest = {"CodeSha256": "three"}
    functions.functions["charge"].publish()
    orders(shop, "charge", Comment="newer")
    publish(shop, "1.1.0")
    assert called(shop) == [f"{HOME}:charge:3"]


def test_a_rollback_brings_back_the_code_that_ran(shop: Shop, functions: Lambda) -> None:
    """The recorded bytes, and with them the version of the function."""
    moved_on(shop, functions)
    record = shop.rollback()
    assert record is not None
    assert called(shop) == [f"{HOME}:charge:2"]
    assert record.workflows["orders"].pins == {"charge": f"{HOME}:charge:2"}
    assert record.workflows["orders"].change == "repointed"


def test_a_rollback_to_deleted_code_is_refused_with_a_way_out(
    shop: Shop, functions: Lambda
) -> None:
    """The deleted code can't be restored; the error offers to use today's."""
    moved_on(shop, functions)
    del functions.functions["charge"].versions[2]
    with refused("E_NOT_FOUND", "charge:2 (orders)", "rollback 1.0.0 --env prod --rerender"):
        shop.rollback()
    shop.rollback("1.0.0", rerender=True)
    assert called(shop) == [f"{HOME}:charge:3"]


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_rollback_is_not_stopped_when_lambda_cannot_be_asked(
    shop: Shop, functions: Lambda, fault: Fault
) -> None:
    """Denied, throttled or unreachable: a note, and the rollback goes on."""
    moved_on(shop, functions)
    at = At("GetFunctionConfiguration", fault)
    shop.others["lambda"] = Faulty(functions, at)  # type: ignore[arg-type]  # as above
    assert shop.rollback() is not None
    assert at.struck
    assert called(shop) == [f"{HOME}:charge:2"]
    assert ["charge:2, which orders is pinned to" in note for note in notes(shop)] == [True]


def test_a_rollback_rendered_afresh_is_not_stopped_either(shop: Shop, functions: Lambda) -> None:
    """--rerender resolves as many pins as possible."""
    publish(shop)
    orders(shop, "charge", Comment="newer")
    require(shop)
    publish(shop, "1.1.0")
    at = At("ListVersionsByFunction", DENIED)
    shop.others["lambda"] = Faulty(functions, at)  # type: ignore[arg-type]  # as above
    assert shop.rollback("1.0.0", rerender=True) is not None
    assert called(shop) == ["charge"]
    assert any("AWS denied lambda:ListVersionsByFunction" in note for note in notes(shop))


CODES = {THROTTLED: AwsError, SERVER_ERROR: NetworkError, DENIED: AccessError}
CODES |= {fault: NetworkError for fault in FAULTS if fault not in CODES}
CALLS = {
    # each call of Lambda's, and a name that it is made for
    "GetFunctionConfiguration": "charge:1",
    "GetAlias": "charge:live",
    "ListVersionsByFunction": "charge",
    "ListVersionsByFunction.2": "charge",
}


@pytest.mark.parametrize("fault", FAULTS, ids=str)
@pytest.mark.parametrize("call", CALLS)
def test_a_failing_call_takes_no_version_and_the_same_command_finishes(
    shop: Shop, functions: Lambda, call: str, fault: Fault
) -> None:
    """The call fails before any write; the error names a missing permission."""
    orders(shop, CALLS[call])
    refs = shop.refs()
    shop.others["lambda"] = Faulty(functions, At(call, fault))  # type: ignore[arg-type]  # as above
    with pytest.raises(CODES[fault]) as caught:
        publish(shop)
    if fault is DENIED:
        assert f"lambda:{call.partition('.')[0]}" in str(caught.value)
    assert refs == shop.refs()
    publish(shop)
    assert shop.versions("orders", "prod") == [1]


def test_on_local_functions_are_left_alone(shop: Shop) -> None:
    """Without Lambda the mocks answer. A note says so, and required pins are ignored."""
    require(shop)
    shop.publish("1.0.0", "local")
    assert notes(shop) == ["Lambda functions aren't pinned: local has no Lambda"]
