"""Releases for AWS Step Functions that never change.

Made from Git, planned before they are applied, rolled back in one step.

    workflow modules → definitions → release → plan → deployment → record

You write *workflow modules* (``workflows/*.py``) with the names that this package exports::

    import sfn_release as sfn

    workflow = sfn.Workflow()
    workflow.start_from(sfn.Pass("Greet", result="Hello")).next_then(sfn.Succeed("Done"))
    hello = sfn.StateMachine("hello", workflow, role_arn="arn:aws:iam::111122223333:role/hello")

`authoring` turns them into *definitions* in the Amazon States Language. `asl` knows the language,
and `checks` find mistakes before AWS does. `simulator` runs a definition without AWS.
`local_service` is Step Functions on your machine, with versions and aliases: ``sfn.local()``.

`project` reads ``releases.toml`` and loads the modules of one commit in an isolated process, twice.
A *release* is all workflows of that commit under one semantic version: fixed digests of canonical
JSON (`canonical`). `release` holds its data, and `ledger` keeps it in Git, where it never changes.

`plan` compares a release with what runs in an environment and returns the *plan*: a tuple of steps.
It is pure: no Git, AWS or clock. `deployment` applies a plan through the clients of `aws`. It
appends a *record* to the ledger when it starts and when it ends. A rollback deploys the
definitions that an earlier record holds, byte for byte.

`operations` has one verb for each command, for the command line (`cli`) and for your pipeline.
A room imports only from the rooms above it: ``docs/architecture.md`` shows them in order. Slow
packages are imported where they are used, and the names below when you first use them.
"""

from __future__ import annotations

TYPE_CHECKING = False  # type checkers read it as true; importing typing is slow

__version__ = "0.2.0"

if TYPE_CHECKING:
    from sfn_release.asl.error_names import States
    from sfn_release.asl.placeholders import Parameter, parameter
    from sfn_release.authoring import fn
    from sfn_release.authoring import task_makers as task
    from sfn_release.authoring.chain import Chain
    from sfn_release.authoring.conditions import ChoiceRule, Condition, and_, not_, or_
    from sfn_release.authoring.declaration import Declaration
    from sfn_release.authoring.distributed_map import (
        ItemBatcher,
        ItemReader,
        ProcessorConfig,
        ReaderConfig,
        ResultWriter,
        WriterConfig,
    )
    from sfn_release.authoring.expressions import Context, Intrinsic, JsonPath, Portable, path
    from sfn_release.authoring.jsonata_values import Jsonata, q
    from sfn_release.authoring.logging_options import Logging
    from sfn_release.authoring.not_given import NOT_GIVEN
    from sfn_release.authoring.retry import Catch, Retry
    from sfn_release.authoring.state import State
    from sfn_release.authoring.state_machine import StateMachine
    from sfn_release.authoring.states import (
        Choice,
        Fail,
        Map,
        Parallel,
        Pass,
        Raw,
        Succeed,
        Task,
        Wait,
    )
    from sfn_release.authoring.var import Var
    from sfn_release.authoring.workflow import Workflow
    from sfn_release.checks.checker import check_definition
    from sfn_release.checks.finding import Finding
    from sfn_release.local_service.local_client import local

_ROOMS = {
    "checks.checker": ("check_definition",),
    "authoring.conditions": ("ChoiceRule", "Condition", "and_", "not_", "or_"),
    "authoring.chain": ("Chain",),
    "authoring.distributed_map": (
        *("ItemBatcher", "ItemReader", "ProcessorConfig", "ReaderConfig", "ResultWriter"),
        "WriterConfig",
    ),
    "authoring.expressions": ("Context", "Intrinsic", "JsonPath", "Portable", "path"),
    "checks.finding": ("Finding",),
    "authoring.not_given": ("NOT_GIVEN",),
    "asl.placeholders": ("Parameter", "parameter"),
    "authoring.jsonata_values": ("Jsonata", "q"),
    "asl.error_names": ("States",),
    "authoring.retry": ("Catch", "Retry"),
    "authoring.state": ("State",),
    "authoring.states": (
        *("Choice", "Fail", "Map", "Parallel", "Pass", "Raw", "Succeed", "Task", "Wait"),
    ),
    "authoring.var": ("Var",),
    "authoring.declaration": ("Declaration",),
    "local_service.local_client": ("local",),
    "authoring.logging_options": ("Logging",),
    "authoring.state_machine": ("StateMachine",),
    "authoring.workflow": ("Workflow",),
}
_MODULES = {"fn": "authoring.fn", "task": "authoring.task_makers"}
_HOMES = {name: room for room, names in _ROOMS.items() for name in names}

__all__ = [
    "NOT_GIVEN",
    "Catch",
    "Chain",
    "Choice",
    "ChoiceRule",
    "Condition",
    "Context",
    "Declaration",
    "Fail",
    "Finding",
    "Intrinsic",
    "ItemBatcher",
    "ItemReader",
    "JsonPath",
    "Jsonata",
    "Logging",
    "Map",
    "Parallel",
    "Parameter",
    "Pass",
    "Portable",
    "ProcessorConfig",
    "Raw",
    "ReaderConfig",
    "ResultWriter",
    "Retry",
    "State",
    "StateMachine",
    "States",
    "Succeed",
    "Task",
    "Var",
    "Wait",
    "Workflow",
    "WriterConfig",
    "and_",
    "check_definition",
    "fn",
    "local",
    "not_",
    "or_",
    "parameter",
    "path",
    "q",
    "task",
]


if not TYPE_CHECKING:  # type checkers would give every misspelt name a type

    def __getattr__(name: str) -> object:
        """Import a public name when it is first used, so that the command line starts fast."""
        from importlib import import_module

        if name in _MODULES:
            value: object = import_module(f"sfn_release.{_MODULES[name]}")
        elif name in _HOMES:
            value = getattr(import_module(f"sfn_release.{_HOMES[name]}"), name)
        else:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
