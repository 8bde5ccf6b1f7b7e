"""Checked texts: which may become a part of a path, a ref or an argument."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from sfn_release.errors import TamperedError, UsageError
from sfn_release.ledger import lock_token
from sfn_release.local_service import open_service
from sfn_release.names import (
    ARN,
    COMMIT_ID,
    ENVIRONMENT_NAME,
    PROJECT_NAME,
    RECORD_ID,
    SOURCE,
    TAG_NAME,
    WORKFLOW_NAME,
    RecordId,
    TextFormat,
)
from sfn_release.release.ledger_files import definition_path
from sfn_release.release.manifest import Manifest, ManifestEntry
from sfn_release.release.record import Record, WorkflowOutcome
from sfn_release.release.serving import Served, Serving
from sfn_release.release.strict_json import read_object
from sfn_release.release.version import VERSION
from sfn_release.simulator import Mocks
from support.errors import refused

EVIL = (
    *("", ".", "..", "../x", "a/../../x", "/etc/passwd", "a/b\0", "a\nb", "a b", "-x", "--exec=x"),
    *("a:b:c", "x" * 2000, "${x}", "\ud800", "é\u202e"),
)
GOOD: dict[str, tuple[TextFormat, tuple[str, ...]]] = {
    "environment": (ENVIRONMENT_NAME, ("prod", "eu-1")),
    "project": (PROJECT_NAME, ("shop", "a.b-c_d", "x" * 63)),
    "workflow": (WORKFLOW_NAME, ("orders", "Orders_2-a.b", "größe")),
    "record": (RECORD_ID, ("20300101T120000Z-0a1b2c3d", "1")),
    "commit": (COMMIT_ID, ("c" * 40, "0" * 64)),
    "tag": (TAG_NAME, ("v1.2.0", "shop/v1.2.0-rc.1")),
    "source": (SOURCE, ("", "workflows/a.py", "workflows/größe.asl.json")),
    "arn": (ARN, ("arn:aws:states:eu-west-1:111111111111:stateMachine:größe:7",)),
    "version": (VERSION, ("1.2.0", "0.0.0-found.1", "2.0.0-rc.1")),
}
MAY = {
    # Texts of EVIL that are harmless as this kind.
    "source": {"", ".", "-x", "--exec=x", "a b", "a\nb", "a:b:c", "${x}", "\ud800", "é\u202e"},
    "workflow": {".", "..", "-x", "--exec=x", "é\u202e"},
    "tag": {"é\u202e", "${x}", "\ud800"},
}


@pytest.mark.parametrize("name", GOOD)
def test_a_kind_takes_its_own_and_refuses_what_leads_elsewhere(name: str) -> None:
    """Never a path out of a folder, an option, a second line."""
    kind, good = GOOD[name]
    assert [text for text in good if not kind.accepts(text)] == []
    assert {text for text in EVIL if kind.accepts(text)} == MAY.get(name, set())


def test_a_text_is_refused_by_where_it_came_from() -> None:
    """The ledger's is tampering; an argument's a matter of usage."""
    assert ENVIRONMENT_NAME.checked("prod") == "prod"
    with pytest.raises(TamperedError, match=r"x: '\.\./prod' is not a name of an environment"):
        ENVIRONMENT_NAME.checked("../prod", where="x")
    with pytest.raises(UsageError):
        ENVIRONMENT_NAME.checked("../prod", error=UsageError)


@pytest.mark.parametrize("text", ["../x", "a/b", "..", ""])
def test_functions_that_make_a_path_ask_again(tmp_path: Path, text: str) -> None:
    """They check their argument whatever the caller did."""
    victim = tmp_path / "x"
    victim.write_text("kept", encoding="utf-8")
    folder = tmp_path / "deployments"
    with refused("E_TAMPERED", "is not a deployment id"):
        lock_token.forget(folder, text)
    with refused("E_TAMPERED"):
        lock_token.abandoned(folder, text, "kept")
    if text != "..":  # `definitions/...asl.json` is a file of that folder
        with refused("E_TAMPERED", "is not a name of a workflow"):
            definition_path(text)
    assert victim.read_text(encoding="utf-8") == "kept"


@dataclasses.dataclass(frozen=True)
class _Note:
    id: RecordId
    of: RecordId | None = None


def test_data_says_the_kind_of_its_texts_in_its_types() -> None:
    """And reading it refuses all others, naming the JSON path."""
    assert read_object(_Note, {"id": "1", "of": None}) == _Note("1")
    with pytest.raises(TypeError, match=r"\$\.id is not a deployment id: '\.\./x'"):
        read_object(_Note, {"id": "../x"})
    with pytest.raises(TypeError, match=r"\$\.of is not a deployment id: 7"):
        read_object(_Note, {"id": "1", "of": 7})


def test_every_text_of_the_ledger_that_names_something_has_a_kind() -> None:
    """The others are digests, times, and texts for people."""
    free = {
        ManifestEntry: "digest definition_digest type role",
        Manifest: "project date author release_digest",
        WorkflowOutcome: "digest rendered_digest",
        Record: "release_digest actor host reason started_at finished_at expires_at account region"
        " error override",
        Served: "digest rendered_digest alias_description alias",
        Serving: "release_digest",
    }
    for form, names in free.items():
        texts = {
            field.name for field in dataclasses.fields(form) if field.type in {"str", "str | None"}
        }
        assert texts == set(names.split()), form.__name__


@pytest.mark.parametrize("number", [2**63, 10**30, "9" * 5000])
def test_a_version_beyond_64_bits_is_one_that_is_not_there(number: Any) -> None:
    """The local service answers as AWS does for a version that does not exist."""
    local = open_service(":memory:", tasks_for=lambda _scope: Mocks())
    arn = f"arn:aws:states:us-east-1:000000000000:stateMachine:x:{number}"
    body = json.dumps({"stateMachineArn": arn[:256]}).encode()
    status, _, answer = local.answer("DescribeStateMachine", body)
    assert (status, b"StateMachineDoesNotExist" in answer) == (400, True)
