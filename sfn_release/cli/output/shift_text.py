"""The progress of a traffic shift in words: as lines for a log, and as the lines of a panel."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from sfn_release.cli.output.terminal import Styled, one_line
from sfn_release.cli.output.width import columns_of
from sfn_release.text import count, duration_text

if TYPE_CHECKING:
    from sfn_release.deployment.runtime import ExecutionCounts, ShiftProgress

_BAR = 20  # columns of a bar
_WIDEST = 78  # columns of the panel, so that most windows can be made narrower
_NO_DATA = "INSUFFICIENT_DATA"


def shift_line(seen: ShiftProgress) -> str:
    """Return the progress of a shift as one line."""
    left = timedelta(seconds=round(seen.left.total_seconds()))
    stage = f" (stage {seen.stage} of {seen.stages})" if seen.stages > 1 else ""
    parts = [f"{seen.weight} % shifted{stage}, {duration_text(left)} left"]
    parts += [f"new {_tally(seen.new)}"] if seen.new else []
    parts += [f"old {_tally(seen.old)}"] if seen.old else []
    parts += [f"alarms {alarms_text(seen)}"] if seen.alarms else []
    return "; ".join(parts)


def panel_lines(
    seen: ShiftProgress, left: timedelta, columns: int, *, unicode: bool
) -> list[list[str]]:
    """Return the lines of the panel, each as styled parts, at most *columns* wide.

    *left* is the time until the end of the stage now, after *seen* was reported.
    """
    return [
        _cut(line, min(columns, _WIDEST), "…" if unicode else "~")
        for line in _lines(seen, left, full="█" if unicode else "#", rest="░" if unicode else "-")
    ]


def alarms_text(seen: ShiftProgress) -> str:
    """Return the states of the alarms, with the ones that aren't fine first."""
    words = {_NO_DATA: "no data"}
    ordered = sorted(seen.alarms.items(), key=lambda pair: (pair[1] == "OK", pair[0]))
    return ", ".join(f"{name} {words.get(state, state)}" for name, state in ordered)


def _lines(seen: ShiftProgress, left: timedelta, *, full: str, rest: str) -> Iterator[list[str]]:
    def bar(share: float) -> str:
        done = round(_BAR * min(max(share, 0), 1))
        return full * done + rest * (_BAR - done)

    new, old = seen.version or "the new version", seen.from_version or "the old version"
    where = f" in {seen.environment}" if seen.environment else ""
    stage = f", stage {seen.stage} of {seen.stages}" if seen.stages > 1 else ""
    yield [Styled(f"shifting callers from {old} to {new}{where}{stage}", "bold")]
    yield [
        *_named("weight", ""),
        Styled(bar(seen.weight / 100), "cyan"),
        f"  {seen.weight} % on {new}, next {seen.next_weight} %",
    ]
    left = timedelta(seconds=round(left.total_seconds()))
    spent = 1 - left / seen.interval if seen.interval else 1.0
    of = f" of {duration_text(seen.interval)}" if seen.interval else ""
    yield [*_named("time", ""), bar(spent), f"  {duration_text(left)}{of} left"]
    if seen.new is None or seen.old is None:
        yield _named("executions", "not counted")
    else:
        failed = "red" if seen.new.failed else ""
        yield [*_named(f"new {new}", ""), Styled(_with_rate(seen.new), failed)]
        yield _named(f"old {old}", _with_rate(seen.old))
        for index, text in enumerate(_limits(seen, seen.new, seen.old)):
            yield _named("" if index else "limits", text)
    if seen.alarms:
        fine = all(state == "OK" for state in seen.alarms.values())
        yield [*_named("alarms", ""), Styled(alarms_text(seen), "" if fine else "yellow")]
    yield [Styled(f"  Ctrl-C sends all callers back to {old}", "dim")]


def _named(name: str, text: str) -> list[str]:
    return [Styled(f"  {name:<12} ", "dim"), text]


def _limits(seen: ShiftProgress, new: ExecutionCounts, old: ExecutionCounts) -> list[str]:
    """Return how far the failures are from each limit that the strategy has."""
    limits = seen.limits
    if limits is None:
        return []
    parts = []
    if limits.max_failures is not None:
        most = count(limits.max_failures, "failure") if limits.max_failures else "no failure"
        parts.append(f"{new.failed} failed, at most {most}")
    if limits.max_failure_rate is not None:
        allowed = limits.max_failure_rate * _rate(old)
        parts.append(
            f"failure rate {_percent(_rate(new))}, at most {_percent(allowed)}"
            f" ({limits.max_failure_rate:g}x the old)"
        )
    return parts


def _with_rate(tally: ExecutionCounts) -> str:
    return f"{_tally(tally)} ({_percent(_rate(tally))})" if tally.started else _tally(tally)


def _rate(tally: ExecutionCounts) -> float:
    return tally.failed / max(tally.started, tally.failed, 1)


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"


def _tally(tally: ExecutionCounts) -> str:
    more = "+" if tally.more else ""
    return f"{tally.started}{more} started, {tally.failed} failed"


def _cut(line: list[str], columns: int, mark: str) -> list[str]:
    """Return the parts of a line, cut with a *mark* if they are wider than *columns*."""
    parts = [Styled(one_line(part), getattr(part, "style", "")) for part in line]
    if sum(map(columns_of, parts)) <= columns:
        return [*parts]
    shown: list[str] = []
    left = max(columns - 1, 0)  # the mark takes a column
    for part in parts:
        text = str(part)
        while columns_of(text) > left:
            text = text[:-1]
        shown.append(Styled(text, part.style))
        left -= columns_of(text)
    return [*shown, mark]
