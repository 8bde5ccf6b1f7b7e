"""State machines of the local service: create, update, describe, delete, list."""

from __future__ import annotations

import json
from typing import Any

import pytest

import sfn_release as sfn
from sfn_release import errors as sfn_errors
from sfn_release.local_service import open_service
from sfn_release.simulator import Mocks
from support.machines import MACHINES, ROLE, create, definition, refusal


@pytest.fixture
def client() -> Any:
    """Return a client of an empty service."""
    return sfn.local()


def test_the_first_revision_has_no_id(client: Any) -> None:
    """A new machine has no revisionId; each change sets another one."""
    arn = create(client)
    assert "revisionId" not in client.describe_state_machine(stateMachineArn=arn)
    first = client.update_state_machine(stateMachineArn=arn, definition=definition(2))
    second = client.update_state_machine(stateMachineArn=arn, definition=definition(3))
    described = client.describe_state_machine(stateMachineArn=arn)
    assert described["revisionId"] == second["revisionId"] != first["revisionId"]
    assert described["definition"] == definition(3)


def test_an_update_with_equal_content_makes_no_revision(client: Any) -> None:
    """White space and the order of keys don't make a revision."""
    arn = create(client)
    revision = client.update_state_machine(stateMachineArn=arn, definition=definition(2))
    loose = json.dumps(json.loads(definition(2)), indent=4, sort_keys=True)
    again = client.update_state_machine(
        stateMachineArn=arn,
        definition=loose,
        roleArn=ROLE,
        loggingConfiguration={"level": "OFF"},
        tracingConfiguration={"enabled": False},
        encryptionConfiguration={"type": "AWS_OWNED_KEY"},
    )
    assert again["revisionId"] == revision["revisionId"]


@pytest.mark.parametrize(
    "change",
    [
        {"definition": definition(True)},  # 1 and true are equal in Python, not in JSON
        {"roleArn": f"{ROLE}-2"},
        {"tracingConfiguration": {"enabled": True}},
        {"encryptionConfiguration": {"type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": "alias/k"}},
        {
            "loggingConfiguration": {
                "level": "ALL",
                "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": "arn:aws:logs:g:*"}}],
            }
        },
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_change_of_any_part_makes_a_revision(client: Any, change: dict[str, Any]) -> None:
    """The definition, role, logging, tracing and encryption are all part of a revision."""
    arn = create(client)
    answer = client.update_state_machine(stateMachineArn=arn, **change)
    assert "revisionId" in answer
    described = client.describe_state_machine(stateMachineArn=arn)
    for name, value in change.items():
        if isinstance(value, dict):
            assert value.items() <= described[name].items()
        else:
            assert described[name] == value


def test_what_an_update_omits_stays(client: Any) -> None:
    """Tracing stays on when an update doesn't mention it."""
    arn = create(client, tracingConfiguration={"enabled": True})
    client.update_state_machine(stateMachineArn=arn, definition=definition(2))
    described = client.describe_state_machine(stateMachineArn=arn)
    assert described["tracingConfiguration"] == {"enabled": True}


def test_creating_twice_is_one_machine(client: Any) -> None:
    """The same request returns the same answer; another role or other tags are ignored."""
    arn = create(client, tags=[{"key": "a", "value": "1"}])
    again = client.create_state_machine(
        name="hello",
        definition=definition(1),
        roleArn=f"{ROLE}-2",
        tags=[{"key": "b", "value": "2"}],
    )
    assert again["stateMachineArn"] == arn
    assert client.describe_state_machine(stateMachineArn=arn)["roleArn"] == ROLE
    assert client.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "a", "value": "1"}]


@pytest.mark.parametrize(
    "difference",
    [
        {"definition": definition(2)},
        {"definition": json.dumps(json.loads(definition(1)), indent=1)},
        {"type": "EXPRESS"},
        {"tracingConfiguration": {"enabled": True}},
        {"publish": True},
    ],
    ids=["definition", "layout", "type", "tracing", "publish"],
)
def test_creating_another_under_the_same_name_is_refused(
    client: Any, difference: dict[str, Any]
) -> None:
    """The definition's text, type, configurations and publish must be equal."""
    arn = create(client)
    request = {"name": "hello", "definition": definition(1), "roleArn": ROLE, **difference}
    assert refusal(client.create_state_machine, **request) == (
        "StateMachineAlreadyExists",
        f"State Machine Already Exists: '{arn}'",
    )


def test_an_unchanged_update_that_publishes_gives_the_same_version(client: Any) -> None:
    """One version may serve several releases."""
    arn = create(client, publish=True)
    again = client.update_state_machine(
        stateMachineArn=arn, definition=definition(1), publish=True, versionDescription="other"
    )
    assert again["stateMachineVersionArn"] == f"{arn}:1"
    assert "revisionId" not in again
    assert "description" not in client.describe_state_machine(stateMachineArn=f"{arn}:1")


