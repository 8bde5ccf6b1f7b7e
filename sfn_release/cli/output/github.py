"""GitHub Actions: the summary of a job, outputs for later steps, annotations, and none by data.

`GITHUB_STEP_SUMMARY` and `GITHUB_OUTPUT` name files that are appended to; annotations are lines
that the runner reads from stdout and stderr (ours go to stderr, so that --json stays one object).
See https://docs.github.com/actions/reference/workflow-commands-for-github-actions.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sfn_release.cli.output import terminal
from sfn_release.errors import SfnReleaseError

_LEVELS = {"error": "error", "warning": "warning", "info": "notice"}


def report(command: str, members: Mapping[str, Any], summary: str | None = None) -> None:
    """Tell the job what a command did; *members* are those of its JSON object.

    *summary* is Markdown, by default what `markdown.result` makes of *members*.
    """
    if os.environ.get("GITHUB_STEP_SUMMARY"):
        from sfn_release.cli.output import markdown

        text = markdown.result(command, members) if summary is None else summary
        if text:
            _append("GITHUB_STEP_SUMMARY", text + "\n\n")
    if os.environ.get("GITHUB_OUTPUT"):
        _append("GITHUB_OUTPUT", "".join(_output(*pair) for pair in outputs(command, members)))
    for one in members.get("errors") or []:
        _annotate("error", one, title=f"{one.get('environment') or one['file']}: {one['code']}")
    for finding in (members.get("findings") or []) if command == "check" else []:
        place = ", ".join(finding[key] for key in ("workflow", "state") if finding.get(key))
        level = _LEVELS.get(finding["severity"], "notice")
        title = f"{finding['rule']} {place}".strip()
        where = {key: finding[key] for key in ("file", "line") if finding.get(key)}
        _annotate(level, finding, title=title, **where)
    for one in (members.get("diagnoses") or []) if command == "doctor" else []:
        if one["verdict"] != "ok":
            level = "error" if one["verdict"] == "problem" else "warning"
            _annotate(level, one, title=f"{one['area']}: {one['subject']}")


def report_error(error: SfnReleaseError) -> None:
    """Tell the job that the command failed."""
    members = {"message": error.message, "why": error.why, "fix": error.fix}
    if os.environ.get("GITHUB_STEP_SUMMARY"):
        from sfn_release.cli.output import markdown

        text = f"### sfn-release failed: {error.code}\n\n{markdown.error(members)}\n\n"
        _append("GITHUB_STEP_SUMMARY", text)
    _annotate("error", members, title=error.code)


def outputs(command: str, members: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the outputs that a command gives to later steps; several values are lines."""
    if command == "plan":
        plans = members.get("plans") or [members]
        yield "changes", _truth(any(one["changes"] for one in plans))
        yield "refused", _truth(any(one.get("refusals") for one in plans))
        yield "version", _lines(one["version"] for one in plans if one.get("version"))
    elif command == "status":
        good = {"in-sync", "never-deployed"}
        yield "in_sync", _truth(all(one["state"] in good for one in members["environments"]))
    if "deployments" not in members or command == "history":
        return
    records: Sequence[Mapping[str, Any]] = members["deployments"]
    for name in ("version", "commit", "release_digest"):
        told = [members[name]] if name in members else [record[name] for record in records]
        if told:
            yield name, _lines(told)
    if command == "publish":
        yield "tag", members["tag"] or ""  # a local trial has none
        yield "already_released", _truth(members["already_released"])
    yield "deployed", _truth(bool(records))
    if records:
        yield "deployment_id", _lines(record["id"] for record in records)
        yield "environment", _lines(record["environment"] for record in records)
        yield "status", _lines(record["status"] for record in records)


def _truth(value: bool) -> str:
    return "true" if value else "false"


def _lines(values: Any) -> str:
    return "\n".join(dict.fromkeys(values))


def _output(name: str, value: str) -> str:
    """Return an output in the form that takes any value: between two lines that it cannot hold."""
    import secrets

    delimiter = f"sfn-release-{secrets.token_hex(16)}"
    return f"{name}<<{delimiter}\n{value}\n{delimiter}\n"


def _append(variable: str, text: str) -> None:
    """Append to a file of the runner's; what the command did stays done when that fails."""
    try:
        with open(  # noqa: PTH123 - pathlib loads slowly
            os.environ[variable], "a", encoding="utf-8", errors="backslashreplace"
        ) as file:
            file.write(text)
    except OSError as error:
        terminal.tell(f"warning: can't write {variable} ({error.strerror})")


def annotation(
    level: str, text: str, *, title: str, file: str = "", line: int | None = None
) -> str:
    """Return the workflow command that shows *text* in a job, and beside a line of a *file*.

    *level* is error, warning or notice; *file* is relative to the repository's root.
    """
    given = {"file": file, "line": "" if line is None else str(line), "title": title}
    properties = ",".join(f"{key}={_property(value)}" for key, value in given.items() if value)
    return f"::{level} {properties}::{_value(text)}"


def _annotate(level: str, members: Mapping[str, str], *, title: str, **where: Any) -> None:
    if os.environ.get("GITHUB_ACTIONS") != "true":
        return
    parts = (members.get(part) or "" for part in ("message", "why", "fix"))
    text = "\n".join(part for part in parts if part)
    terminal.tell_runner(annotation(level, text, title=title, **where))


def _value(text: str) -> str:
    escaped = terminal.safe(text).replace("%", "%25")
    return escaped.replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _value(text).replace(":", "%3A").replace(",", "%2C")
