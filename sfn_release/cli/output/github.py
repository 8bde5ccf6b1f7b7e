"""GitHub Actions: the summary of a job, outputs for later steps, annotations.

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
    """Report a command's result to the job. *members* are the members of its JSON object.

    *summary* is Markdown, by default `markdown.result` of *members*.
    """
    if os.environ.get("GITHUB_STEP_SUMMARY"):
        from sfn_release.cli.output import markdown

        text = markdown.result(command, members) if summary is None else summary
        if text:
            _append("GITHUB_STEP_SUMMARY", text + "\n\n")
    if os.environ.get("GITHUB_OUTPUT"):
        _append("GITHUB_OUTPUT", "".join(_output(*pair) for pair in outputs(command, members)))
    for member in members.get("errors") or []:
        _annotate(
            "error",
            member,
            title=f"{member.get('environment') or member['file']}: {member['code']}",
        )
    for finding in (members.get("findings") or []) if command == "check" else []:
        place = ", ".join(finding[key] for key in ("workflow", "state") if finding.get(key))
        level = _LEVELS.get(finding["severity"], "notice")
        title = f"{finding['rule']} {place}".strip()
        where = {key: finding[key] for key in ("file", "line") if finding.get(key)}
        _annotate(level, finding, title=title, **where)
    for member in (members.get("tests") or []) if command == "test" else []:
        if member["status"] == "failed":
            title = f"{member['workflow']}: {member['name']}"
            where = {key: member[key] for key in ("file", "line") if member.get(key)}
            _annotate("error", {"message": member["difference"]}, title=title, **where)
    for member in (members.get("diagnoses") or []) if command == "doctor" else []:
        if member["verdict"] != "ok":
            level = "error" if member["verdict"] == "problem" else "warning"
            _annotate(level, member, title=f"{member['area']}: {member['subject']}")


def report_error(error: SfnReleaseError) -> None:
    """Report an error of the command to the job."""
    members = {"message": error.message, "why": error.why, "fix": error.fix}
    if os.environ.get("GITHUB_STEP_SUMMARY"):
        from sfn_release.cli.output import markdown

        text = f"### sfn-release failed: {error.code}\n\n{markdown.error(members)}\n\n"
        _append("GITHUB_STEP_SUMMARY", text)
    _annotate("error", members, title=error.code)


def outputs(command: str, members: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield a command's outputs for later steps of the job. Several values are lines."""
    if command == "plan":
        plans = members.get("plans") or [members]
        yield "changes", _truth(any(plan["changes"] for plan in plans))
        yield "refused", _truth(any(plan.get("refusals") for plan in plans))
        yield "version", _lines(plan["version"] for plan in plans if plan.get("version"))
    elif command == "status":
        good = {"in-sync", "never-deployed"}
        yield "in_sync", _truth(all(plan["state"] in good for plan in members["environments"]))
    if "deployments" not in members or command == "history":
        return
    records: Sequence[Mapping[str, Any]] = members["deployments"]
    for name in ("version", "commit", "release_digest"):
        values = [members[name]] if name in members else [record[name] for record in records]
        if values:
            yield name, _lines(values)
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
    """Return an output in the form that any value fits: between two random lines."""
    import secrets

    delimiter = f"sfn-release-{secrets.token_hex(16)}"
    return f"{name}<<{delimiter}\n{value}\n{delimiter}\n"


def _append(variable: str, text: str) -> None:
    """Append to a file of the runner. The command has run already, so an error is a warning."""
    try:
        with open(  # noqa: PTH123 - pathlib loads slowly
            os.environ[variable], "a", encoding="utf-8", errors="backslashreplace"
        ) as file:
            file.write(text)
    except OSError as error:
        terminal.say(f"warning: can't write {variable} ({error.strerror})")


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
    terminal.send_to_runner(annotation(level, text, title=title, **where))


def _value(text: str) -> str:
    escaped = terminal.safe(text).replace("%", "%25")
    return escaped.replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _value(text).replace(":", "%3A").replace(",", "%2C")
