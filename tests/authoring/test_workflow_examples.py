"""The examples in workflows/, run on local; the public names; the examples in docstrings."""

from __future__ import annotations

import doctest
import json
import runpy
import subprocess
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import sfn_release as sfn
from sfn_release.lazy_names import public_names
from sfn_release.simulator import Mocks
from sfn_release.simulator.mocks import load_mocks
from support.places import ROOT

WORKFLOWS = ROOT / "workflows"
MOCKS = json.loads((WORKFLOWS / "orders.mocks.json").read_bytes())
BASKET = [{"sku": "tea", "quantity": 2}, {"sku": "cup", "quantity": 1}]
ORDER = {"order_id": "7", "items": BASKET, "total": 42}


def run(order: Any, **mocks: Any) -> tuple[Mapping[str, Any], list[str]]:
    """Execute orders with the mocks of its file; return the description and the states entered."""
    client: Any = sfn.local(mocks=Mocks({**MOCKS, **mocks}))
    orders = runpy.run_path(str(WORKFLOWS / "orders.py"))["orders"]
    orders.deploy(client, verbose=False)
    arn = orders.execute(client, order, verbose=False)["executionArn"]
    events = client.get_execution_history(executionArn=arn, maxResults=1000)["events"]
    entered = [
        event["stateEnteredEventDetails"] for event in events if "EnteredEvent" in str(event)
    ]
    return client.describe_execution(executionArn=arn), [state["name"] for state in entered]


def test_the_order_example_has_every_type_of_state() -> None:
    """People copy the example, so it shows every type of state."""
    orders = runpy.run_path(str(WORKFLOWS / "orders.py"))["orders"]
    definition = orders.declare().definition
    text = json.dumps(definition)
    for type in ("Pass", "Task", "Choice", "Wait", "Succeed", "Fail", "Parallel", "Map"):
        assert f'"Type": "{type}"' in text
    for parameter in ("${ChargeFunction}", "${OrdersTable}", "${OrdersTopic}"):
        assert parameter in text
    assert orders.workflow.diagnostics() == ()
    assert orders.type == "STANDARD"


def test_an_order_is_paid_after_the_bank_was_asked_twice() -> None:
    """A throttled call is retried, the bank is awaited, and then the order is done."""
    described, entered = run(ORDER)
    assert described["status"] == "SUCCEEDED"
    output = json.loads(described["output"])
    assert output["payment"]["answer"] == {"status": "PAID", "charge_id": "ch-1"}
    assert entered.count("Reserve Item") == len(BASKET)
    after = entered[entered.index("Charge") :]
    expected = ["Charge", "Is It Paid", "Wait For Bank", "Charge", "Is It Paid"]
    assert [*expected, "Mark Paid", "Confirm Order", "Order Complete"] == after


def test_a_large_order_cools_off() -> None:
    """A wait of a day needs no real time."""
    described, entered = run({**ORDER, "total": 5000})
    assert described["status"] == "SUCCEEDED"
    assert entered[:3] == ["Is It An Order", "Cool Off", "Accept Order"]


@pytest.mark.parametrize("order", [{}, {"items": []}])
def test_an_empty_order_fails_at_once(order: Any) -> None:
    """`execute orders` without an input fails with a helpful cause."""
    described, entered = run(order)
    assert (described["status"], described["error"]) == ("FAILED", "EmptyOrder")
    assert entered == ["Is It An Order", "Nothing Ordered"]


@pytest.mark.parametrize(
    ("mocks", "error"),
    [
        ({"Charge": {"payload": {"status": "DECLINED", "charge_id": "ch-1"}}}, "CardDeclined"),
        ({"Charge": {"error": "LostCard", "cause": "Stolen"}}, "LostCard"),
        (
            {
                "Reserve Item": {
                    "error": "DynamoDB.ConditionalCheckFailedException",
                    "cause": "none",
                }
            },
            "DynamoDB.ConditionalCheckFailedException",
        ),
    ],
)
def test_the_customer_is_told_what_failed(mocks: Any, error: str) -> None:
    """Any failure sends a message to the topic and fails the execution with the error."""
    described, entered = run(ORDER, **mocks)
    assert (described["status"], described["error"]) == ("FAILED", error)
    assert entered[-2:] == ["Tell Customer", "Order Failed"]


def test_the_mock_file_is_one_that_local_takes() -> None:
    """The mock file is checked when it is loaded."""
    text = (WORKFLOWS / "orders.mocks.json").read_text(encoding="utf-8")
    assert isinstance(load_mocks(text), Mocks)


def test_the_public_names_are_these() -> None:
    """Everything in `__init__.pyi` is there, and `import *` imports it."""
    names = public_names(sfn.__file__)
    for name in names:
        assert getattr(sfn, name) is not None
    assert set(names) <= set(dir(sfn))
    imported: dict[str, object] = {}
    exec("from sfn_release import *", imported)  # noqa: S102 - Python allows it at the top alone
    assert names.keys() == imported.keys() - {"__builtins__"}
    with pytest.raises(AttributeError, match="Passs"):
        getattr(sfn, "Passs")  # noqa: B009 - type checkers refuse the plain form, as they should


def test_importing_the_package_imports_nothing_else() -> None:
    """Names are loaded when they are used, so that the command line starts fast."""
    script = (
        "import sys; before = set(sys.modules); import sfn_release;"
        "print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert {"sfn_release"} == set(done.stdout.split()) - {"__future__"}


def test_authoring_needs_no_aws_library() -> None:
    """Writing and checking a workflow loads no boto3 or botocore."""
    script = (
        "import sys, sfn_release as sfn;"
        "sfn.StateMachine('a', sfn.Workflow.of(sfn.Pass('A'))).declare();"
        "print({'boto3', 'botocore', 'click', 'rich', 'git'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"


def modules_with_examples() -> list[str]:
    """Return the modules with examples in their docstrings."""
    package = Path(sfn.__file__).parent
    files = [path for path in sorted(package.rglob("*.py")) if ">>> " in path.read_text()]
    return [".".join(path.relative_to(package).with_suffix("").parts) for path in files]


@pytest.mark.parametrize("name", modules_with_examples())
def test_the_examples_in_docstrings_are_true(name: str) -> None:
    """An example in a docstring prints the result below it."""
    result = doctest.testmod(import_module(f"sfn_release.{name}"))
    assert result.attempted > 0
    assert result.failed == 0
