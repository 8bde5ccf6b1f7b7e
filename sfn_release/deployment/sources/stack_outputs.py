"""Outputs and exports of CloudFormation stacks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sfn_release.aws.api_calls import call
from sfn_release.aws.clients import Stacks
from sfn_release.errors import AwsError, ConfigError, NotFoundError
from sfn_release.text import did_you_mean

_NO_OUTPUTS = ("REVIEW_", "CREATE_IN_", "CREATE_FAILED", "ROLLBACK_", "DELETE_")
"""The beginnings of states in which a stack doesn't exist yet, or is being removed."""
_STATES: Mapping[str, str] = {
    "REVIEW_IN_PROGRESS": "It's a change set that was never executed.",
    "ROLLBACK_COMPLETE": "Its creation failed, so it has no resources. Delete it, and create it"
    " again.",
    "DELETE_FAILED": "Its deletion has begun and failed.",
}
_MOST_PAGES = 100


def read_stack(client: Stacks, name: str, region: str) -> Mapping[str, Any]:
    """Return DescribeStacks' answer about one stack.

    Raises NotFoundError for a stack that doesn't exist, and ConfigError for one of another region,
    and for one that isn't there (any more): in creation, deletion or review.
    """
    if name.startswith("arn:") and name.split(":")[3] != region:
        raise ConfigError(
            f"The stack {name} is in {name.split(':')[3]}, but the environment is in {region}.",
            fix="Use a stack of the environment's region, or pass the value by another source.",
        )
    try:
        answer = call(client.describe_stacks, StackName=name)
    except AwsError as error:
        if error.aws_code == "ValidationError" and "does not exist" in error.why:
            raise NotFoundError(
                f"There is no stack {name} in this account and region ({region}).",
                fix="Check its name and the region. The name of a nested stack ends with an id that"
                " CloudFormation chose: use an output of the stack around it.",
            ) from error
        raise
    stacks = answer.get("Stacks")
    if not stacks:
        raise AwsError(f"CloudFormation describes no stack {name}.")
    stack: Mapping[str, Any] = stacks[0]
    status = str(stack.get("StackStatus", ""))
    if status.startswith(_NO_OUTPUTS):
        reason = stack.get("StackStatusReason", "")
        raise ConfigError(
            f"The stack {name} is in the state {status}, so its outputs can't be relied on.",
            why=" ".join(filter(None, [_STATES.get(status, ""), reason])),
            fix="Bring the stack to CREATE_COMPLETE or UPDATE_COMPLETE first.",
        )
    return stack


def output_of(stack: Mapping[str, Any], name: str, shown: str) -> str:
    """Return the value of a stack's output. Raises NotFoundError, with the nearest name."""
    values = {str(item["OutputKey"]): item.get("OutputValue") for item in stack.get("Outputs", ())}
    if name not in values:
        exported = {item.get("ExportName"): item["OutputKey"] for item in stack.get("Outputs", ())}
        raise NotFoundError(
            f"The stack {shown} has no output {name!r}.",
            why=f"Its outputs: {', '.join(sorted(values)[:20])}." if values else "It has none.",
            fix=f'That is the name of an export: {{ export = "{name}" }}'
            if name in exported
            else did_you_mean(name, values),
        )
    return str(values[name] or "")


def stack_origin(stack: Mapping[str, Any]) -> str:
    """Return which state of a stack an output comes from: status, and time of the last update."""
    changed = stack.get("LastUpdatedTime") or stack.get("CreationTime")
    at = f" since {changed:%Y-%m-%dT%H:%M:%SZ}" if changed else ""
    return f"{stack.get('StackStatus', '')}{at}"


def read_exports(client: Stacks) -> dict[str, tuple[str, str]]:
    """Return the value of every export of the account and region, and the ARN of its stack."""
    exports: dict[str, tuple[str, str]] = {}
    token: dict[str, str] = {}
    for _ in range(_MOST_PAGES):
        answer = call(client.list_exports, **token)
        for item in answer.get("Exports", ()):
            exports[item["Name"]] = (str(item["Value"]), str(item.get("ExportingStackId", "")))
        if not answer.get("NextToken"):
            return exports
        token = {"NextToken": answer["NextToken"]}
    raise AwsError(f"CloudFormation's list of exports doesn't end after {_MOST_PAGES} pages.")


def export_of(exports: Mapping[str, tuple[str, str]], name: str) -> tuple[str, str]:
    """Return the value of an export and its stack. Raises NotFoundError, with the nearest name."""
    if name not in exports:
        raise NotFoundError(
            f"No stack of this account and region exports {name!r}.",
            why="" if exports else "There are no exports.",
            fix=did_you_mean(name, exports),
        )
    return exports[name]
