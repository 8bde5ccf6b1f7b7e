"""Whether an input schema accepts every input that the former one did."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from sfn_release.comparison.schema_narrowing import narrowings
from sfn_release.comparison.semantic_change import UNTOLD, SemanticChange

_MOST_NAMED: Final = 5


def schema_changes(workflow: str, old: Any, new: Any) -> Iterator[SemanticChange]:
    """Yield the change between two input schemas; None is no schema, which accepts everything."""
    if old == new:
        return
    found = [*narrowings(True if old is None else old, True if new is None else new)]
    certain = [f"{item.path} {item.text}" for item in found if item.certain]
    unsure = [f"{item.path} {item.text}" for item in found if not item.certain]
    if certain:
        yield SemanticChange(
            workflow,
            "",
            "input-schema",
            "breaking",
            f"the input schema accepts less: {_listed(certain)}",
            "Inputs that were accepted are refused.",
        )
    elif unsure:
        yield SemanticChange(
            workflow,
            "",
            "input-schema",
            "results",
            f"the input schema changed: {_listed(unsure)}",
            f"Whether it refuses inputs that were accepted {UNTOLD}.",
        )
    else:
        verdict = "is gone" if new is None else "is new" if old is None else "accepts no less"
        yield SemanticChange(
            workflow,
            "",
            "input-schema",
            "safe",
            f"the input schema {verdict}",
            "Every input that was accepted still is.",
        )


def _listed(texts: list[str]) -> str:
    more = len(texts) - _MOST_NAMED
    return "; ".join(texts[:_MOST_NAMED]) + (f"; and {more} more" if more > 0 else "")
