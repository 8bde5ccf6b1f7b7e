"""Sources: where the value of a parameter is looked up when a deployment renders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sfn_release.project.parameter_values import Type
from sfn_release.project.toml_text import toml
from sfn_release.project.value_rule import TableTest


@dataclass(frozen=True)
class Variable:
    """A variable of the deployer's process."""

    env: str
    type: Type = "string"

    def __str__(self) -> str:
        return f"${self.env}"


@dataclass(frozen=True)
class StoredParameter:
    """A parameter of Parameter Store, or one version of it: ``/shop/charge:3``."""

    ssm: str
    type: Type = "string"

    def __str__(self) -> str:
        return f"ssm:{self.ssm}"


@dataclass(frozen=True)
class StackOutput:
    """An output of a CloudFormation stack, which has a name or an ARN."""

    stack: str
    output: str
    type: Type = "string"

    def __str__(self) -> str:
        return f"the output {self.output} of the stack {self.stack}"


@dataclass(frozen=True)
class StackExport:
    """An output that a CloudFormation stack of the account and region exports."""

    export: str
    type: Type = "string"

    def __str__(self) -> str:
        return f"the export {self.export}"


@dataclass(frozen=True)
class StateOutput:
    """An output of the root module in a Terraform state. Without *type*, it keeps its own."""

    tfstate: str
    output: str
    type: Type | None = None

    def __str__(self) -> str:
        return f"the output {self.output} of {_without_query(self.tfstate)}"


@dataclass(frozen=True)
class StateAttribute:
    """An attribute of a resource in a Terraform state. Without *type*, it keeps its own."""

    tfstate: str
    resource: str
    attribute: str
    type: Type | None = None

    def __str__(self) -> str:
        return f"{self.resource}.{self.attribute} of {_without_query(self.tfstate)}"


StackSource = StackOutput | StackExport
StateSource = StateOutput | StateAttribute
Source = Variable | StoredParameter | StackSource | StateSource

_KINDS: Final = (Variable, StoredParameter, StackOutput, StackExport, StateOutput, StateAttribute)
_TYPING_ERRORS: Final = frozenset({"evn", "nev", "sms", "mss", "exprot", "tfsate", "tfstat"})
FORMS: Final = (
    '{ env = "VARIABLE" }',
    '{ ssm = "/name" }',
    '{ stack = "name", output = "Name" }',
    '{ export = "name" }',
    '{ tfstate = "s3://bucket/key", output = "name" }',
    '{ tfstate = "s3://bucket/key", resource = "aws_lambda_function.x", attribute = "arn" }',
)


def _is_source(table: Mapping[str, Any]) -> bool:
    """Whether a table of releases.toml is the source of a value, and not the value."""
    keys = table.keys()
    if keys & {"env", "ssm", "tfstate"} or keys >= {"stack", "output"}:
        return True
    if keys - {"type"} == {"export"}:
        return True
    return len(table) == 1 and not _TYPING_ERRORS.isdisjoint(table)


def _required(*keys: str) -> dict[str, Any]:
    return {"required": [*keys]}


def _only(*keys: str) -> dict[str, Any]:
    return {"propertyNames": {"enum": [*keys]}}


def _keys(kind: type[Source]) -> list[str]:
    """Return the keys that a kind of source needs."""
    return [name for name in kind.__dataclass_fields__ if name != "type"]


is_source: Final = TableTest(
    _is_source,
    {
        "anyOf": [
            *(_required(key) for key in ("env", "ssm", "tfstate")),
            _required("stack", "output"),
            {**_required("export"), **_only("export", "type")},
            {"maxProperties": 1, "anyOf": [_required(key) for key in sorted(_TYPING_ERRORS)]},
        ]
    },
)
"""Whether a table of releases.toml is the source of a value, and not the value."""

SOURCE_SCHEMA: Final = {
    "anyOf": [{**_required(*_keys(kind)), **_only(*_keys(kind), "type")} for kind in _KINDS]
}
"""The keys of a source in JSON Schema: of one kind, and all of it."""


def source_of(table: Mapping[str, Any]) -> Source | None:
    """Return the source that a table describes, None for a mixture of several, or half of one."""
    for kind in _KINDS:
        if set(kind.__dataclass_fields__) - {"type"} == table.keys() - {"type"}:
            return kind(**table)
    return None


def as_toml(source: Source, type: str) -> str:
    """Return the table of a *source* with another *type*, as releases.toml has it."""
    keys = {name: value for name, value in vars(source).items() if name != "type"}
    return toml({**keys, "type": type})


def subject(source: Source) -> str:
    """Return the name that the source has for the value: of the variable, output or attribute."""
    match source:
        case Variable():
            return source.env
        case StoredParameter():
            return source.ssm
        case StackOutput() | StateOutput():
            return source.output
        case StackExport():
            return source.export
        case StateAttribute():
            return source.attribute


def _without_query(address: str) -> str:
    """Return the address of a state without its query, which may have a token."""
    return address.partition("?")[0] if address.startswith("http") else address
