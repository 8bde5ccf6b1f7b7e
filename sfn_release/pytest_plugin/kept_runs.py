"""Keeps the last runs of a test until its report is written."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from sfn_release.testing.run import Run

_KEPT = 3


@dataclass
class KeptRuns:
    """The last runs of a test with the names of their workflows, and the *count* of all."""

    count: int = 0
    last: deque[tuple[str, Run]] = field(default_factory=lambda: deque(maxlen=_KEPT))

    def keep(self, workflow: str, run: Run) -> None:
        """Keep one more run."""
        self.count += 1
        self.last.append((workflow, run))

    def sections(self) -> list[tuple[str, str]]:
        """Return a title and a text for each of the runs, for a report of pytest."""
        first = self.count - len(self.last) + 1
        return [
            (
                f"Run of {workflow}" + (f" ({number} of {self.count})" if self.count > 1 else ""),
                _text(run),
            )
            for number, (workflow, run) in enumerate(self.last, first)
        ]


def _text(run: Run) -> str:
    from sfn_release.testing.run_report import run_lines

    try:
        return "\n".join(run_lines(run))
    except RecursionError:  # a failed test must not end the session
        return f"{run.status}; its data is nested too deeply to be shown."


KEPT_RUNS = pytest.StashKey[KeptRuns]()
"""The runs of a test, in the test's stash."""

CURRENT = pytest.StashKey[pytest.Item]()
"""The test that runs now, in the stash of the configuration."""
