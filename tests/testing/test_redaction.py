"""Masked histories: the data is nowhere, and the execution still replays."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfn_release.errors import UsageError
from sfn_release.simulator import TaskCall, TaskResult
from sfn_release.testing.histories.finished_execution import FinishedExecution
from sfn_release.testing.histories.history_ends import ends_of
from sfn_release.testing.histories.masks import mask_text
from sfn_release.testing.histories.redaction import Redaction, redaction_paths
from sfn_release.testing.histories.state_visits import api_events
from sfn_release.testing.replay.replay_execution import replay_execution
from support.executions import SEED, START, execute, machine

KEY = b"key"
ORDER = machine(
    Prepare={
        "Type": "Pass",
        "Parameters": {
            "customer.$": "$.customer",
            "body.$": "States.JsonToString($.customer)",
            "text.$": "States.Format('Dear {}, thank you', $.customer.email)",
            "encoded.$": "States.Base64Encode($.customer.email)",
            "hash.$": "States.Hash($.customer.email, 'SHA-256')",
        },
    },
    Known={
        "Type": "Choice",
        "Choices": [{"Variable": "$.customer.email", "StringMatches": "*@*", "Next": "Call"}],
        "Default": "Call",
    },
    Call={
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": "call", "Payload.$": "$"},
    },
    Done={"Type": "Succeed"},
)
SECRETS: dict[str, Any] = {
    "email": "bob.müller@example.com",
    "card": 4111111111111111,
    "age": 44,
    "vip": True,
}


def redact(document: Any, *paths: str) -> Any:
    """Return a document masked."""
    return Redaction(redaction_paths(paths), KEY).redact(document)


def answer(call: TaskCall) -> Any:
    """Answer with what the task got, as JSON and as text."""
    told = json.dumps(call.payload["Payload"], ensure_ascii=False)
    return TaskResult({"StatusCode": 200, "Payload": {"told": told, **call.payload["Payload"]}})


def recorded() -> FinishedExecution:
    """Return an execution that works with secrets."""
    outcome = execute(ORDER, {"customer": SECRETS}, answer)
    assert outcome.status == "SUCCEEDED"
    return finished([*api_events(outcome.events)])


def finished(events: Any) -> FinishedExecution:
    """Return the execution of a history."""
    ends = ends_of(events)
    assert ends.status is not None
    return FinishedExecution(
        SEED.execution_arn,
        "orders",
        None,
        ends.status,
        ends.input,
        ends.output,
        ends.error,
        ends.cause,
        START,
        ends.stopped,
        events,
    )


def masked(execution: FinishedExecution, *paths: str) -> FinishedExecution:
    """Return an execution with its events masked."""
    times = [event["timestamp"] for event in execution.events]
    plain = [{**event, "timestamp": str(event["timestamp"])} for event in execution.events]
    events = [
        {**event, "timestamp": at} for event, at in zip(redact(plain, *paths), times, strict=True)
    ]
    return finished(events)


def text_of(execution: FinishedExecution) -> str:
    """Return everything that a file of an execution would have."""
    return json.dumps([*execution.events], default=str, ensure_ascii=False)


def test_a_secret_is_nowhere_in_a_masked_history() -> None:
    """Not in JSON inside JSON, not in a sentence, not encoded and not hashed."""
    before = recorded()
    assert SECRETS["email"] in text_of(before)
    found = text_of(masked(before, "$.customer.email", "$..card"))
    email = SECRETS["email"].encode()
    for secret in (
        SECRETS["email"],
        json.dumps(SECRETS["email"])[1:-1],
        base64.b64encode(email).decode(),
        hashlib.sha256(email).hexdigest(),
        str(SECRETS["card"]),
    ):
        assert secret not in found
    assert '"age": 44' in found.replace("\\", "")  # nothing else is changed


def test_a_masked_execution_replays_the_same() -> None:
    """The same value has the same mask wherever it is, so the candidate computes the masks."""
    found = masked(recorded(), "$.customer.email", "$..card", "$.customer.age")
    assert replay_execution(found, ORDER).same
    assert not replay_execution(replace(found, output='"other"'), ORDER).same


def test_a_mask_has_the_form_of_the_value() -> None:
    """So lengths and patterns still match, and a number stays a number."""
    document = {"input": json.dumps({"customer": SECRETS})}
    customer = json.loads(redact(document, "$.customer")["input"])["customer"]
    assert len(customer["email"]) == len(SECRETS["email"])
    assert [customer["email"].index(mark) for mark in ".@"] == [3, 10]
    assert 10**15 <= customer["card"] < 10**16
    assert 10 <= customer["age"] < 100
    assert customer["vip"] is False
    assert not {*map(str, SECRETS.values())} & {*map(str, customer.values())}


def test_paths_select_in_every_object() -> None:
    """A state's data is often a part of the next request."""
    document = {
        "input": '{"id": "a-1", "items": [{"id": "b-2"}, {"id": "c-3"}]}',
        "parameters": '{"Payload": {"items": [{"id": "b-2"}], "note": "for b-2"}}',
    }
    found = redact(document, "$.items[*].id")
    assert json.loads(found["input"])["id"] == "a-1"
    first, second = (item["id"] for item in json.loads(found["input"])["items"])
    assert (first, second) != ("b-2", "c-3")
    payload = json.loads(found["parameters"])["Payload"]
    assert payload["items"] == [{"id": first}]
    assert redact(document, "$..id") != found


