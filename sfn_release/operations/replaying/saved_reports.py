"""Reads the ``--json`` result of a replay that a file has."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sfn_release.errors import UsageError
from sfn_release.operations.replaying.merged_reports import SCHEMA, is_replay_result
from sfn_release.operations.replaying.replay_report import ReplayReport
from sfn_release.release.version import parse_version

_WORDS = re.compile(r"[\w ,'-]+")  # the kind of a difference is text of ours
_LISTS = {
    "different": ("state", "what", "recorded", "candidate"),
    "unanswered": ("state", "resource"),
}


def read_replay(path: Path) -> ReplayReport:
    """Return the report of a file. Raises UsageError without one, or if it holds something else."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(
            f"Can't read {path}: {error.strerror}.",
            fix=f"Make it with:  sfn-release --json replay WORKFLOW > {path.name}",
        ) from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} isn't JSON.", fix="Run the replay again.") from error
    if not isinstance(value, Mapping) or value.get("schema") != SCHEMA:
        raise UsageError(
            f"{path} isn't the result of a replay.",
            fix=f"Make it with:  sfn-release --json replay WORKFLOW > {path.name}",
        )
    if not (is_replay_result(value) and _has_members(value)):
        raise UsageError(f"{path} was edited or damaged.", fix="Run the replay again.")
    return ReplayReport(
        workflow=str(value["workflow"]),
        against=None if value["against"] is None else parse_version(str(value["against"])),
        environment=None if value["environment"] is None else str(value["environment"]),
        executions=value["executions"],
        same=value["same"],
        different=value["different"],
        unanswered=value["unanswered"],
        unreplayable=value["unreplayable"],
        interruption=KeyboardInterrupt() if value["stopped"] else None,
    )


def _has_members(value: Mapping[str, Any]) -> bool:
    return all(
        name in item for key, names in _LISTS.items() for item in value[key] for name in names
    ) and all(_WORDS.fullmatch(str(item["what"])) for item in value["different"])
