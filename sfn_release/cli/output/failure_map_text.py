"""A failure map for people: the tasks with their faults, folded by how the execution takes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sfn_release.cli.output import terminal
from sfn_release.testing.folded_way import folded_way
from sfn_release.text import count, duration_text, shorten

if TYPE_CHECKING:
    from sfn_release.testing.faults.failure_map import FailureMap, FaultRow, Problem, Step

_SHOWN = 4  # names of errors on a line
_LONGEST = 300  # characters of a cause
_MARKS = {"ok": "green", "retried": "yellow", "unhandled": "red", "unknown": "red"}
_TITLES = {
    "endless_loop": "never ends",
    "no_choice_matched": "no rule matches",
    "missing_path": "a path is missing",
    "unset_variable": "a variable is not set",
    "data_limit": "data exceeds 256 KiB",
    "expression": "an expression fails",
    "state_failure": "it fails",
}


@dataclass(frozen=True)
class _Line:
    """The faults of one task that end in the same way."""

    verdict: str
    noun: str
    text: str
    errors: tuple[str, ...]


def write_failure_map(found: FailureMap, *, verbose: bool) -> None:
    """Write the map to stdout. *verbose* names every error."""
    terminal.write_parts(terminal.Styled("passing case  ", "dim"), folded_way(found.path))
    for states, after, lines in _folded(found.faults):
        terminal.write()
        terminal.write_parts(terminal.Styled(", ".join(states), "bold"), _behind(after))
        for line in lines:
            _write_line(line, verbose=verbose)
    if found.problems:
        terminal.write()
        terminal.write("Problems", style="bold")
        for problem in found.problems:
            _write_problem(problem)
    if found.unexplored:
        terminal.write()
        terminal.write("Not explored", style="bold")
        for part in found.unexplored:
            terminal.write(f"  {part.state}: {part.reason}" if part.state else f"  {part.reason}")
    terminal.write()
    terminal.write(_summary(found))


def _folded(
    rows: Sequence[FaultRow],
) -> Iterator[tuple[list[str], tuple[Step, ...], tuple[_Line, ...]]]:
    """Yield the tasks whose faults end alike together, with the way to them and their lines."""
    by_state: dict[str, list[FaultRow]] = {}
    for row in rows:
        by_state.setdefault(row.state, []).append(row)
    alike: dict[object, tuple[list[str], tuple[Step, ...], tuple[_Line, ...]]] = {}
    for state, own in by_state.items():
        lines = tuple(_lines(own))
        after = own[0].after
        alike.setdefault((lines, after), ([], after, lines))[0].append(state)
    yield from alike.values()


def _lines(rows: Iterable[FaultRow]) -> Iterator[_Line]:
    groups: dict[tuple[str, str, str], list[str]] = {}
    for row in rows:
        key = _verdict(row), "error" if row.kind == "error" else "answer", _outcome(row)
        groups.setdefault(key, []).append(row.error)
    for (verdict, noun, text), errors in groups.items():
        yield _Line(verdict, noun, text, tuple(errors))


def _verdict(row: FaultRow) -> str:
    if not row.handled:
        return "unhandled" if row.explored else "unknown"
    exhausted = row.kind == "error" and row.caught_by is None and row.status != "SUCCEEDED"
    return "retried" if exhausted else "ok"


def _outcome(row: FaultRow) -> str:
    """Return how the execution takes a fault, without the names of the task and the error."""
    parts = []
    if row.retries:
        span = duration_text(timedelta(seconds=round(row.waited_seconds)))
        parts.append(f"retried {row.retries}× over {span}")
    elif row.waited_seconds:
        parts.append(f"after {duration_text(timedelta(seconds=round(row.waited_seconds)))}")
    if row.caught_by is not None:
        owner = "" if row.caught_by.state == row.state else f" of {row.caught_by.state}"
        parts.append(f"caught by Catch {row.caught_by.index + 1}{owner} → {row.caught_by.next}")
    alone = " (one failure is survived)" if _verdict(row) == "retried" else ""
    late = f" (at visit {row.visit})" if row.visit > 1 else ""
    return f"{', then '.join(parts)}{'; ' if parts else ''}{_end(row)}{alone}{late}"


def _end(row: FaultRow) -> str:
    if row.status == "RUNNING":
        return "never ends"
    if row.status == "SUCCEEDED":
        return "SUCCEEDED"
    if not row.explored:
        return f"its end isn't known ({row.end_error} at {row.ends_at})"
    place = "here" if row.ends_at == row.state else f"at {row.ends_at}"
    own = row.end_error in (None, row.error)
    return f"{row.status} {place}" + ("" if own else f" with {row.end_error}")


def _behind(after: Sequence[Step]) -> terminal.Styled:
    steps = " and ".join(f"{step.state}: {step.error}" for step in after)
    return terminal.Styled(f"  after {steps}" if after else "", "dim")


def _write_line(line: _Line, *, verbose: bool) -> None:
    mark = terminal.Styled(f"  {line.verdict:<10}", _MARKS[line.verdict])
    terminal.write_parts(mark, f"{count(line.errors, line.noun)}: {line.text}")
    names = ", ".join(line.errors) if verbose else some_names(line.errors)
    terminal.write_parts(terminal.Styled(f"{'':12}{names}", "dim"))


def some_names(names: Sequence[str]) -> str:
    """Return the first of *names*, and how many more there are."""
    hidden = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {hidden} more" if hidden > 0 else "")


def _write_problem(problem: Problem) -> None:
    terminal.write_parts(
        terminal.Styled(f"  {problem.state}: {_TITLES[problem.kind]}", "red"),
        terminal.Styled(f"  (and on {count(problem.others, 'other route')})", "dim")
        if problem.others
        else "",
    )
    why = ": ".join(part for part in (problem.error, problem.cause) if part)
    terminal.write(f"    {shorten(why, _LONGEST)}")
    if problem.states:
        terminal.write(f"    loop: {' → '.join([*problem.states, problem.states[0]])}")
    if problem.after:
        terminal.write(f"    when {' and '.join(map(str, problem.after))}")
    terminal.write(f"    route: {' → '.join(problem.way)}")


def _summary(found: FailureMap) -> str:
    """Return how many errors have no handler, and where; and how many odd answers fail."""
    if not found.faults:
        if found.stopped:
            return f"No fault was injected into {found.workflow}: {found.stopped}."
        return f"{found.workflow} has no task that can fail in this case."
    errors = [row for row in found.faults if row.kind == "error"]
    loose = [row for row in errors if not row.handled and row.explored]
    unknown = [row for row in found.faults if not row.explored and not row.handled]
    answers = [row for row in found.faults if row.kind != "error"]
    failing = [row for row in answers if not row.handled and row.explored]
    tasks = {row.state for row in found.faults}
    text = f"{count(errors, 'error')} at {count(tasks, 'task')}: "
    if loose:
        where = some_names([*dict.fromkeys(row.state for row in loose)])
        text += f"{len(loose)} end the execution without a handler, at {where}."
    else:
        text += "no other one ends it." if unknown else "each one is handled."
    if unknown:
        where = some_names([*dict.fromkeys(str(row.ends_at) for row in unknown)])
        text += f" The end of {count(unknown, 'fault')} isn't known: no answer at {where}."
    if answers:
        verb = "fails" if len(failing) == 1 else "fail"
        text += f" Of {count(answers, 'odd answer')}, {len(failing) or 'none'} {verb} it."
    if found.stopped:
        text += f" The map is incomplete: {found.stopped}."
    return f"{text} ({count(found.runs, 'run')})"
