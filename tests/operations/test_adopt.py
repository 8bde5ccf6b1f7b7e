"""The command `adopt`: its record, and the module that changes nothing when it's published."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sfn_release.authoring.importing import ImportedStateMachine, write_module
from sfn_release.operations.verbs.adopt import Adopted, adopt
from sfn_release.operations.verbs.plan import plan_version
from sfn_release.operations.verbs.releases import releases
from sfn_release.operations.verbs.status import status
from sfn_release.operations.verbs.verify import verify
from sfn_release.plan.steps import PointAlias, TagStateMachine
from support.errors import refused
from support.faults import DENIED, FAULTS, KILLED, At, Faulty, KilledError
from support.shop import ALONE, ROLE, Shop, copy_shop

GROUP = "arn:aws:logs:eu-west-1:000000000000:log-group:/orders:*"
LOGGING = {
    "level": "ERROR",
    "includeExecutionData": True,
    "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": GROUP}}],
}
OTHER_ROLE = "arn:aws:iam::000000000000:role/made/elsewhere"
JSONPATH = {
    "Comment": "costs ${Price} and ${AWS::Region}",
    "StartAt": "A",
    "States": {
        "A": {"Type": "Pass", "Result": "arn:aws:sns:eu-west-1:000000000000:x", "Next": "B"},
        "B": {"Type": "Succeed"},
    },
}
JSONATA = {
    "QueryLanguage": "JSONata",
    "StartAt": "A",
    "States": {
        "A": {"Type": "Pass", "Output": {"x": "{% $states.input.y & '${z}' %}"}, "End": True}
    },
}
ADDITIONS = {
    "plain": "",
    "defaults": 'name = "{workflow}-staging"\ntracing = { enabled = true }\n'
    'logging = { level = "ALL", destinations = [{ cloudWatchLogsLogGroup ='
    f' {{ logGroupArn = "{GROUP}" }} }}] }}\n'
    'tags = { team = "checkout" }\n',
}


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Return a clone that has released nothing; its commit has one workflow."""
    return configured(copy_shop(tmp_path))


def configured(shop: Shop, more: str = "") -> Shop:
    shop.write("releases.toml", ALONE + more)
    shop.commit()
    return shop


def by_hand(shop: Shop, name: str = "orders", content: Any = JSONPATH, **members: Any) -> str:
    """Create a state machine as another tool would; return its ARN."""
    tags = [{"key": "Creator", "value": "alice"}]
    request: dict[str, Any] = {"roleArn": OTHER_ROLE, "tags": tags, **members}
    answer = shop.client("prod").create_state_machine(
        name=name, definition=json.dumps(content), **request
    )
    return str(answer["stateMachineArn"])


def run(shop: Shop, named: str, **options: Any) -> Adopted:
    """Adopt in ``prod``, and write the module as the command does."""
    found = adopt(shop.workspace(), named, environment="prod", **options)
    shop.write("workflows/adopted.py", write_module(found.module))
    return found


def content(shop: Shop, arn: str) -> dict[str, Any]:
    """Return a state machine in AWS, without what every change changes."""
    found = shop.client("prod").describe_state_machine(stateMachineArn=arn)
    return {key: found.get(key) for key in found if key not in {"ResponseMetadata", "updateDate"}}


