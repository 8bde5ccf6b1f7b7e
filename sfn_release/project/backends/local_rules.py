"""The rules for the table of a local environment, in releases.toml and in JSON Schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sfn_release.project import toml_text
from sfn_release.project.parameter_sources import (
    StackExport,
    StackOutput,
    StateAttribute,
    StateOutput,
    StoredParameter,
    Variable,
    is_source,
    source_of,
)
from sfn_release.project.state_locations import S3_SCHEMA, S3Location, parse_location
from sfn_release.project.table_rule import TableFault, TableRule, meaningless, table_rule

_LOOKED_UP: Final = {
    "anyOf": [
        {"required": ["ssm"]},
        {"required": ["stack"]},
        {"required": ["export"]},
        {"properties": {"tfstate": S3_SCHEMA}, "required": ["tfstate"]},
    ]
}


@table_rule({"properties": {"signed": {"enum": [False]}}})
def _unsigned(table: Mapping[str, Any], name: str) -> TableFault | None:
    """Check that no signatures are needed."""
    if not table.get("signed"):
        return None
    return TableFault(
        ("signed",),
        f"`signed` has no meaning in {name}: its backend is local",
        fix="Remove it: records of `local` stay in your clone and aren't signed.",
    )


@table_rule(
    {
        "properties": {
            "parameters": {
                "additionalProperties": {
                    "not": {"type": "object", "allOf": [is_source.schema, _LOOKED_UP]}
                }
            }
        }
    }
)
def _own_parameters(table: Mapping[str, Any], _: str) -> TableFault | None:
    """Check that no parameter is looked up in AWS."""
    for key, value in table.get("parameters", {}).items():
        service = _service(value)
        if service:
            return TableFault(
                ("parameters", key),
                f"the parameter {key} can't come from {service}: the backend is local",
                fix=f'Write a value for it here:  {toml_text.toml_key(key)} = "…"',
            )
    return None


@table_rule({"properties": {"strategy": {"properties": {"alarms": {"maxItems": 0}}}}})
def _no_alarms(table: Mapping[str, Any], _: str) -> TableFault | None:
    """Check that a shift has no alarms."""
    strategy = table.get("strategy")
    if not isinstance(strategy, dict) or not strategy.get("alarms"):
        return None
    return TableFault(
        ("strategy",),
        "the local service has no CloudWatch alarms",
        fix="Use `max_failures` here, or leave `alarms` out.",
    )


def _service(value: Any) -> str | None:
    """Return the AWS service that a parameter's value is looked up in, if there is one."""
    match source_of(value) if isinstance(value, dict) else None:
        case StoredParameter():
            return "Parameter Store"
        case StackOutput() | StackExport():
            return "CloudFormation"
        case StateOutput() | StateAttribute() as source:
            return "S3" if isinstance(parse_location(source.tfstate), S3Location) else None
        case Variable() | None:
            return None


RULES: Final[tuple[TableRule, ...]] = (
    meaningless(
        *("profile", "endpoint_url", "account", "assume_role"),
        why="its backend is local",
        fix="Remove it: it belongs to environments on AWS.",
    ),
    _unsigned,
    _own_parameters,
    _no_alarms,
)
