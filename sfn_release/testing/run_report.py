"""Writes a run as text: its states in order, what went in and out, and where it ended.

A state's input is left out where it is the output of the state before, and an output where it is
the input. So you read the data once, where it changes.
"""

from __future__ import annotations

import json
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sfn_release.simulator import Transition
from sfn_release.testing.folded_json import folded
from sfn_release.testing.histories.state_visits import TaskAttempt, Visit
from sfn_release.testing.run import Run
from sfn_release.text import count, duration_text, shorten

_HEAD, _TAIL = 6, 20  # states of a long run to show at its start and at its end
_TROUBLED = 8  # failed or caught states to show, wherever they are
_WIDE = 40  # columns of a state's name
_WIDTH = 160


def run_lines(run: Run, *, width: int = _WIDTH) -> Iterator[str]:
    """Yield the lines of a run, of at most *width* columns. A long run and long data are folded."""
    yield _headline(run)
    yield f"input   {folded(run.input, width - 8)}"
    if run.outcome.has_output:
        yield f"output  {folded(run.output, width - 8)}"
    yield ""
    following = _following(run.transitions)
    ways = {visit.event: _way(visit, following) for visit in run.visits}
    visits = list(_in_place(run.visits))
    chosen = _chosen(visits)
    names = [_place(visit) for visit in visits]
    wide = min(max((len(names[at]) for at in chosen), default=0), _WIDE)
    last = -1
    for at in chosen:
        if at > last + 1:
            yield f"  … {count(at - last - 1, 'more state')}"
        notes = [visits[at].type, *_notes(run, visits[at]), ways[visits[at].event]]
        yield f"  {names[at]:<{wide}}  {', '.join(filter(None, notes))}"
        inside = " " * (2 * visits[at].depth + 6)
        for datum in _data(run, visits[at]):
            yield inside + datum.line(width - len(inside))
        last = at
    if last + 1 < len(visits):
        yield f"  … {count(len(visits) - last - 1, 'more state')}"


@dataclass(frozen=True)
class _Datum:
    """Data of a visit: a *label*, and a *text* that is shown before the JSON text *value*."""

    label: str
    text: str = ""
    value: str | None = None

    def line(self, width: int) -> str:
        """Return the line."""
        start = f"{self.label:<5} {self.text}"
        if self.value is None:
            return start
        return start + folded(json.loads(self.value), max(width - len(start), _NARROWEST))


_NARROWEST = 20


def _in_place(visits: Sequence[Visit]) -> Iterator[Visit]:
    """Yield the visits in order, but each branch and iteration whole, below its container."""
    inside: dict[int, list[Visit]] = {}
    after: dict[int, list[Visit]] = {}
    for visit in visits:
        container = visit.container.event if visit.container else 0
        if visit.previous is None:
            inside.setdefault(container, []).append(visit)
        else:
            after.setdefault(visit.previous.event, []).append(visit)
    rest = inside.get(0, [])[::-1]
    while rest:
        visit = rest.pop()
        yield visit
        rest += after.get(visit.event, [])[::-1]
        rest += _by_attempt(inside.get(visit.event, []))[::-1]


def _by_attempt(first: Sequence[Visit]) -> list[Visit]:
    """Return the *first* visits of the branches or iterations of a state, attempt by attempt."""
    seen: Counter[tuple[tuple[str, int], ...]] = Counter()
    keyed = []
    for visit in first:
        keyed.append((seen[visit.iterations], visit.iterations, visit.event, visit))
        seen[visit.iterations] += 1
    return [visit for *_, visit in sorted(keyed, key=lambda key: key[:3])]


def _place(visit: Visit) -> str:
    iteration = f"[{visit.iteration}] " if visit.iteration is not None else ""
    return f"{'  ' * visit.depth}{iteration}{_clean(visit.state)}"


def _headline(run: Run) -> str:
    ended = next((visit for visit in reversed(run.visits) if visit.ended == "failed"), None)
    place = ended.state if ended else (run.path[-1] if run.path else "")
    where = f" in {_clean(place)}" if place else ""
    took = f" after {duration_text(timedelta(seconds=run.seconds))}" if run.seconds >= 1 else ""
    why = ": ".join(_clean(part) for part in (run.error, run.cause) if part)
    return f"{run.status}{where}{took}" + (f": {why}" if why else "")


def _chosen(visits: Sequence[Visit]) -> list[int]:
    """Return the visits to show: all, or both ends and those with problems.

    Visits that were cut off by the failure of another branch say little about it.
    """
    if len(visits) <= _HEAD + _TAIL + 1:
        return [*range(len(visits))]
    telling = [at for at, visit in enumerate(visits) if visit.ended != "aborted"]
    troubled = [at for at, visit in enumerate(visits) if visit.ended in {"failed", "caught"}]
    return sorted({*telling[:_HEAD], *telling[-_TAIL:], *troubled[:_TROUBLED]})


