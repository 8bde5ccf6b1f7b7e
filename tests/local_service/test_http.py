"""The local service over HTTP: boto3, the AWS CLI, bad requests, Ctrl-C, kill -9."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
import botocore.exceptions
import pytest
from botocore.config import Config

import sfn_release as sfn
from sfn_release.aws.clients import connect
from sfn_release.aws.sessions import Access
from sfn_release.errors import LocalServiceError
from sfn_release.local_service import open_service
from sfn_release.local_service.http import server
from sfn_release.simulator import Mocks
from sfn_release.tasks import ExecutionScope
from support.machines import MACHINES, ROLE, create, definition, refusal
from support.places import PYTHONPATH

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "any",
    "AWS_SECRET_ACCESS_KEY": "any",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_PAGER": "",
    "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
}
SERVE = """
import contextlib, sys
from sfn_release.local_service import open_service
from sfn_release.local_service.http import server
from sfn_release.simulator import Mocks
from sfn_release.tasks import ExecutionScope
with contextlib.suppress(KeyboardInterrupt):
    server.serve(open_service(sys.argv[1], tasks_for=lambda scope: Mocks()), port=0,
                 ready=lambda url: print(url, flush=True))
"""
TARGET = "AWSStepFunctions.ListStateMachines"
FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:f"


def any_tasks(_scope: ExecutionScope) -> Mocks:
    """Answer no task."""
    return Mocks()


@pytest.fixture
def running(tmp_path: Path) -> Iterator[server.Background]:
    """Run a server in a thread."""
    with server.start(open_service(tmp_path / "local.db", tasks_for=any_tasks)) as background:
        yield background


@contextlib.contextmanager
def process(path: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run a server in another process; yield the process and its URL."""
    environment = {**os.environ, "PYTHONPATH": PYTHONPATH}
    with subprocess.Popen(
        [sys.executable, "-c", SERVE, str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    ) as started:
        assert started.stdout is not None
        try:
            yield started, started.stdout.readline().strip()
        finally:
            started.kill()


def client_of(url: str, **config: Any) -> Any:
    """Return a boto3 client as a user creates it."""
    return boto3.client(
        "stepfunctions",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="any",
        aws_secret_access_key="any",
        config=Config(retries={"max_attempts": 1}, **config),
    )


def raw(port: int, method: str = "POST", **request: Any) -> tuple[int, Any, dict[str, Any]]:
    """Send an HTTP request; return the status, headers and JSON of the answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    with contextlib.closing(connection):
        connection.request(method, "/", **request)
        response = connection.getresponse()
        body = response.read()
        return response.status, response.headers, json.loads(body) if body else {}


def test_boto3_cannot_tell_it_from_aws(running: server.Background) -> None:
    """The release engine's client works: create, publish, alias, execute, typed errors."""
    client: Any = connect(Access("us-east-1", endpoints={"*": running.url})).stepfunctions
    arn = create(client, publish=True, type="EXPRESS")
    client.create_state_machine_alias(
        name="live", routingConfiguration=[{"stateMachineVersionArn": f"{arn}:1", "weight": 100}]
    )
    answer = client.start_sync_execution(stateMachineArn=f"{arn}:live")
    assert (answer["status"], answer["output"]) == ("SUCCEEDED", "1")
    with pytest.raises(client.exceptions.ConflictException):
        client.delete_state_machine_version(stateMachineVersionArn=f"{arn}:1")
    missing = f"{MACHINES}:absent"
    with pytest.raises(client.exceptions.StateMachineDoesNotExist) as caught:
        client.describe_state_machine(stateMachineArn=missing)
    assert missing in str(caught.value)


def test_one_state_is_tested_over_http(running: server.Background) -> None:
    """A boto3 client gets AWS's members, and AWS's errors as exceptions."""
    client = client_of(running.url)
    answer = client.test_state(
        definition=json.dumps({"Type": "Task", "Resource": FUNCTION, "Next": "B"}),
        mock={"errorOutput": {"error": "Busy"}},
        inspectionLevel="DEBUG",
    )
    assert (answer["status"], answer["error"]) == ("FAILED", "Busy")
    assert answer["inspectionData"]["input"] == "{}"
    assert "nextState" not in answer
    with pytest.raises(client.exceptions.InvalidDefinition):
        client.test_state(definition='{"Type":"Map"}')


@pytest.fixture(autouse=True)
def _credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)


