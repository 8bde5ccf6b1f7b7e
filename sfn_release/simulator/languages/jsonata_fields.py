"""Computes the JSONata fields of one visit to a state; fails in AWS's words, with the field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sfn_release.asl.intrinsic_functions import compact
from sfn_release.asl.jsonata import JsonataError, is_jsonata
from sfn_release.asl.jsonata_engine import TIMEOUT, UNDEFINED, compiled
from sfn_release.asl.jsonata_functions import JsonataEvaluationError
from sfn_release.simulator.failure import EvaluationFailure
from sfn_release.simulator.states.state_visit import StateVisit

Place = tuple[str | int, ...]


class JsonataFields:
    """The fields of a state at one moment.

    *given* are the members of ``$states`` beside ``input`` and ``context``: ``result`` or
    ``errorOutput``.
    """

    def __init__(self, visit: StateVisit, **given: Any) -> None:
        self.visit = visit
        states = {"input": visit.raw, "context": visit.context, **given}
        self._variables = {**visit.variables, "states": states}

    def template(self, value: Any, *place: str | int) -> Any:
        """Compute every expression in a field's value. Raises EvaluationFailure."""
        if isinstance(value, str):
            return self._value(value, place) if is_jsonata(value) else value
        if isinstance(value, Mapping):
            return {key: self.template(item, *place, key) for key, item in value.items()}
        if isinstance(value, list):
            return [self.template(item, *place, index) for index, item in enumerate(value)]
        return value

    def typed(self, value: Any, place: Place, kind: str) -> Any:
        """Compute a field that has to be of a kind, such as ``boolean``."""
        found = self.template(value, *place)
        if kind_of(found) != kind:
            raise self.wrong_type(value, place, kind, found)
        return found

    def wrong_type(self, value: Any, place: Place, kind: str, found: Any) -> EvaluationFailure:
        """Return the failure for a result that isn't of a kind."""
        return self._failure(
            value,
            place,
            f"returned an unexpected result type. Expected '{kind}', but was '{kind_of(found)}'"
            f" for value: {compact(found)}",
        )

    def refusal(self, field: str, text: str) -> EvaluationFailure:
        """Return the failure for a value of the right type that a field can't have."""
        return EvaluationFailure(
            self.visit.evaluation_cause(text), self.visit.name, field, refused=True
        )

    def _value(self, text: str, place: Place) -> Any:
        endless = False
        try:
            found = compiled(text).evaluate(
                self._variables,
                random=self.visit.random,
                now=self.visit.now,
            )
        except JsonataError as error:
            ending = f"threw an error during evaluation. {error.code}: {error}"
        except JsonataEvaluationError as error:
            endless = error.text == TIMEOUT
            ending = "threw an error during evaluation"
            ending += f". {error.code}: {error.text}" if error.code else f": {error.text}"
        else:
            if found is not UNDEFINED:
                return found
            ending = "returned nothing (undefined)."
        failure = self._failure(text, place, ending)
        failure.endless = endless
        raise failure

    def _failure(self, value: Any, place: Place, ending: str) -> EvaluationFailure:
        text = value if isinstance(value, str) else compact(value)
        source = text[2:-2].strip() if is_jsonata(text) else text
        field = written(place)
        cause = f"The JSONata expression '{source}' specified for the field '{field}' {ending}"
        return EvaluationFailure(self.visit.evaluation_cause(cause), self.visit.name, field)


def kind_of(value: Any) -> str:
    """Return the type of a value as JSONata's $type names it."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"


def written(place: Place) -> str:
    """Write the place of a field as AWS does: ``Output/orders[0]/id``."""
    text = ""
    for step in place:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f"/{step}" if text else step
    return text
