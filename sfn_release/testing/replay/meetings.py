"""What the parts of a replay share: the report as it grows, and where the candidate is."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from sfn_release.simulator.machine import Texts
from sfn_release.testing.histories.finished_execution import FinishedExecution
from sfn_release.testing.histories.state_visits import Visit
from sfn_release.testing.replay.json_differences import MISSING, first_apart
from sfn_release.testing.replay.replayed import (
    Difference,
    NoLonger,
    Side,
    Unanswered,
    What,
)

Iterations = tuple[tuple[str, int], ...]
UNREADABLE = object()
"""Stands for a JSON text that is missing, or was cut off."""
_ARN_COLONS = 7


@dataclass(slots=True)
class Meeting:
    """The candidate's visit of *state*, and the *recorded* visit that it meets, if any.

    *calls* counts its task's calls. *since* is the state whose exit led here. A *renamed* state is
    called otherwise in the recording.
    """

    state: str
    iterations: Iterations
    recorded: Visit | None
    renamed: bool = False
    calls: int = 0


@dataclass
class Findings:
    """The report of a replay, as it grows.

    *origin* is the first state whose data or failure differ. *unexpected* is the last state that
    failed though it succeeded, at the end of its strand, in the recording.
    """

    differences: list[Difference] = field(default_factory=list)
    unanswered: list[Unanswered] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    origin: str | None = None
    unexpected: str | None = None
    open: dict[tuple[str, Iterations], Meeting] = field(default_factory=dict)
    texts: Texts = field(default_factory=Texts)

    def parted(
        self,
        what: What,
        meeting: Meeting | None,
        recorded: Any,
        candidate: Any,
        *,
        state: str | None = None,
        at: str = "",
        data: tuple[Any, Any] = (None, None),
        failed: str | None = None,
        no_longer: NoLonger = "",
    ) -> None:
        """Add a difference at *state*, by default the recorded one of *meeting*."""
        visit = meeting.recorded if meeting else None
        name = state if state is not None else visit.state if visit else ""
        missing: Side = ""
        if MISSING in (recorded, candidate):
            missing = "recorded" if recorded is MISSING else "candidate"
        self.differences.append(
            Difference(
                name,
                what,
                None if recorded is MISSING else recorded,
                None if candidate is MISSING else candidate,
                at,
                missing,
                meeting.iterations if meeting else (),
                self.origin,
                *data,
                renamed=what == "path" and meeting is not None and meeting.renamed,
                failed=failed,
                no_longer=no_longer,
            )
        )

    def parted_at(self, state: str) -> None:
        """Note the state whose data or end differ, if it's the first."""
        if self.origin is None:
            self.origin = state

    def note(self, text: str) -> None:
        """Add a note once."""
        if text not in self.notes:
            self.notes.append(text)


def is_known(recording: FinishedExecution) -> bool:
    """Whether the ids of a recorded execution are known, and not only the name of its file."""
    return recording.arn.startswith("arn:") and recording.arn.count(":") >= _ARN_COLONS


def value_of(text: str | None) -> Any:
    """Parse a recorded JSON text. None for a text that is missing or was cut off."""
    found = parsed(text)
    return None if found is UNREADABLE else found


def text_of(value: Any) -> str | None:
    """Return a member of a history that is text; None for any other value."""
    return value if isinstance(value, str) else None


def is_readable(text: str | None) -> bool:
    """Whether the recording has the whole JSON text."""
    return parsed(text) is not UNREADABLE


def parsed(text: str | None) -> Any:
    """Parse a JSON text; `UNREADABLE` for anything else."""
    try:
        return json.loads(text) if isinstance(text, str) else UNREADABLE
    except (ValueError, RecursionError):
        return UNREADABLE


def differ(recorded: str | None, text: str, value: Any) -> bool:
    """Whether recorded JSON text has another value than the candidate's *value*, written as *text*.

    Text that is missing or unreadable doesn't differ.
    """
    if recorded is None or recorded == text:
        return False
    other = parsed(recorded)
    return other is not UNREADABLE and first_apart(other, value) is not None
