"""Changes that callers notice: inputs need more, outputs have less, errors have other names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sfn_release.comparison.data_flow import DataFlow, data_flow
from sfn_release.comparison.data_shapes import lost_members, required_shape
from sfn_release.comparison.semantic_change import SemanticChange


def contract_changes(
    workflow: str,
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    schema: Any,
    *,
    errors: bool,
) -> Iterator[SemanticChange]:
    """Yield the changes that callers notice. Their inputs have the schema of the *old* release.

    With *errors*, the names of errors are among them.
    """
    start = required_shape(schema)
    before, after = data_flow(old, start), data_flow(new, start)
    if errors:
        yield from _errors(workflow, before, after)
    for name, states in after.needed.items():
        if not any(path == name or path.startswith(f"{name}.") for path in before.needed):
            named = ", ".join(f'"{state}"' for state in states)
            yield SemanticChange(
                workflow,
                states[0] if len(states) == 1 else "",
                "input",
                "breaking",
                f"the input must have $.{name}, which {named} reads",
                "An execution that is started without it can fail.",
            )
    if before.output is not None and after.output is None:
        text, reason = "no execution can succeed", "Callers that await an output get none."
        yield SemanticChange(workflow, "", "output", "breaking", text, reason)
    lost = []
    if before.output is not None and after.output is not None:
        lost = lost_members(before.output, after.output)
    for path in lost:
        lacked = "the members of the input" if path == "$.*" else path
        yield SemanticChange(
            workflow,
            "",
            "output",
            "breaking",
            f"the output may not have {lacked}",
            "Callers that read it find nothing.",
        )


def _errors(workflow: str, old: DataFlow, new: DataFlow) -> Iterator[SemanticChange]:
    """Yield a change when Fail states of other names took the place of others."""
    gone = sorted(name for name in old.errors - new.errors if name)
    came = sorted(new.errors - old.errors, key=lambda name: name or "")
    if gone and came:
        others = ", ".join(f'"{name}"' if name else "a computed error" for name in came)
        listed = ", ".join(f'"{name}"' for name in gone)
        yield SemanticChange(
            workflow,
            "",
            "error",
            "breaking",
            f"executions no longer fail with {listed}, but with {others}",
            "Callers that look for the error name see another one.",
        )
