"""Executions that AWS recorded, replayed on their own definitions: all of them are the same."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from support.oracle import CATEGORIES, cases
from support.places import ORACLE
from support.replay_table import lines, measure

pytestmark = pytest.mark.skipif(not ORACLE.exists(), reason="the recordings are not here")

DIFFERENT: dict[str, str] = {}
"""Recordings whose replay isn't the same, with the reason."""


@pytest.mark.parametrize("category", CATEGORIES)
def test_a_recording_replays_as_itself(
    category: str, record_property: Callable[[str, object], None]
) -> None:
    """The same way, the same requests, the same end, with every answer recorded."""
    found = [measure(case) for case in cases(category)]
    outcomes = [outcome for outcome in found if outcome is not None]
    record_property("replayed", "\n".join(lines(outcomes)))
    unexpected = {
        outcome.case["id"]: (outcome.differences, outcome.replayed)
        for outcome in outcomes
        if not outcome.same and outcome.case["id"] not in DIFFERENT
    }
    assert not unexpected
