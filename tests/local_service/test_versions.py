"""Versions and aliases of the local service."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sfn_release as sfn
from sfn_release.aws.stepfunctions import in_process
from sfn_release.local_service import open_service
from sfn_release.local_service.api.start_targets import route_by
from sfn_release.simulator import Mocks
from support.machines import MACHINES, ROLE, create, definition, refusal


@pytest.fixture
def client() -> Any:
    """Return a client of an empty service."""
    return sfn.local()


def publish(client: Any, arn: str, result: Any) -> str:
    """Publish a version whose output is *result*; return its ARN."""
    version: str = client.update_state_machine(
        stateMachineArn=arn, definition=definition(result), publish=True
    )["stateMachineVersionArn"]
    return version


def route(*versions: tuple[str, int]) -> list[dict[str, Any]]:
    """Return a routing configuration."""
    return [{"stateMachineVersionArn": arn, "weight": weight} for arn, weight in versions]


def test_publishing_is_once_per_revision(client: Any) -> None:
    """A second publication returns the existing version, whatever its description."""
    arn = create(client)
    first = client.publish_state_machine_version(stateMachineArn=arn, description="one")
    again = client.publish_state_machine_version(stateMachineArn=arn, description="two")
    assert first["stateMachineVersionArn"] == again["stateMachineVersionArn"] == f"{arn}:1"
    assert first["creationDate"] == again["creationDate"]
    assert client.describe_state_machine(stateMachineArn=f"{arn}:1")["description"] == "one"


def test_publishing_a_revision_that_has_moved_is_a_conflict(client: Any) -> None:
    """Publishing is the API's only compare-and-swap; the first revision is called INITIAL."""
    arn = create(client)
    client.publish_state_machine_version(stateMachineArn=arn, revisionId="INITIAL")
    revision = client.update_state_machine(stateMachineArn=arn, definition=definition(2))
    code, message = refusal(
        client.publish_state_machine_version, stateMachineArn=arn, revisionId="INITIAL"
    )
    assert code == "ConflictException"
    assert "INITIAL" in message
    assert revision["revisionId"] in message
    published = client.publish_state_machine_version(
        stateMachineArn=arn, revisionId=revision["revisionId"]
    )
    assert published["stateMachineVersionArn"] == f"{arn}:2"


def test_a_version_is_frozen(client: Any) -> None:
    """The definition, role, logging and tracing of a version stay the same."""
    arn = create(client, publish=True, versionDescription="first")
    before = client.describe_state_machine(stateMachineArn=f"{arn}:1")
    client.update_state_machine(
        stateMachineArn=arn,
        definition=definition(2),
        roleArn=f"{ROLE}-2",
        tracingConfiguration={"enabled": True},
    )
    after = client.describe_state_machine(stateMachineArn=f"{arn}:1")
    del before["ResponseMetadata"], after["ResponseMetadata"]
    assert before == after
    assert after["stateMachineArn"] == f"{arn}:1"
    assert after["description"] == "first"
    assert after["definition"] == definition(1)


def test_numbers_are_never_given_twice(client: Any) -> None:
    """After its version is deleted, a revision is published under the next number."""
    arn = create(client, publish=True)
    publish(client, arn, 2)
    client.delete_state_machine_version(stateMachineVersionArn=f"{arn}:2")
    client.delete_state_machine_version(stateMachineVersionArn=f"{arn}:2")  # no error
    assert publish(client, arn, 2) == f"{arn}:3"
    assert refusal(client.describe_state_machine, stateMachineArn=f"{arn}:2")[0] == (
        "StateMachineDoesNotExist"
    )


def test_going_back_to_old_content_makes_a_new_version(client: Any) -> None:
    """Publishing A, B and A makes three revisions and three versions."""
    arn = create(client, publish=True)
    assert [publish(client, arn, 2), publish(client, arn, 1)] == [f"{arn}:2", f"{arn}:3"]


def test_versions_are_listed_newest_first_in_pages(client: Any) -> None:
    """A deletion between two pages doesn't repeat or skip a version."""
    arn = create(client, publish=True)
    for number in range(2, 8):
        publish(client, arn, number)
    first = client.list_state_machine_versions(stateMachineArn=arn, maxResults=3)
    client.delete_state_machine_version(stateMachineVersionArn=f"{arn}:6")
    second = client.list_state_machine_versions(
        stateMachineArn=arn, maxResults=1000, nextToken=first["nextToken"]
    )
    assert "nextToken" not in second
    listed = first["stateMachineVersions"] + second["stateMachineVersions"]
    numbers = [int(version["stateMachineVersionArn"].rpartition(":")[2]) for version in listed]
    assert numbers == [7, 6, 5, 4, 3, 2, 1]


