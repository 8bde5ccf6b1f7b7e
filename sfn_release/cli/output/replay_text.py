"""The report of a replay for people: counts, and each kind of difference with its first data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from sfn_release.cli.output import terminal
from sfn_release.text import count, shorten

if TYPE_CHECKING:
    from sfn_release.operations.replaying.replay_report import DifferenceGroup, ReplayReport

_LONGEST = 300  # characters of a value
_SHOWN = 10  # groups, unless -v


def write_replay(
    report: ReplayReport, *, labels: Mapping[str, str] = MappingProxyType({}), verbose: bool
) -> None:
    """Write a report. *labels* are the environments' names for output."""
    from sfn_release.operations.replaying.replay_report import (
        grouped_differences,
        grouped_unanswered,
    )

    candidate = "the work tree" if report.against is None else report.against
    source = report.environment
    where = f" of {labels.get(source, source)}" if source else ""
    shard = f", shard {report.shard}" if report.shard else ""
    terminal.write_parts(
        terminal.Styled(report.workflow, "bold"),
        f"  {count(report.executions, 'execution')}{where} replayed on {candidate}{shard}",
    )
    for number, word, style in (
        (report.same, "same", "green"),
        (len(report.different), "different", "red"),
        (len(report.unanswered), "unanswered", "yellow"),
        (len(report.unreplayable), "not replayed", "yellow"),
    ):
        if number or word == "same":
            terminal.write_parts(terminal.Styled(f"  {number:>6}  {word}", style))
    groups = grouped_differences(report)
    for group in groups if verbose else groups[:_SHOWN]:
        terminal.write()
        _write_difference(group)
    waiting = grouped_unanswered(report)
    for group in waiting if verbose else waiting[:_SHOWN]:
        terminal.write()
        _write_unanswered(group)
    _write_unreplayable(report)
    hidden = max(len(groups) - _SHOWN, 0) + max(len(waiting) - _SHOWN, 0)
    if hidden and not verbose:
        terminal.write()
        terminal.write(f"… and {count(hidden, 'more kind')} of difference: -v shows them")
    if report.stopped:
        terminal.write()
        terminal.write("stopped: the executions after these were not replayed", style="yellow")


def _write_difference(group: DifferenceGroup) -> None:
    first = group.first
    heading = {
        "path": _path_heading(group.state, first),
        "arguments": f"{group.state} is called with other arguments",
        "output": "the output is another",
        "status": "it ends differently",
    }[group.what]
    terminal.write_parts(
        terminal.Styled(count(group.executions, "execution"), "bold"),
        f": {terminal.one_line(heading)}",
        terminal.Styled(f"  [{group.what}]", "dim"),
    )
    _field("execution", first["execution"])
    if first.get("at"):
        _field("at", first["at"])
    for side in ("recorded", "candidate"):
        _field(side, "nothing" if first.get("missing") == side else _value(first[side]))
    origin = first.get("origin")
    if origin and origin != group.state:
        _field("origin", f"{origin}, where the data first differ")
    recorded, candidate = first.get("recorded_data"), first.get("candidate_data")
    if recorded is not None and recorded == candidate:
        _field("data", _value(recorded))
    elif recorded is not None or candidate is not None:
        _field("data then", _value(recorded))
        _field("data now", _value(candidate))


def _path_heading(state: str, first: Mapping[str, Any]) -> str:
    """Say how the way is another: the cause, if it's in the state itself."""
    error = first.get("failed")
    if first.get("renamed"):
        return f"{state} has another name now"
    match first.get("no_longer"):
        case "retried":
            return f"{state} is no longer retried" + (f" after {error}" if error else "")
        case "called":
            return f"{state} doesn't call its task" + (f", and fails with {error}" if error else "")
        case "caught" if error:
            return f"{error} of {state} is no longer caught"
        case _ if error:
            return f"{state} fails with {error}"
        case _:
            where = "at" if first["recorded"] == state else "after"
            return f"{where} {state} the execution takes another path"


def _write_unanswered(group: DifferenceGroup) -> None:
    first = group.first
    terminal.write_parts(
        terminal.Styled(count(group.executions, "execution"), "bold"),
        f": {terminal.one_line(group.state)} needs an answer that was never recorded",
        terminal.Styled("  [unanswered]", "dim"),
    )
    _field("execution", first["execution"])
    _field("resource", first["resource"])
    _field("reason", first.get("reason") or "")
    _field("arguments", _value(first.get("arguments")))
    _field("to answer it", f"--mocks FILE, with a member {json.dumps(group.state)}")


def _write_unreplayable(report: ReplayReport) -> None:
    reasons: dict[str, list[Mapping[str, Any]]] = {}
    for item in report.unreplayable:
        reasons.setdefault(str(item["reason"]), []).append(item)
    for reason, items in reasons.items():
        terminal.write()
        terminal.write_parts(
            terminal.Styled(count(items, "execution"), "bold"),
            f" can't be replayed: {terminal.one_line(reason)}",
        )
        _field("execution", items[0]["execution"])


def _field(label: str, text: str) -> None:
    if text:
        terminal.write_parts(terminal.Styled(f"  {label:<13}", "dim"), terminal.one_line(text))


def _value(value: Any) -> str:
    return shorten(json.dumps(value, ensure_ascii=False), _LONGEST)
