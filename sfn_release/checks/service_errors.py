"""The rule of error names of AWS's services. Their prefix depends on the integration.

The optimized integration of DynamoDB reports ``DynamoDB.X``, the SDK integration ``DynamoDb.X``,
named as in the AWS SDK for Java.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from sfn_release.asl.integrations import ServiceCall
from sfn_release.checks.definition import ParsedState
from sfn_release.checks.rule import Issue
from sfn_release.checks.services.botocore_models import sdk_ids, sdk_service

_OPTIMIZED: Final[Mapping[str, str]] = {
    "apigateway": "ApiGateway",
    "dynamodb": "DynamoDB",
    "sns": "SNS",
    "sqs": "SQS",
    "states": "StepFunctions",
}
"""The prefixes of optimized integrations, as executions on AWS report them."""

_NO_RULE: Final = frozenset({"iot", "memorydb", "sesv2", "autoscaling"})
"""Services whose prefix doesn't follow the usual spelling."""

_SUFFIX: Final = "Exception"
"""The end of each error of an SDK integration: an exception of the AWS SDK for Java."""


def wrong_prefix(state: ParsedState) -> Iterator[Issue]:
    """Report error names that this integration of a service never reports."""
    if state.call is None:
        return
    call = state.call
    for error in state.error_names:
        prefix, dot, rest = error.name.partition(".")
        expected = _expected(call) if dot else ""
        if not expected or not _is_prefix(prefix, expected, call):
            continue
        right = rest if not call.sdk or rest.endswith(_SUFFIX) else rest + _SUFFIX
        how = "An SDK integration" if call.sdk else "The optimized integration"
        subject = f"{how} ({call.sdk or call.service}:{call.action})"
        fix = f"Use {expected}.{right}." if _alike(prefix, expected) else "Remove it."
        if prefix != expected:
            message = f"{subject} reports its errors as {expected}.…, never {error.name}."
            yield Issue(error.place, message, fix)
        elif right != rest:
            message = f"{subject} reports errors that end in {_SUFFIX}, never {error.name}."
            yield Issue(error.place, message, fix)


def _expected(call: ServiceCall) -> str:
    """Return the prefix of a call's errors, "" if it isn't known."""
    if call.wait == ".waitForTaskToken":  # the caller back chooses the name
        return ""
    if not call.sdk:
        return _OPTIMIZED.get(call.service, "")
    service = sdk_service(call.sdk)
    known = service is not None and not call.sdk.startswith(tuple(_NO_RULE))
    return service.error_prefix if service is not None and known else ""


def _is_prefix(prefix: str, expected: str, call: ServiceCall) -> bool:
    """Whether a prefix is another spelling of this service, or another service."""
    if _alike(prefix, expected):
        return True
    folded = prefix.lower()
    if folded == "lambda":  # `impossible-error` reports it
        return False
    if folded not in sdk_ids() and prefix not in _OPTIMIZED.values():
        return False
    return bool(call.sdk) or folded in ("sfn", "stepfunctions")


def _alike(prefix: str, expected: str) -> bool:
    return prefix.lower() == expected.lower() or {prefix, expected} == {"Sfn", "StepFunctions"}
