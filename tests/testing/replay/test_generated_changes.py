"""Generated changes of recorded executions' definitions: found exactly, or the same."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from support.places import ORACLE
from support.replay_changes import COUNT, lines, measured

pytestmark = pytest.mark.skipif(not ORACLE.exists(), reason="the recordings are not here")


def test_changes_are_found_exactly_where_they_are(
    record_property: Callable[[str, object], None],
) -> None:
    """A visible change is found at its state; a hidden one replays as the same."""
    found = measured()
    record_property("changes", "\n".join(lines(found)))
    assert len(found) == COUNT
    assert sum(change.visible for change in found) > COUNT / 2
    wrong = [(change.change.kind, change.change.state) for change in found if not change.right]
    assert not wrong
