"""Functions at an endpoint, such as the one of `sam local start-lambda`."""

from __future__ import annotations

import http.server
import json
import threading
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from sfn_release.simulator import Later, TaskCall, TaskFailure
from sfn_release.tasks import ExecutionScope, TaskSources
from sfn_release.tasks.endpoints import Endpoints

ARN = "arn:aws:lambda:us-east-1:123456789012:function:greet"
INVOKE = "arn:aws:states:::lambda:invoke"
SDK = "arn:aws:states:::aws-sdk:lambda:invoke"


@dataclass
class Lambda:
    """A Lambda endpoint: the requests that it got, and the answer that it gives."""

    url: str = ""
    requests: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b'"hello"'
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)

    def run(self, resource: str, payload: Any) -> Any:
        """Return the answer to a task."""
        sources = TaskSources(endpoints=Endpoints({"lambda": self.url}))
        tasks = sources.for_execution(ExecutionScope("m", region="us-east-1"))
        answer = tasks.run(TaskCall("Greet", resource, payload))
        assert isinstance(answer, Later)
        return answer.submitted if answer.work is None else answer.work.result(timeout=60)


@pytest.fixture
def functions(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lambda]:
    """Return an endpoint on loopback, asked without credentials."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    played = Lambda()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers["Content-Length"]))
            played.requests.append((urllib.parse.unquote(self.path), sent.decode()))
            self.send_response(played.status)
            self.send_header("Content-Length", str(len(played.body)))
            for name, text in played.headers.items():
                self.send_header(name, text)
            self.end_headers()
            self.wfile.write(played.body)

        def log_message(self, *_: Any) -> None:
            """Log nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        played.url = f"http://127.0.0.1:{server.server_port}"
        yield played
        server.shutdown()
        thread.join()


def test_a_functions_arn_has_the_payload_as_its_result(functions: Lambda) -> None:
    """The state's input is the event."""
    assert functions.run(ARN, {"name": "Ä"}) == "hello"
    assert functions.requests == [(f"/2015-03-31/functions/{ARN}/invocations", '{"name":"Ä"}')]


def test_lambda_invoke_has_its_envelope(functions: Lambda) -> None:
    """With the version that the endpoint reports, and the metadata of its answer."""
    functions.headers = {"X-Amz-Executed-Version": "7", "x-amzn-RequestId": "id"}
    request = {"FunctionName": "greet", "Qualifier": "live", "Payload": {"a": 1}}
    answer = functions.run(INVOKE, request)
    assert answer["SdkHttpMetadata"]["HttpHeaders"]["X-Amz-Executed-Version"] == "7"
    assert answer["SdkResponseMetadata"] == {"RequestId": "id"}
    shown = {name: value for name, value in answer.items() if not name.startswith("Sdk")}
    assert shown == {"ExecutedVersion": "7", "Payload": "hello", "StatusCode": 200}
    path = "/2015-03-31/functions/greet/invocations?Qualifier=live"
    assert functions.requests == [(path, '{"a":1}')]


def test_an_event_is_not_waited_for(functions: Lambda) -> None:
    """Its answer has no payload."""
    functions.status, functions.body = 202, b""
    answer = functions.run(INVOKE, {"FunctionName": "greet", "InvocationType": "Event"})
    shown = {name: value for name, value in answer.items() if not name.startswith("Sdk")}
    assert shown == {"StatusCode": 202}


@pytest.mark.parametrize("resource", [ARN, INVOKE])
def test_a_failed_function_fails_the_task(functions: Lambda, resource: str) -> None:
    """The error is the function's, and the cause its whole answer."""
    failure = {"errorMessage": "no", "errorType": "ValueError", "stackTrace": []}
    functions.body = json.dumps(failure).encode()
    functions.headers = {"X-Amz-Function-Error": "Unhandled"}
    with pytest.raises(TaskFailure) as caught:
        functions.run(resource, {"FunctionName": "greet"})
    assert caught.value.error == "ValueError"
    assert json.loads(caught.value.cause or "") == failure


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]"])
def test_a_failed_function_without_an_error_is_unknown(functions: Lambda, body: bytes) -> None:
    """As Step Functions calls it."""
    functions.body, functions.headers = body, {"X-Amz-Function-Error": "Unhandled"}
    with pytest.raises(TaskFailure) as caught:
        functions.run(ARN, {})
    assert (caught.value.error, caught.value.cause) == ("Lambda.Unknown", body.decode())


def test_text_that_is_not_json_is_a_text(functions: Lambda) -> None:
    """Some emulators answer so."""
    functions.body = b"plain text"
    assert functions.run(ARN, {}) == "plain text"


def test_the_sdk_integration_shows_texts(functions: Lambda) -> None:
    """A failed function is a result there."""
    functions.headers = {"X-Amz-Function-Error": "Unhandled"}
    answer = functions.run(SDK, {"FunctionName": "greet", "Payload": {"a": 1}})
    assert answer == {"StatusCode": 200, "FunctionError": "Unhandled", "Payload": '"hello"'}
    assert functions.requests[0][1] == '{"a":1}'


def test_a_callback_has_the_answer_as_its_submission(functions: Lambda) -> None:
    """The task goes on until its token comes back."""
    request = {"FunctionName": "greet", "Payload": {"token": "t"}}
    answer = functions.run(f"{INVOKE}.waitForTaskToken", request)
    assert answer["Payload"] == "hello"


def test_bytes_that_are_not_text_are_shown_in_base64(functions: Lambda) -> None:
    """A result is JSON."""
    functions.body = b"\xff\xfe"
    assert functions.run(SDK, {"FunctionName": "greet"})["Payload"] == "//4="