def _following(transitions: Sequence[Transition]) -> dict[str, deque[Transition]]:
    """Return the transitions out of each state, in order."""
    found: dict[str, deque[Transition]] = {}
    for transition in transitions:
        if transition.kind not in {"start", "retry"}:
            found.setdefault(transition.state, deque()).append(transition)
    return found


def _way(visit: Visit, following: dict[str, deque[Transition]]) -> str:
    """Return how a visit led to the next state, where that isn't its Next."""
    left = following.get(visit.state)
    if visit.exited is None or not left:
        return ""
    transition = left.popleft()
    target = _clean(transition.next or "the end")
    match transition.kind:
        case "choice":
            return f"Choices[{transition.rule}] → {target}"
        case "default":
            return f"Default → {target}"
        case "catch":
            return f"Catch[{transition.rule}] → {target}"
        case _:
            return ""


def _notes(run: Run, visit: Visit) -> Iterator[str]:
    if visit.attempts > 1:
        yield f"{visit.attempts} attempts"
    if isinstance(visit.entered, datetime) and isinstance(visit.exited, datetime):
        took = visit.exited - visit.entered
        if took >= timedelta(seconds=1):
            yield duration_text(took)
    if visit.ended == "failed" and visit.error is None and run.status == "TIMED_OUT":
        yield "running when the execution timed out"
    elif visit.ended == "failed":
        here = (visit.error, visit.cause) == (run.error, run.cause)
        yield "failed here" if here else f"failed{_with(visit.error, visit.cause)}"
    elif visit.ended == "caught":
        yield f"caught {_reason(visit.error, visit.cause)}"
    elif visit.ended != "succeeded":
        yield visit.ended
    for map_run in run.outcome.map_runs:
        if map_run.arn == visit.map_run:
            yield _children([child.status for child in map_run.children])


def _children(statuses: Sequence[str]) -> str:
    bad = sum(status != "SUCCEEDED" for status in statuses)
    total = count(len(statuses), "child execution")
    return f"{bad} of {total} didn't succeed" if bad else total


def _data(run: Run, visit: Visit) -> Iterator[_Datum]:
    before = json.dumps(run.input) if visit.previous is None else visit.previous.output
    if visit.input is not None and not _same(visit.input, before):
        yield _Datum("in", value=visit.input)
    yield from _attempts(visit)
    if visit.output is not None and not _same(visit.output, visit.input):
        yield _Datum("out", value=visit.output)
    if visit.assigned:
        values = {name: json.loads(text) for name, text in visit.assigned.items()}
        yield _Datum("set", value=json.dumps(values))


def _attempts(visit: Visit) -> Iterator[_Datum]:
    """Yield the calls and answers of a Task: a call that is repeated once, few of many attempts."""
    arguments = None
    tries = visit.tasks
    shown = tries if len(tries) <= _TRIES else [*tries[: _TRIES // 2], *tries[-_TRIES // 2 :]]
    for number, attempt in enumerate(shown):
        if len(tries) > len(shown) and number == _TRIES // 2:
            yield _Datum("…", f"{count(len(tries) - len(shown), 'more attempt')}")
        if attempt.arguments is not None and attempt.arguments != arguments:
            named = "" if attempt.resource.startswith("arn:") else f"{attempt.resource} "
            yield _Datum("call", named, attempt.arguments)
        arguments = attempt.arguments
        yield from _answer(attempt, visit, last=attempt is tries[-1])


_TRIES = 4


def _answer(attempt: TaskAttempt, visit: Visit, *, last: bool) -> Iterator[_Datum]:
    """Yield the answer of an attempt, unless the visit's output or its notes show it."""
    reported = last and visit.ended in {"failed", "caught"}
    if attempt.ended == "succeeded":
        if not _same(attempt.result, visit.output):
            yield _Datum("got", value=attempt.result)
    elif attempt.ended == "timed out" and not reported:
        yield _Datum("got", "States.Timeout")
    elif attempt.ended == "failed" and not reported:
        yield _Datum("got", _reason(attempt.error, attempt.cause))


def _same(left: str | None, right: str | None) -> bool:
    if left is None or right is None:
        return left is right
    return left == right or json.loads(left) == json.loads(right)


def _with(error: str | None, cause: str | None) -> str:
    return f": {_reason(error, cause)}" if error or cause else " without an error name"


def _reason(error: str | None, cause: str | None) -> str:
    parts = [_clean(part) for part in (error, cause) if part]
    text = ": ".join(parts) or "no error name"
    return shorten(text)


def _clean(text: str) -> str:
    """Return *text* in one line, without control characters."""
    return "".join(char if char.isprintable() else json.dumps(char)[1:-1] for char in text)