def test_a_value_that_is_a_key_is_masked_too() -> None:
    """An object may be keyed by what must not be kept."""
    document = {"input": '{"email": "bob@example.com", "by": {"bob@example.com": 1}}'}
    found = redact(document, "$.email")["input"]
    assert "bob" not in found
    assert [*json.loads(found)["by"]] == [json.loads(found)["email"]]


def test_a_text_without_a_secret_keeps_its_spelling() -> None:
    """Spaces and escapes stay, so that it equals what was recorded elsewhere."""
    spelled = ['{ "a" :1.0 }', '{"a": "\\u00e9"}', "[1,2]", '"x"', "plain", "", "{broken", "1"]
    document = {"input": '{"secret":"hidden"}', "texts": spelled}
    assert redact(document, "$.secret")["texts"] == spelled


@pytest.mark.parametrize("style", [(",", ":"), (", ", ": ")])
def test_a_json_text_keeps_its_style(style: tuple[str, str]) -> None:
    """A Lambda function writes JSON with spaces, Step Functions without."""
    text = json.dumps({"secret": "hidden", "é": [1, 2]}, separators=style)
    found = redact({"input": text}, "$.secret")["input"]
    assert found == json.dumps(json.loads(found), separators=style)


def test_short_values_have_one_mask_each() -> None:
    """Each has one mask, although a mask may be the value of another."""
    ages = [*range(10, 60)]
    document = {"input": json.dumps({"people": [{"age": age, "id": str(age)} for age in ages]})}
    people = json.loads(redact(document, "$..age", "$..id")["input"])["people"]
    again = json.loads(redact(document, "$.people[*]['age','id']")["input"])["people"]
    assert people == again
    assert [person["age"] for person in people] != ages


def test_short_values_are_masked_only_as_a_whole() -> None:
    """Masking "7" in every text would change numbers, times and ARNs."""
    document = {"input": '{"pin": "7", "year": 2027, "text": "7 of 7"}', "other": '["7"]'}
    found = redact(document, "$.pin")
    assert json.loads(found["input"])["pin"] == json.loads(found["other"])[0] != "7"
    assert json.loads(found["input"])["text"] == "7 of 7"


@pytest.mark.parametrize(
    "path", ["email", "$", "$..", "$.a[?(@.b)]", "$.a.length()", "$$.Execution", "$.a["]
)
def test_other_paths_are_refused(path: str) -> None:
    """A filter isn't supported, because its condition could depend on masked data."""
    with pytest.raises(UsageError):
        redaction_paths([path])


def test_several_paths_may_be_in_one_text() -> None:
    """As a command line has them; a comma inside brackets is no end."""
    found = redaction_paths(["$.a, $..b", "$.c['d','e']"])
    assert [path.text for path in found] == ["$.a", "$..b", "$.c['d','e']"]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(VALUES, st.text())
def test_any_data_can_be_masked(value: Any, secret: str) -> None:
    """The result is JSON of the same shape, and the same again for the same key."""
    document = {"input": json.dumps({"secret": secret, "rest": value})}
    found = redact(document, "$.secret", "$..x")
    assert json.loads(found["input"]).keys() == {"secret", "rest"}
    assert redact(document, "$.secret", "$..x") == found


@given(st.text(min_size=4))
def test_a_mask_differs_from_its_text(text: str) -> None:
    """Also for texts without letters and digits."""
    mask = mask_text(text, KEY)
    assert mask == mask_text(text, KEY)
    assert mask != text or set(text) == {"*"}
    assert len(mask) == len(text)
