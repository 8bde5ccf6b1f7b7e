"""Where the strands of a replay are: the execution, its branches and its iterations."""

from __future__ import annotations

from dataclasses import dataclass, field

from sfn_release.simulator.machine import Frame
from sfn_release.testing.histories.state_visits import Visit


@dataclass
class Position:
    """Where a strand of the candidate is: *last* is the recorded visit that it met last.

    *lost* is true after it parted from the recording.
    """

    frame: Frame
    last: Visit | None = None
    begun: bool = False
    lost: bool = False


@dataclass
class Scope:
    """The strands of one container. *container* is its recorded visit; None for the execution."""

    container: Visit | None = None
    lost: bool = False
    positions: dict[int, Position] = field(default_factory=dict)

    def position(self, frame: Frame) -> Position:
        """Return the position of a strand."""
        found = self.positions.get(id(frame))
        if found is None:
            found = self.positions[id(frame)] = Position(frame, lost=self.lost)
        return found


def index_of(frame: Frame, scope: Scope) -> int | None:
    """Return the index of the iteration that a strand is; None for a branch and the execution."""
    if scope.container is None or frame.in_branch or not frame.iteration:
        return None
    return frame.iteration[-1][1]
