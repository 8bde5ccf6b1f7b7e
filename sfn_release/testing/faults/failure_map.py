"""The failure map: a row for each fault of each task, the problems, and the unexplored states."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from typing import Any, Literal

from sfn_release.checks.error_handling import RESERVED_NAMES
from sfn_release.text import did_you_mean, shorten

Once = Literal["survived", "caught", "ends", "unknown"]
"""How an execution takes one failure alone, after which the task answers as usual."""

ProblemKind = Literal[
    "endless_loop",
    "no_choice_matched",
    "missing_path",
    "unset_variable",
    "data_limit",
    "expression",
    "state_failure",
]


_LONGEST_CAUSE = 1000


@dataclass(frozen=True)
class Step:
    """A fault on the way to something: the *state*, and its *error* or odd answer."""

    state: str
    error: str

    def __str__(self) -> str:
        return f"{self.state}: {self.error}"


@dataclass(frozen=True)
class CaughtBy:
    """A catcher: its *state*, its *index* in Catch from 0, its *errors* and its *next* state."""

    state: str
    index: int
    errors: Sequence[str]
    next: str


@dataclass(frozen=True)
class FaultRow:
    """How the execution ends when a task fails in one way for good, at each of its calls.

    *error* is the error name, or the odd answer of *kind* ``result``. *handled* means that a Catch
    took it and the execution then ended by design, or that no Catch took it and a Retry survives
    one failure. If it isn't *explored*, the execution came to a task without a mock: how it ends is
    unknown, and it doesn't count as handled.
    *retries* is how often the task was called again, over *waited_seconds* of virtual time.
    *status* is RUNNING if the execution went on when the exploration stopped; *ends_at* is the
    state where it ended, with *end_error* and *end_cause*. *once* is how it takes one failure
    alone. *after* are the faults that lead to the task; empty for tasks of the passing case. A
    *visit* other than 1 is the last visit of the state, where the fault ends otherwise.
    """

    state: str
    error: str
    kind: Literal["error", "result"]
    handled: bool
    retries: int
    waited_seconds: float
    caught_by: CaughtBy | None
    status: str
    ends_at: str | None
    once: Once
    end_error: str | None = None
    end_cause: str | None = None
    after: tuple[Step, ...] = ()
    visit: int = 1
    explored: bool = True

    @property
    def outcome(self) -> tuple[object, ...]:
        """How the execution takes the fault, without its times."""
        return self.handled, self.caught_by, self.status, self.ends_at, self.end_error

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return asdict(self)


@dataclass(frozen=True)
class Problem:
    """A state that fails, or a loop, which some answer of a task leads to.

    *error* and *cause* are in AWS's words. *states* are the states of a loop. *way* are the states
    on the way to *state*, and *after* the faults that lead there. *others* counts the further ways.
    """

    kind: ProblemKind
    state: str
    error: str | None
    cause: str | None
    after: tuple[Step, ...]
    way: tuple[str, ...]
    states: tuple[str, ...] = ()
    others: int = 0

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return asdict(self)


@dataclass(frozen=True)
class Unexplored:
    """A *state*, or a part of its behaviour, that no run has explored, and the *reason*."""

    state: str
    reason: str


@dataclass(frozen=True)
class FailureMap:
    """The result of an exploration of *workflow*, after a number of *runs*.

    *stopped* says which budget ended it before its end; empty if it's complete.
    """

    workflow: str
    faults: Sequence[FaultRow]
    problems: Sequence[Problem]
    unexplored: Sequence[Unexplored]
    path: Sequence[str]
    runs: int
    stopped: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "workflow": self.workflow,
            "faults": [row.to_json() for row in self.faults],
            "problems": [problem.to_json() for problem in self.problems],
            "unexplored": [asdict(part) for part in self.unexplored],
            "path": list(self.path),
            "runs": self.runs,
            "complete": not self.stopped,
        }

    @property
    def errors(self) -> list[str]:
        """The error names that some task can meet, each once."""
        return [*dict.fromkeys(row.error for row in self.faults if row.kind == "error")]

    def unhandled(self, patterns: Iterable[str]) -> Iterator[FaultRow]:
        """Yield the rows without a handler whose error fits one of *patterns* (``States.*``)."""
        wanted = [*patterns]
        for row in self.faults:
            loose = row.kind == "error" and not row.handled
            if loose and any(fits(row.error, pattern) for pattern in wanted):
                yield row

    def unknown(self, patterns: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Yield the names that neither a task nor the language has, with the nearest in a question.

        A pattern with ``*`` may fit no error.
        """
        known = {*self.errors, *RESERVED_NAMES}
        for pattern in patterns:
            if "*" not in pattern and pattern not in known:
                yield pattern, did_you_mean(pattern, [*self.errors, *RESERVED_NAMES])


def short_cause(cause: str | None) -> str | None:
    """Return a cause without the rest of the data that it quotes: its first 1,000 characters."""
    return None if cause is None else shorten(cause, _LONGEST_CAUSE)


def fits(error: str, pattern: str) -> bool:
    """Return whether an error name fits a pattern, in which ``*`` stands for any text."""
    return pattern in ("*", "States.ALL") or fnmatchcase(error, pattern.replace("[", "[[]"))
