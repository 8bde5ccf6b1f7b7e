"""Records of deployments: reading them, taking one over, and tampering."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfn_release.authoring.declaration import Declaration
from sfn_release.errors import TamperedError
from sfn_release.release.manifest import Manifest
from sfn_release.release.record import (
    LEASE,
    SKEW,
    Lock,
    Record,
    WorkflowOutcome,
    takeover,
    timestamp,
)
from sfn_release.release.release import make_release, read_release, release_files
from sfn_release.release.rendering import (
    Rendered,
    normal_encryption,
    normal_logging,
    normal_tracing,
)
from sfn_release.release.serving import Served, Serving, served_forms
from sfn_release.release.strict_json import read_object
from support.errors import refused
from support.shop import ROLE
from support.values import JSON, definition
from support.world import NOON

ARN = "arn:aws:states:eu-west-1:000000000000:stateMachine:hello"
FORM = Rendered(
    workflow="hello",
    name="hello",
    definition=definition({"a": [1, None]}),
    type="STANDARD",
    role=ROLE,
    logging=normal_logging(None),
    tracing=normal_tracing(None),
    encryption=normal_encryption(None),
    tags={"team": "checkout"},
)
OUTCOME = WorkflowOutcome("sha256:d", FORM.digest, ARN, f"{ARN}:2", f"{ARN}:1", "updated")
RECORD = Record(
    id="1",
    environment="prod",
    action="publish",
    version="1.1.0",
    from_version="1.0.0",
    commit="c" * 40,
    release_digest="sha256:r",
    status="started",
    actor="ann",
    host="desk",
    reason=None,
    started_at=timestamp(NOON),
    finished_at=None,
    expires_at=timestamp(NOON + LEASE),
    account="000000000000",
    region="eu-west-1",
    config_blob="b" * 40,
    workflows={"hello": OUTCOME},
    lock=Lock("token", 17, {"run": "github:1", "attempt": 1}),
    plan=("hello: publish a state machine version",),
)
SERVED = Served(
    "sha256:d", FORM.digest, "workflows/hello.py", FORM.settings(), ARN, f"{ARN}:2", "said", "1.1.0"
)
SERVING = Serving("1.1.0", "c" * 40, "sha256:r", "1", "d" * 40, {"hello": SERVED})
RELEASE = make_release(
    [Declaration("hello", definition(1), tags={"team": "x"}, source="workflows/hello.py")],
    project="shop",
    version="1.1.0",
    commit="c" * 40,
    tag="v1.1.0",
    date=timestamp(NOON),
    author="ann <ann@desk>",
    toolchain={"python": "3.11", "distributions": {}},
    predecessor=None,
)


def test_what_is_written_reads_back() -> None:
    """A record, a serving and a manifest, through JSON."""

    def again(value: Any) -> Any:
        return json.loads(json.dumps(value))

    assert Record.from_json(again(RECORD.to_json()), where="x") == RECORD
    assert Serving.from_json(again(SERVING.to_json()), where="x") == SERVING
    manifest = RELEASE.manifest
    assert Manifest.from_json(again(manifest.to_json()), where="x") == manifest


def test_a_record_has_the_members_that_json_promises() -> None:
    """Pipelines read them."""
    promised = (
        "id environment action version from_version commit release_digest status actor host reason"
        " started_at finished_at expires_at account region config_blob workflows error"
    )
    found = RECORD.to_json()
    assert set(promised.split()) <= found.keys()
    assert found["workflows"]["hello"].keys() == {
        *("digest", "rendered_digest", "state_machine_arn", "version_arn"),
        *("previous_version_arn", "change", "pins"),
    }


def test_the_end_of_a_deployment_holds_no_lock() -> None:
    """Otherwise it is the record of its start, with the results."""
    ended = RECORD.finish("failed", at=NOON + timedelta(seconds=5), error="AWS said no")
    assert ended == replace(
        RECORD,
        status="failed",
        finished_at="2030-01-01T12:00:05Z",
        error="AWS said no",
        lock=None,
    )


EXPIRED = NOON + LEASE + SKEW


@pytest.mark.parametrize(
    ("now", "abandoned", "ci", "reason"),
    [
        (NOON, False, None, None),
        (NOON, True, None, "its process is gone"),
        (EXPIRED, False, None, None),
        (EXPIRED + timedelta(seconds=1), False, None, "it expired at 2030-01-01T12:15:00Z"),
        (NOON, False, {"run": "github:1", "attempt": 1}, None),
        (NOON, False, {"run": "github:2", "attempt": 2}, None),
        (NOON, False, {"run": "github:1", "attempt": 2}, "it was attempt 1 of this very CI run"),
    ],
)
def test_who_may_take_a_started_deployment_over(
    now: Any, abandoned: bool, ci: Any, reason: str | None
) -> None:
    """Its own dead process may, a later attempt of its CI run, and anyone after the expiry."""
    assert takeover(RECORD, now=now, abandoned=abandoned, ci=ci) == reason


def test_without_ci_a_later_attempt_of_somebody_elses_is_nothing() -> None:
    """Only a deployment that was started in CI can be continued by CI."""
    record = replace(RECORD, lock=Lock("token", 17))
    ci = {"run": "github:1", "attempt": 2}
    assert takeover(record, now=NOON, abandoned=False, ci=ci) is None


def test_what_was_sent_is_what_is_read() -> None:
    """The rendered form, put together from settings and definition."""
    assert served_forms(SERVING, {"hello": FORM.definition}, where="x") == {"hello": FORM}


def test_another_definition_than_the_one_that_ran_is_tampering() -> None:
    """The digest that was recorded is compared."""
    with refused("E_TAMPERED", "refs/x (abc)", "hello", "differs from the deployed definition"):
        served_forms(SERVING, {"hello": definition("forged")}, where="refs/x (abc)")


FORGED = [
    (("expires_at",), "soon"),
    (("expires_at",), "2030-01-01T12:00:00"),
    (("status",), "done"),
    (("action",), None),
    (("lock",), {"token": "t", "process": "17"}),
    (("lock", "ci"), {"run": 1}),
    (("lock", "ci"), {"run": "x", "attempt": "2"}),
    (("plan",), "text"),
    (("plan",), [1]),
    (("workflows",), []),
    (("workflows", "hello"), []),
    (("workflows", "hello", "change"), "broken"),
    (("workflows", "hello", "digest"), None),
    (("workflows", "hello", "more"), 1),
    (("schema",), "sfn-release/deployment/2"),
    (("unknown",), 1),
    ((), []),
    ((), None),
    ((), "text"),
]


@pytest.mark.parametrize(("path", "value"), FORGED, ids=str)
def test_a_record_edited_into_nonsense_is_tampering(path: tuple[str, ...], value: Any) -> None:
    """The error names the place in the file."""
    with refused("E_TAMPERED", "refs/x (abc)"):
        Record.from_json(edited(RECORD.to_json(), path, value), where="refs/x (abc)")


FORGED_SERVINGS = [
    (("below",), "HEAD"),
    (("below",), 5),
    (("version",), 1),
    (("workflows", "hello", "settings"), {}),
    (("workflows", "hello", "settings", "state_machine"), 1),
    (("workflows", "hello", "settings", "tags"), None),
    (("workflows", "hello", "settings", "more"), 1),
    (("workflows", "hello", "retained"), "no"),
]


@pytest.mark.parametrize(("path", "value"), FORGED_SERVINGS, ids=str)
def test_a_serving_edited_into_nonsense_is_tampering(path: tuple[str, ...], value: Any) -> None:
    """The error names the place in the file."""
    with refused("E_TAMPERED", "refs/x (abc)"):
        Serving.from_json(edited(SERVING.to_json(), path, value), where="refs/x (abc)")


FORGED_MANIFESTS = [
    (("version",), "newest"),
    (("version",), "v1.0.0"),
    (("release_digest",), "sha256:0"),
    (("workflows", "hello", "digest"), "sha256:0"),
    (("workflows", "hello", "tags"), 5),
    (("workflows", "hello", "states"), "1"),
    (("workflows", "new"), {}),
]


@pytest.mark.parametrize(("path", "value"), FORGED_MANIFESTS, ids=str)
def test_a_manifest_edited_into_nonsense_is_tampering(path: tuple[str, ...], value: Any) -> None:
    """The error names the place in the file."""
    with refused("E_TAMPERED", "refs/x (abc)"):
        Manifest.from_json(edited(RELEASE.manifest.to_json(), path, value), where="refs/x (abc)")


def test_a_form_has_every_member_that_has_no_default() -> None:
    """A missing member is named; a member with a default may be missing."""
    with pytest.raises(TypeError, match=r"\$\.token is missing"):
        read_object(Lock, {"process": 1})
    assert read_object(Lock, {"token": "t", "process": 1}) == Lock("t", 1)
    with pytest.raises(TypeError, match=r"\$\.process is not of type int"):
        read_object(Lock, {"token": "t", "process": True})


@given(st.data())
def test_whatever_is_put_anywhere_is_read_or_refused(data: st.DataObject) -> None:
    """Any JSON in any place, lone surrogates included, never causes a traceback."""
    nonsense: st.SearchStrategy[Any] = (
        JSON | st.just("\ud800") | st.just(2**60) | st.just({"\udfff": {}})
    )
    files = {path: json.loads(content) for path, content in release_files(RELEASE).items()}
    documents = [RECORD.to_json(), SERVING.to_json(), files]
    chosen = data.draw(st.integers(0, 2))
    at = data.draw(st.sampled_from(sorted(paths(documents[chosen]), key=str)))
    forged = edited(documents[chosen], at, data.draw(nonsense))
    with suppress(TamperedError):
        if chosen == 0:
            Record.from_json(forged, where="x")
        elif chosen == 1:
            serving = Serving.from_json(forged, where="x")
            served_forms(serving, dict.fromkeys(serving.workflows, FORM.definition), where="x")
        else:
            texts = forged if isinstance(forged, dict) else {}
            read_release({p: json.dumps(v).encode() for p, v in texts.items()}, where="x")


def edited(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """Return a copy of a JSON value with *new* at *path*."""
    if not path:
        return new
    first, *rest = path
    copy = list(value) if isinstance(value, list | tuple) else dict(value)
    inner = copy[first] if isinstance(copy, list) or first in copy else {}
    copy[first] = edited(inner, tuple(rest), new)
    return copy


def paths(value: Any) -> list[tuple[Any, ...]]:
    """Return the paths of every place in a JSON value."""
    items = list(value.items()) if isinstance(value, dict) else []
    items = list(enumerate(value)) if isinstance(value, list) else items
    return [(), *((key, *rest) for key, item in items for rest in paths(item))]


def test_ledgers_of_before_typed_values_can_be_read() -> None:
    """Manifests of 0.2.0 say nothing of parameters; records have looked-up values as text."""
    old = _again(SERVING.to_json())
    del old["workflows"]["hello"]["parameters"]
    assert Serving.from_json(old, where="x") == SERVING
    assert SERVING.workflows["hello"].parameters is None
    record = replace(RECORD, parameters={"Pause": "3"})
    assert Record.from_json(_again(record.to_json()), where="x") == record


def test_values_keep_their_types_in_the_ledger() -> None:
    """Values that are read back fill a definition with the same bytes."""
    values = {"Pause": 3, "Rate": 2.5, "On": True, "Names": ["a", {"b": None}], "workflow:x": "arn"}
    served = replace(SERVING.workflows["hello"], parameters=values)
    serving = replace(SERVING, workflows={"hello": served})
    assert Serving.from_json(_again(serving.to_json()), where="x") == serving
    assert RECORD.to_json()["parameters"] == {}


def _again(value: Any) -> Any:
    """Return a JSON value as it is read from the ledger."""
    return json.loads(json.dumps(value))
