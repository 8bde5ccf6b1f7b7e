"""Results in GitHub's Markdown, for a comment on a pull request or the summary of a job.

Text from data goes into code, where Markdown, HTML, links, @mentions and #12 mean nothing. A fence
is longer than any run of backticks inside.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sfn_release.canonical import short
from sfn_release.cli.output import terminal
from sfn_release.release.record import ReplayOutcome
from sfn_release.text import count

if TYPE_CHECKING:
    from sfn_release.plan import Plan

_ROWS = 100  # of a table; a summary may have 1 MiB, a comment 64 KiB
_LINES = 200  # of differences; a line has about a hundred characters
_TITLES = {
    "publish": "Published {version}",
    "deploy": "Deployed {version}",
    "promote": "Promoted {version}",
    "rollback": "Rolled back to {version}",
    "delete": "Deleted from {environment}",
    "handover": "Handed over from {environment}",
    "acknowledge": "Acknowledged in {environment}",
    "unlock": "Unlocked {environment}",
}


def code(text: str) -> str:
    """Return *text* as a code span that stays one line.

    >>> code("a|b")
    '`a|b`'
    >>> code("a `b`")
    '`` a `b` ``'
    """
    plain = terminal.one_line(text)
    if not plain.strip():
        return "–"
    fence = "`" * (longest_run(plain) + 1)
    gap = " " if "`" in plain else ""
    return f"{fence}{gap}{plain}{gap}{fence}"


def block(text: str) -> str:
    """Return the lines of *text* as a code block."""
    plain = terminal.safe(text).strip("\n")
    fence = "`" * max(3, longest_run(plain) + 1)
    return f"{fence}text\n{plain}\n{fence}"


def table_row(cells: Iterable[str]) -> str:
    r"""Return a row of a table. In a cell, even code has its pipes escaped.

    >>> table_row([code("a|b"), "c"])
    '| `a\\|b` | c |'
    """
    escaped = (cell.replace("|", "\\|") for cell in cells)
    return f"| {' | '.join(escaped)} |"


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a table whose cells are Markdown already; long ones are cut."""
    rows = list(rows)
    yield table_row(columns)
    yield f"|{' --- |' * len(columns)}"
    yield from map(table_row, rows[:_ROWS])
    if len(rows) > _ROWS:
        yield f"\n… and {len(rows) - _ROWS} more"


def differences(made: Plan, *, verbose: bool = False) -> Iterator[str]:
    """Yield the changes of a plan by state and way. A long list is folded.

    Changes that ask something of people stand above it, with the reasons.
    """
    from sfn_release.cli.output.changes_markdown import change_items
    from sfn_release.cli.output.plans import FOLD, change_lines
    from sfn_release.plan.permission_needs import other_changes

    lines = [
        f"{workflow.workflow}: {line}"
        for workflow in made.workflows
        for line in change_lines(workflow)
    ]
    if not lines:
        return
    for workflow in made.workflows:
        loud = [
            change
            for change in other_changes(workflow)
            if change.change_class in ("permissions", "breaking")
        ]
        items = [*change_items(loud, workflow=workflow.workflow)]
        yield from ("", *items) if items else ()
    shown = lines if verbose else lines[:_LINES]
    more = [f"… {len(lines) - len(shown)} more lines; -v shows all"]
    text = block("\n".join(shown + (more if len(shown) < len(lines) else [])))
    if len(lines) <= FOLD:
        yield from ("", text)
    else:
        yield from (
            "",
            f"<details><summary>{count(lines, 'change')}</summary>",
            "",
            text,
            "",
            "</details>",
        )


def result(command: str, members: Mapping[str, Any]) -> str:
    """Return a command's result, given its JSON members; "" for a command without a summary."""
    if command == "status":
        return "\n\n".join(_environment(member) for member in members["environments"])
    if command not in _TITLES:
        return ""
    records = members.get("deployments") or []
    lines = [f"### {_title(command, members, records)}", ""]
    if command == "publish":
        standing = " (it was released before)" if members["already_released"] else ""
        digest, commit = code(short(members["release_digest"])), code(members["commit"][:12])
        tag = f"tag {code(members['tag'])}" if members["tag"] else "a local trial without a tag"
        lines += [f"Digest {digest}, {tag}, commit {commit}{standing}.", ""]
    if records:
        lines += table(
            ("Environment", "Action", "Version", "From", "Status", "Workflows", "Deployment"),
            (_record(record) for record in records),
        )
    else:
        lines.append("No deployment was needed.")
    for record in records:
        if record["reason"]:
            lines += ["", f"Reason: {code(record['reason'])}"]
        if record.get("override"):
            lines += ["", f"Policies were overridden: {code(record['override'])}"]
        for workflow, outcome in record.get("replayed", {}).items():
            lines += ["", code(ReplayOutcome(**outcome).text(workflow))]
    lines += [text for member in members.get("errors") or [] for text in ("", failed(member))]
    return "\n".join(lines)


def failed(members: Mapping[str, str]) -> str:
    """Return the error of one environment, given its member of ``errors``."""
    return f"**{code(members['environment'])}: {members['code']}**\n\n{error(members)}"


def error(members: Mapping[str, str]) -> str:
    """Return an error's message, why and fix, given its JSON members."""
    return block("\n".join(members[part] for part in ("message", "why", "fix") if members[part]))


def _title(command: str, members: Mapping[str, Any], records: Sequence[Mapping[str, Any]]) -> str:
    if "version" in members:
        return _TITLES[command].format(version=code(members["version"]))
    if not records:
        return f"{command}: nothing to do" if not members.get("errors") else f"{command} failed"
    first = {key: code(records[0][key]) for key in ("version", "environment")}
    return _TITLES[command].format(**first)


def _record(record: Mapping[str, Any]) -> tuple[str, ...]:
    changes: dict[str, int] = {}
    for outcome in record["workflows"].values():
        changes[outcome["change"]] = changes.get(outcome["change"], 0) + 1
    return (
        code(record["environment"]),
        record["action"],
        code(record["version"]),
        code(record["from_version"] or ""),
        f"**{record['status']}**",
        ", ".join(f"{count} {change}" for change, count in changes.items()) or "–",
        code(record["id"]),
    )


def _environment(environment: Mapping[str, Any]) -> str:
    head = f"### {code(environment['name'])}: {environment['state']}"
    lines = [
        head + (f", {code(environment['version'])} is live" if environment["version"] else ""),
        "",
    ]
    if environment["problem"]:
        lines += [block(environment["problem"]), ""]
    found = [workflow for workflow in environment["workflows"] if workflow["state"] != "in-sync"]
    if found:
        lines += table(
            ("Workflow", "State", "Differences"),
            (
                (
                    code(workflow["name"]),
                    workflow["state"],
                    "<br>".join(code(text) for text in workflow["differences"]) or "–",
                )
                for workflow in found
            ),
        )
        lines.append("")
    same = len(environment["workflows"]) - len(found)
    if same:
        lines.append(f"{count(same, 'workflow')} in sync.")
    return "\n".join(lines).rstrip("\n")


def longest_run(text: str) -> int:
    """Return the length of the longest run of backticks in *text*."""
    return max((len(run) for run in re.findall("`+", text)), default=0)
