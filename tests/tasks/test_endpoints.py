"""Tasks that real requests answer: over HTTP, to moto's server and to the local service."""

from __future__ import annotations

import http.server
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest

import sfn_release as sfn
from sfn_release.local_service import open_service
from sfn_release.local_service.http.server import start
from sfn_release.simulator import Later, Mocks, NoAnswer, TaskCall, TaskFailure
from sfn_release.tasks import ExecutionScope, TaskSources
from sfn_release.tasks.endpoints import Endpoints
from support.machines import ROLE

REGION = "us-east-1"
ARN = "arn:aws:states:::"
Answers = dict[str, list[dict[str, Any]]]


class Endpoint:
    """The tasks of an execution whose services are all at one URL."""

    def __init__(self, url: str, *names: str) -> None:
        self.url = url
        sources = TaskSources(endpoints=Endpoints(dict.fromkeys(names or ("*",), url)))
        self._tasks = sources.for_execution(ExecutionScope("m", region=REGION))

    def client(self, service: str) -> Any:
        """Return a client of a service."""
        return boto3.client(service, region_name=REGION, endpoint_url=self.url)

    def ask(self, resource: str, payload: Any) -> Any:
        """Return the answer to a task, not waited for."""
        resource = resource if resource.startswith("arn:") else ARN + resource
        return self._tasks.run(TaskCall("Call", resource, payload))

    def run(self, resource: str, payload: Any) -> Any:
        """Return the result of a task, or raise its failure."""
        answer = self.ask(resource, payload)
        assert isinstance(answer, Later)
        assert answer.work is not None
        return answer.work.result(timeout=60)

    def failure(self, resource: str, payload: Any) -> tuple[str | None, str]:
        """Return the error and cause of a task that fails."""
        with pytest.raises(TaskFailure) as caught:
            self.run(resource, payload)
        return caught.value.error, caught.value.cause or ""


@pytest.fixture
def endpoint(other_services: str, monkeypatch: pytest.MonkeyPatch) -> Endpoint:
    """Return the tasks of an execution whose services are moto's, without credentials."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    return Endpoint(other_services)


def plain(answer: dict[str, Any]) -> dict[str, Any]:
    """Return an optimized integration's answer without the metadata of the SDK, after a look."""
    assert answer["SdkHttpMetadata"]["HttpStatusCode"] == 200
    assert "Content-Type" in answer["SdkHttpMetadata"]["HttpHeaders"]
    assert [*answer["SdkResponseMetadata"]] == ["RequestId"]
    return {name: value for name, value in answer.items() if not name.startswith("Sdk")}


def test_an_optimized_integration_is_sent_and_answered(endpoint: Endpoint) -> None:
    """A message's body may be an object: it's sent as its text."""
    sqs = endpoint.client("sqs")
    url = sqs.create_queue(QueueName="orders")["QueueUrl"]
    answer = endpoint.run("sqs:sendMessage", {"QueueUrl": url, "MessageBody": {"id": 1}})
    assert [*plain(answer)] == ["MD5OfMessageBody", "MessageId"]
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    assert message["Body"] == '{"id":1}'