def test_the_host_prefix_of_synchronous_starts(
    running: server.Background, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Any client can start synchronously below localhost; 127.0.0.1 needs the prefix turned off."""
    monkeypatch.delenv("AWS_DISABLE_HOST_PREFIX_INJECTION")
    create(client_of(running.url), type="EXPRESS")
    request = {"stateMachineArn": f"{MACHINES}:hello"}
    resolve = socket.getaddrinfo

    def loopback(host: Any, *rest: Any, **options: Any) -> Any:
        """Resolve names below .localhost to loopback, as RFC 6761 defines."""
        is_local = str(host).endswith(".localhost")
        return resolve("127.0.0.1" if is_local else host, *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", loopback)
    named = client_of(running.url.replace("127.0.0.1", "sfn.localhost"))
    assert named.start_sync_execution(**request)["status"] == "SUCCEEDED"
    assert named.list_state_machines()["stateMachines"]
    off = client_of(running.url, inject_host_prefix=False)
    assert off.start_sync_execution(**request)["status"] == "SUCCEEDED"
    with pytest.raises(botocore.exceptions.BotoCoreError):
        client_of(running.url).start_sync_execution(**request)


def aws(url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the AWS CLI."""
    return subprocess.run(
        [
            str(Path(sys.executable).with_name("aws")),
            *("--endpoint-url", url, "--output", "json", "stepfunctions", *arguments),
        ],
        capture_output=True,
        text=True,
        env={**os.environ, **CREDENTIALS},
        check=False,
    )


@pytest.mark.skipif(
    not Path(sys.executable).with_name("aws").exists(), reason="the AWS CLI is not installed"
)
def test_the_unmodified_aws_cli_works(tmp_path: Path) -> None:
    """The AWS CLI creates, executes, reads a history and shows AWS's error, with a real server."""
    with process(tmp_path / "local.db") as (_, url):
        created = aws(
            url,
            *("create-state-machine", "--name", "hello", "--role-arn", ROLE, "--publish"),
            *("--definition", definition("hi"), "--tags", "key=a,value=b"),
        )
        assert created.returncode == 0, created.stderr
        arn = json.loads(created.stdout)["stateMachineArn"]
        started = aws(url, "start-execution", "--state-machine-arn", f"{arn}:1")
        execution = json.loads(started.stdout)["executionArn"]
        described = json.loads(aws(url, "describe-execution", "--execution-arn", execution).stdout)
        assert (described["status"], described["output"]) == ("SUCCEEDED", '"hi"')
        aws(
            url,
            *("create-state-machine", "--name", "fast", "--type", "EXPRESS"),
            *("--role-arn", ROLE, "--definition", definition("now")),
        )
        fast = f"{MACHINES}:fast"
        answered = aws(url, "start-sync-execution", "--state-machine-arn", fast)
        assert json.loads(answered.stdout)["output"] == '"now"', answered.stderr
        tested = aws(
            url,
            *("test-state", "--inspection-level", "DEBUG"),
            *("--definition", json.dumps({"Type": "Task", "Resource": FUNCTION, "End": True})),
            *("--mock", 'result="{\\"a\\":1}"', "--input", '{"b":2}'),
        )
        assert tested.returncode == 0, tested.stderr
        outcome = json.loads(tested.stdout)
        assert (outcome["status"], outcome["output"]) == ("SUCCEEDED", '{"a":1}')
        assert outcome["inspectionData"]["afterParameters"] == '{"b":2}'
        refused = aws(url, "describe-state-machine", "--state-machine-arn", f"{arn}x")
        assert refused.returncode != 0
        assert "(StateMachineDoesNotExist)" in refused.stderr
        assert f"State Machine Does Not Exist: '{arn}x'" in refused.stderr


def test_an_answer_has_the_headers_of_aws(running: server.Background) -> None:
    """An answer has a request id, date, type and length, and the connection stays open."""
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=60)
    with contextlib.closing(connection):
        for _ in range(3):
            connection.request("POST", "/", b"{}", {"X-Amz-Target": TARGET})
            response = connection.getresponse()
            assert response.status == 200
            assert json.loads(response.read()) == {"stateMachines": []}
            assert response.headers["Content-Type"] == "application/x-amz-json-1.0"
            assert re.fullmatch("[0-9a-f-]{36}", response.headers["x-amzn-RequestId"])
            assert response.headers["Date"].endswith("GMT")


