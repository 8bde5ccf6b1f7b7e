"""A change of a workflow, by state and way, with its class and the reason. Pure data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

ChangeClass = Literal["safe", "results", "permissions", "breaking"]
"""What a change means.

``safe`` for running executions and callers, ``results``: other results, ``permissions``: the role
needs other permissions, ``breaking``: callers must change. The later, the more it asks of people.
"""


@dataclass(frozen=True)
class SemanticChange:
    """One change between two declarations of a workflow.

    *state* is the state's name, empty for the workflow. *kind* says what happened (``added``,
    ``renamed``, ``moved``, ``retry`` …), *text* says it as a sentence, and *reason* says why it has
    its *change_class*.
    """

    workflow: str
    state: str
    kind: str
    change_class: ChangeClass
    text: str
    reason: str

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "workflow": self.workflow,
            "state": self.state,
            "kind": self.kind,
            "class": self.change_class,
            "text": self.text,
            "reason": self.reason,
        }
