"""Parameters of stacks and Terraform states: looked up, recorded, read again before the switch."""

from __future__ import annotations

import io
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sfn_release.operations import deploy, history, rollback
from sfn_release.operations.diagnosis.iam import role_policies
from sfn_release.plan import Plan
from support.errors import refused
from support.shop import ROLE, Shop, copy_shop
from support.values import definition
from support.world import Watcher

PARAMETERS = """
Charge = { stack = "shop-functions", output = "ChargeArn" }
Exported = { export = "shop-QueueUrl" }
Pause = { tfstate = "infra.tfstate", output = "pause" }
Queue = { tfstate = "s3://tfs/prod?versionId=v1", resource = "aws_sqs_queue.q", attribute = "arn" }
"""
STATE: dict[str, Any] = {"version": 4, "serial": 1, "lineage": "l", "outputs": {}, "resources": []}


class Cloud:
    """CloudFormation and S3. *value* is the output of the stack; *asked* are the calls."""

    def __init__(self) -> None:
        self.value = "arn:charge:1"
        self.asked: list[str] = []
        self.meta = SimpleNamespace(service_model=SimpleNamespace(service_name="cloudformation"))

    def describe_stacks(self, **_: Any) -> dict[str, Any]:
        """Answer as CloudFormation does."""
        self.asked.append("DescribeStacks")
        outputs = [{"OutputKey": "ChargeArn", "OutputValue": self.value}]
        return {"Stacks": [{"StackStatus": "UPDATE_COMPLETE", "Outputs": outputs}]}

    def list_exports(self, **_: Any) -> dict[str, Any]:
        """Answer as CloudFormation does."""
        self.asked.append("ListExports")
        return {
            "Exports": [{"Name": "shop-QueueUrl", "Value": "https://q", "ExportingStackId": "s"}]
        }

    def get_object(self, **_: Any) -> dict[str, Any]:
        """Answer as S3 does."""
        self.asked.append("GetObject")
        queue = {"mode": "managed", "type": "aws_sqs_queue", "name": "q"}
        resources = [{**queue, "instances": [{"attributes": {"arn": "arn:q"}}]}]
        data = json.dumps({**STATE, "resources": resources}).encode()
        body = io.BytesIO(data)
        return {"Body": body, "ContentLength": len(data), "VersionId": "v1"}


@pytest.fixture
def cloud() -> Cloud:
    """Return AWS's other services."""
    return Cloud()


@pytest.fixture
def shop(tmp_path: Path, cloud: Cloud) -> Shop:
    """Make a shop whose environment ``prod`` has parameters of four sources."""
    made = copy_shop(tmp_path)
    made.others = {"cloudformation": cloud, "s3": cloud}
    made.write(
        "releases.toml",
        '[project]\nname = "shop"\nremote = ""\n\n[environments.prod]\nregion = "eu-west-1"\n'
        f'role_arn = "{ROLE}"\n\n[environments.prod.parameters]{PARAMETERS}',
    )
    made.write("infra.tfstate", state(30))
    flow = definition("${Charge} ${Exported} ${Queue}")
    flow["States"]["Nap"] = {"Type": "Wait", "Seconds": "${Pause}", "Next": flow["StartAt"]}
    made.write("workflows/hello.asl.json", json.dumps({**flow, "StartAt": "Nap"}))
    made.commit()
    return made


def state(pause: int) -> str:
    """Return a state with one output, a number."""
    outputs = {"pause": {"value": pause, "type": "number"}}
    return json.dumps({**STATE, "serial": pause, "outputs": outputs})


def test_values_are_recorded_with_the_state_that_they_come_from(shop: Shop, cloud: Cloud) -> None:
    """A rollback asks for none of them: neither stack, nor state, nor file."""
    shop.publish("1.0.0", "prod")
    record = history(shop.workspace(), environment="prod")[0]
    assert record.parameters == {
        "Charge": "arn:charge:1",
        "Exported": "https://q",
        "Pause": 30,
        "Queue": "arn:q",
    }
    assert record.parameter_origins == {
        "Charge": "the output ChargeArn of the stack shop-functions (UPDATE_COMPLETE)",
        "Exported": "the export shop-QueueUrl (s)",
        "Pause": "the output pause of infra.tfstate (serial 30, lineage l)",
        "Queue": "aws_sqs_queue.q.arn of s3://tfs/prod?versionId=v1"
        " (serial 1, lineage l, version v1)",
    }
    cloud.value = "arn:charge:2"
    shop.write("infra.tfstate", state(60))
    shop.write("workflows/hello.asl.json", json.dumps(definition("${Charge}")))
    shop.commit()
    shop.publish("1.1.0", "prod")
    cloud.asked.clear()
    shop.write("infra.tfstate", "")
    shop.commit()
    back = rollback(shop.workspace(), environment="prod")
    assert back is not None
    assert (back.status, back.parameter_origins, cloud.asked) == ("succeeded", {}, [])


def test_a_value_that_changes_after_the_plan_stops_the_deployment(shop: Shop, cloud: Cloud) -> None:
    """A stack's output, and a state's."""
    shop.publish("1.0.0", deploy=False)

    class Meddling(Watcher):
        def planned(self, plan: Plan) -> None:
            super().planned(plan)
            cloud.value = "arn:charge:2"

    shop.watcher = Meddling()
    with refused("E_CONFLICT", "Charge", "stack shop-functions", "arn:charge:1", "arn:charge:2"):
        deploy(shop.workspace(), "1.0.0", environment="prod")
    assert history(shop.workspace(), environment="prod") == []


def test_a_policy_allows_the_reads_of_every_source(shop: Shop) -> None:
    """Each by the name of its resource; exports can't be limited."""
    plan, *_ = role_policies(shop.workspace().environment("prod"), [], None)
    found = {item["Sid"]: (item["Action"], item["Resource"]) for item in plan.policy["Statement"]}
    account = plan.policy["Statement"][1]["Resource"][0].split(":")[4]
    stack = f"arn:aws:cloudformation:eu-west-1:{account}:stack/shop-functions/*"
    assert found["ReadStacks"] == (["cloudformation:DescribeStacks"], [stack])
    assert found["ReadExports"] == (["cloudformation:ListExports"], ["*"])
    objects = ["arn:aws:s3:::tfs/prod"]
    assert found["ReadTerraformStatesVersion"] == (["s3:GetObjectVersion"], objects)
