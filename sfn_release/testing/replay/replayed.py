"""The report of one replay: where a recorded execution and the candidate part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

Side = Literal["", "recorded", "candidate"]
What = Literal["status", "output", "path", "arguments"]
NoLonger = Literal["", "called", "retried", "caught"]


@dataclass(frozen=True)
class Difference:
    """One thing that the candidate does differently.

    =========  ==================================  ============================================
    *what*     *state*                             *recorded* and *candidate*
    =========  ==================================  ============================================
    path       the last state that both visited,   the states that follow it; None where it
               or the recorded name of a state     ends or fails. Names, for a renamed state
               that has another name now
    arguments  the task                            the first values in its request that differ
    output     the first state whose data          the first values in the execution's output
               differ                              that differ
    status     the first state that does           ``{"status", "error", "cause"}``
               anything differently
    =========  ==================================  ============================================

    *at* is the JSON path of the values in the request or output; *missing* is the side that has no
    value there, which is None then. *iterations* name the Map
    iterations around the state, outermost first, as (Map state, index). *origin* is the first
    state whose data or failure differ, None if they are the same up to here. *recorded_data* and
    *candidate_data* are the data of *state* there, JSON values: its input, or its output if the
    inputs are equal. A state is *renamed* if the candidate has it by another name. *failed* is the
    error that the candidate fails with in this state, where the recorded execution went on. It
    went on because it called its task, retried it or caught the error: the candidate does so *no
    longer*.
    """

    state: str
    what: What
    recorded: Any
    candidate: Any
    at: str = ""
    missing: Side = ""
    iterations: tuple[tuple[str, int], ...] = ()
    origin: str | None = None
    recorded_data: Any = None
    candidate_data: Any = None
    renamed: bool = False
    failed: str | None = None
    no_longer: NoLonger = ""

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return asdict(self)


@dataclass(frozen=True)
class Unanswered:
    """A task that needs an answer that the recording doesn't have.

    *arguments* are its request, *reason* says why no recorded answer fits.
    """

    state: str
    resource: str
    arguments: Any
    reason: str
    iterations: tuple[tuple[str, int], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return asdict(self)


@dataclass(frozen=True)
class Replayed:
    """One recorded *execution* (its ARN, or the name of its file), replayed.

    *differences* are in the order in which they were met; the first one is where the two part.
    *unanswered* ended the replay, so what comes after isn't compared. *unreplayable* says why the
    recording can't be replayed at all, "" if it can. *notes* say what wasn't compared.
    """

    execution: str
    differences: Sequence[Difference] = ()
    unanswered: Sequence[Unanswered] = ()
    unreplayable: str = ""
    notes: Sequence[str] = ()

    @property
    def same(self) -> bool:
        """Whether the candidate takes the same way, sends the same requests and ends the same."""
        return not (self.differences or self.unanswered or self.unreplayable)
