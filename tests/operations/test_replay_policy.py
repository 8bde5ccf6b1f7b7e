"""The policy `replay`: executions that a release has to stand before it enters an environment."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sfn_release.errors import ConfigError
from sfn_release.operations.verbs.check_environments import check_environments
from sfn_release.operations.verbs.plan import plan_version
from sfn_release.release.record import Record, ReplayOutcome
from support.errors import refused
from support.shop import ALONE, Shop, make_shop

POLICY = 'replay = { environment = "prod", last = 3 }\n'


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Return a shop with the policy, whose prod has never been deployed to."""
    return make_shop(tmp_path / "shop", config=ALONE + POLICY, workflows={"hello": "one"})


@pytest.fixture
def running(shop: Shop) -> Shop:
    """Return the shop after 1.0.0 ran four times in prod."""
    shop.publish("1.0.0", "prod")
    for number in range(4):
        execute(shop, number)
    return shop


def execute(shop: Shop, number: int, workflow: str = "hello") -> None:
    """Start a workflow in prod as callers do. A Pass needs no time."""
    client = shop.client("prod")
    arn = client.start_execution(
        stateMachineArn=f"{shop.arn(workflow, 'prod')}:live", input=json.dumps({"n": number})
    )["executionArn"]
    while client.describe_execution(executionArn=arn)["status"] == "RUNNING":
        pass


def configure(shop: Shop, policy: str) -> None:
    """Commit another policy."""
    shop.write("releases.toml", ALONE + policy)
    shop.commit()


def test_a_first_deployment_is_allowed_with_a_note(shop: Shop) -> None:
    """Nothing has run there yet, so there is nothing to replay."""
    (note,) = plan_version(shop.workspace(), environment="prod").notes
    assert note == (
        "nothing to replay for hello: Nothing is deployed to prod, so it has no executions."
    )
    shop.publish("1.0.0", "prod")
    assert "replayed" not in shop.record().to_json()
    shop.commit(hello="two", other="x")
    notes = plan_version(shop.workspace(), environment="prod").notes
    assert notes == (
        "nothing to replay for hello: it has no finished execution in prod",
        "nothing to replay for other: No workflow 'other' is live in prod.",
    )
    shop.publish("1.1.0", "prod")


def test_a_release_that_changes_an_answer_is_refused_before_its_version_is_taken(
    running: Shop,
) -> None:
    """`publish`, `deploy`, `plan` and `env check` say the same."""
    running.commit(hello="two")
    with refused(
        "E_POLICY",
        "3 of 3 executions of hello in prod would differ with 1.1.0",
        "sfn-release replay hello --env prod --against 1.1.0",
    ):
        running.publish("1.1.0", "prod")
    workspace = running.workspace()
    assert workspace.ledger.releases.versions(workspace.snapshot()) == ["1.0.0"]
    plan = plan_version(running.workspace(), environment="prod")
    (refusal,) = plan.refusals
    assert refusal.rule == "replay"
    assert '"one" → "two"' in refusal.message
    assert "sfn-release replay hello --env prod" in refusal.fix
    assert plan.notes == ("replayed 3 executions of hello in prod: 3 different",)
    running.others["sts"] = SimpleNamespace(
        get_caller_identity=lambda: {"Account": "000000000000", "Arn": "arn:aws:iam::0:user/ann"}
    )
    checked = check_environments(running.workspace(), environments=["prod"])
    assert not checked.problems
    assert "refused today: replay = {" in checked.checks[-1].text
    running.publish("1.1.0", deploy=False)
    with refused("E_POLICY", "3 of 3 executions of hello in prod would differ with 1.1.0"):
        running.deploy("1.1.0", "prod")


def test_an_override_is_recorded_with_what_was_replayed(running: Shop) -> None:
    """The record has the counts; strict readers read it again."""
    running.commit(hello="two")
    running.publish("1.1.0", "prod", override="the answer is meant to change")
    record: Record = running.record()
    assert record.override == "the answer is meant to change"
    assert record.replayed == {"hello": ReplayOutcome("prod", 3, 0, 3, 0)}
    again = Record.from_json(json.loads(json.dumps(record.to_json())), where="here")
    assert again == record


def test_a_release_that_answers_the_same_needs_no_override(running: Shop) -> None:
    """The deployment's record says what was replayed."""
    definition = {
        "Comment": "the same answer",
        "StartAt": "Only",
        "States": {"Only": {"Type": "Pass", "Result": "one", "End": True}},
    }
    running.write("workflows/hello.asl.json", json.dumps(definition))
    running.git("add", "--all")
    running.git("commit", "--quiet", "--message", "A comment")
    running.publish("1.1.0", "prod")
    record = running.record()
    assert record.override is None
    assert record.replayed == {"hello": ReplayOutcome("prod", 3, 3, 0, 0)}