@pytest.mark.parametrize(
    ("method", "request_", "status", "code"),
    [
        ("GET", {}, 405, "UnknownOperationException"),
        ("PUT", {"body": b"{}"}, 405, "UnknownOperationException"),
        ("POST", {"body": b"{}"}, 400, "UnknownOperationException"),
        ("POST", {"headers": {"X-Amz-Target": "S3.Get"}}, 400, "UnknownOperationException"),
        (
            "POST",
            {"headers": {"X-Amz-Target": TARGET}, "body": b"{"},
            400,
            "SerializationException",
        ),
        (
            "POST",
            {"headers": {"X-Amz-Target": TARGET}, "body": b"[]"},
            400,
            "SerializationException",
        ),
        (
            "POST",
            {"headers": {"X-Amz-Target": TARGET}, "body": b"\xff"},
            400,
            "SerializationException",
        ),
        (
            "POST",
            {"headers": {"X-Amz-Target": TARGET}, "body": b'{"maxResults": "x"}'},
            400,
            "SerializationException",
        ),
        ("POST", {"headers": {"Content-Length": "many"}}, 400, "SerializationException"),
        ("POST", {"headers": {"Transfer-Encoding": "chunked"}}, 411, "MissingContentLength"),
        (
            "POST",
            {"headers": {"X-Amz-Target": TARGET}, "body": b" " * (17 * 1024 * 1024)},
            413,
            "RequestEntityTooLargeException",
        ),
    ],
    ids=[
        *("GET", "PUT", "no target", "another service", "broken JSON", "no object", "no UTF-8"),
        *("a wrong type", "no length", "chunked", "a huge body"),
    ],
)
def test_a_bad_request_gets_an_answer_of_the_api(
    running: server.Background, method: str, request_: dict[str, Any], status: int, code: str
) -> None:
    """A bad request gets an error of the API, and the next request is served."""
    found, headers, answer = raw(running.port, method, **request_)
    assert (found, answer["__type"]) == (status, code)
    assert answer["message"]
    assert headers["Content-Type"] == "application/x-amz-json-1.0"
    assert raw(running.port, body=b"{}", headers={"X-Amz-Target": TARGET})[0] == 200


def test_what_is_no_http_is_refused_too(running: server.Background) -> None:
    """Noise on the port is refused without harm."""
    for noise in (b"\x16\x03\x01 tls?\r\n\r\n", b"POST / HTTP/9.9\r\n\r\n", b"\r\n" * 3):
        with socket.create_connection(("127.0.0.1", running.port), timeout=60) as connection:
            connection.sendall(noise)
            connection.shutdown(socket.SHUT_WR)
            assert b"Traceback" not in connection.makefile("rb").read()
    assert raw(running.port, body=b"{}", headers={"X-Amz-Target": TARGET})[0] == 200


def test_headers_without_end_are_refused(running: server.Background) -> None:
    """A header of 2 MB gets an error of the API, and the connection is closed."""
    with socket.create_connection(("127.0.0.1", running.port), timeout=60) as connection:
        with contextlib.suppress(ConnectionError):  # the server may close before everything is sent
            connection.sendall(b"POST / HTTP/1.1\r\nX-Long: " + b"a" * 2_000_000 + b"\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 431 ")


