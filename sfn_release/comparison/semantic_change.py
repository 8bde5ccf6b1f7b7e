"""A change of a workflow, by state and way, with its class and the reason. Pure data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, Literal

from sfn_release.release.differences import Difference

ChangeClass = Literal["safe", "results", "permissions", "breaking"]
"""The meaning of a change, for callers and the role.

``safe``: an execution in which no task fails or times out gives the same output, and neither the
role nor a caller needs anything new. ``results``: the output can be another one, or that can't be
known from the definition. ``permissions``: the role needs other permissions. ``breaking``: callers
must change. The later, the more it asks of people. Running executions keep the definition and the
role that they started with, whatever the class is.
"""

CLASSES: Final[tuple[ChangeClass, ...]] = ("safe", "results", "permissions", "breaking")
"""The classes, the lightest first."""

CLASS_TEXTS: Final[dict[ChangeClass, str]] = {
    "safe": "safe for running executions",
    "results": "changes results",
    "permissions": "changes what the role needs",
    "breaking": "breaks callers",
}
"""The classes for people."""

UNTOLD: Final = "can't be read from the definition"


@dataclass(frozen=True)
class SemanticChange:
    """One change between two declarations of a workflow.

    *state* is the state's name, with the names around it in nested scopes (``Each › branch 1 ›
    Charge``), and empty for the workflow. *was* is its former name, if it has another one or is
    elsewhere. *kind* names the change (``added``, ``renamed``, ``moved``, ``retry`` …), *text*
    says it as a sentence, and *reason* says why it has its *change_class*. *details* are the
    differences of the JSON that it stands for, if it has more than its text says.
    """

    workflow: str
    state: str
    kind: str
    change_class: ChangeClass
    text: str
    reason: str
    was: str = ""
    details: tuple[Difference, ...] = ()

    def __str__(self) -> str:
        return f"{self.text}: {CLASS_TEXTS[self.change_class]}. {self.reason}"

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "workflow": self.workflow,
            "state": self.state,
            **({"was": self.was} if self.was else {}),
            "kind": self.kind,
            "class": self.change_class,
            "text": self.text,
            "reason": self.reason,
        }


def weightiest(changes: Iterable[SemanticChange]) -> ChangeClass | None:
    """Return the class of the changes that asks most of people; None without a change."""
    return max((change.change_class for change in changes), key=CLASSES.index, default=None)
