"""Reading dataclasses from JSON that anyone may have written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pytest

from sfn_release.errors import TamperedError
from sfn_release.names import RecordId, WorkflowName
from sfn_release.release.strict_json import read_document, read_object


@dataclass(frozen=True)
class _Inner:
    word: Literal["yes", "no"]
    count: int = 0


@dataclass(frozen=True)
class _Outer:
    id: RecordId
    inner: Mapping[WorkflowName, _Inner]
    steps: tuple[str, ...] = ()
    either: int | str | None = None
    anything: Any = None
    flag: bool = False
    extra: Mapping[str, Any] = field(default_factory=dict)


GOOD: dict[str, Any] = {"id": "d-1", "inner": {"orders": {"word": "yes", "count": 3}}}


def test_a_valid_document_is_read() -> None:
    """Members with a default may be missing; arrays become tuples."""
    given = {**GOOD, "steps": ["a"], "either": "x", "anything": [1], "flag": True}
    assert read_object(_Outer, given) == _Outer(
        "d-1", {"orders": _Inner("yes", 3)}, ("a",), "x", [1], flag=True
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"id": "../x"}, r"$.id is not a deployment id: '../x'"),
        ({"id": 7}, "$.id is not a deployment id: 7"),
        ({"inner": []}, "$.inner is not an object"),
        ({"inner": {"a/b": {"word": "yes"}}}, "$.inner is not a name of a workflow: 'a/b'"),
        ({"inner": {"orders": {}}}, "$.inner.orders.word is missing"),
        ({"inner": {"orders": {"word": "x"}}}, "$.inner.orders.word is not one of yes, no"),
        ({"inner": {"orders": {"word": ["yes"]}}}, "$.inner.orders.word is not one of yes, no"),
        (
            {"inner": {"two words": {"word": "yes", "more": 1}}},
            "$.inner is not a name of a workflow: 'two words'",
        ),
        ({"inner": {"orders": {"word": "no", "a": 1, "b": 1}}}, "$.inner.orders.a is unknown"),
        (
            {"inner": {"orders": {"word": "no", "count": True}}},
            "$.inner.orders.count is not of type int",
        ),
        (
            {"inner": {"orders": {"word": "no", "count": 1.0}}},
            "$.inner.orders.count is not of type int",
        ),
        ({"steps": "abc"}, "$.steps is not an array"),
        ({"steps": ["a", 1]}, "$.steps[1] is not of type str"),
        ({"either": 1.5}, "$.either is not of type str"),
        ({"either": False}, "$.either is not of type str"),
        ({"flag": 1}, "$.flag is not of type bool"),
        ({"extra": None}, "$.extra is not an object"),
        ({"more words": 1}, '$["more words"] is unknown'),
    ],
)
def test_an_invalid_member_is_named(change: Mapping[str, Any], message: str) -> None:
    """The error has its JSON path and the reason."""
    with pytest.raises(TypeError) as error:
        read_object(_Outer, {**GOOD, **change})
    assert str(error.value) == message


@pytest.mark.parametrize("value", [None, [], "x", 1])
def test_a_value_that_is_no_object_is_refused(value: Any) -> None:
    """The keys around it are part of the path."""
    with pytest.raises(TypeError, match=r"\$\.workflows\.orders is not an object"):
        read_object(_Inner, value, "workflows", "orders")


def test_an_error_in_a_document_is_tampering() -> None:
    """It names the place in the ledger; a newer schema may be the reason."""
    document = {"schema": "x/1", "word": "yes"}
    assert read_document(_Inner, document, schema="x/1", where="here") == _Inner("yes")
    with pytest.raises(TamperedError, match="here was edited or damaged") as error:
        read_document(_Inner, {**document, "word": "?"}, schema="x/1", where="here")
    assert error.value.why == "$.word is not one of yes, no"
    for other in ({**document, "schema": "x/2"}, {"word": "yes"}, None):
        with pytest.raises(TamperedError, match="here has an unknown schema"):
            read_document(_Inner, other, schema="x/1", where="here")