def test_only_changed_workflows_of_the_policy_are_replayed(running: Shop) -> None:
    """An unchanged workflow answers the same anyway."""
    running.commit(other="x")
    running.publish("1.1.0", "prod")
    assert running.record().replayed == {}
    execute(running, 1, "other")
    configure(running, 'replay = { environment = "prod", workflows = ["other"] }\n')
    running.commit(hello="two")
    running.publish("1.2.0", "prod")
    running.commit(other="y")
    with refused("E_POLICY", "1 of 1 execution of other in prod would differ"):
        running.publish("1.3.0", "prod")


def test_a_misspelled_workflow_of_the_policy_is_refused(running: Shop) -> None:
    """Otherwise nothing would be replayed, silently."""
    configure(running, 'replay = { environment = "prod", workflows = ["helo"] }\n')
    running.commit(hello="two")
    with refused("E_POLICY", "no workflow 'helo'", 'Did you mean "hello"?'):
        running.publish("1.1.0", "prod")
    running.publish("1.1.0", "prod", override="it's the name")
    assert running.record().replayed == {}


def test_some_executions_may_differ(running: Shop) -> None:
    """As many as the policy allows."""
    configure(running, 'replay = { environment = "prod", last = 3, max_different = 3 }\n')
    running.commit(hello="two")
    running.publish("1.1.0", "prod")
    assert running.record().replayed["hello"].different == 3


def test_unanswered_tasks_are_limited_only_if_the_policy_says_so(running: Shop) -> None:
    """A new task has no recorded answer, and a release may add one."""
    task = {
        "StartAt": "Only",
        "States": {
            "Only": {"Type": "Pass", "Result": "one", "Next": "Tell"},
            "Tell": {
                "Type": "Task",
                "Resource": "arn:aws:states:::sqs:sendMessage",
                "Parameters": {"QueueUrl": "https://example.com/queue", "MessageBody": "one"},
                "End": True,
            },
        },
    }
    running.write("workflows/hello.asl.json", json.dumps(task))
    running.git("add", "--all")
    running.git("commit", "--quiet", "--message", "Tell")
    policy = 'replay = { environment = "prod", last = 3, max_different = 3, max_unanswered = 0 }\n'
    configure(running, policy)
    plan = plan_version(running.workspace(), environment="prod")
    assert plan.notes[-1].startswith("replayed 3 executions of hello in prod: 3 ")


def test_a_rollback_is_never_stopped(running: Shop) -> None:
    """It restores a release that was allowed in before, and replays nothing."""
    running.commit(hello="two")
    running.publish("1.1.0", "prod", override="wanted")
    execute(running, 1)
    record = running.rollback(environment="prod")
    assert record is not None
    assert (record.version, record.replayed, record.override) == ("1.0.0", {}, None)


def test_executions_that_cant_be_read_are_a_refusal(running: Shop) -> None:
    """The gate is shut then, and the reason names the permission. An override opens it."""
    from botocore.exceptions import ClientError

    client: Any = running.client("prod")

    class Denied:
        meta = client.meta

        def __getattr__(self, name: str) -> Any:
            return getattr(client, name)

        def get_execution_history(self, **_: Any) -> Any:
            error = {"Error": {"Code": "AccessDeniedException", "Message": "no"}}
            raise ClientError(error, "GetExecutionHistory")

    shop = running.using(Denied())
    shop.commit(hello="two")
    with refused("E_POLICY", "can't replay executions of hello", "states:GetExecutionHistory"):
        shop.publish("1.1.0", "prod")
    (refusal,) = plan_version(shop.workspace(), environment="prod").refusals
    assert "states:GetExecutionHistory" in refusal.fix
    shop.publish("1.1.0", "prod", override="the permission comes later")
    assert shop.record().replayed == {}


def test_a_lost_state_machine_is_deployed_again(running: Shop) -> None:
    """It has no executions any more, as before its first deployment."""
    running.commit(hello="two")
    running.publish("1.1.0", deploy=False)
    running.client("prod").delete_state_machine(stateMachineArn=running.arn("hello", "prod"))
    plan = plan_version(running.workspace(), environment="prod")
    assert not plan.refusals
    assert plan.notes[-1] == (
        "nothing to replay for hello: its state machine in prod is gone, and its executions with it"
    )
    (planned,) = plan.workflows
    assert "creates again what was deleted by hand: hello:" in planned.notes
    running.deploy("1.1.0", "prod")
    record = running.record()
    assert (record.version, record.override, record.replayed) == ("1.1.0", None, {})
    execute(running, 1)


@pytest.mark.parametrize(
    ("policy", "problem"),
    [
        ('replay = { environment = "prd" }', 'Did you mean "prod"?'),
        ('replay = { environment = "local" }', "never leave a clone"),
        ("replay = { last = 5 }", "It needs `environment`"),
        ('replay = { environment = "prod", last = 0 }', "from 1 to"),
        ('replay = { environment = "prod", max_different = -1 }', "from 0 to"),
        ("replay = true", "replay"),
    ],
)
def test_a_faulty_policy_is_an_error_of_releases_toml(
    shop: Shop, policy: str, problem: str
) -> None:
    """It names the line and the fix."""
    configure(shop, policy + "\n")
    with pytest.raises(ConfigError) as error:
        shop.workspace()
    assert problem in f"{error.value.message} {error.value.why} {error.value.fix}"
