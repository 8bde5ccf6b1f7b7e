"""The mocked tests of AWS's documentation, by the unmodified AWS CLI, against `local serve`.

Source: "Using mocked service integrations for testing in Step Functions Local" in AWS's developer
guide: the state machine LambdaSQSIntegration with its test cases HappyPath, RetryPath, HybridPath.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest

from support.command_line import CREDENTIALS
from support.serving import aws_cli, serving

ACCOUNT = "123456789012"
ARN = f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:LambdaSQSIntegration"
SAID = {"StatusCode": 200, "Payload": {"StatusCode": 200, "body": "Hello from Lambda!"}}
ENDS = ("ExecutionSucceeded", "ExecutionFailed")
SENT = {"MD5OfMessageBody": "3bcb6e8e", "MessageId": "8b51-4375"}


def sample(queue: str) -> dict[str, Any]:
    """Return the state machine of the page, which sends its message to *queue*."""
    function = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:HelloWorldFunction"
    every = {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 2, "MaxAttempts": 3}
    return {
        "StartAt": "LambdaState",
        "States": {
            "LambdaState": {
                "Type": "Task",
                "Resource": "arn:aws:states:::lambda:invoke",
                "Parameters": {"FunctionName": function, "Payload.$": "$"},
                "Retry": [{**every, "BackoffRate": 2}],
                "Next": "SQSState",
            },
            "SQSState": {
                "Type": "Task",
                "Resource": "arn:aws:states:::sqs:sendMessage",
                "Parameters": {"QueueUrl": queue, "MessageBody.$": "$"},
                "End": True,
            },
        },
    }


def thrown(error: str, cause: str) -> dict[str, Any]:
    """Return the answer of a mock that fails."""
    return {"Throw": {"Error": error, "Cause": cause}}


MOCKS = {
    "StateMachines": {
        "LambdaSQSIntegration": {
            "TestCases": {
                "HappyPath": {"LambdaState": "Said", "SQSState": "Sent"},
                "RetryPath": {"LambdaState": "SaidAtLast", "SQSState": "Sent"},
                "HybridPath": {"LambdaState": "Said"},
                "FunctionPath": {"SQSState": "Sent"},
            }
        }
    },
    "MockedResponses": {
        "Said": {"0": {"Return": SAID}},
        "Sent": {"0": {"Return": SENT}},
        "SaidAtLast": {
            "0": thrown("Lambda.ResourceNotReadyException", "Lambda resource is not ready."),
            "1-2": thrown("Lambda.TimeoutException", "Lambda timed out."),
            "3": {"Return": SAID},
        },
    },
}


class Sample:
    """The page's commands, sent to the service at *url*."""

    def __init__(self, url: str) -> None:
        self.url = url

    def create(self, folder: Path, queue: str = f"https://sqs.test/{ACCOUNT}/myQueue") -> str:
        """Create the state machine; return its ARN."""
        file = folder / "definition.json"
        file.write_text(json.dumps(sample(queue)))
        role = f"arn:aws:iam::{ACCOUNT}:role/service-role/LambdaSQSIntegration"
        created = aws_cli(
            self.url,
            *("create-state-machine", "--name", "LambdaSQSIntegration"),
            *("--definition", f"file://{file}", "--role-arn", role),
        )
        arn: str = created["stateMachineArn"]
        return arn

    def events(self, case: str) -> list[dict[str, Any]]:
        """Run a test case under the name that the page has; return its history."""
        name = f"executionWith{case}MockedServices"
        started = aws_cli(
            self.url,
            *("start-execution", "--name", name, "--state-machine-arn", f"{ARN}#{case}"),
        )
        arn = f"arn:aws:states:us-east-1:{ACCOUNT}:execution:LambdaSQSIntegration:{name}"
        assert started["executionArn"] == arn
        events: list[dict[str, Any]] = []
        while not events or events[-1]["type"] not in ENDS:
            history = aws_cli(self.url, "get-execution-history", "--execution-arn", arn)
            events = history["events"]
        return events


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the mock file, and a handler."""
    folder = tmp_path_factory.mktemp("sample")
    (folder / "mocks.json").write_text(json.dumps(MOCKS))
    (folder / "app.py").write_text("def hello(event, context):\n    return {'greeted': event}\n")
    return folder


@pytest.fixture(scope="module")
def served(folder: Path) -> Iterator[Sample]:
    """Serve the sample, with the variables of Step Functions Local."""
    variables = {
        "SFN_MOCK_CONFIG": str(folder / "mocks.json"),
        "AWS_ACCOUNT_ID": ACCOUNT,
        "AWS_DEFAULT_REGION": "us-east-1",
        "XDG_DATA_HOME": str(folder / "data"),
    }
    with serving(folder, "--handler", "HelloWorldFunction=app:hello", **variables) as printed:
        running = Sample(printed["endpoint_url"])
        assert running.create(folder) == ARN
        yield running


@contextmanager
def function_endpoint(calls: list[tuple[str, Any]]) -> Iterator[str]:
    """Serve Lambda's Invoke, which notes its *calls*, as `sam local start-lambda` does."""

    class Invoke(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            calls.append((self.path, json.loads(content)))
            body = json.dumps({"greeting": "Hello"}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Invoke)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def details(event: dict[str, Any]) -> dict[str, Any]:
    """Return an event's details."""
    (found,) = (value for key, value in event.items() if key.endswith("EventDetails"))
    return dict(found)


def test_happy_path(served: Sample) -> None:
    """The history has the events that the page shows, with the mocked data."""
    events = served.events("HappyPath")
    assert [(event["id"], event["type"]) for event in events if event["id"] in (2, 5, 7, 10)] == [
        (2, "TaskStateEntered"),
        (5, "TaskSucceeded"),
        (7, "TaskStateEntered"),
        (10, "TaskSucceeded"),
    ]
    by_id = {event["id"]: details(event) for event in events}
    assert by_id[2] == {
        "name": "LambdaState",
        "input": "{}",
        "inputDetails": {"truncated": False},
    }
    assert json.loads(by_id[5]["output"]) == SAID
    assert (by_id[7]["name"], json.loads(by_id[7]["input"])) == ("SQSState", SAID)
    assert by_id[10].pop("output") == json.dumps(SENT, separators=(",", ":"))
    assert by_id[10] == {
        "resourceType": "sqs",
        "resource": "sendMessage",
        "outputDetails": {"truncated": False},
    }
    assert events[-1]["type"] == "ExecutionSucceeded"


def test_retry_path(served: Sample) -> None:
    """Three failures are retried, and the fourth call succeeds."""
    events = served.events("RetryPath")
    failures = [details(event) for event in events if event["type"] == "TaskFailed"]
    assert [failure["error"] for failure in failures] == [
        "Lambda.ResourceNotReadyException",
        "Lambda.TimeoutException",
        "Lambda.TimeoutException",
    ]
    assert events[-1]["type"] == "ExecutionSucceeded"


def test_a_state_outside_the_test_case_runs_a_handler(served: Sample) -> None:
    """A state without a mock goes on to the function that stands in for Lambda."""
    events = served.events("FunctionPath")
    invoked = next(event for event in events if event["type"] == "TaskSucceeded")
    assert json.loads(details(invoked)["output"])["Payload"] == {"greeted": {}}
    assert events[-1]["type"] == "ExecutionSucceeded"


def test_hybrid_path(folder: Path, tmp_path: Path, other_services: str) -> None:
    """The Lambda function is mocked, and the message goes to the queue at SQS_ENDPOINT.

    Another start of the same service mocks the queue, and calls the function at LAMBDA_ENDPOINT.
    """
    calls: list[tuple[str, Any]] = []
    with function_endpoint(calls) as functions:
        sqs: Any = boto3.client("sqs", region_name="us-east-1", endpoint_url=other_services)
        queue = sqs.create_queue(QueueName="myQueue")["QueueUrl"]
        variables = {
            "SFN_MOCK_CONFIG": str(folder / "mocks.json"),
            "SQS_ENDPOINT": other_services,
            "LAMBDA_ENDPOINT": functions,
            "AWS_ACCOUNT_ID": ACCOUNT,
            "XDG_DATA_HOME": str(tmp_path),
            **CREDENTIALS,
        }
        with serving(tmp_path, **variables) as printed:
            assert printed["endpoints"] == {"sqs": other_services, "lambda": functions}
            hybrid = Sample(printed["endpoint_url"])
            hybrid.create(tmp_path, queue)
            assert hybrid.events("HybridPath")[-1]["type"] == "ExecutionSucceeded"
            assert hybrid.events("FunctionPath")[-1]["type"] == "ExecutionSucceeded"
        (message,) = sqs.receive_message(QueueUrl=queue)["Messages"]
    assert json.loads(message["Body"]) == SAID
    function = f"arn%3Aaws%3Alambda%3Aus-east-1%3A{ACCOUNT}%3Afunction%3AHelloWorldFunction"
    assert calls == [(f"/2015-03-31/functions/{function}/invocations", {})]
