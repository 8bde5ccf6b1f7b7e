"""The explanation of an execution for people: why, the way with its data, and the time."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sfn_release.cli.output import terminal
from sfn_release.cli.output.execution_path import (
    hidden_states,
    shown_visits,
    visit_ending,
    visit_name,
)
from sfn_release.cli.output.width import columns_of, padded
from sfn_release.release.record import timestamp
from sfn_release.testing.histories.error_advice import seconds_text
from sfn_release.testing.histories.timeline import Spent, reading_order, where_time_went
from sfn_release.text import count, excerpt

if TYPE_CHECKING:
    from sfn_release.operations.explained_execution import Explanation
    from sfn_release.testing.histories.state_visits import TaskAttempt, Visit
    from sfn_release.testing.histories.timeline import Timeline

_DATA = 120  # characters of an input, output or cause on a line
_WIDE = 40  # columns of a state's name
_MOST_TIMES = 5  # states in the table of times
_MOST_ATTEMPTS = 6  # attempts of a state to show


@dataclass(frozen=True)
class ExplanationLinks:
    """The pages of an explained execution, "" for none; *when* returns a time in words.

    *environment* is its environment's name for output.
    """

    when: Callable[[str], str] = str
    execution: str = ""
    commit: str = ""
    environment: str = ""


_NO_LINKS = ExplanationLinks()


def write_explanation(
    explained: Explanation, links: ExplanationLinks = _NO_LINKS, *, verbose: bool
) -> None:
    """Write the explanation to stdout; *verbose* shows every state and the whole data."""
    timeline = explained.timeline
    _write_head(explained, links, verbose=verbose)
    reason = explained.reason
    if reason is not None:
        _write_title("Why")
        terminal.write_parts("  ", terminal.Styled(terminal.one_line(reason.summary), "bold"))
        for line in reason.advice:
            if line == timeline.cause:
                continue  # the head has it
            terminal.write_parts("    ", _short(line, 4 * _DATA, verbose=verbose))
    if explained.waits:
        _write_title("Now")
        for line in explained.waits:
            terminal.write_parts("  ", line)
    if timeline.visits:
        _write_title("Way")
        for line in _way(timeline, verbose=verbose):
            terminal.write(line)
    spent = [state for state in where_time_went(timeline) if state.total]
    if spent:
        _write_title("Time")
        for line in _times(spent, timeline.took, verbose=verbose):
            terminal.write(line)


def _write_head(explained: Explanation, links: ExplanationLinks, *, verbose: bool) -> None:
    timeline, release = explained.timeline, explained.release
    where = links.environment or explained.environment
    name = " ".join(
        part
        for part in (
            explained.workflow or "an execution",
            release.manifest.version if release else explained.recorded_version or "",
            f"in {where}" if where else "",
        )
        if part
    )
    took = timeline.took
    verb = "running for" if timeline.status == "RUNNING" else "took"
    after = f", {verb} {seconds_text(took)}" if took and not explained.cut_off else ""
    status = "INCOMPLETE" if explained.cut_off else timeline.status
    terminal.write_parts(terminal.state(status), f"  {name}{after}")
    pages = {"execution": links.execution, "release": links.commit}
    for label, text in _facts(explained, links.when):
        shown = _short(text, 4 * _DATA, verbose=verbose)
        linked = terminal.Styled(shown, "", pages.get(label, ""))
        terminal.write_parts(terminal.Styled(f"  {label:<11}", "dim"), linked)


def _facts(explained: Explanation, when: Callable[[str], str]) -> Iterator[tuple[str, str]]:
    timeline = explained.timeline
    if explained.execution_arn:
        yield "execution", explained.execution_arn
    yield "release", _release(explained, when)
    if timeline.started:
        yield "started", when(timestamp(timeline.started))
    if timeline.stopped and timeline.status != "RUNNING":
        yield "stopped", when(timestamp(timeline.stopped))
    for at in timeline.redrives:
        yield "redriven", when(timestamp(at)) if at else "at an unknown time"
    if timeline.error:
        yield "error", timeline.error
    if timeline.cause:
        yield "cause", timeline.cause
    if timeline.input is not None:
        yield "input", timeline.input
    if timeline.output is not None:
        yield "output", timeline.output
    for note in explained.notes:
        yield "note", note


def _release(explained: Explanation, when: Callable[[str], str]) -> str:
    if explained.release is None:
        if explained.recorded_version is not None:
            return f"{explained.recorded_version}, as the file says"
        if not explained.no_release:
            return "unknown: there is no project here"
        return f"not a release of this project: {explained.no_release}"
    manifest = explained.release.manifest
    if manifest.found is not None:
        return f"{manifest.version}, found in AWS and not made from a commit"
    return (
        f"{manifest.version}, commit {manifest.commit[:12]} by {manifest.author},"
        f" {when(manifest.date)}"
    )


def _way(timeline: Timeline, *, verbose: bool) -> Iterator[str]:
    """Yield the lines of the visits: offset, time, name, end; below, their data and attempts."""
    visits = reading_order(timeline.visits)
    shown = range(len(visits)) if verbose else shown_visits(visits)
    rows = {at: _row(timeline, visits[at]) for at in shown}
    wide = [
        max((columns_of(row[column]) for row in rows.values()), default=0) for column in range(3)
    ]
    wide[2] = min(wide[2], _WIDE)
    indent = " " * (wide[0] + wide[1] + 6)
    last = -1
    for at, (offset, took, name, ending) in rows.items():
        if at > last + 1:
            yield f"{indent}{hidden_states(at - last - 1)}"
        times = f"{offset:>{wide[0]}}  {took:>{wide[1]}}"
        yield f"  {times}  {padded(name, wide[2])}  {ending}".rstrip()
        deeper = f"{indent}{'  ' * (visits[at].depth + 1)}"
        for line in _details(timeline, visits[at], verbose=verbose):
            yield f"{deeper}{line}"
        last = at
    if last + 1 < len(visits):
        yield f"{indent}{hidden_states(len(visits) - last - 1)}"


def _row(timeline: Timeline, visit: Visit) -> tuple[str, str, str, str]:
    offset, took = timeline.offset(visit.entered), timeline.took_of(visit)
    return (
        "" if offset is None else f"+{seconds_text(offset)}",
        "" if took is None else seconds_text(took),
        visit_name(visit),
        visit_ending(visit, timeline.error, timeline.cause),
    )


def _details(timeline: Timeline, visit: Visit, *, verbose: bool) -> Iterator[str]:
    """Yield the data and the attempts of a visit; unless *verbose*, only new data."""
    around = visit.container
    before = visit.previous.output if visit.previous else around.input if around else None
    if visit.input is not None and (verbose or visit.input != before):
        yield f"in   {_short(visit.input, _DATA, verbose=verbose)}"
    if len(visit.tasks) > 1 or any(attempt.submitted is not None for attempt in visit.tasks):
        yield from _attempts(timeline, visit, verbose=verbose)
    if visit.map_run is not None:
        yield f"map run  {visit.map_run}"
        if visit.children is not None and visit.children.first is not None:
            yield f"the first failed one  sfn-release explain {visit.children.first}"
    for name, text in visit.assigned.items():
        yield f"${name} = {_short(text, _DATA, verbose=verbose)}"
    if verbose and visit.output is not None:
        yield f"out  {visit.output}"
    elif visit.output is not None and visit.output != visit.input:
        yield f"out  {_short(_news(visit.input, visit.output), _DATA, verbose=False)}"


def _news(input: str | None, output: str) -> str:
    """Return an output; of one that adds to the input, only the members that are new."""
    before, after = _object(input), _object(output)
    if not before or not after or not before.keys() <= after.keys():
        return output
    news = {key: value for key, value in after.items() if before.get(key, ...) != value}
    kept = len(after) - len(news)
    text = json.dumps(news, ensure_ascii=False, separators=(",", ":"))
    return f"{text} beside {count(kept, 'member')} of the input" if kept else text


def _object(text: str | None) -> dict[str, Any]:
    try:
        value = json.loads(text or "")
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _attempts(timeline: Timeline, visit: Visit, *, verbose: bool) -> Iterator[str]:
    """Yield a line for each attempt of a Task, with the waits between them."""
    waits = [None, *timeline.waits_between(visit)]
    shown = list(zip(visit.tasks, waits, strict=True))
    hidden = 0 if verbose else max(len(shown) - _MOST_ATTEMPTS, 0)
    for number, (attempt, wait) in enumerate(shown, 1):
        if hidden and number == _MOST_ATTEMPTS:
            yield f"… {count(hidden, 'more attempt')}; -v shows all"
        if hidden and _MOST_ATTEMPTS <= number < len(shown):
            continue
        offset = timeline.offset(attempt.scheduled)
        at = f" +{seconds_text(offset)}" if offset is not None else ""
        later = f", {seconds_text(wait)} later" if wait is not None else ""
        yield f"attempt {number}{at}{later}: {_attempt(timeline, attempt, verbose=verbose)}"


def _attempt(timeline: Timeline, attempt: TaskAttempt, *, verbose: bool) -> str:
    took = timeline.between(attempt.scheduled, attempt.stopped or timeline.stopped)
    words = attempt.ended + (f" after {seconds_text(took)}" if took is not None else "")
    if attempt.ended == "running" and attempt.submitted is not None:
        words = f"submitted, and waiting {seconds_text(took)}" if took is not None else "submitted"
    why = ": ".join(part for part in (attempt.error, attempt.cause) if part)
    return f"{words}: {_short(why, _DATA, verbose=verbose)}" if why else words


def _times(spent: list[Spent], whole: timedelta | None, *, verbose: bool) -> Iterator[str]:
    shown = spent if verbose else spent[:_MOST_TIMES]
    wide = min(max(columns_of(state.state) for state in shown), _WIDE)
    times = max(len(seconds_text(state.total)) for state in shown)
    for state in shown:
        parts = [f"{state.total / whole:.0%} of the execution"] if whole else []
        if whole and state.total > whole:
            parts = ["side by side"]
        if state.visits > 1:
            parts.append(count(state.visits, "visit"))
        if state.waiting:
            parts.append(f"{seconds_text(state.waiting)} waiting")
        if state.between:
            parts.append(f"{seconds_text(state.between)} between attempts")
        took = f"{seconds_text(state.total):>{times}}"
        yield f"  {padded(state.state, wide)}  {took}  {', '.join(parts)}"
    if len(shown) < len(spent):
        yield f"  … {count(len(spent) - len(shown), 'more state')}; -v shows all"


def _write_title(text: str) -> None:
    terminal.write()
    terminal.write_parts(terminal.Styled(text, "bold"))


def _short(text: str, longest: int, *, verbose: bool) -> str:
    """Return *text*, cut off unless *verbose*."""
    return text if verbose else excerpt(text, longest)
