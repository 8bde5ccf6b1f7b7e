"""check --remote: asks Step Functions to validate a definition, without creating anything."""

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
from sfn_release.operations.open_site import site_of
from sfn_release.operations.verbs.check import Ask
from sfn_release.operations.workspace import Workspace
from sfn_release.project.parameters import parameters_in

_UNKNOWN: Final = frozenset({"UnknownOperationException", "InvalidAction", "InternalFailure"})
"""The error codes of a service without this operation, such as an emulator."""
_MOST = 100  # diagnostics in one response
_INDEX = re.compile(r"\[(\d+)\]")


def asker(workspace: Workspace, environment: str | None) -> Ask:
    """Return a function that asks an environment's Step Functions, with parameters filled in.

    If you lack states:ValidateStateMachineDefinition, or the service doesn't know the operation,
    the first result is a warning that says so, and the service isn't asked again. Other errors are
    raised as AwsError.
    """
    where = workspace.environment(environment)
    at = site_of(workspace, where, workspace.reach(where))
    silent = False

    def ask(declaration: Declaration) -> tuple[Finding, ...]:
        nonlocal silent
        if silent:
            return ()
        try:
            names = parameters_in(declaration.definition)
            # Any name will do here: `filled_findings` reports unknown workflows.
            started = [name.removeprefix(WORKFLOW) for name in names if name.startswith(WORKFLOW)]
            values = look_up(at, names, workflows=started)
            definition = where.resolved(values).fill(
                declaration.definition, where=f"workflow {declaration.name}"
            )
        except (ConfigError, NotFoundError) as error:
            # An error's fix may have several lines, but a finding has one.
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
            return (_unasked(where.name, "This service can't validate definitions.", ""),)
        return tuple(_findings(answer, definition))

    return ask


def _unasked(environment: str, message: str, fix: str) -> Finding:
    text = f"Step Functions of {environment} wasn't asked: {message}"
    return Finding("aws-unasked", "warning", "$", "", text, fix)


def _findings(answer: Mapping[str, Any], definition: Any) -> Iterator[Finding]:
    """Yield AWS's findings. AWS documents that only ``result`` is reliable."""
    refused = answer["result"] != "OK"
    errors = 0
    for diagnostic in answer["diagnostics"]:
        wrong = diagnostic["severity"] == "ERROR"
        errors += wrong
        location = diagnostic.get("location") or "/"
        known = location.startswith("/")
        path, state = _place(location if known else "/", definition)
        message = f"{diagnostic['code']}: {diagnostic['message']}" + (
            "" if known else f" At {location}."
        )
        severity: Any = "error" if wrong else "warning"
        rule = "aws" if wrong else "aws-advice"
        yield Finding(rule, severity, path, state, message)
    if refused and not errors:
        yield Finding("aws", "error", "$", "", "AWS refuses the definition without a reason.")


def _place(location: str, definition: Any) -> tuple[str, str]:
    """Return the JSON path and the state of a place as AWS writes it: ``/States/A b/Retry[0]``.

    Names can contain slashes, so we look in the definition for the end of each.
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
    """Return the longest key of *value* at the start of *rest*, or else the text before a /."""
    keys = [
        key
        for key in (value if isinstance(value, Mapping) else ())
        if rest.startswith(key) and rest[len(key) : len(key) + 1] in ("", "/", "[")
    ]
    return max(keys, key=len) if keys else re.split(r"(?<=.)[/\[]", rest, maxsplit=1)[0]
