"""The questions about the API: each function makes its calls, and returns the answer."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from .lab import Definition, Lab


def _definition(result: str, *, seconds: int = 0) -> Definition:
    done = {"Type": "Pass", "Result": result, "End": True}
    if not seconds:
        return {"StartAt": "A", "States": {"A": done}}
    wait = {"Type": "Wait", "Seconds": seconds, "Next": "A"}
    return {"StartAt": "W", "States": {"W": wait, "A": done}}


def _code(call: Callable[..., Any], **request: Any) -> str:
    """Return ``ok``, or the code of the error that a call ends in."""
    from botocore.exceptions import ClientError

    try:
        call(**request)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return "ok"


def _number(version_arn: str) -> int:
    return int(version_arn.rpartition(":")[2])


def _update(lab: Lab, arn: str, result: str, **options: Any) -> dict[str, Any]:
    text = json.dumps(_definition(result))
    answer: dict[str, Any] = lab.client.update_state_machine(
        stateMachineArn=arn, definition=text, **options
    )
    return answer


def _settled(lab: Lab, arn: str) -> dict[str, Any]:
    """Return the state machine: reads may lag behind an update for a moment."""
    time.sleep(0 if lab.settings.endpoint else 2)
    found: dict[str, Any] = lab.client.describe_state_machine(stateMachineArn=arn)
    return found


def a_b_a(lab: Lab) -> Any:
    """Update to B and back to A, with a version of each."""
    made = lab.create(_definition("a"), publish=True)
    arn, versions = made["stateMachineArn"], [made["stateMachineVersionArn"]]
    revisions = [_settled(lab, arn).get("revisionId", "INITIAL")]
    for result in ("b", "a"):
        answer = _update(lab, arn, result, publish=True)
        revisions.append(answer["revisionId"])
        versions.append(answer["stateMachineVersionArn"])
    return {"revisions": len({*revisions}), "versions": [_number(arn) for arn in versions]}


def tracing_revision(lab: Lab) -> Any:
    """Turn tracing on, and nothing else."""
    arn = lab.create(_definition("a"))["stateMachineArn"]
    before = _update(lab, arn, "b")["revisionId"]
    after = _update(lab, arn, "b", tracingConfiguration={"enabled": True})
    return bool(before != after["revisionId"])


def omitted_settings(lab: Lab) -> Any:
    """Update the definition of a machine with tracing."""
    arn = lab.create(_definition("a"), tracingConfiguration={"enabled": True})["stateMachineArn"]
    _update(lab, arn, "b")
    found = _settled(lab, arn)
    return {
        "tracing": found.get("tracingConfiguration", {}).get("enabled"),
        "logging": found.get("loggingConfiguration", {}).get("level"),
        "encryption": found.get("encryptionConfiguration", {}).get("type"),
    }


def equal_content(lab: Lab) -> Any:
    """Publish the same content twice."""
    arn = lab.create(_definition("a"))["stateMachineArn"]
    first, again = (_update(lab, arn, "b", publish=True) for _ in range(2))
    return {
        "same_version": first["stateMachineVersionArn"] == again["stateMachineVersionArn"],
        "same_revision": first["revisionId"] == again["revisionId"],
    }


def white_space(lab: Lab) -> Any:
    """Indent the definition."""
    arn = lab.create(_definition("a"))["stateMachineArn"]
    before = _update(lab, arn, "b")["revisionId"]
    indented = json.dumps(_definition("b"), indent=2)
    after = lab.client.update_state_machine(stateMachineArn=arn, definition=indented)
    return bool(before != after["revisionId"])


def stale_publish(lab: Lab) -> Any:
    """Publish a revision after the next update."""
    arn = lab.create(_definition("a"))["stateMachineArn"]
    old = _update(lab, arn, "b")["revisionId"]
    _update(lab, arn, "c")
    publish = lab.client.publish_state_machine_version
    return _code(publish, stateMachineArn=arn, revisionId=old)


def deleted_version(lab: Lab) -> Any:
    """Delete the only version, and publish again."""
    made = lab.create(_definition("a"), publish=True)
    first = made["stateMachineVersionArn"]
    lab.client.delete_state_machine_version(stateMachineVersionArn=first)
    again = lab.client.publish_state_machine_version(stateMachineArn=made["stateMachineArn"])
    return [_number(first), _number(again["stateMachineVersionArn"])]


def _aliased(lab: Lab) -> tuple[str, dict[str, Any]]:
    made = lab.create(_definition("a"), publish=True)
    version = made["stateMachineVersionArn"]
    alias = {
        "name": "live",
        "description": "one",
        "routingConfiguration": [{"stateMachineVersionArn": version, "weight": 100}],
    }
    return version, alias


def aliased_version(lab: Lab) -> Any:
    """Delete the version of an alias, and one that never was."""
    version, alias = _aliased(lab)
    lab.client.create_state_machine_alias(**alias)
    delete = lab.client.delete_state_machine_version
    absent = f"{version.rpartition(':')[0]}:99"
    return {
        "aliased": _code(delete, stateMachineVersionArn=version),
        "absent": _code(delete, stateMachineVersionArn=absent),
    }


def alias_again(lab: Lab) -> Any:
    """Create an alias three times."""
    _, alias = _aliased(lab)
    create = lab.client.create_state_machine_alias
    create(**alias)
    return {"equal": _code(create, **alias), "other": _code(create, **alias | {"description": "x"})}


def alias_weights(lab: Lab) -> Any:
    """Create an alias with half of the weight."""
    version, alias = _aliased(lab)
    half = [{"stateMachineVersionArn": version, "weight": 50}]
    create = lab.client.create_state_machine_alias
    return _code(create, **alias | {"routingConfiguration": half})


def other_tags(lab: Lab) -> Any:
    """Create a state machine twice."""
    tag = {"key": "which", "value": "first"}
    arn = lab.create(_definition("a"), tags=[tag])["stateMachineArn"]
    name = arn.rpartition(":")[2]
    answer = _code(lab.create, definition=_definition("a"), name=name, tags=[tag | {"value": "2"}])
    found = lab.client.list_tags_for_resource(resourceArn=arn)["tags"]
    return {"answer": answer, "tag": {item["key"]: item["value"] for item in found}.get("which")}


def description_without_publish(lab: Lab) -> Any:
    """Describe a version that isn't published."""
    return _code(lab.create, definition=_definition("a"), versionDescription="x")


