"""Releases for AWS Step Functions that never change.

Made from Git, planned before they are applied, rolled back in one step.

    workflow modules → definitions → release → plan → deployment → record

*Workflow modules* (``workflows/*.py``) are written with the names that this package exports::

    import sfn_release as sfn

    workflow = sfn.Workflow()
    workflow.start_from(sfn.Pass("Greet", result="Hello")).next_then(sfn.Succeed("Done"))
    hello = sfn.StateMachine("hello", workflow, role_arn="arn:aws:iam::111122223333:role/hello")

`project` reads ``releases.toml``: what this repository releases, and the environments where it
runs. `build` loads the modules of one commit in an isolated process, twice, and yields a
`Declaration` for each workflow. Its *definition* is a document in the Amazon States Language
(`asl`); `checks` tells what is wrong with it, with what AWS's services take (`apis`); `importing`
writes one as a module, `report` draws it. Digests are those of its canonical JSON (`canonical`).

A *release* is every declaration of one commit under one semantic version. Git remembers it, in
the `ledger`, and it never changes. For an environment, `rendering` fills its parameters, `pins`
names exact versions of what is called, and `policy` says whether it may enter. A `plan` compares
the result with what is there (`observation`): a tuple of steps, data, nothing happens. A
`deployment` applies a plan through the clients of `aws`, step by step where callers are shifted,
and appends its `record` to the ledger, first as started, then as ended. `drift` is what differs
from it later; a rollback is a deployment of what an earlier one says, byte for byte.

The environment ``local`` is Step Functions in this process: `local_service` is the control plane
with AWS's rules, `simulator` runs the definitions. You use it as a boto3 client: ``sfn.local()``.

`operations` are the verbs that the command line (`cli`) and a pipeline call. Imports go one way:
data and decisions know nothing of Git, AWS or the clock, and nothing knows the command line. Slow
packages are imported where they are used, and the names below when they are first asked for.
"""

from __future__ import annotations

TYPE_CHECKING = False  # type checkers take it for true; typing itself would be a slow import

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
    from sfn_release.checks import check_definition
    from sfn_release.checks.finding import Finding
    from sfn_release.local_service.local_client import local

_ROOMS = {
    "checks": ("check_definition",),
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


if not TYPE_CHECKING:  # else every misspelt name would have a type

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