def test_dynamodb_in_both_integrations(endpoint: Endpoint) -> None:
    """Attribute types are spelled as each SDK for Java spells them."""
    endpoint.client("dynamodb").create_table(
        TableName="orders",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    item = {"id": {"S": "1"}, "paid": {"BOOL": True}, "tags": {"SS": ["a"]}, "none": {"NULL": True}}
    put = endpoint.run("dynamodb:putItem", {"TableName": "orders", "Item": item})
    assert plain(put) == {}
    key = {"TableName": "orders", "Key": {"id": {"S": "1"}}}
    assert plain(endpoint.run("dynamodb:getItem", key)) == {"Item": item}
    found = endpoint.run("aws-sdk:dynamodb:getItem", key)
    assert found["Item"] == {
        "id": {"S": "1"},
        "paid": {"Bool": True},
        "tags": {"Ss": ["a"]},
        "none": {"Nul": True},
    }
    again = {"TableName": "orders", "Item": found["Item"], "ConditionExpression": "id <> :a"}
    copy = {"TableName": "orders", "Item": found["Item"]}
    assert endpoint.run("aws-sdk:dynamodb:putItem", copy) == {}
    condition = {
        "TableName": "orders",
        "Item": {"id": {"S": "1"}},
        "ConditionExpression": "attribute_not_exists(id)",
    }
    error, cause = endpoint.failure("dynamodb:putItem", condition)
    assert error == "DynamoDB.ConditionalCheckFailedException"
    assert "(Service: AmazonDynamoDBv2; Status Code: 400; Error Code: Conditional" in cause
    assert cause.endswith("; Proxy: null)")
    error, cause = endpoint.failure("aws-sdk:dynamodb:putItem", condition)
    assert error == "DynamoDb.ConditionalCheckFailedException"
    assert "(Service: DynamoDb, Status Code: 400, Request ID: " in cause
    error, _ = endpoint.failure("aws-sdk:dynamodb:putItem", again)
    assert error == "DynamoDb.DynamoDbException"  # ValidationException isn't in the model


def test_s3_has_texts_and_errors(endpoint: Endpoint) -> None:
    """A stream is read as text; times are texts."""
    endpoint.client("s3").create_bucket(Bucket="data")
    put = {"Bucket": "data", "Key": "a", "Body": {"b": [1]}}
    assert "ETag" in endpoint.run("aws-sdk:s3:putObject", put)
    got = endpoint.run("aws-sdk:s3:getObject", {"Bucket": "data", "Key": "a"})
    assert (got["Body"], got["ContentLength"]) == ('{"b":[1]}', 9)
    assert got["LastModified"].endswith("Z")
    error, _ = endpoint.failure("aws-sdk:s3:getObject", {"Bucket": "data", "Key": "none"})
    assert error == "S3.NoSuchKeyException"
    error, cause = endpoint.failure("aws-sdk:s3:listObjects", {"Bucket": "no-such-bucket"})
    assert error == "S3.NoSuchBucketException"
    assert cause.startswith("The specified bucket does not exist (Service: S3, Status Code: 404,")


@pytest.mark.parametrize(
    ("resource", "payload", "error"),
    [
        ("sns:publish", {"TopicArn": f"arn:aws:sns:{REGION}:1:none", "Message": "m"}, "SNS."),
        ("sqs:sendMessage", {"QueueUrl": "{url}/1/none", "MessageBody": "m"}, "SQS."),
        (
            "aws-sdk:sqs:sendMessage",
            {"QueueUrl": "{url}/1/none", "MessageBody": "m"},
            "Sqs.QueueDoesNotExistException",
        ),
        (
            "aws-sdk:secretsmanager:getSecretValue",
            {"SecretId": "none"},
            "SecretsManager.ResourceNotFoundException",
        ),
        ("lambda:invoke", {"FunctionName": "none"}, "Lambda.ResourceNotFoundException"),
        (f"arn:aws:lambda:{REGION}:123456789012:function:none", {}, "Lambda.ResourceNotFound"),
        ("aws-sdk:ssm:getParameter", {"Name": "none"}, "Ssm.ParameterNotFoundException"),
    ],
)
def test_errors_have_step_functions_names(
    endpoint: Endpoint, resource: str, payload: dict[str, str], error: str
) -> None:
    """The prefix depends on the integration, the name on the service's model."""
    filled = {name: text.replace("{url}", endpoint.url) for name, text in payload.items()}
    found, _ = endpoint.failure(resource, filled)
    assert found is not None
    assert found.startswith(error)


def test_events_that_fail_fail_the_task(endpoint: Endpoint) -> None:
    """PutEvents answers 200 for an event that it doesn't take."""
    entry = {"Source": "shop", "DetailType": "paid", "Detail": {"id": 1}, "EventBusName": "default"}
    assert plain(endpoint.run("events:putEvents", {"Entries": [entry]}))["FailedEntryCount"] == 0
    del entry["Source"]
    error, cause = endpoint.failure("events:putEvents", {"Entries": [entry]})
    assert (error, json.loads(cause)["FailedEntryCount"]) == ("EventBridge.FailedEntry", 1)


@contextmanager
def recording(answer: Any) -> Iterator[tuple[str, list[Any]]]:
    """Yield the URL of a service with one answer, and the requests that it gets."""
    requests: list[Any] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            requests.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            body = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", requests
        server.shutdown()


def test_events_name_the_execution_that_sends_them() -> None:
    """The optimized integration adds the ARNs of execution and state machine to Resources."""
    entry = {"Source": "shop", "DetailType": "paid", "Detail": {"id": 1}}
    with recording({"FailedEntryCount": 0, "Entries": []}) as (url, requests):
        for resource in ("events:putEvents", "aws-sdk:eventbridge:putEvents"):
            detail = entry if "sdk" not in resource else {**entry, "Detail": "{}"}
            state = {
                "Type": "Task",
                "Resource": ARN + resource,
                "Parameters": {"Entries": [{**detail, "Resources": ["own"]}, detail]},
                "End": True,
            }
            client: Any = sfn.local(endpoints={"events": url})
            arn = client.create_state_machine(
                name="m",
                definition=json.dumps({"StartAt": "S", "States": {"S": state}}),
                roleArn=ROLE,
            )["stateMachineArn"]
            execution = client.start_execution(stateMachineArn=arn)["executionArn"]
            deadline = time.monotonic() + 30
            while client.describe_execution(executionArn=execution)["status"] == "RUNNING":
                assert time.monotonic() < deadline
                time.sleep(0.02)
            found = [entry.get("Resources") for entry in requests[-1]["Entries"]]
            if "sdk" in resource:
                assert found == [["own"], None]
            else:
                assert found == [["own", execution, arn], [execution, arn]]


def test_a_model_s_answer_is_json() -> None:
    """Of the optimized integration. Objects of S3 are refused by name."""
    model = {"ModelId": "some.model", "Body": {"prompt": "hello"}}
    with recording({"text": ["hi"]}) as (url, requests):
        bedrock = Endpoint(url, "bedrock-runtime")
        answer = bedrock.run("bedrock:invokeModel", model)
        assert answer == {"Body": {"text": ["hi"]}, "ContentType": "application/json"}
        assert requests == [{"prompt": "hello"}]
        with pytest.raises(NoAnswer, match="has Input in S3"):
            bedrock.run("bedrock:invokeModel", {**model, "Input": {"S3Uri": "s3://b/k"}})


def test_an_unknown_parameter_is_named(endpoint: Endpoint) -> None:
    """With the nearest parameter."""
    request = {"QueueUrl": "x", "MesageBody": "m"}
    with pytest.raises(TaskFailure) as caught:
        endpoint.ask("sqs:sendMessage", request)
    cause = caught.value.cause or ""
    assert caught.value.error == "States.Runtime"
    assert '"MesageBody" is not supported by Step Functions' in cause
    assert "MessageBody" in cause


def test_only_services_that_you_name_are_asked(endpoint: Endpoint) -> None:
    """All others still need a mock."""
    only = Endpoint(endpoint.url, "sqs")
    with pytest.raises(NoAnswer, match="has no mock"):
        only.ask("sns:publish", {})
    with pytest.raises(NoAnswer, match="has no mock"):
        only.ask(f"arn:aws:lambda:{REGION}:123456789012:function:f", {})


@pytest.mark.parametrize(
    "resource",
    [
        "apigateway:invoke",
        "http:invoke",
        "eks:call",
        "eks:runJob.sync",
        "elasticmapreduce:addStep.sync",
        "emr-containers:createVirtualCluster.sync",
    ],
)
def test_an_integration_that_no_endpoint_covers_is_named(resource: str) -> None:
    """It's more than one request of an API. The cause says so, and shows the mock to write."""
    with pytest.raises(NoAnswer) as caught:
        Endpoint("http://127.0.0.1:9").ask(resource, {})
    action = resource.removesuffix(".sync")
    assert ("endpoint" in caught.value.cause, action in caught.value.cause) == (True, True)
    with pytest.raises(NoAnswer) as caught:
        Endpoint("http://127.0.0.1:9", "sqs").ask(resource, {})
    assert "endpoint" not in caught.value.cause


def test_a_job_of_no_known_kind_is_refused_by_name(endpoint: Endpoint) -> None:
    """It can't be followed, so it isn't submitted."""
    with pytest.raises(NoAnswer, match=r"glue|databrew:startJobRun\.sync"):
        endpoint.ask("databrew:startJobRun.sync", {"Name": "job"})


def test_a_callback_is_submitted_and_answered_later(endpoint: Endpoint) -> None:
    """The service's answer is the submission's."""
    url = endpoint.client("sqs").create_queue(QueueName="waiting")["QueueUrl"]
    request = {"QueueUrl": url, "MessageBody": "m"}
    answer = endpoint.ask("sqs:sendMessage.waitForTaskToken", request)
    assert isinstance(answer, Later)
    assert answer.work is None
    assert "MessageId" in plain(answer.submitted)
    with pytest.raises(TaskFailure) as caught:
        endpoint.ask("sqs:sendMessage.waitForTaskToken", {**request, "QueueUrl": f"{url}-none"})
    assert caught.value.at_submission


def test_a_service_that_is_not_there_is_an_sdk_client_exception() -> None:
    """As the SDK for Java reports it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    error, cause = Endpoint(url).failure("sns:publish", {"TopicArn": "t", "Message": "m"})
    assert error == "SNS.SdkClientException"
    assert cause.startswith("Unable to execute HTTP request: ")


@contextmanager
def answering(answers: Answers) -> Iterator[str]:
    """Serve a service of AWS's JSON protocol; the last answer of an operation is repeated."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            queue = answers[self.headers["X-Amz-Target"].rpartition(".")[2]]
            body = json.dumps(queue.pop(0) if len(queue) > 1 else queue[0]).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Log nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def run_states(*states: str) -> list[dict[str, Any]]:
    return [{"JobRun": {"Id": "r", "JobName": "j", "JobRunState": state}} for state in states]


def test_a_job_is_followed_until_it_ends() -> None:
    """Its description is the result."""
    states = run_states("RUNNING", "SUCCEEDED")
    answers: Answers = {"StartJobRun": [{"JobRunId": "r"}], "GetJobRun": states}
    with answering(answers) as url:
        endpoint = Endpoint(url)
        answer = endpoint.ask("glue:startJobRun.sync", {"JobName": "j"})
        assert isinstance(answer, Later)
        assert answer.work is not None
        assert plain(answer.submitted) == {"JobRunId": "r"}
        result = {"Id": "r", "JobName": "j", "JobRunState": "SUCCEEDED"}
        assert answer.work.result(timeout=60) == result


def test_each_region_has_a_client_of_its_own() -> None:
    """Executions of several regions share one service, and each signs for its region."""
    endpoints = Endpoints({"sqs": "http://127.0.0.1:1"})
    regions = ["us-east-1", "eu-west-1", "us-east-1"]
    clients = [endpoints.client("sqs", region) for region in regions]
    assert [client.meta.region_name for client in clients] == regions
    assert clients[0] is clients[2]


def test_an_abandoned_job_is_not_polled_any_more() -> None:
    """The execution was stopped or has timed out. Otherwise a thread would ask for ever."""
    answers: Answers = {"StartJobRun": [{"JobRunId": "r"}], "GetJobRun": run_states("RUNNING")}
    before = {*threading.enumerate()}
    with answering(answers) as url:
        answer = Endpoint(url).ask("glue:startJobRun.sync", {"JobName": "j"})
        polling = [thread for thread in {*threading.enumerate()} - before if thread.name == "glue"]
        assert answer.work.cancel()
        for thread in polling:
            thread.join(60)
        assert [thread.is_alive() for thread in polling] == [False]


@pytest.mark.parametrize("state", ["FAILED", "STOPPED", "TIMEOUT", "ERROR"])
def test_a_failed_job_fails_the_task_with_its_description(state: str) -> None:
    """States.TaskFailed."""
    answers: Answers = {"StartJobRun": [{"JobRunId": "r"}], "GetJobRun": run_states(state)}
    with answering(answers) as url:
        error, cause = Endpoint(url).failure("glue:startJobRun.sync", {"JobName": "j"})
    assert (error, json.loads(cause)["JobRunState"]) == ("States.TaskFailed", state)


@pytest.mark.parametrize(
    ("codes", "error"),
    [([0], None), ([1], "States.TaskFailed"), ([None], "States"), ([0, 1], "States.TaskFailed")],
)
def test_a_task_of_ecs_succeeds_by_its_exit_codes(
    codes: list[int | None], error: str | None
) -> None:
    """All containers must. A container that never ran has no code."""
    containers = [
        {"name": "c"} if code is None else {"name": "c", "exitCode": code} for code in codes
    ]
    task = {"taskArn": "t", "lastStatus": "STOPPED", "containers": containers}
    answers: Answers = {
        "RunTask": [{"tasks": [{"taskArn": "t"}]}],
        "DescribeTasks": [{"tasks": [task]}],
    }
    request = {"Cluster": "c", "TaskDefinition": "d"}
    with answering(answers) as url:
        if error is None:
            done = Endpoint(url).run("ecs:runTask.sync", request)
            assert done["Containers"] == [{"Name": "c", "ExitCode": 0}]
        else:
            found, _ = Endpoint(url).failure("ecs:runTask.sync", request)
            assert (found or "").startswith(error)


@pytest.mark.parametrize(
    "answers",
    [
        {"RunTask": [{"tasks": [], "failures": [{"reason": "AGENT"}]}], "DescribeTasks": [{}]},
        {"RunTask": [{"tasks": [{"taskArn": "t"}]}], "DescribeTasks": [{"tasks": []}]},
    ],
)
def test_a_job_that_did_not_start_fails_the_task(answers: Answers) -> None:
    """With the answer to its submission."""
    request = {"Cluster": "c", "TaskDefinition": "d"}
    with answering(answers) as url:
        error, cause = Endpoint(url).failure("ecs:runTask.sync", request)
    assert error == "States.TaskFailed"
    assert "Tasks" in json.loads(cause)


def test_workflows_elsewhere_are_started_there() -> None:
    """A nested execution at another Step Functions, which a .sync task waits for."""
    running = open_service(":memory:", tasks_for=lambda _scope: Mocks())
    with start(running) as server:
        there = boto3.client("stepfunctions", region_name=REGION, endpoint_url=server.url)
        text = json.dumps({"StartAt": "C", "States": {"C": {"Type": "Pass", "End": True}}})
        arn = there.create_state_machine(name="there", definition=text, roleArn=ROLE)
        request = {"StateMachineArn": arn["stateMachineArn"], "Input": {"a": 1}}
        endpoint = Endpoint(server.url, "stepfunctions")
        assert endpoint.run("states:startExecution.sync:2", request)["Output"] == {"a": 1}
        assert endpoint.run("states:startExecution.sync", request)["Output"] == '{"a":1}'
        assert "ExecutionArn" in plain(endpoint.run("states:startExecution", request))


def test_an_execution_uses_an_endpoint(endpoint: Endpoint) -> None:
    """From the task to the history."""
    url = endpoint.client("sqs").create_queue(QueueName="used")["QueueUrl"]
    sources = TaskSources(endpoints=Endpoints({"sqs": endpoint.url}))
    running = open_service(":memory:", tasks_for=sources.for_execution)
    with start(running) as server:
        client = boto3.client("stepfunctions", region_name=REGION, endpoint_url=server.url)
        state = {
            "Type": "Task",
            "Resource": f"{ARN}sqs:sendMessage",
            "Parameters": {"QueueUrl": url, "MessageBody.$": "$"},
            "End": True,
        }
        text = json.dumps({"StartAt": "Send", "States": {"Send": state}})
        made = client.create_state_machine(name="m", definition=text, roleArn=ROLE)
        begun = client.start_execution(stateMachineArn=made["stateMachineArn"], input='{"a":1}')
        until = time.monotonic() + 60
        while True:
            done = client.describe_execution(executionArn=begun["executionArn"])
            if done["status"] != "RUNNING" or time.monotonic() > until:
                break
    assert "MessageId" in json.loads(done["output"])
    assert endpoint.client("sqs").receive_message(QueueUrl=url)["Messages"][0]["Body"] == '{"a":1}'