def test_an_update_needs_something_to_update(client: Any) -> None:
    """An update with only an ARN, or only publish, is refused."""
    arn = create(client)
    code, message = refusal(client.update_state_machine, stateMachineArn=arn, publish=True)
    assert code == "MissingRequiredParameter"
    assert message.startswith("Either the definition, the role ARN")


def test_a_version_description_needs_publish(client: Any) -> None:
    """Create and update refuse a version description without publish."""
    arn = create(client)
    expected = (
        "ValidationException",
        "Version description can only be set when publish is true",
    )
    assert expected == refusal(
        client.update_state_machine,
        stateMachineArn=arn,
        definition=definition(2),
        versionDescription="x",
    )
    assert expected == refusal(
        client.create_state_machine,
        name="other",
        definition=definition(),
        roleArn=ROLE,
        versionDescription="x",
    )


@pytest.mark.parametrize("suffix", [":1", ":live"])
def test_a_qualified_arn_can_neither_be_updated_nor_deleted(client: Any, suffix: str) -> None:
    """An ARN of a version or alias has its own operations, and each error is AWS's."""
    arn = create(client, publish=True) + suffix
    absent = ("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'")
    update = {"stateMachineArn": arn, "definition": definition(2)}
    assert refusal(client.update_state_machine, **update) == absent
    assert refusal(client.update_state_machine, **update, publish=True) == absent
    assert refusal(client.publish_state_machine_version, stateMachineArn=arn) == absent
    code, _ = refusal(client.delete_state_machine, stateMachineArn=arn)
    assert code == "ValidationException"


def test_deleting_takes_versions_aliases_and_tags_along(client: Any) -> None:
    """A deletion removes everything, and the same name starts at version 1 again."""
    arn = create(client, publish=True, tags=[{"key": "a", "value": "1"}])
    client.create_state_machine_alias(
        name="live", routingConfiguration=[{"stateMachineVersionArn": f"{arn}:1", "weight": 100}]
    )
    client.delete_state_machine(stateMachineArn=arn)
    client.delete_state_machine(stateMachineArn=arn)  # deleting twice is allowed
    missing = ("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'")
    assert missing == refusal(client.describe_state_machine, stateMachineArn=arn)
    assert missing == refusal(client.list_state_machine_versions, stateMachineArn=arn)
    assert refusal(client.list_tags_for_resource, resourceArn=arn)[0] == "ResourceNotFound"
    assert create(client, result=5) == arn
    assert client.list_state_machine_aliases(stateMachineArn=arn)["stateMachineAliases"] == []
    published = client.publish_state_machine_version(stateMachineArn=arn)
    assert published["stateMachineVersionArn"] == f"{arn}:1"


def test_metadata_only_hides_the_definition(client: Any) -> None:
    """METADATA_ONLY omits the definition, as AWS does for callers that may not decrypt it."""
    arn = create(client)
    described = client.describe_state_machine(stateMachineArn=arn, includedData="METADATA_ONLY")
    assert described["definition"] == "{}"


@pytest.mark.parametrize("name", ["a b", "a/b", "a:b", "a*", "a#b", "é,", "a\u0085b", "a$"])
def test_names_with_special_characters_are_refused(client: Any, name: str) -> None:
    """White space, brackets, wildcards and the characters that AWS lists are refused."""
    request = {"name": name, "definition": definition(), "roleArn": ROLE}
    assert refusal(client.create_state_machine, **request) == (
        "InvalidName",
        f"Invalid Name: '{name}'",
    )


def test_the_limits_of_the_model_hold(client: Any) -> None:
    """The service checks the limits that botocore doesn't, with AWS's messages."""
    request = {"name": "n" * 81, "definition": definition(), "roleArn": ROLE}
    assert refusal(client.create_state_machine, **request) == (
        "ValidationException",
        (
            f"1 validation error detected: Value '{'n' * 81}' at 'name' failed to satisfy"
            " constraint: Member must have length less than or equal to 80"
        ),
    )
    request = {"name": "n", "definition": definition("x" * 1024 * 1024), "roleArn": ROLE}
    code, message = refusal(client.create_state_machine, **request)
    assert code == "ValidationException"
    assert message.endswith("Member must have length less than or equal to 1048576")
    request = {"name": "n", "definition": definition("é" * 600_000), "roleArn": ROLE}
    request["definition"] = json.dumps(json.loads(request["definition"]), ensure_ascii=False)
    assert refusal(client.create_state_machine, **request)[0] == "ValidationException"


