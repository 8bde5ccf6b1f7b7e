"""Saved executions: nothing is in the folder before each path has selected something."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from sfn_release.errors import UsageError
from sfn_release.operations.replaying.saved_executions import ExecutionFolder
from sfn_release.testing.histories.finished_execution import FinishedExecution
from sfn_release.testing.histories.redaction import redaction_paths
from support.executions import machine
from support.recorded_runs import record

ORDER = machine(Only={"Type": "Pass"})
PATHS = redaction_paths(["$.email,$.phone"])


def executions(*inputs: dict[str, str]) -> list[FinishedExecution]:
    """Return an execution for each input, each with an ARN of its own."""
    return [
        replace(found, arn=f"{found.arn}-{number}")
        for number, found in enumerate(record(ORDER, lambda _call: None, each) for each in inputs)
    ]


def test_a_path_may_match_in_some_executions_only(tmp_path: Path) -> None:
    """The executions before it wait, and all of them are saved in the end."""
    people = executions({"email": "bob@example.com"}, {"id": "1"}, {"phone": "0711 12345"}, {})
    with ExecutionFolder(tmp_path / "kept", "prod", PATHS) as folder:
        for saved, execution in zip((0, 0, 3, 4), people, strict=True):
            folder.save(execution)
            assert len([*tmp_path.rglob("*.json")]) == saved
        folder.complete()
    assert (folder.saved, folder.kept) == (4, 0)
    texts = "".join(file.read_text() for file in (tmp_path / "kept").iterdir())
    assert "bob@" not in texts
    assert "12345" not in texts


def test_a_path_without_a_match_saves_nothing(tmp_path: Path) -> None:
    """Each such path is named; an error before the end saves nothing either."""
    people = executions({"emial": "bob@example.com"}, {"phone": "0711 12345"})
    with ExecutionFolder(tmp_path / "kept", "prod", PATHS) as folder:
        for execution in people:
            folder.save(execution)
        with pytest.raises(UsageError, match=r"--redact \$\.email matches nothing in 2 executions"):
            folder.complete()
    assert not (tmp_path / "kept").exists()


def test_no_execution_is_no_reason_to_refuse(tmp_path: Path) -> None:
    """A shard may be empty."""
    with ExecutionFolder(tmp_path / "kept", "prod", PATHS) as folder:
        folder.complete()
