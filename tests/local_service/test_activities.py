"""Activities of the local service."""

from __future__ import annotations

from typing import Any

import pytest

import sfn_release as sfn
from support.machines import MACHINES, refusal

ACTIVITIES = MACHINES.replace("stateMachine", "activity")
FORBIDDEN = [*' <>{}[]?*"#%\\^|~`$&,;:/', "\x00", "\x1f", "\x7f", "\x9f", "\n"]


@pytest.fixture
def client() -> Any:
    """Return a client of an empty service."""
    return sfn.local()


def test_an_activity_is_created_described_listed_and_deleted(client: Any) -> None:
    """Creation is idempotent over the name, and deletion succeeds twice."""
    created = client.create_activity(name="pick")
    arn = created["activityArn"]
    assert arn == f"{ACTIVITIES}:pick"
    again = client.create_activity(name="pick", tags=[{"key": "a", "value": "b"}])
    assert (again["activityArn"], again["creationDate"]) == (arn, created["creationDate"])
    assert client.list_tags_for_resource(resourceArn=arn)["tags"] == []
    described = client.describe_activity(activityArn=arn)
    described.pop("ResponseMetadata")
    assert described == {
        "activityArn": arn,
        "name": "pick",
        "creationDate": created["creationDate"],
        "encryptionConfiguration": {"type": "AWS_OWNED_KEY"},
    }
    client.delete_activity(activityArn=arn)
    client.delete_activity(activityArn=arn)
    assert client.list_activities()["activities"] == []
    for call in (client.describe_activity, client.get_activity_task):
        expected = "ActivityDoesNotExist", f"Activity Does Not Exist: '{arn}'"
        assert refusal(call, activityArn=arn) == expected


@pytest.mark.parametrize("character", FORBIDDEN)
def test_a_name_with_a_forbidden_character_is_refused(client: Any, character: str) -> None:
    """White space, brackets, wildcards, special and control characters: anywhere in the name."""
    for name in (f"activity{character}name", f"{character}activity", f"activity{character}"):
        expected = "InvalidName", f"Invalid Name: '{name}'"
        assert refusal(client.create_activity, name=name) == expected
    assert client.list_activities()["activities"] == []


def test_a_name_has_at_most_80_characters(client: Any) -> None:
    """The 81st is a violation of the service model."""
    client.create_activity(name="a" * 80)
    code, message = refusal(client.create_activity, name="a" * 81)
    assert code == "ValidationException"
    assert message.endswith(
        "'name' failed to satisfy constraint: Member must have length less than or equal to 80"
    )


@pytest.mark.parametrize(
    ("arn", "detail"),
    [
        ("no_an_activity_arn", "Invalid ARN prefix: no_an_activity_arn"),
        (f"{MACHINES}:hello", "Resource type not valid in this context: stateMachine"),
        (f"{ACTIVITIES}:a:b", f"Invalid ARN: {ACTIVITIES}:a:b"),
    ],
)
def test_an_arn_of_anything_else_is_refused(client: Any, arn: str, detail: str) -> None:
    """The message names the fault of the ARN."""
    for call in (client.describe_activity, client.delete_activity, client.get_activity_task):
        assert refusal(call, activityArn=arn) == ("InvalidArn", f"Invalid Arn: '{detail}'")


def test_activities_have_tags(client: Any) -> None:
    """Tags are set at the creation or later, and go with the activity."""
    tags = [{"key": "team", "value": "shop"}]
    arn = client.create_activity(name="pick", tags=tags)["activityArn"]
    client.tag_resource(resourceArn=arn, tags=[{"key": "env", "value": ""}])
    listed = client.list_tags_for_resource(resourceArn=arn)["tags"]
    assert listed == [*tags, {"key": "env", "value": ""}]
    client.untag_resource(resourceArn=arn, tagKeys=["team"])
    client.delete_activity(activityArn=arn)
    client.create_activity(name="pick")
    assert client.list_tags_for_resource(resourceArn=arn)["tags"] == []
    absent = f"{ACTIVITIES}:absent"
    for call, request in (
        (client.tag_resource, {"tags": tags}),
        (client.untag_resource, {"tagKeys": []}),
        (client.list_tags_for_resource, {}),
    ):
        expected = "ResourceNotFound", f"Resource not found: '{absent}'"
        assert refusal(call, resourceArn=absent, **request) == expected


def test_the_encryption_of_an_activity_cannot_change(client: Any) -> None:
    """A repeated creation with another key is refused; without a key it isn't compared."""
    key = {"type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": "alias/mine"}
    arn = client.create_activity(name="pick", encryptionConfiguration=key)["activityArn"]
    described = client.describe_activity(activityArn=arn)["encryptionConfiguration"]
    assert described == {**key, "kmsDataKeyReusePeriodSeconds": 300}
    client.create_activity(name="pick")
    client.create_activity(name="pick", encryptionConfiguration=key)
    other = {"name": "pick", "encryptionConfiguration": {**key, "kmsKeyId": "alias/other"}}
    expected = "ActivityAlreadyExists", f"Activity Already Exists: '{arn}'"
    assert refusal(client.create_activity, **other) == expected
    invalid = {"name": "new", "encryptionConfiguration": {"type": "CUSTOMER_MANAGED_KMS_KEY"}}
    assert refusal(client.create_activity, **invalid)[0] == "InvalidEncryptionConfiguration"


def test_activities_are_listed_in_pages(client: Any) -> None:
    """A page has as many as you ask for, and a token of another listing is refused."""
    names = [f"a{number}" for number in range(5)]
    for name in names:
        client.create_activity(name=name)
    pages = client.get_paginator("list_activities").paginate(PaginationConfig={"PageSize": 2})
    listed = [[item["name"] for item in page["activities"]] for page in pages]
    assert listed == [["a0", "a1"], ["a2", "a3"], ["a4"]]
    token = "nonsense"
    expected = "InvalidToken", "Invalid Token: 'Invalid token'"
    assert refusal(client.list_activities, nextToken=token) == expected


def test_an_activity_of_another_region_does_not_exist(client: Any) -> None:
    """The ARN's region is the service's."""
    client.create_activity(name="pick")
    elsewhere = f"{ACTIVITIES}:pick".replace("us-east-1", "eu-west-1")
    assert refusal(client.describe_activity, activityArn=elsewhere)[0] == "ActivityDoesNotExist"
