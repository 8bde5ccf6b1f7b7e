"""The order of the sources of answers: the nearest to the test comes first."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sfn_release.simulator import Later, Mocks, NoAnswer, TaskCall
from sfn_release.tasks import ExecutionScope, TaskSources, load_mock_config, open_sources

FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:charge"
START = "arn:aws:states:::states:startExecution"
GET = "arn:aws:states:::aws-sdk:s3:getObject"
CASE = {
    "StateMachines": {"m": {"TestCases": {"c": {"Call": "R"}}}},
    "MockedResponses": {"R": {"0": {"Return": "mock configuration"}}},
}
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def everything(tmp_path: Path) -> Iterator[TaskSources]:
    """Return sources that all know the state Call, each with an answer of its own."""
    (tmp_path / "app.py").write_text("def handler(event, context): return 'handler'")
    sources = open_sources(
        tmp_path,
        lambda: datetime.now(UTC),
        handlers={"charge": "app:handler"},
        buckets={"data": {"a": "bucket"}},
        endpoints={"*": NOWHERE},
        mocks_of=lambda _machine: Mocks({"Call": {"return": "mock file"}}),
    )
    yield sources
    if sources.handlers is not None:
        sources.handlers.close()


def call_api(operation: str, _request: Any) -> dict[str, Any]:
    assert operation in ("DescribeStateMachine", "StartExecution")
    return {"executionArn": "workflow", "startDate": 1.0}


def answer(sources: TaskSources, resource: str, payload: Any, *, case: bool = False) -> Any:
    """Return the result of the state Call."""
    mocked = load_mock_config(json.dumps(CASE)).case("m", "c") if case else None
    scope = ExecutionScope("m", test_case=mocked, region="us-east-1", call_api=call_api)
    given = sources.for_execution(scope).run(TaskCall("Call", resource, payload))
    if isinstance(given, Later) and given.work is not None:
        return given.work.result(timeout=60)
    return getattr(given, "result", given)


def without(sources: TaskSources, *names: str) -> TaskSources:
    """Return *sources* without some kinds."""
    kept = {name: value for name, value in vars(sources).items() if name not in names}
    return TaskSources(**kept)


def test_a_test_comes_first_and_handlers_after_every_mock(everything: TaskSources) -> None:
    """The test's answers, the test case, the mock file, the handler."""
    given = TaskSources(**{**vars(everything), "given": Mocks({"Call": {"return": "test"}})})
    assert answer(given, FUNCTION, {}, case=True) == "test"
    assert answer(everything, FUNCTION, {}, case=True) == "mock configuration"
    assert answer(everything, FUNCTION, {}) == "mock file"
    assert answer(without(everything, "mocks_of"), FUNCTION, {}) == "handler"


def test_workflows_and_buckets_come_before_endpoints(everything: TaskSources) -> None:
    """An endpoint answers only if nothing on this machine does."""
    sources = without(everything, "mocks_of")
    started = answer(sources, START, {"StateMachineArn": "arn:aws:states:a:b:stateMachine:c"})
    assert started["ExecutionArn"] == "workflow"
    assert answer(sources, GET, {"Bucket": "data", "Key": "a"})["Body"] == "bucket"


def test_a_task_that_nothing_knows_names_its_mock() -> None:
    """The state, its resource, and the mock to write."""
    with pytest.raises(NoAnswer) as caught:
        answer(TaskSources(), FUNCTION, {})
    assert caught.value.error == "SfnRelease.NoMock"
    assert 'The task "Call"' in caught.value.cause
    assert FUNCTION in caught.value.cause
    assert '{"Call": {"payload": {}}}' in caught.value.cause
