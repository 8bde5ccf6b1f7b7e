"""Observes a visit to a state for a state test: the data after each of the state's fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sfn_release.simulator.states.state_visit import StateVisit

_INPUT: Final = ("afterInputPath", "afterParameters", "afterArguments")
_HIDDEN: Final[Mapping[str, tuple[str, ...]]] = {
    "Pass": ("result", "afterArguments"),
    "Parallel": ("result", *_INPUT),
    "Map": ("result", "afterParameters", "afterArguments"),
}
"""The data that a test of a state type doesn't show, as recorded. A Pass with a Result differs."""

_BRIEF: Final = ("Choice", "Fail", "Succeed", "Wait")
_FIELDS: Final = {
    "afterInputPath": "InputPath",
    "afterParameters": "Parameters",
    "afterResultPath": "ResultPath",
    "result": "Result",
}
"""The fields of a Pass, by the data after them."""


@dataclass
class InspectedVisit(StateVisit):
    """A visit that keeps *notes* of its data.

    With *given_context*, the context object is the caller's, so the visit doesn't add to it.
    """

    given_context: bool = False
    notes: dict[str, Any] = field(default_factory=dict)

    def note(self, stage: str, value: Any) -> None:
        """Keep the data after a field, by its member of the API's ``InspectionData``."""
        self.notes[stage] = value

    def evaluation_cause(self, text: str) -> str:
        """Return the cause without the state's name, as TestState on AWS does."""
        return text

    def count_retries(self, count: int) -> None:
        """Leave the count: the request says it."""

    def give_token(self, token: str) -> None:
        """Put a task token into the context object, unless the caller gave the object."""
        if not self.given_context:
            super().give_token(token)


def inspection(visit: InspectedVisit, *, alone: bool) -> dict[str, Any]:
    """Return the members of ``InspectionData`` that the type of the visited state has.

    *alone* is true for a state without a state machine around it. A state that is named in its
    state machine shows less. Source: how LocalStack's TestState was fitted to AWS's answers.
    """
    state = visit.definition
    type_ = str(state.get("Type"))
    hidden = _HIDDEN.get(type_, ())
    if type_ == "Pass" and "Result" in state:
        hidden = _INPUT
    shown = {name: value for name, value in visit.notes.items() if name not in hidden}
    if not alone and type_ in _BRIEF:
        shown.pop("afterInputPath", None)
    if not alone and type_ == "Pass" and "Next" in state:
        shown = {name: value for name, value in shown.items() if _FIELDS.get(name, "") in state}
    return {"input": visit.raw, **shown}
