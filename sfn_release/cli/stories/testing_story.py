"""The story of a tested workflow: tests, coverage, the failure map, and a replay."""

from __future__ import annotations

import json
from importlib.util import find_spec

from sfn_release.cli.exits import DIFFERENT
from sfn_release.cli.stories.story import Story

_WORKFLOW = '''\
"""Charge a customer, or say why that failed."""

import sfn_release as sfn
from sfn_release import Catch, Retry, Var, path

not_charged = sfn.Fail("Not Charged")
notify = sfn.task.lambda_invoke("${NotifyFunction}", id="Notify Customer", next=not_charged)
charge = sfn.task.lambda_invoke(
    "${ChargeFunction}",
    id="Charge",
    timeout_seconds=30,
    retry=[Retry("Lambda.TooManyRequestsException", max_attempts=2)],
    catch=[Catch("CardExpired", notify)],
    result_selector={"status": path("$.Payload.status")},
)
is_paid = (Var("$.status") == "PAID").next_then(sfn.Succeed("Charged"))
workflow = sfn.Workflow()
workflow.start_from(charge).next_then(sfn.Choice("Paid", choices=[is_paid], default=notify))

charging = sfn.StateMachine(
    "charging", workflow, role_arn="arn:aws:iam::111122223333:role/workflows"
)
'''
_SETTINGS = """
[environments.local.parameters]
ChargeFunction = "arn:aws:lambda:us-east-1:000000000000:function:charge"
NotifyFunction = "arn:aws:lambda:us-east-1:000000000000:function:notify"
"""
_MOCKS = {
    "Charge": {"payload": {"status": "PAID"}},
    "Notify Customer": {"payload": {"sent": True}},
}
_PYTEST = """\
from sfn_release.testing import Error, Payload


def test_an_expired_card_notifies_the_customer(simulate):
    run = simulate("charging", {"order": 7}, mocks={"Charge": Error("CardExpired")})
    assert run.status == "FAILED"
    assert run.path == ["Charge", "Notify Customer", "Not Charged"]


def test_a_busy_function_is_asked_again(simulate):
    busy = Error("Lambda.TooManyRequestsException")
    run = simulate("charging", {"order": 7}, mocks={"Charge": [busy, Payload(status="PAID")]})
    assert run.status == "SUCCEEDED"
    assert run.states["Charge"].attempts == 2
"""
_TESTS = """\
[[test]]
name = "a paid order is charged"
input = { order = 7 }
mocks.Charge = { payload = { status = "PAID" } }
expect = { status = "SUCCEEDED", path = ["Charge", "Paid", "Charged"] }

[[test]]
name = "a declined card notifies the customer"
input = { order = 7 }
mocks.Charge = { payload = { status = "DECLINED" } }
expect = { status = "FAILED", path = ["Charge", "Paid", "Notify Customer", "Not Charged"] }
"""


def testing_story(story: Story) -> None:
    """Test a workflow in every way, and replay its executions on a change."""
    story.chapter(
        "A project with one workflow: charge a customer, or report why the charge failed."
    )
    story.sfn_release("init")
    story.write("workflows/charging.py", _WORKFLOW)
    story.write("workflows/charging.mocks.json", json.dumps(_MOCKS))
    story.write("workflows/charging.tests.toml", _TESTS)
    story.write("tests/test_charging.py", _PYTEST)
    story.append("releases.toml", _SETTINGS)
    story.git("add", ".")
    story.git("commit", "--quiet", "--message", "Charge customers")
    story.chapter("1. Tests in Python: no AWS, no waiting, a run per test.")
    story.show("tests/test_charging.py")
    if find_spec("pytest"):
        story.python("-m", "pytest", "-q", "tests")
    else:
        story.say("To run them, install pytest:  pip install 'sfn-release[testing]'")
    story.chapter("2. The same without Python, and 3. what no test has reached.")
    story.show("workflows/charging.tests.toml")
    story.sfn_release("test", "charging", "--coverage")
    story.chapter("4. The failure map: every error that each task can meet, and how it ends.")
    story.sfn_release("faults", "charging", "--input", '{"order": 7}')
    story.chapter("5. Replay: finished executions run again on a change, before it's released.")
    story.sfn_release("publish", "1.0.0")
    story.sfn_release("execute", "charging", "--input", '{"order": 1}')
    story.sfn_release("execute", "charging", "--input", '{"order": 2}')
    story.edit("workflows/charging.py", '== "PAID"', '== "SETTLED"')
    story.git("diff", "--unified=0", "workflows")
    story.sfn_release("replay", "charging", "--last", "10", expected=DIFFERENT)
