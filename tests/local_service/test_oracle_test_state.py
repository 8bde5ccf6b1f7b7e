"""Replays the calls of TestState that AWS recorded, through a boto3 client.

The recordings are in a folder beside the repository. Without them, these tests are skipped. An
answer, or an error's code and message, must match the recording by the recordings' own matcher.
Tasks without a mock are answered with the recorded result.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from test_oracle_control_plane import ACCOUNT, REGION, Replay

from sfn_release.aws.stepfunctions import in_process
from sfn_release.local_service import open_service
from sfn_release.simulator import TaskCall
from support.oracle import compare, parsed
from support.places import ORACLE

DIFFERENT = {
    "integer_more_than_maximum_allowed": "Lambda's maximum is 32,768 MB since then",
}
"""Recordings that are not answered as AWS did, by the end of their id, with the reason."""

pytestmark = pytest.mark.skipif(not ORACLE.is_dir(), reason="the recordings are not here")


def _paths() -> list[Path]:
    return sorted((ORACLE / "control_plane").glob("test_state__*.json"))


class Recorded:
    """Tasks that return what the recorded task returned."""

    def __init__(self, case: dict[str, Any]) -> None:
        self._case = case

    def run(self, _: TaskCall) -> Any:
        """Return the recorded output: the states of these recordings don't change it."""
        (answer,) = [call["response"] for call in self._case["calls"] if "response" in call]
        return parsed(answer["output"])


@pytest.mark.parametrize("path", _paths(), ids=lambda path: path.stem.removeprefix("test_state__"))
def test_a_recorded_test_is_answered_as_aws_did(path: Path) -> None:
    """Every call gets AWS's answer or error."""
    case = json.loads(path.read_text())
    replay = Replay(case, compare())
    with open_service(":memory:", tasks_for=lambda _: Recorded(case), account=ACCOUNT) as local:
        replay.client = in_process(local.answer, region=REGION)
        differences = [line for call in case["calls"] for line in replay.call(call)]
    reason = [why for end, why in DIFFERENT.items() if path.stem.endswith(end)]
    assert bool(differences) == bool(reason), "\n".join(differences)
