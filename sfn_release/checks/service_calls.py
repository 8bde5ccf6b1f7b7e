"""Compares the parameters of Tasks with botocore's models, for several rules in one pass.

This is slow when you first use a service, because its model is read then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from sfn_release.asl.field_types import JSONATA
from sfn_release.asl.integrations import REQUIRED, ServiceCall
from sfn_release.checks.definition import ParsedDefinition, ParsedState
from sfn_release.checks.integrations import part_calls
from sfn_release.checks.rule import Issue, Rule
from sfn_release.checks.service_errors import wrong_prefix
from sfn_release.checks.services import java_names
from sfn_release.checks.services.botocore_models import (
    Service,
    optimized_service,
    own_id,
    sdk_ids,
    sdk_service,
)
from sfn_release.checks.services.request_validation import MismatchKind, Sent, mismatches
from sfn_release.text import did_you_mean

_SDK = "aws-sdk"
_NEWER = "If AWS has it, update botocore, or silence the rule with a reason."

RULES: Final[tuple[Rule, ...]] = (
    Rule("sdk-service", "warning", "botocore has no such service"),
    Rule("sdk-action", "error", "the service has no such action", final=False),
    Rule("sdk-parameter", "error", "the action has no such parameter", final=False),
    Rule("sdk-required", "error", "a required parameter is missing", final=False),
    Rule("sdk-value", "error", "a parameter's value has the wrong type", final=False),
    Rule("sdk-text", "warning", "a number or a boolean is written as a string"),
    Rule("sdk-token", "warning", "an idempotency token is missing"),
    Rule("error-prefix", "warning", "the service reports its errors under another name"),
    Rule("sdk-enum", "warning", "a parameter's value is not a known one"),
    Rule(
        "optimized-parameter",
        "error",
        "the service has no such parameter",
        final=False,
    ),
    Rule("optimized-value", "warning", "a parameter's value doesn't fit the service's model"),
)
_PREFIX: Final = {"putObject": (("Prefix",), ("Prefix.$",))}
"""The parameter of result writers that S3 doesn't have: the beginning of their keys."""
_OF_SDK: Final[Mapping[MismatchKind, str]] = {
    "parameter": "sdk-parameter",
    "spelling": "sdk-parameter",
    "required": "sdk-required",
    "token": "sdk-token",
    "value": "sdk-value",
    "text": "sdk-text",
    "enum": "sdk-enum",
}


def model_issues(definition: ParsedDefinition) -> Iterator[tuple[str, Issue]]:
    """Yield the issues that the models of the services show, each with the name of its rule."""
    for state in definition.states:
        for issue in wrong_prefix(state):
            yield "error-prefix", issue
    for state in definition.states:
        yield from _of_parts(state)
    for state in definition.states:
        if state.call is not None:
            yield from _of_task(state, state.call)


def _of_task(state: ParsedState, call: ServiceCall) -> Iterator[tuple[str, Issue]]:
    sdk = call.service == _SDK
    if sdk and not call.sdk:
        return
    service = sdk_service(call.sdk) if sdk else optimized_service(call.service)
    if service is None:
        if sdk:
            yield "sdk-service", _unknown_service(state, call)
    elif call.action in service.actions:
        if sdk:
            yield from _unsupported(state, service, call)
        yield from _parameters(state, Sent(service, call.action, sdk, state.language))
    elif sdk:
        yield "sdk-action", _unknown_action(state, service, call)


def _of_parts(state: ParsedState) -> Iterator[tuple[str, Issue]]:
    """Yield the parameters of item readers and result writers that S3 doesn't have."""
    for part in part_calls(state):
        service = optimized_service("s3")
        if service is None:
            return
        field = "Arguments" if part.language == JSONATA else "Parameters"
        sent = Sent(service, part.action, sdk=False, language=part.language)
        for kind, keys, message, fix in mismatches(sent, part.holder.get(field, {})):
            if kind == "required" or keys[:1] in _PREFIX.get(part.action, ()):
                continue  # `required_parameters` reports it, and a writer chooses its keys itself
            rule = "optimized-parameter" if kind == "parameter" else "optimized-value"
            yield rule, Issue(part.place.at(field, *keys), message, fix or _NEWER)


def _unknown_service(state: ParsedState, call: ServiceCall) -> Issue:
    own = own_id(call.sdk)
    return Issue(
        state.place.at("Resource"),
        f"The installed botocore has no service with the SDK integration id {call.sdk}.",
        f'Did you mean "{own}"?' if own else did_you_mean(call.sdk, sdk_ids()) or _NEWER,
    )


def _unknown_action(state: ParsedState, service: Service, call: ServiceCall) -> Issue:
    place = state.place.at("Resource")
    for action in service.actions:
        if action.lower() == call.action.lower():
            return Issue(place, f"The action {call.action} is spelled {action}, in camelCase.")
    fix = did_you_mean(call.action, service.actions)
    return Issue(place, f"{service.id} has no action {call.action}.", fix or _NEWER)


def _unsupported(
    state: ParsedState, service: Service, call: ServiceCall
) -> Iterator[tuple[str, Issue]]:
    named = (service.id, call.action) in java_names.UNSUPPORTED
    if named or service.streams(call.action):
        reason = "AWS doesn't support the action" if named else "it streams events"
        message = f"Step Functions can't call {service.id}:{call.action}: {reason}."
        fix = "Call it from a Lambda function."
        yield "sdk-action", Issue(state.place.at("Resource"), message, fix)


def _parameters(state: ParsedState, sent: Sent) -> Iterator[tuple[str, Issue]]:
    field = state.arguments_field
    place = state.place.at(field) if field in state.body else state.place
    ours = not sent.sdk and (sent.service.id, sent.action) in REQUIRED
    for kind, keys, message, fix in mismatches(sent, state.body.get(field)):
        if ours and kind == "required" and not keys:
            continue  # `required` reports it
        own = "optimized-parameter" if kind == "parameter" else "optimized-value"
        rule = _OF_SDK[kind] if sent.sdk else own
        newer = _NEWER if kind == "parameter" else ""
        yield rule, Issue(place.at(*keys), message, fix or newer)
