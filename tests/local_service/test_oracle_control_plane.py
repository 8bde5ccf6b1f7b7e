"""Replays recorded sequences of API calls to AWS through a boto3 client.

The recordings are in a folder beside the repository. Without them, these tests are skipped. An
answer, or an error's code and message, must match the recording by the recordings' own matcher.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, ParamValidationError

from sfn_release.aws.stepfunctions import in_process
from sfn_release.local_service import open_service
from sfn_release.simulator import Later, Mocks, TaskCall
from support.oracle import compare
from support.places import ORACLE

ACCOUNT = "111111111111"
REGION = "us-east-1"
PATIENCE = 60.0  # seconds to wait for a state

LATER = {
    "test_state": "test_oracle_test_state replays them",
}
"""Categories that are not replayed, with the reason; all others are."""

DIFFERENT = {
    "api__sfn_api_logs__deleted_log_group": "there are no log groups here, so none can be missing",
}
"""Sequences that are not answered as AWS did, with the reason; all others are, call by call."""

# After this date, AWS describes the encryption of every machine.
ENCRYPTION_TOLD_SINCE = "2024-07-25"

pytestmark = pytest.mark.skipif(not ORACLE.is_dir(), reason="the recordings are not here")


def _categories() -> list[str]:
    found = {json.loads(path.read_text())["category"] for path in _files()}
    return sorted(found - LATER.keys())


def _files() -> list[Path]:
    return sorted((ORACLE / "control_plane").glob("*.json"))


@pytest.mark.parametrize("category", _categories())
def test_recorded_sequences_are_answered_as_aws_did(
    category: str, record_property: Callable[[str, object], None]
) -> None:
    """Every sequence of a category gets AWS's answers and errors."""
    matcher = compare()
    cases = list(_cases(category))
    found = {case["id"]: Replay(case, matcher).run() for case in cases}
    failures = {id: differences for id, differences in found.items() if differences}
    record_property("agreeing", f"{len(cases) - len(failures)}/{len(cases)}")
    unexpected = {id: lines for id, lines in failures.items() if id not in DIFFERENT}
    assert not unexpected, json.dumps(unexpected, indent=1)[:6000]


def _cases(category: str) -> Iterator[dict[str, Any]]:
    for path in _files():
        case = json.loads(path.read_text())
        if case["category"] == category:
            yield case


class Unanswered:
    """Tasks without an answer: a callback's token is never sent back."""

    def run(self, call: TaskCall) -> Any:
        """Leave a callback open; fail without a mock otherwise."""
        return Later() if call.resource.endswith(".waitForTaskToken") else Mocks().run(call)