def test_half_sent_requests_block_nobody(running: server.Background) -> None:
    """While fifty clients stop in the middle of a request, another request is answered."""
    with contextlib.ExitStack() as stack:
        for _ in range(50):
            half = socket.create_connection(("127.0.0.1", running.port), timeout=60)
            stack.enter_context(half)
            half.sendall(b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\nhalf")
        assert raw(running.port, body=b"{}", headers={"X-Amz-Target": TARGET})[0] == 200


def test_a_database_that_fails_is_told_once(tmp_path: Path) -> None:
    """The error is a type that clients don't retry."""
    path = tmp_path / "local.db"
    path.write_text("not a database, " * 100)
    with server.start(open_service(path, tasks_for=any_tasks)) as background:
        code, message = refusal(client_of(background.url).list_state_machines)
    assert code == "LocalServiceFailure"
    assert str(path) in message


def test_threads_share_a_server(running: server.Background) -> None:
    """Eight threads use one server, each with its own connection."""
    client = client_of(running.url, max_pool_connections=8)
    with ThreadPoolExecutor(8) as pool:
        arns = list(pool.map(lambda number: create(client, f"m{number}", number), range(80)))
    listed = client.list_state_machines(maxResults=1000)["stateMachines"]
    assert sorted(arns) == sorted(machine["stateMachineArn"] for machine in listed)


def test_two_servers_and_a_client_share_a_file(tmp_path: Path) -> None:
    """Two servers and a client see each other's writes immediately."""
    path = tmp_path / "local.db"
    with process(path) as (_, one), process(path) as (_, other):
        arn = create(client_of(one))
        client_of(other).publish_state_machine_version(stateMachineArn=arn)
        here: Any = sfn.local(path)
        assert here.describe_state_machine(stateMachineArn=f"{arn}:1")["name"] == "hello"


def test_state_survives_kill_9_of_the_server(tmp_path: Path) -> None:
    """Every write that was acknowledged is there when the next server starts."""
    path = tmp_path / "local.db"
    answered = []
    with process(path) as (killed, url), ThreadPoolExecutor(4) as pool:
        client = client_of(url)

        def write(number: int) -> None:
            with contextlib.suppress(botocore.exceptions.BotoCoreError):
                answered.append(create(client, f"m{number}", publish=True))
            if len(answered) == 20:
                killed.send_signal(signal.SIGKILL)

        list(pool.map(write, range(60)))
    assert 20 <= len(answered) < 60
    with process(path) as (_, url):
        client = client_of(url)
        for arn in answered:
            assert client.describe_state_machine(stateMachineArn=f"{arn}:1")["status"] == "ACTIVE"


def test_ctrl_c_ends_the_server_quietly(tmp_path: Path) -> None:
    """Ctrl-C closes the server and is raised, although a client's connection is open."""
    with process(tmp_path / "local.db") as (started, url):
        client = client_of(url)
        client.list_state_machines()
        started.send_signal(signal.SIGINT)
        output, errors = started.communicate(timeout=60)
    assert (started.returncode, output, errors) == (0, "", "")


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "example.com", "::"])  # noqa: S104 - refused
def test_only_loopback_is_listened_on(host: str) -> None:
    """Other addresses are refused, because the service checks no credentials."""
    with pytest.raises(LocalServiceError) as caught:
        server.serve(open_service(":memory:", tasks_for=any_tasks), host=host, port=0)
    assert host in caught.value.message


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("127.0.0.1", "http://127.0.0.1:"),
        ("127.0.0.2", "http://127.0.0.2:"),
        ("0.0.0.0", "http://127.0.0.1:"),  # noqa: S104 - every address, as in a container
        ("::1", "http://[::1]:"),
        ("::", "http://[::1]:"),
    ],
)
def test_the_url_reaches_the_server_from_this_machine(host: str, shown: str) -> None:
    """Handlers use it to call the service back, whichever address it listens on."""
    service = open_service(":memory:", tasks_for=any_tasks)
    with server.Background(service, server.listen(service, host=host, port=0, exposed=True)) as it:
        assert it.url == service.context.address.url
        assert it.url.startswith(shown)
        assert client_of(it.url).list_state_machines()["stateMachines"] == []


def test_a_port_that_is_taken_is_told(running: server.Background) -> None:
    """The error says what to do."""
    with pytest.raises(LocalServiceError) as caught:
        server.serve(open_service(":memory:", tasks_for=any_tasks), port=running.port)
    assert str(running.port) in caught.value.message
    assert caught.value.fix
