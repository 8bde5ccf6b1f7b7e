"""Tags of the local service."""

from __future__ import annotations

from typing import Any

import pytest

import sfn_release as sfn
from support.machines import MACHINES, ROLE, create, definition, refusal


@pytest.fixture
def client() -> Any:
    """Return a client of an empty service."""
    return sfn.local()


def tags(**values: str) -> list[dict[str, str]]:
    """Return tags in the API's shape."""
    return [{"key": key, "value": value} for key, value in values.items()]


def test_tags_are_added_changed_and_taken_away(client: Any) -> None:
    """Tags that a call doesn't name stay."""
    arn = create(client, tags=tags(a="1", b="2"))
    client.tag_resource(resourceArn=arn, tags=tags(b="3", c=""))
    assert client.list_tags_for_resource(resourceArn=arn)["tags"] == tags(a="1", b="3", c="")
    client.untag_resource(resourceArn=arn, tagKeys=["a", "absent"])
    assert client.list_tags_for_resource(resourceArn=arn)["tags"] == tags(b="3", c="")


def test_a_machine_has_at_most_fifty_tags(client: Any) -> None:
    """The call that would add the 51st tag changes nothing."""
    arn = create(client)
    client.tag_resource(resourceArn=arn, tags=tags(**{f"k{n}": "v" for n in range(50)}))
    code, _ = refusal(client.tag_resource, resourceArn=arn, tags=tags(k0="new", more="v"))
    assert code == "TooManyTags"
    listed = client.list_tags_for_resource(resourceArn=arn)["tags"]
    assert listed == tags(**{f"k{n}": "v" for n in range(50)})


@pytest.mark.parametrize("key", ["aws:owner", "AWS:owner", "a,b", "a\n", "a" * 129])
def test_bad_keys_are_refused(client: Any, key: str) -> None:
    """Reserved, invalid and long keys are refused, and the machine isn't created."""
    request = {"name": "m", "definition": definition(), "roleArn": ROLE, "tags": tags(**{key: "v"})}
    assert refusal(client.create_state_machine, **request)[0] == "ValidationException"
    assert client.list_state_machines()["stateMachines"] == []


@pytest.mark.parametrize("value", ["a;b", "v" * 257])
def test_bad_values_are_refused(client: Any, value: str) -> None:
    """Invalid and long values are refused."""
    arn = create(client)
    code, _ = refusal(client.tag_resource, resourceArn=arn, tags=tags(key=value))
    assert code == "ValidationException"


def test_what_people_write_in_tags_is_taken(client: Any) -> None:
    """Mail addresses, paths, sfn-release's own keys and letters of any language are allowed."""
    wanted = tags(
        **{
            "Creator": "alice@example.com",
            "sfn-release:project": "shop",
            "größe": "a/b = c+d.e_f-g:h",
        }
    )
    arn = create(client, tags=wanted)
    assert client.list_tags_for_resource(resourceArn=arn)["tags"] == wanted


@pytest.mark.parametrize("suffix", [":1", ":live", "-absent"])
def test_only_machines_have_tags(client: Any, suffix: str) -> None:
    """For versions, aliases and absent machines, the error is that they aren't found."""
    arn = create(client, publish=True) + suffix
    expected = ("ResourceNotFound", f"Resource not found: '{arn}'")
    assert refusal(client.tag_resource, resourceArn=arn, tags=tags(a="b")) == expected
    assert refusal(client.list_tags_for_resource, resourceArn=arn) == expected
    assert refusal(client.untag_resource, resourceArn=arn, tagKeys=["a"]) == expected
    assert f"{MACHINES}:hello" in arn