@pytest.mark.parametrize("suffix", ["", ":live"])
def test_only_a_version_can_be_deleted_as_one(client: Any, suffix: str) -> None:
    """The ARN must end in a number."""
    arn = create(client)
    code, _ = refusal(client.delete_state_machine_version, stateMachineVersionArn=arn + suffix)
    assert code == "InvalidArn"


def test_a_version_with_aliases_cannot_be_deleted(client: Any) -> None:
    """The error lists them."""
    arn = create(client, publish=True)
    for name in ("b", "a"):
        client.create_state_machine_alias(name=name, routingConfiguration=route((f"{arn}:1", 100)))
    assert refusal(client.delete_state_machine_version, stateMachineVersionArn=f"{arn}:1") == (
        "ConflictException",
        (
            "Version to be deleted must not be referenced by an alias."
            " Current list of aliases referencing this version: [a, b]"
        ),
    )


def test_creating_an_alias_twice_is_one_alias(client: Any) -> None:
    """A repeated request returns the alias; another description or routing is a conflict."""
    arn = create(client, publish=True)
    request = {"name": "live", "description": "d", "routingConfiguration": route((f"{arn}:1", 100))}
    first = client.create_state_machine_alias(**request)
    again = client.create_state_machine_alias(**request)
    assert first["stateMachineAliasArn"] == again["stateMachineAliasArn"] == f"{arn}:live"
    assert first["creationDate"] == again["creationDate"]
    code, _ = refusal(client.create_state_machine_alias, **{**request, "description": "other"})
    assert code == "ConflictException"


def test_an_alias_is_updated_in_part(client: Any) -> None:
    """The routing and the description can be updated separately; an empty update is an error."""
    arn = create(client, publish=True)
    second = publish(client, arn, 2)
    alias = client.create_state_machine_alias(
        name="live", description="d", routingConfiguration=route((f"{arn}:1", 100))
    )["stateMachineAliasArn"]
    client.update_state_machine_alias(
        stateMachineAliasArn=alias, routingConfiguration=route((f"{arn}:1", 90), (second, 10))
    )
    client.update_state_machine_alias(stateMachineAliasArn=alias, description="")
    described = client.describe_state_machine_alias(stateMachineAliasArn=alias)
    assert described["description"] == ""
    assert described["routingConfiguration"] == route((f"{arn}:1", 90), (second, 10))
    assert refusal(client.update_state_machine_alias, stateMachineAliasArn=alias)[0] == (
        "ValidationException"
    )


def bad_routings() -> Iterator[Any]:
    """Yield invalid routings, with the code and part of the message."""
    one, two, other = f"{MACHINES}:hello:1", f"{MACHINES}:hello:2", f"{MACHINES}:other:1"
    bad = "ValidationException"
    yield pytest.param(route((one, 99)), bad, "must equal 100", id="sum of one")
    yield pytest.param(route((one, 50), (two, 51)), bad, "must equal 100", id="sum of two")
    yield pytest.param(route((one, 50), (one, 50)), bad, "distinct", id="the same twice")
    yield pytest.param(route((one, 50), (other, 50)), bad, "one state machine", id="two machines")
    yield pytest.param(route((f"{MACHINES}:hello", 100)), bad, "version ARNs", id="unqualified")
    yield pytest.param(route((f"{MACHINES}:hello:live", 100)), bad, "version ARNs", id="an alias")
    yield pytest.param(
        route((one, 50), (two, 25), (f"{MACHINES}:hello:3", 25)),
        bad,
        "Member must have length less than or equal to 2",
        id="three",
    )
    yield pytest.param(route((one, 101)), bad, "less than or equal to 100", id="a weight over 100")
    yield pytest.param(route(("nonsense", 100)), "InvalidArn", "Invalid ARN prefix", id="no ARN")
    yield pytest.param(
        route((f"{MACHINES}:hello:9", 100)), "ResourceNotFound", ":9", id="no such version"
    )
    yield pytest.param(
        route((f"{MACHINES}:gone:1", 100)), "ResourceNotFound", "gone", id="no such machine"
    )


@pytest.mark.parametrize(("routing", "code", "part"), list(bad_routings()))
def test_a_routing_must_make_an_alias(client: Any, routing: Any, code: str, part: str) -> None:
    """A routing has one or two distinct versions of one machine, with weights that sum to 100."""
    publish(client, create(client, publish=True), 2)
    create(client, "other", publish=True)
    found, message = refusal(
        client.create_state_machine_alias, name="live", routingConfiguration=routing
    )
    assert found == code
    assert part in message


