"""Says of a definition what Step Functions would: in an error, or as a report.

What is wrong with it is found by one function, `structure.diagnostics`.
"""

from __future__ import annotations

from typing import Any

from sfn_release.local import errors
from sfn_release.local.structure import Diagnostic, diagnostics

_LARGEST = 1024 * 1024  # bytes in UTF-8; the model's limit counts characters
_MOST = 100


def check(definition: str, type: str) -> None:
    """Raise InvalidDefinition unless Step Functions would take *definition* for *type*."""
    if len(definition.encode(errors="surrogatepass")) > _LARGEST:
        raise errors.validation(
            "1 validation error detected: Value at 'definition' failed to satisfy constraint:"
            f" Member must have length less than or equal to {_LARGEST}"
        )
    found = diagnostics(definition, type)
    if found:
        raise errors.invalid_definition(
            ", ".join(f"{one.code}: {one.message} at {one.location or 'null'}" for one in found)
        )


def report(definition: str, type: str, *, most: int | None) -> dict[str, Any]:
    """Return what ``ValidateStateMachineDefinition`` answers: at most *most* diagnostics."""
    found = diagnostics(definition, type)
    shown = found[: most or _MOST]
    return {
        "result": "FAIL" if found else "OK",
        "diagnostics": [_member(one) for one in shown],
        "truncated": len(shown) < len(found),
    }


def _member(one: Diagnostic) -> dict[str, Any]:
    member = {"severity": "ERROR", "code": one.code, "message": one.message}
    if one.location is not None:
        member["location"] = one.location
    return member
