"""Calls to AWS: the debug log."""

from __future__ import annotations

import logging
import re
from typing import Any

import pytest

import sfn_release as sfn
from sfn_release.aws.api_calls import call
from sfn_release.errors import AwsError, NetworkError
from support.machines import MACHINES, ROLE, definition

LOGGER = "sfn_release.aws.api_calls"


def test_each_call_is_logged_with_its_time_and_request_id(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A log line omits arguments and answers, which may hold secrets."""
    client: Any = sfn.local()
    request = {"name": "hello", "definition": definition("s3cret"), "roleArn": ROLE}
    with caplog.at_level(logging.DEBUG, LOGGER):
        call(client.create_state_machine, **request)
        with pytest.raises(AwsError):
            call(client.describe_state_machine, stateMachineArn=f"{MACHINES}:s3cret")
        with pytest.raises(AwsError):
            call(client.describe_state_machine, stateMachineArn=["s3cret"])
    lines = [record.getMessage() for record in caplog.records if record.name == LOGGER]
    ended = r" in \d+\.\d{3} s, request ([0-9a-f-]{36}|without id), 0 retries"
    for line, start in zip(
        lines,
        (
            "Step Functions CreateStateMachine: ok",
            "Step Functions DescribeStateMachine: StateMachineDoesNotExist",
            "Step Functions DescribeStateMachine: AwsError",
        ),
        strict=True,
    ):
        assert re.fullmatch(re.escape(start) + ended, line), line
    assert "s3cret" not in "".join(lines)


def test_calls_are_not_logged_above_debug(caplog: pytest.LogCaptureFixture) -> None:
    """The default level logs no calls."""
    client: Any = sfn.local()
    with caplog.at_level(logging.INFO, LOGGER):
        call(client.list_state_machines)
    assert [record for record in caplog.records if record.name == LOGGER] == []


def test_a_member_that_an_answer_does_not_have_is_named() -> None:
    """An emulator may leave out what AWS always sends: that is an error of the endpoint."""

    def describe_state_machine(**_: Any) -> dict[str, Any]:
        return {"name": "orders", "label": None}

    answer = call(describe_state_machine)
    assert (answer["name"], answer.get("definition"), "definition" in answer) == (
        "orders",
        None,
        False,
    )
    with pytest.raises(NetworkError, match="one of Step Functions: it has no `definition`"):
        answer["definition"]