@pytest.mark.parametrize("name", ["12", "a b", "1.2.0+build", "a" * 81])
def test_alias_names_follow_the_model(client: Any, name: str) -> None:
    """A name has letters, digits and `_ . -`, isn't a number, and has at most 80 characters."""
    arn = create(client, publish=True)
    code, _ = refusal(
        client.create_state_machine_alias,
        name=name,
        routingConfiguration=route((f"{arn}:1", 100)),
    )
    assert code == "ValidationException"


@pytest.mark.parametrize("name", ["live", "1.2.0", "v1.2.0-rc.1", "_"])
def test_versions_of_software_are_alias_names(client: Any, name: str) -> None:
    """A semantic version without build metadata is a valid alias name."""
    arn = create(client, publish=True)
    answer = client.create_state_machine_alias(
        name=name, routingConfiguration=route((f"{arn}:1", 100))
    )
    assert answer["stateMachineAliasArn"] == f"{arn}:{name}"


def test_aliases_are_listed_by_machine_and_by_version(client: Any) -> None:
    """Aliases are paged; for a version, only the aliases that route to it are listed."""
    arn = create(client, publish=True)
    second = publish(client, arn, 2)
    for name, routing in {
        "a": route((f"{arn}:1", 100)),
        "b": route((second, 100)),
        "c": route((f"{arn}:1", 1), (second, 99)),
    }.items():
        client.create_state_machine_alias(name=name, routingConfiguration=routing)

    def names(**request: Any) -> list[str]:
        listed = client.list_state_machine_aliases(**request)["stateMachineAliases"]
        return [alias["stateMachineAliasArn"].rpartition(":")[2] for alias in listed]

    assert names(stateMachineArn=arn) == ["a", "b", "c"]
    assert names(stateMachineArn=second) == ["b", "c"]
    page = client.list_state_machine_aliases(stateMachineArn=arn, maxResults=2)
    assert names(stateMachineArn=arn, nextToken=page["nextToken"]) == ["c"]


def test_an_absent_alias_is_not_found(client: Any) -> None:
    """An absent alias isn't found, and deleting it does nothing."""
    arn = f"{create(client)}:live"
    code, _ = refusal(client.describe_state_machine_alias, stateMachineAliasArn=arn)
    assert code == "ResourceNotFound"
    code, _ = refusal(client.update_state_machine_alias, stateMachineAliasArn=arn, description="x")
    assert code == "ResourceNotFound"
    client.delete_state_machine_alias(stateMachineAliasArn=arn)


def test_an_execution_runs_what_its_arn_says(client: Any) -> None:
    """The base ARN runs the newest revision; a version or alias runs its frozen one."""
    arn = create(client, publish=True)
    client.create_state_machine_alias(name="live", routingConfiguration=route((f"{arn}:1", 100)))
    client.update_state_machine(stateMachineArn=arn, definition=definition(2))
    outputs = {}
    for suffix in ("", ":1", ":live"):
        started = client.start_execution(stateMachineArn=arn + suffix)["executionArn"]
        described = client.describe_execution(executionArn=started)
        outputs[suffix] = (
            described["output"],
            described.get("stateMachineVersionArn"),
            described.get("stateMachineAliasArn"),
        )
    assert outputs == {
        "": ("2", None, None),
        ":1": ("1", f"{arn}:1", None),
        ":live": ("1", f"{arn}:1", f"{arn}:live"),
    }
    for suffix, count in {"": 3, ":1": 2, ":live": 1}.items():
        listed = client.list_executions(stateMachineArn=arn + suffix)["executions"]
        assert count == len(listed)


@pytest.mark.parametrize(("share", "version"), [(0.0, 1), (0.899, 1), (0.9, 2), (0.999, 2)])
def test_an_alias_routes_by_weight(share: float, version: int) -> None:
    """A random share selects the version by the weights."""
    with open_service(":memory:", tasks_for=lambda _scope: Mocks(), random=lambda: share) as local:
        client: Any = in_process(local.answer, region="us-east-1")
        arn = create(client, publish=True)
        client.create_state_machine_alias(
            name="live",
            routingConfiguration=route((f"{arn}:1", 90), (publish(client, arn, 2), 10)),
        )
        started = client.start_execution(stateMachineArn=f"{arn}:live")["executionArn"]
        described = client.describe_execution(executionArn=started)
    assert described["stateMachineVersionArn"] == f"{arn}:{version}"


@given(weight=st.integers(0, 100))
def test_every_share_is_routed_by_its_weight(weight: int) -> None:
    """Of a hundred evenly spread shares, *weight* are routed to the first version."""
    shares = [number / 100 for number in range(100)]
    counted = Counter(route_by([[1, weight], [2, 100 - weight]], share) for share in shares)
    assert abs(counted[1] - weight) <= 1
    assert (counted[1] > 0) == (weight > 0)