def execution_names(lab: Lab) -> Any:
    """Start executions of one name."""
    arn = lab.create(_definition("a", seconds=5))["stateMachineArn"]
    start = lab.client.start_execution
    request = {"stateMachineArn": arn, "name": "same"}
    execution = start(**request, input="{}")["executionArn"]
    running = [_code(start, **request, input=data) for data in ("{}", '{"a": 1}')]
    lab.wait(execution)
    ended = [_code(start, **request, input=data) for data in ("{}", '{"a": 1}')]
    names = ("running, equal", "running, other", "ended, equal", "ended, other")
    return dict(zip(names, running + ended, strict=True))


def express_failure(lab: Lab) -> Any:
    """Run an EXPRESS workflow that fails."""
    fail = {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "Why", "Cause": "c"}}}
    arn = lab.create(fail, type="EXPRESS")["stateMachineArn"]
    found = lab.client.start_sync_execution(stateMachineArn=arn)
    return {"status": found["status"], "error": found.get("error")}


def unqualified_version(lab: Lab) -> Any:
    """Run a machine with a version, by its own ARN."""
    arn = lab.create(_definition("a"), publish=True)["stateMachineArn"]
    execution = lab.client.start_execution(stateMachineArn=arn)["executionArn"]
    lab.wait(execution)
    found = lab.client.describe_execution(executionArn=execution)
    return found.get("stateMachineVersionArn")


def emr_client_token(lab: Lab) -> Any:
    """Validate a job of EMR Serverless without a token; nothing is run."""
    job = {
        "Type": "Task",
        "Resource": "arn:aws:states:::emr-serverless:startJobRun.sync",
        "Parameters": {
            "ApplicationId": "00f1abcdexample",
            "ExecutionRoleArn": lab.settings.role,
            "JobDriver": {"SparkSubmit": {"EntryPoint": "s3://bucket/job.py"}},
        },
        "End": True,
    }
    text = json.dumps({"StartAt": "Job", "States": {"Job": job}})
    return lab.client.validate_state_machine_definition(definition=text)["result"]


def unfilled_placeholder(lab: Lab) -> Any:
    """Validate a definition that nobody has filled."""
    text = json.dumps(_definition("a", seconds=1)).replace('"Seconds": 1', '"Seconds": "${Pause}"')
    return lab.client.validate_state_machine_definition(definition=text)["result"]
