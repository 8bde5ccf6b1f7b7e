"""Validates a definition as Step Functions does: raises an error, or returns a report.

`diagnostics` comes first, because it knows AWS's words. When it finds nothing, the language's
checks decide. So a definition that runs here runs on AWS too.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sfn_release.asl.fields import ONLY_JSONATA
from sfn_release.asl.placeholders import typed
from sfn_release.canonical import keys_of
from sfn_release.checks.checker import check_definition
from sfn_release.checks.definition import MAX_BYTES
from sfn_release.checks.finding import Finding
from sfn_release.checks.jsonata_expressions import INVALID
from sfn_release.checks.rule_table import BY_NAME
from sfn_release.local_service.api import api_errors
from sfn_release.local_service.api.diagnostics import Diagnostic, diagnostics

_MOST = 100
_CALL = "valid JSONPath or a valid intrinsic function call"
# Rules that refuse a release only: AWS accepts it, or measures it itself.
_OURS = ("not-json", "too-large")


def check(definition: str, type: str) -> None:
    """Raise InvalidDefinition if Step Functions would refuse *definition* for *type*."""
    size = len(definition.encode(errors="surrogatepass"))  # the model's limit counts characters
    if size > MAX_BYTES:
        raise api_errors.validation(
            "1 validation error detected: Value at 'definition' failed to satisfy constraint:"
            f" Member must have length less than or equal to {MAX_BYTES}"
        )
    found = _found(definition, type)
    if found:
        raise api_errors.invalid_definition(
            ", ".join(
                f"{diagnostic.code}: {diagnostic.message} at {diagnostic.location or 'null'}"
                for diagnostic in found
            )
        )


def report(definition: str, type: str, *, warn: bool = False, most: int | None) -> dict[str, Any]:
    """Return ``ValidateStateMachineDefinition``'s answer, with at most *most* diagnostics.

    *warn* adds the warnings of sfn-release, which don't change the result. AWS's aren't known.
    """
    found = _found(definition, type)
    members = [_member("ERROR", diagnostic) for diagnostic in found]
    if warn and not found:
        members += [_member("WARNING", warning) for warning in _warnings(definition, type)]
    shown = members[: most or _MOST]
    return {
        "result": "FAIL" if found else "OK",
        "diagnostics": shown,
        "truncated": len(shown) < len(members),
    }


def _found(text: str, type: str) -> list[Diagnostic]:
    return diagnostics(text, type) or [
        _diagnostic(finding)
        for finding in check_definition(_as_sent(text), type=type)
        if _refuses(finding)
    ]


def _as_sent(text: str) -> Any:
    """Return a definition in which ``${Name}`` is a text, because Step Functions fills nothing."""

    def texts(table: dict[str, Any]) -> dict[str, Any]:
        return {key: typed(value, "string") if unfilled(value) else value
                for key, value in table.items()}  # fmt: skip

    def unfilled(value: Any) -> bool:
        return isinstance(value, str) and "${" in value and not value.startswith("{%")

    return json.loads(text, object_hook=texts if "${" in text else None)


def _warnings(text: str, type: str) -> list[Diagnostic]:
    return [
        Diagnostic(_warning_code(finding), finding.message, _location(finding.path))
        for finding in check_definition(_as_sent(text), type=type)
        if not _refuses(finding)
    ]


def _refuses(finding: Finding) -> bool:
    """Whether Step Functions refuses a definition because of *finding*."""
    return (
        finding.severity == "error" and finding.rule not in _OURS and not BY_NAME[finding.rule].late
    )


def _warning_code(finding: Finding) -> str:
    return finding.rule.upper().replace("-", "_")


def _diagnostic(finding: Finding) -> Diagnostic:
    """Return a finding in AWS's words, if they're known."""
    code = BY_NAME[finding.rule].code
    *holder, key = keys_of(finding.path) or ("",)
    if finding.rule in ("unknown-field", "misplaced-field"):
        return Diagnostic(code, f"Field '{key}' is not supported", _written(holder))
    if finding.rule == "language" and key != "QueryLanguage":
        other, own = ("JSONata", "JSONPath") if key in ONLY_JSONATA else ("JSONPath", "JSONata")
        message = (
            f"The QueryLanguage is set to '{own}', but field '{key}' is only supported for the"
            f" '{other}' QueryLanguage"
        )
        return Diagnostic(code, message, _written(holder))
    if finding.rule == "expression" and _CALL in finding.message:
        message = f"The value for the field '{key}' must be a {_CALL}"
        return Diagnostic(code, message, _written(holder))
    if finding.rule == "jsonata" and finding.message.startswith(INVALID):
        message = finding.message.removeprefix(INVALID).rpartition(" (character ")[0]
        return Diagnostic(code, message, _location(finding.path))
    if finding.rule in ("jsonata-context", "states-member"):
        message = finding.message.partition(": ")[0].removesuffix(" here.").removesuffix(".")
        return Diagnostic(code, f"{message}.", _location(finding.path))
    return Diagnostic(code, finding.message, _location(finding.path))


def _location(path: str) -> str:
    """Return a JSON path in AWS's notation.

    >>> _location('$.States["Two words"].Retry[0]')
    '/States/Two words/Retry[0]'
    """
    return _written(keys_of(path))


def _written(keys: Iterable[str | int]) -> str:
    return "".join(f"[{key}]" if isinstance(key, int) else f"/{key}" for key in keys) or "/"


def _member(severity: str, diagnostic: Diagnostic) -> dict[str, Any]:
    member = {"severity": severity, "code": diagnostic.code, "message": diagnostic.message}
    if diagnostic.location is not None:
        member["location"] = diagnostic.location
    return member
