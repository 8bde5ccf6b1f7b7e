"""The local service over HTTP: the hosts it answers, and the region and account of a request."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from sfn_release.local_service import open_service
from sfn_release.local_service.api.arns import ArnScope
from sfn_release.local_service.http import request_headers, server
from sfn_release.simulator import Mocks
from support.machines import create, refusal

HOME = ArnScope("eu-west-1", "000000000000")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[server.Background]:
    """Run a server in a thread, for eu-west-1, with one more host name."""
    path = tmp_path_factory.mktemp("local") / "local.db"
    home = open_service(path, tasks_for=lambda _scope: Mocks(), region=HOME.region)
    with server.start(home, allowed=["host.docker.internal"]) as background:
        yield background


def client(running: server.Background, region: str, key: str) -> Any:
    """Return a boto3 client that signs for a region with an access key id."""
    return boto3.client(
        "stepfunctions",
        endpoint_url=running.url,
        region_name=region,
        aws_access_key_id=key,
        aws_secret_access_key="x",
        config=Config(inject_host_prefix=False, retries={"max_attempts": 0}),
    )


def post(running: server.Background, **headers: str) -> tuple[int, dict[str, Any]]:
    """Send ListStateMachines as a program or a browser does."""
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=30)
    try:
        connection.putrequest("POST", "/", skip_host=True)
        sent = {"X-Amz-Target": "AWSStepFunctions.ListStateMachines", "Content-Length": "2"}
        for name, value in {**sent, **headers}.items():
            connection.putheader(name, value)
        connection.endheaders(b"{}")
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.0.0.1:8083",
        "127.8.8.8",
        "localhost:1",
        "LOCALHOST.",
        "sfn.localhost",
        "sync-localhost:8083",
        "[::1]:8083",
        "host.docker.internal:8083",
    ],
)
def test_names_of_this_machine_are_answered(running: server.Background, host: str) -> None:
    """Loopback addresses, names below localhost, AWS's prefix and allowed hosts are answered."""
    status, answer = post(running, Host=host)
    assert (status, "stateMachines" in answer) == (200, True)


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8083", "localhost.evil.example", "10.0.0.1", "[::2]", ""]
)
def test_other_names_are_refused(running: server.Background, host: str) -> None:
    """A web page whose name was rebound to loopback still sends its own name, and is refused."""
    status, answer = post(running, Host=host)
    assert status == 403
    assert answer["__type"] == "AccessDeniedException"
    assert "--allow-host" in answer["message"]


def test_a_web_page_is_refused_under_any_name(running: server.Background) -> None:
    """A browser's Origin is refused, and so is the Origin "null"."""
    for origin in ("https://evil.example", "http://localhost:3000", "null"):
        status, answer = post(running, Host="localhost", Origin=origin)
        assert (status, answer["__type"]) == (403, "AccessDeniedException")
        assert origin in answer["message"]


def test_a_request_is_answered_for_the_region_and_account_that_it_signs_for(
    running: server.Background,
) -> None:
    """One server holds several accounts and regions, which can't see each other."""
    made = {}
    for region, key, account in (
        ("eu-west-1", "any", "000000000000"),
        ("us-east-1", "any", "000000000000"),
        ("eu-west-1", "111111111111", "111111111111"),
    ):
        user = client(running, region, key)
        made[region, account] = create(user, "same")
        assert made[region, account] == f"arn:aws:states:{region}:{account}:stateMachine:same"
        started = user.start_execution(stateMachineArn=made[region, account])["executionArn"]
        assert started.startswith(f"arn:aws:states:{region}:{account}:execution:same:")
        listed = user.list_state_machines()["stateMachines"]
        assert [machine["stateMachineArn"] for machine in listed] == [made[region, account]]
        assert user.describe_execution(executionArn=started)["status"] == "SUCCEEDED"
        other = client(running, region, "222222222222")
        code, _ = refusal(other.describe_execution, executionArn=started)
        assert code == "ExecutionDoesNotExist"
        code, _ = refusal(other.describe_state_machine, stateMachineArn=made[region, account])
        assert code == "StateMachineDoesNotExist"
        assert other.list_state_machines()["stateMachines"] == []


@pytest.mark.parametrize(
    ("authorization", "expected"),
    [
        (None, HOME),
        ("Bearer x", HOME),
        ("AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-west-2/states/aws4_request", "us-west-2"),
        (
            "AWS4-HMAC-SHA256 a=b, Credential=123456789012/20260101/cn-north-1/states/",
            ArnScope("cn-north-1", "123456789012"),
        ),
        ("AWS4-HMAC-SHA256 Credential=1234567890123/20260101/us-west-2/states/", "us-west-2"),
        ("AWS4-HMAC-SHA256 Credential=x/20260101/../states/aws4_request", HOME),
    ],
)
def test_a_signature_names_the_scope(authorization: str | None, expected: ArnScope | str) -> None:
    """An access key of twelve digits is the account; other values leave the service's scope."""
    if isinstance(expected, str):
        expected = ArnScope(expected, HOME.account)
    assert expected == request_headers.scope(authorization, HOME)


def test_what_one_account_stores_stays_after_a_restart(tmp_path: Path) -> None:
    """An account's state machines are in the file."""
    path = tmp_path / "local.db"
    for expected in ([], ["arn:aws:states:us-east-1:333333333333:stateMachine:m"]):
        running = open_service(path, tasks_for=lambda _scope: Mocks())
        with server.start(running) as background:
            user = client(background, "us-east-1", "333333333333")
            listed = user.list_state_machines()["stateMachines"]
            assert expected == [machine["stateMachineArn"] for machine in listed]
            if not expected:
                create(user, "m")
