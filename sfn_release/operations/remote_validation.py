"""check --remote: what Step Functions itself says of a definition, without creating anything."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from sfn_release.asl.placeholders import WORKFLOW
from sfn_release.authoring.declaration import Declaration
from sfn_release.aws.api_calls import call
from sfn_release.canonical import member
from sfn_release.checks.finding import Finding
from sfn_release.deployment.parameter_lookup import look_up
from sfn_release.errors import AccessError, AwsError, ConfigError, NotFoundError
from sfn_release.operations.open_site import site
from sfn_release.operations.verbs.check import Ask
from sfn_release.operations.workspace import Workspace
from sfn_release.project.parameters import parameters_in

_UNKNOWN: Final = frozenset({"UnknownOperationException", "InvalidAction", "InternalFailure"})
"""What a service says that does not know the operation: an older one, or an emulator."""
_MOST = 100  # diagnostics in one answer
_INDEX = re.compile(r"\[(\d+)\]")


def asker(workspace: Workspace, environment: str | None) -> Ask:
    """Return the question to an environment, its parameters filled in.

    Where the permission states:ValidateStateMachineDefinition is missing, or the service does not
    know the operation, the first answer is a warning that says so, and nobody is asked again.
    What else goes wrong is raised, as AwsError.
    """
    where = workspace.environment(environment)
    at = site(workspace, where, workspace.reach(where))
    silent = False

    def ask(declaration: Declaration) -> tuple[Finding, ...]:
        nonlocal silent
        if silent:
            return ()
        try:
            names = parameters_in(declaration.definition)
            # Whether these workflows exist is checked with the definition itself.
            started = [one.removeprefix(WORKFLOW) for one in names if one.startswith(WORKFLOW)]
            values = look_up(at, names, workflows=started)
            definition = where.resolved(values).fill(
                declaration.definition, where=f"workflow {declaration.name}"
            )
        except (ConfigError, NotFoundError) as error:
            # An error's fix may show lines to write; a finding is told on one.
            return (_unasked(where.name, error.message, " ".join(error.fix.split())),)
        try:
            answer = call(
                at.client.validate_state_machine_definition,
                definition=json.dumps(definition, ensure_ascii=False),
                type=declaration.type,
                severity="WARNING",
                maxResults=_MOST,
            )
        except AccessError as error:
            silent = True
            return (_unasked(where.name, f"{error.message} {error.why}".rstrip(), error.fix),)
        except AwsError as error:
            if error.aws_code not in _UNKNOWN:
                raise
            silent = True
            return (_unasked(where.name, "This service does not know how to validate.", ""),)
        return tuple(_findings(answer, definition))

    return ask


def _unasked(environment: str, message: str, fix: str) -> Finding:
    text = f"Step Functions of {environment} was not asked: {message}"
    return Finding("aws-unasked", "warning", "$", "", text, fix)


def _findings(answer: Mapping[str, Any], definition: Any) -> Iterator[Finding]:
    """Yield what AWS says. Its ``result`` alone is to be relied on, says its documentation."""
    refused = answer["result"] != "OK"
    errors = 0
    for one in answer["diagnostics"]:
        wrong = one["severity"] == "ERROR"
        errors += wrong
        location = one.get("location") or "/"
        known = location.startswith("/")
        path, state = _place(location if known else "/", definition)
        message = f"{one['code']}: {one['message']}" + ("" if known else f" At {location}.")
        severity: Any = "error" if wrong else "warning"
        rule = "aws" if wrong else "aws-advice"
        yield Finding(rule, severity, path, state, message)
    if refused and not errors:
        yield Finding("aws", "error", "$", "", "AWS refuses the definition and does not say why.")


def _place(location: str, definition: Any) -> tuple[str, str]:
    """Return the JSON path and the state of a place as AWS writes it: ``/States/A b/Retry[0]``.

    Names may hold slashes, so that the definition says where one ends.
    """
    path, state, value, rest = "$", "", definition, location
    above = ""
    while rest not in ("", "/"):
        if found := _INDEX.match(rest):
            index = int(found[1])
            inside = isinstance(value, list | tuple) and index < len(value)
            value = value[index] if inside else None
            path, rest, key = f"{path}[{index}]", rest[found.end() :], ""
        else:
            key = _key(rest[1:], value)
            path, rest = member(path, key), rest[len(key) + 1 :]
            value = value.get(key) if isinstance(value, Mapping) else None
            state = key if above == "States" else state
        above = key
    return path, state


def _key(rest: str, value: Any) -> str:
    """Return the longest key of *value* that *rest* begins with, else what stands before a /."""
    keys = [
        key
        for key in (value if isinstance(value, Mapping) else ())
        if rest.startswith(key) and rest[len(key) : len(key) + 1] in ("", "/", "[")
    ]
    return max(keys, key=len) if keys else re.split(r"(?<=.)[/\[]", rest, maxsplit=1)[0]
