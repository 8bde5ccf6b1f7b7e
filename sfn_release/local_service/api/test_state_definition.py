"""Checks the definition of a TestState request: a state alone, or a whole state machine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from sfn_release.canonical import loads
from sfn_release.errors import DefinitionError
from sfn_release.local_service.api import definition_validation
from sfn_release.simulator.state_tests.state_test import ALONE

_END: Final = "The end of the tested state"
_TRANSITIONS: Final = ("Next", "Default", "Choices", "Catch")


def checked(text: str, state_name: str | None) -> Mapping[str, Any]:
    """Return the definition in *text*. Raises InvalidDefinition where Step Functions refuses it.

    Without *state_name* it is one state, whose transitions may name any state.
    """
    try:
        definition = loads(text, unique_keys=False)
    except DefinitionError:
        definition = None
    if state_name is not None or not isinstance(definition, dict):
        definition_validation.check(text, "STANDARD")
    else:
        definition_validation.check(json.dumps(_machine(definition)), "STANDARD")
    return definition if isinstance(definition, dict) else {}


def _machine(state: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the state machine of *state*, all whose transitions go to one last state."""
    aimed = {field: _aimed(field, value) for field, value in state.items()}
    states: dict[str, Any] = {ALONE: aimed}
    if any(state.get(field) for field in _TRANSITIONS):
        states[_END] = {"Type": "Succeed"}
    return {"StartAt": ALONE, "States": states}


def _aimed(field: str, value: Any) -> Any:
    """Return a state's field with its transitions aimed at the last state."""
    if field in ("Next", "Default") and isinstance(value, str):
        return _END
    if field in ("Choices", "Catch") and isinstance(value, list):
        return [
            {**rule, "Next": _END}
            if isinstance(rule, dict) and isinstance(rule.get("Next"), str)
            else rule
            for rule in value
        ]
    return value