def test_several_failures_are_told_at_once(client: Any) -> None:
    """One error has all failures, and their count as AWS writes it."""
    request = {"name": "n" * 81, "definition": definition(), "roleArn": ROLE, "type": "FAST"}
    _, message = refusal(client.create_state_machine, **request)
    assert message.startswith("2 validation errors detected: ")
    assert "Member must satisfy enum value set: [STANDARD, EXPRESS]" in message


@pytest.mark.parametrize(
    ("arn", "code"),
    [
        ("nonsense", "InvalidArn"),
        ("arn:aws:lambda:us-east-1:000000000000:function:f", "InvalidArn"),
        ("arn:aws:states:us-east-1:000000000000:execution:a:b", "InvalidArn"),
        (f"{MACHINES}:a:b:c", "InvalidArn"),
        (f"{MACHINES}:hello/label", "ValidationException"),
        (f"{MACHINES}:hello:7", "StateMachineDoesNotExist"),
        (f"{MACHINES}:hello:live", "StateMachineDoesNotExist"),
        (MACHINES.replace("000000000000", "111111111111") + ":hello", "StateMachineDoesNotExist"),
        (MACHINES.replace("us-east-1", "eu-west-1") + ":hello", "StateMachineDoesNotExist"),
    ],
)
def test_an_arn_of_something_else_is_refused(client: Any, arn: str, code: str) -> None:
    """An invalid ARN, another type of resource, another account or another region is refused."""
    create(client)
    assert refusal(client.describe_state_machine, stateMachineArn=arn)[0] == code


@pytest.mark.parametrize("role", ["admin", "arn:aws:iam::1:role/x", "arn:aws:s3:::bucket"])
def test_a_role_must_be_a_role(client: Any, role: str) -> None:
    """The error shows the whole invalid ARN."""
    request = {"name": "n", "definition": definition(), "roleArn": role}
    assert refusal(client.create_state_machine, **request) == (
        "InvalidArn",
        f"Invalid Role Arn: '{role}'",
    )


def test_a_customer_key_is_named_and_completed(client: Any) -> None:
    """A customer key needs an id, and its reuse period defaults to AWS's value."""
    arn = create(client)
    code, _ = refusal(
        client.update_state_machine,
        stateMachineArn=arn,
        encryptionConfiguration={"type": "CUSTOMER_MANAGED_KMS_KEY"},
    )
    assert code == "InvalidEncryptionConfiguration"
    key = {"type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": "alias/k"}
    client.update_state_machine(stateMachineArn=arn, encryptionConfiguration=key)
    assert client.describe_state_machine(stateMachineArn=arn)["encryptionConfiguration"] == {
        **key,
        "kmsDataKeyReusePeriodSeconds": 300,
    }


def test_state_machines_are_listed_page_by_page(client: Any) -> None:
    """The paginator of botocore works, and a token of another listing is refused."""
    arns = [create(client, f"m{number}") for number in range(7)]
    pages = list(
        client.get_paginator("list_state_machines").paginate(PaginationConfig={"PageSize": 3})
    )
    assert [len(page["stateMachines"]) for page in pages] == [3, 3, 1]
    listed = [machine["stateMachineArn"] for page in pages for machine in page["stateMachines"]]
    assert listed == arns
    token = pages[0]["nextToken"]
    invalid = ("InvalidToken", "Invalid Token: 'Invalid token'")
    assert invalid == refusal(
        client.list_state_machine_versions, stateMachineArn=arns[0], nextToken=token
    )
    assert invalid == refusal(client.list_state_machines, nextToken="nonsense")


def test_an_operation_that_is_not_there_names_those_that_are() -> None:
    """An operation that AWS adds later isn't known, and the error lists those that are."""
    with open_service(":memory:", tasks_for=lambda _scope: Mocks()) as service:
        status, _, body = service.answer("CreateRocket", b"{}")
    error = json.loads(body)
    assert (status, error["__type"]) == (400, "UnknownOperationException")
    assert "CreateRocket is not supported by the local Step Functions service" in error["message"]
    assert "StartSyncExecution" in error["message"]


def test_the_aws_setup_of_the_user_is_of_no_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """The local service ignores an invalid profile and endpoint."""
    monkeypatch.setenv("AWS_PROFILE", "absent")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "nonsense")
    create(sfn.local())


def test_a_database_that_cannot_be_used_is_told(tmp_path: Any) -> None:
    """A file that isn't a database is one clear error, and not an error of AWS."""
    path = tmp_path / "local.db"
    path.write_text("not a database, " * 100)
    with pytest.raises(sfn_errors.LocalServiceError) as caught:
        sfn.local(path).list_state_machines()
    assert str(path) in caught.value.message
    assert caught.value.fix
