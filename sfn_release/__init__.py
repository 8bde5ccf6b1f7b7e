"""Releases for AWS Step Functions that never change (draft)."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from sfn_release.asl import tasks as task
    from sfn_release.asl.checks import check_definition
    from sfn_release.asl.conditions import ChoiceRule, Condition, Var, and_, not_, or_
    from sfn_release.asl.finding import Finding
    from sfn_release.asl.given import NOT_GIVEN
    from sfn_release.asl.retry import Catch, Retry, States
    from sfn_release.asl.states import (
        Choice,
        Fail,
        Map,
        Parallel,
        Pass,
        Raw,
        State,
        Succeed,
        Task,
        Wait,
    )
    from sfn_release.declaration import Declaration
    from sfn_release.local import local
    from sfn_release.settings import Logging
    from sfn_release.state_machine import StateMachine
    from sfn_release.workflow import Workflow

_ROOMS = {
    "asl.checks": ("check_definition",),
    "asl.conditions": ("ChoiceRule", "Condition", "Var", "and_", "not_", "or_"),
    "asl.finding": ("Finding",),
    "asl.given": ("NOT_GIVEN",),
    "asl.retry": ("Catch", "Retry", "States"),
    "asl.states": (
        *("Choice", "Fail", "Map", "Parallel", "Pass", "Raw", "State", "Succeed", "Task", "Wait"),
    ),
    "declaration": ("Declaration",),
    "local": ("local",),
    "settings": ("Logging",),
    "state_machine": ("StateMachine",),
    "workflow": ("Workflow",),
}
_HOMES = {name: room for room, names in _ROOMS.items() for name in names}

__all__ = [
    "NOT_GIVEN",
    "Catch",
    "Choice",
    "ChoiceRule",
    "Condition",
    "Declaration",
    "Fail",
    "Finding",
    "Logging",
    "Map",
    "Parallel",
    "Pass",
    "Raw",
    "Retry",
    "State",
    "StateMachine",
    "States",
    "Succeed",
    "Task",
    "Var",
    "Wait",
    "Workflow",
    "and_",
    "check_definition",
    "local",
    "not_",
    "or_",
    "task",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that the command line starts fast."""
    if name == "task":
        value: Any = import_module("sfn_release.asl.tasks")
    elif name in _HOMES:
        value = getattr(import_module(f"sfn_release.{_HOMES[name]}"), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