@dataclass
class Replay:
    """One recorded sequence, replayed call by call."""

    case: dict[str, Any]
    compare: Any
    answers: dict[int, Any] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    def run(self) -> list[str]:
        """Return the differences between AWS's answers and the service's."""
        local = open_service(
            ":memory:",
            tasks_for=lambda _scope: Unanswered(),
            account=ACCOUNT,
            real_time=True,
        )
        differences: list[str] = []
        with local:
            self.client = in_process(local.answer, region=REGION)
            for call in self.case["calls"]:
                differences += [f"call {call['n']}: {difference}" for difference in self.call(call)]
        return differences

    def call(self, call: dict[str, Any]) -> list[str]:
        """Make a call of the API, or replay a wait or another service's call."""
        params = self.fill(call.get("params"))
        match call["service"]:
            case "stepfunctions":
                return self.answer(call, params)
            case "$await":
                self.wait(call["op"], params)
            case _:
                self.answers[call["n"]] = self.environment(call["op"], params)
        return []

    def answer(self, call: dict[str, Any], params: dict[str, Any]) -> list[str]:
        """Make an API call and compare its answer."""
        try:
            answer = getattr(self.client, call["op"])(**params)
        except (ClientError, ParamValidationError) as error:
            return self.refused(call, error)
        self.answers[call["n"]] = answer
        if call.get("raised"):
            return [f"accepted: {answer}"]
        expected = call.get("response")
        if expected is None:
            return []
        self.learn(expected, answer)
        actual = {**answer, "ResponseMetadata": {"HTTPHeaders": {}, "HTTPStatusCode": 200}}
        if self.case["aws_recorded_date"] < ENCRYPTION_TOLD_SINCE:
            actual = {k: v for k, v in actual.items() if k != "encryptionConfiguration"}
        return self.differences(expected, _datetimes(actual))

    def refused(self, call: dict[str, Any], error: Exception) -> list[str]:
        """Compare an error, which botocore may raise before it sends the request."""
        if not call.get("raised"):
            return [f"{error}"]
        expected = call.get("error_response")
        if expected is None:
            text = str(error)
            return self.differences(call.get("error_string", text), text)
        assert isinstance(error, ClientError), error
        response: dict[str, Any] = dict(error.response)
        response["ResponseMetadata"] = {
            "HTTPHeaders": {},
            "HTTPStatusCode": response["ResponseMetadata"]["HTTPStatusCode"],
        }
        return self.differences(expected, response)

    def differences(self, expected: Any, actual: Any) -> list[str]:
        """Compare by the recordings' rules."""
        normal = self.compare.normalise(self.compare.response(actual), region=REGION)
        tokens = self.compare.tokens_of(self.case)
        found: list[str] = self.compare.match(expected, normal, tokens)
        return found

    def fill(self, value: Any) -> Any:
        """Replace references to earlier answers, such as ``{{1.stateMachineArn}}``, and tokens."""
        if isinstance(value, dict):
            return {key: self.fill(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.fill(item) for item in value]
        if not isinstance(value, str):
            return value
        if value in self.tokens:
            return self.tokens[value]
        return re.sub(r"\{\{(\d+)\.([^}]+)\}\}", self.earlier, value)

    def earlier(self, reference: re.Match[str]) -> str:
        """Return the value of a reference."""
        value = self.answers.get(int(reference[1]), {})
        for part in reference[2].split("."):
            value = value[int(part)] if part.isdecimal() else value[part]
        return str(value)

    def learn(self, expected: Any, actual: Any) -> None:
        """Keep the tokens that a later call sends."""
        token = expected.get("nextToken")
        if token is not None and "nextToken" in actual:
            self.tokens[token] = actual["nextToken"]

    def environment(self, op: str, params: Any) -> dict[str, Any]:
        """Stand in for another service, as far as the sequence depends on it."""
        if op == "create_stack":
            template = params["TemplateBody"]
            definition = re.search(r'\{\\?"Comment.*?\}\}\}', template, re.DOTALL)
            assert definition is not None
            text = definition[0].replace('\\"', '"')
            self.client.create_state_machine(
                name="state_machine_name",
                definition=json.dumps(json.loads(text)),
                roleArn=f"arn:aws:iam::{ACCOUNT}:role/any",
            )
        return {
            "Role": {"Arn": f"arn:aws:iam::{ACCOUNT}:role/test-role-{len(self.answers)}"},
            "FunctionArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:any",
            "QueueUrl": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/any",
            "logGroups": [{"arn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:log_group_name:*"}],
        }

    def wait(self, op: str, params: Any) -> None:
        """Wait for an execution, as the recording did; other state is there immediately."""
        arn = params.get("execution_arn")
        if arn is None:
            return
        client = self.client
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            if client.describe_execution(executionArn=arn)["status"] != "RUNNING":
                return
            entered = len(client.get_execution_history(executionArn=arn)["events"]) > 1
            if entered and op in ("await_execution_started", "await_on_execution_events"):
                return
            time.sleep(0.005)
        pytest.fail(f"{op}: {arn} still runs")


def _datetimes(value: Any) -> Any:
    """Replace each timestamp with the recordings' placeholder."""
    if isinstance(value, dict):
        return {
            key: "timestamp" if key == "timestamp" else _datetimes(item)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_datetimes(item) for item in value]
    return "datetime" if hasattr(value, "isoformat") else value
