"""Says of a definition what Step Functions would: in an error, or as a report.

What AWS's words are known for is found by `structure`; where that finds nothing, the language's own
checks decide, in ours, so that whatever runs here runs on AWS too.
"""

from __future__ import annotations

import json
from typing import Any

from sfn_release.canonical import keys_of
from sfn_release.checks import MAX_BYTES, check_definition
from sfn_release.local import errors
from sfn_release.local.structure import SCHEMA, Diagnostic, diagnostics

_MOST = 100
_OURS = ("not-json", "too-large")  # what a release cannot carry; AWS takes it, or measures itself


def check(definition: str, type: str) -> None:
    """Raise InvalidDefinition unless Step Functions would take *definition* for *type*."""
    if (
        len(definition.encode(errors="surrogatepass")) > MAX_BYTES
    ):  # the model's limit counts characters
        raise errors.validation(
            "1 validation error detected: Value at 'definition' failed to satisfy constraint:"
            f" Member must have length less than or equal to {MAX_BYTES}"
        )
    found = _found(definition, type)
    if found:
        raise errors.invalid_definition(
            ", ".join(f"{one.code}: {one.message} at {one.location or 'null'}" for one in found)
        )


def report(definition: str, type: str, *, most: int | None) -> dict[str, Any]:
    """Return what ``ValidateStateMachineDefinition`` answers: at most *most* diagnostics."""
    found = _found(definition, type)
    shown = found[: most or _MOST]
    return {
        "result": "FAIL" if found else "OK",
        "diagnostics": [_member(one) for one in shown],
        "truncated": len(shown) < len(found),
    }


def _found(text: str, type: str) -> list[Diagnostic]:
    return diagnostics(text, type) or [
        Diagnostic(SCHEMA, finding.message, _location(finding.path))
        for finding in check_definition(json.loads(text), type=type)
        if finding.severity == "error" and finding.rule not in _OURS
    ]


def _location(path: str) -> str:
    """Return a JSON path as AWS writes places.

    >>> _location('$.States["Two words"].Retry[0]')
    '/States/Two words/Retry[0]'
    """
    written = (f"[{key}]" if isinstance(key, int) else f"/{key}" for key in keys_of(path))
    return "".join(written) or "/"


def _member(one: Diagnostic) -> dict[str, Any]:
    member = {"severity": "ERROR", "code": one.code, "message": one.message}
    if one.location is not None:
        member["location"] = one.location
    return member
