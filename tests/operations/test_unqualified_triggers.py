"""Triggers without the alias; EventBridge, its schedules and its pipes are moto's, over HTTP."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from sfn_release.aws.clients import Aws
from sfn_release.operations.diagnosis import iam as iam_policies
from sfn_release.operations.diagnosis.diagnosis import Diagnosis
from sfn_release.operations.diagnosis.unqualified_triggers import examine_triggers
from sfn_release.project import parse_project
from support.faults import DENIED, FAULTS, NO_METADATA, Fault
from support.faulty_client import Faulty
from support.services import ACCOUNT

REGION = "us-east-1"
HEAD = f'[project]\nname = "shop"\n[environments.prod]\nregion = "{REGION}"\n'
PROD = parse_project(HEAD, path="r").environment("prod")
ARN = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:orders"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/start"
SERVICES = ("events", "scheduler", "pipes")


@pytest.fixture
def clients(other_services: str) -> dict[str, Any]:
    """Return clients of an account without any trigger."""
    import boto3

    return {
        name: boto3.client(name, region_name=REGION, endpoint_url=other_services)
        for name in SERVICES
    }


def examined(clients: dict[str, Any], environment: Any = PROD) -> list[Diagnosis]:
    """Return the diagnoses for one state machine."""
    aws = Aws.of(SimpleNamespace(), clients.__getitem__)
    return list(examine_triggers(environment, aws, {"orders": ARN}))


def schedule(clients: dict[str, Any], name: str, **target: str) -> None:
    """Create a schedule."""
    clients["scheduler"].create_schedule(
        Name=name,
        ScheduleExpression="rate(1 day)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"RoleArn": ROLE, **target},
    )


def rule(clients: dict[str, Any], name: str, target: str, bus: str = "default") -> None:
    """Create a rule of EventBridge with a target."""
    events = clients["events"]
    events.put_rule(Name=name, EventBusName=bus, EventPattern='{"source": ["shop"]}')
    target = {"Id": "1", "Arn": target, "RoleArn": ROLE}  # type: ignore[assignment]
    events.put_targets(Rule=name, EventBusName=bus, Targets=[target])


def test_every_kind_of_trigger_is_found(clients: dict[str, Any]) -> None:
    """On every event bus, in an SDK call of a schedule, as a pipe's target or enrichment."""
    clients["events"].create_event_bus(Name="shop")
    rule(clients, "nightly", ARN)
    rule(clients, "bought", ARN, "shop")
    rule(clients, "right", f"{ARN}:live")
    schedule(clients, "weekly", Arn=ARN)
    schedule(clients, "right", Arn=f"{ARN}:live")
    start = "arn:aws:scheduler:::aws-sdk:sfn:startExecution"
    schedule(clients, "sdk", Arn=start, Input=json.dumps({"StateMachineArn": ARN}))
    schedule(clients, "sdk-too", Arn=start, Input=json.dumps({"stateMachineArn": ARN}))
    schedule(clients, "sdk-right", Arn=start, Input=json.dumps({"StateMachineArn": f"{ARN}:live"}))
    schedule(clients, "sdk-nonsense", Arn=start, Input="[")
    queue = f"arn:aws:sqs:{REGION}:{ACCOUNT}:q"
    clients["pipes"].create_pipe(Name="in", Source=queue, Target=ARN, RoleArn=ROLE)
    clients["pipes"].create_pipe(
        Name="rich", Source=queue, Target=queue, Enrichment=ARN, RoleArn=ROLE
    )
    found = examined(clients)
    assert {diagnosis.verdict for diagnosis in found} == {"warning"}
    assert {diagnosis.fix for diagnosis in found} == {f"Let it start  {ARN}:live"}
    assert [diagnosis.message.partition(" starts ")[0] for diagnosis in found] == [
        "the EventBridge rule nightly",
        "the EventBridge rule bought on the event bus shop",
        "the schedule weekly",
        "the schedule sdk-too",
        "the schedule sdk",
        "the pipe's target in",
    ] + (["the pipe's enrichment rich"] if len(found) > 6 else [])  # newer motos list enrichments


def test_all_is_well_without_any(clients: dict[str, Any]) -> None:
    """It also says what isn't searched."""
    (found,) = examined(clients)
    assert found.verdict == "ok"
    assert "API Gateway isn't searched" in found.message


def test_without_an_alias_nothing_is_searched() -> None:
    """Then every caller starts the state machine itself."""
    bare = parse_project(HEAD + 'alias = ""\n', path="r").environment("prod")
    assert examined({}, bare) == []


def test_all_pages_are_read() -> None:
    """Of each list, until there is no more."""

    class Paged:
        def list_schedules(self, **request: Any) -> dict[str, Any]:
            page = int(request.get("NextToken", 0))
            more = {"NextToken": str(page + 1)} if page < 3 else {}
            return {"Schedules": [{"Name": f"s{page}", "Target": {"Arn": ARN}}], **more}

        def list_event_buses(self, **_: Any) -> dict[str, Any]:
            return {"EventBuses": [{"Name": "default"}]}

        def list_rule_names_by_target(self, **request: Any) -> dict[str, Any]:
            more = {} if "NextToken" in request else {"NextToken": "1"}
            return {"RuleNames": ["a"], **more}

        def list_pipes(self, **_: Any) -> dict[str, Any]:
            return {"Pipes": [{"Name": "p", "Target": ARN}], "NextToken": "again"}

    found = examined(dict.fromkeys(SERVICES, Paged()))
    names = [diagnosis.message.split(" starts ")[0].rpartition(" ")[2] for diagnosis in found]
    assert names == ["a", "a", "s0", "s1", "s2", "s3", "p", "p"]


CALLS = {
    "list_event_buses": "events",
    "list_rule_names_by_target": "events",
    "list_schedules": "scheduler",
    "get_schedule": "scheduler",
    "list_pipes": "pipes",
}


@pytest.mark.parametrize("fault", [*FAULTS[:-1], NO_METADATA], ids=str)
@pytest.mark.parametrize("operation", CALLS)
def test_a_fault_is_a_note_and_the_rest_is_searched(
    clients: dict[str, Any], operation: str, fault: Fault
) -> None:
    """A doctor that stops at the first service isn't one."""
    start = "arn:aws:scheduler:::aws-sdk:sfn:startExecution"
    schedule(clients, "sdk", Arn=start, Input=json.dumps({"StateMachineArn": ARN}))

    def strike(_: Any) -> Any:
        raise fault.error(operation)

    service = CALLS[operation]
    broken = Faulty(clients[service], **{operation: strike})
    found = examined({**clients, service: broken})
    notes = [diagnosis for diagnosis in found if "aren't searched" in diagnosis.message]
    assert len(notes) == 1
    assert "\n" not in notes[0].message
    assert notes[0].fix
    if fault is DENIED:
        assert f"AWS denied {service}:" in notes[0].message
    assert len(found) == 2  # it, and the schedule or that nothing else was found


def test_the_deployers_policies_name_every_call() -> None:
    """So that `doctor` can be run with a role of least permissions."""
    named = {action.partition(":")[2] for action in iam_policies.TRIGGER_READS}
    assert named == {"".join(word.capitalize() for word in name.split("_")) for name in CALLS}