CASES: dict[str, tuple[str, Any, dict[str, Any]]] = {
    "JSONPath": ("plain", JSONPATH, {}),
    "JSONata, EXPRESS": ("plain", JSONATA, {"type": "EXPRESS", "loggingConfiguration": LOGGING}),
    "everything": (
        "plain",
        JSONPATH,
        {"loggingConfiguration": LOGGING, "tracingConfiguration": {"enabled": True}},
    ),
    "another role than the environment's, its logging off": ("defaults", JSONPATH, {}),
    "the environment's own settings": (
        "defaults",
        JSONATA,
        {
            "roleArn": ROLE,
            "tracingConfiguration": {"enabled": True},
            "loggingConfiguration": {**LOGGING, "level": "ALL", "includeExecutionData": False},
        },
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_first_publish_changes_nothing(shop: Shop, case: str) -> None:
    """Adopt, commit, publish: only the alias and tags. The digest is the one that was found."""
    config, definition, members = CASES[case]
    configured(shop, ADDITIONS[config])
    arn = by_hand(
        shop, "orders-staging" if config == "defaults" else "orders", definition, **members
    )
    found = run(shop, arn)
    assert found.workflow == "orders"
    assert found.record is not None
    before = content(shop, arn)
    digest = shop.serving("prod").workflows["orders"].rendered_digest
    shop.commit()
    plan = plan_version(shop.workspace(), environment="prod")
    steps = [step for step in plan.steps if step.workflow == "orders"]
    assert {type(step) for step in steps} <= {PointAlias, TagStateMachine}
    shop.publish("1.0.0", "prod")
    assert content(shop, arn) == before
    served = shop.serving("prod").workflows["orders"]
    assert served.rendered_digest == digest
    tags = shop.client("prod").list_tags_for_resource(resourceArn=arn)["tags"]
    assert {"key": "Creator", "value": "alice"} in tags
    versions = shop.client("prod").list_state_machine_versions(stateMachineArn=arn)
    assert len(versions["stateMachineVersions"]) == 1
    shop.rollback(environment="prod")
    assert content(shop, arn) == before
    assert verify(shop.workspace()).problems == ()


def test_it_is_recorded_beside_what_is_live_and_only_once(shop: Shop) -> None:
    """The other workflow stays; a second run writes the module alone; nothing is drifted."""
    shop.publish("1.0.0", "prod")
    arn = by_hand(shop)
    first = run(shop, "orders", reason="moved from the console")
    assert first.record is not None
    assert (first.record.action, first.record.reason) == ("adopt", "moved from the console")
    assert first.warnings == (
        "orders has no alias live: the next deployment creates it. Point callers at it",
    )
    again = run(shop, arn)
    assert again.record is None
    assert again.module == first.module
    assert {name: served.version for name, served in shop.serving("prod").workflows.items()} == {
        "hello": "1.0.0",
        "orders": "0.0.0-found.1",
    }
    (there,) = status(shop.workspace(), environment="prod", closer=True)
    assert there.state == "in-sync"


def test_it_names_the_tool_that_still_manages_the_machine(shop: Shop) -> None:
    """CloudFormation by its own tag, Terraform by a tag that teams write; and an alias's split."""
    arn = by_hand(
        shop,
        tags=[{"key": "Managed", "value": "Terraform"}],
        publish=True,
    )
    client = shop.client("prod")
    client.update_state_machine(stateMachineArn=arn, definition=json.dumps(JSONATA), publish=True)
    routes = [
        {"stateMachineVersionArn": f"{arn}:{number}", "weight": weight}
        for number, weight in ((1, 70), (2, 30))
    ]
    client.create_state_machine_alias(name="live", routingConfiguration=routes)

    class InStack:
        """A client whose machine is in a CloudFormation stack."""

        def __getattr__(self, name: str) -> Any:
            return self._tags if name == "list_tags_for_resource" else getattr(client, name)

        def _tags(self, **request: Any) -> Any:
            answer = client.list_tags_for_resource(**request)
            stack = {"key": "aws:cloudformation:stack-name", "value": "shop-stack"}
            return {**answer, "tags": [*answer["tags"], stack]}

    shop.clients["prod"] = InStack()
    found = run(shop, "orders")
    stack, tool, split, latest = found.warnings
    assert "the CloudFormation stack shop-stack" in stack
    assert "DeletionPolicy: Retain" in stack
    assert "Managed=Terraform says that terraform manages" in tool
    assert ":1 70 %, :2 30 %" in split
    assert "$LATEST of orders differs" in latest
    assert found.module.definition["Comment"] == "costs $${Price} and $${AWS::Region}"
    assert "aws:cloudformation:stack-name" not in found.module.tags


def test_what_cant_be_adopted(shop: Shop) -> None:
    """Each refusal comes before anything is written."""
    arn = by_hand(shop)
    theirs = by_hand(
        shop,
        "theirs",
        tags=[
            {"key": "sfn-release:project", "value": "depot"},
            {"key": "sfn-release:environment", "value": "live"},
        ],
    )
    with refused("E_USAGE", "not the ARN of a state machine"):
        run(shop, f"{arn}:1")
    with refused("E_USAGE", "is in us-east-1, but prod is in eu-west-1"):
        run(shop, arn.replace("eu-west-1", "us-east-1"))
    with refused("E_NOT_FOUND", "no state machine nothing"):
        run(shop, "nothing")
    with refused("E_NOT_OURS", "belongs to live of the project depot", "handover theirs --to shop"):
        run(shop, theirs)
    with refused("E_NOT_OURS", "belongs to live of the project depot"):
        run(shop, theirs, from_project="another")
    with refused("E_NOT_OURS", "has no tags of sfn-release"):
        run(shop, arn, from_project="depot")

    def refuse(_: ImportedStateMachine) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(shop, arn, begin=refuse)
    assert releases(shop.workspace()) == []
    configured(shop, 'name = "{workflow}-staging"\n')
    with refused("E_CONFIG", "No workflow can have the state machine orders", "{workflow}-staging"):
        run(shop, arn)


def test_one_that_is_live_here_is_not_adopted_again(shop: Shop) -> None:
    """A change by hand is a matter of `status`; a failed deployment has to be dealt with."""
    shop.publish("1.0.0", "prod")
    arn = by_hand(shop)
    client = shop.client("prod")
    client.update_state_machine(stateMachineArn=shop.arn("hello", "prod"), roleArn=OTHER_ROLE)
    with refused("E_CONFLICT", "managed already, and was changed by hand", "--adopt --env prod"):
        run(shop, "hello")
    shop.commit(hello="two")
    denied = shop.using(Faulty(client, At("hello.UpdateStateMachine", DENIED)))
    with refused("E_ACCESS"):
        denied.publish("1.1.0", "prod")
    with refused("E_CONFLICT", "did not succeed"):
        run(shop, arn)


def test_a_machine_of_a_gone_project_is_taken_by_name(shop: Shop) -> None:
    """Its tags name us from then on, and its content can be restored."""
    theirs = by_hand(
        shop,
        "orders",
        tags=[
            {"key": "sfn-release:project", "value": "depot"},
            {"key": "sfn-release:environment", "value": "live"},
        ],
    )
    assert run(shop, theirs, from_project="depot").record is not None
    tags = shop.client("prod").list_tags_for_resource(resourceArn=theirs)["tags"]
    named = {tag["key"]: tag["value"] for tag in tags}
    assert (named["sfn-release:project"], named["sfn-release:environment"]) == ("shop", "prod")


CALLS = (
    "orders.DescribeStateMachine",
    "orders.ListTagsForResource",
    "orders.DescribeStateMachineAlias",
    "orders.PublishStateMachineVersion",
    "orders.ListStateMachineVersions",
    "orders.TagResource",
)


@pytest.mark.parametrize("call", CALLS)
def test_every_call_may_fail_or_end_the_process(shop: Shop, call: str) -> None:
    """The next run finishes the work: one found release, one version, the same module."""
    arn = by_hand(shop)
    client = shop.client("prod")
    for fault in (*FAULTS, KILLED):
        faulty = Faulty(client, At(call, fault))
        try:
            run(shop.using(faulty), arn)
        except KilledError:
            pass
        except Exception as error:  # noqa: BLE001 - checked below
            assert getattr(error, "code", None) in {"E_AWS", "E_ACCESS", "E_NETWORK"}  # noqa: PT017
        assert call in faulty.calls
        if shop.record() is not None and shop.record().status == "succeeded":
            break
    run(shop, arn)
    assert [release.manifest.version for release in releases(shop.workspace())] == ["0.0.0-found.1"]
    versions = client.list_state_machine_versions(stateMachineArn=arn)["stateMachineVersions"]
    assert len(versions) == 1
    assert shop.serving("prod").workflows["orders"].version == "0.0.0-found.1"
    assert verify(shop.workspace()).problems == ()
