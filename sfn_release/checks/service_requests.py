"""Rules of the requests that Step Functions makes itself: HTTPS APIs, API Gateway, EKS, Bedrock.

botocore has no models of them. Sources: "Call HTTPS APIs in Step Functions workflows" in AWS's
developer guide, "Create API Gateway REST APIs with Step Functions", "Create and manage Amazon EKS
clusters with Step Functions", "Invoke and customize Amazon Bedrock models with Step Functions".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from sfn_release.asl.field_types import JSONPATH, is_open
from sfn_release.asl.integrations import ServiceCall
from sfn_release.checks.definition import ParsedState
from sfn_release.checks.location import Location
from sfn_release.checks.rule import Issue
from sfn_release.checks.task_calls import IntegrationCall
from sfn_release.text import did_you_mean

_RequestShape = Mapping[str, Any]  # name → None for any value, words, or a shape
_METHODS: Final = ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD")
_ANYTHING: Final = None
_CONNECTION: Final[_RequestShape] = {"ConnectionArn": _ANYTHING}
_CALL: Final[_RequestShape] = dict.fromkeys(
    ("Method", "Path", "QueryParameters", "RequestBody"), _ANYTHING
)
_CLUSTER: Final[_RequestShape] = dict.fromkeys(
    ("ClusterName", "CertificateAuthority", "Endpoint"), _ANYTHING
)
_REQUESTS: Final[Mapping[tuple[str, str], _RequestShape]] = {
    ("http", "invoke"): {
        **dict.fromkeys(("ApiEndpoint", "Headers", "QueryParameters", "RequestBody"), _ANYTHING),
        "Method": _METHODS,
        "Authentication": _CONNECTION,
        "InvocationConfig": _CONNECTION,
        "Transform": {
            "RequestBodyEncoding": ("NONE", "URL_ENCODED"),
            "RequestEncodingOptions": {"ArrayFormat": ("INDICES", "REPEAT", "COMMAS", "BRACKETS")},
        },
    },
    ("apigateway", "invoke"): {
        **_CALL,
        **dict.fromkeys(("ApiEndpoint", "Headers", "Stage", "AllowNullValues"), _ANYTHING),
        "Method": _METHODS,
        "AuthType": ("NO_AUTH", "IAM_ROLE", "RESOURCE_POLICY"),
    },
    ("bedrock", "invokeModel"): dict.fromkeys(
        (
            *("ModelId", "Body", "Input", "Output", "ContentType", "Accept", "Trace"),
            *("GuardrailIdentifier", "GuardrailVersion", "PerformanceConfigLatency"),
            "ServiceTier",
        ),
        _ANYTHING,
    ),
    ("eks", "call"): {**_CLUSTER, **_CALL},
    ("eks", "runJob"): {
        **_CLUSTER,
        **dict.fromkeys(("Namespace", "LogOptions", "Job"), _ANYTHING),
    },
}
"""The parameters of each request."""

SERVICES: Final = (*{service for service, _ in _REQUESTS},)

_NO_HEADER = re.compile(
    "(?i:a-im|accept-charset|accept-datetime|accept-encoding|authorization|cache-control|connection"
    "|content-encoding|content-md5|date|expect|forwarded|from|host|http2-settings|if-match"
    "|if-modified-since|if-none-match|if-range|if-unmodified-since|max-forwards|origin|pragma"
    "|proxy-authorization|referer|server|te|trailer|transfer-encoding|upgrade|via|warning"
    "|x-forwarded-.*|x-amz-.*|x-amzn-.*)"
)
"""The headers with which an HTTP task fails (States.Runtime)."""


def is_known(call: ServiceCall) -> bool:
    """Whether a call is a request of Step Functions' own."""
    return (call.service, call.action) in _REQUESTS


def unknown_parameter(task: IntegrationCall) -> Iterator[Issue]:
    """Report parameters that a request of Step Functions' own doesn't have."""
    call = task.call
    shape = _REQUESTS[call.service, call.action]
    name = f"{call.service}:{call.action}"
    yield from _unknown(task.state, shape, task.parameters, task.place, name)


def _unknown(
    state: ParsedState, shape: _RequestShape, value: Mapping[str, Any], place: Location, name: str
) -> Iterator[Issue]:
    for key, item in value.items():
        computed = state.language == JSONPATH and key.endswith(".$")
        parameter = key.removesuffix(".$") if computed else key
        if is_open(key):
            continue
        if parameter not in shape:
            message = f"{name} has no parameter {parameter}: it is not supported."
            yield Issue(place.at(key), message, did_you_mean(parameter, shape))
        elif not computed and isinstance(shape[parameter], Mapping) and isinstance(item, dict):
            yield from _unknown(state, shape[parameter], item, place.at(key), parameter)


def wrong_request(task: IntegrationCall) -> Iterator[Issue]:
    """Report unknown words in a parameter, and wrong endpoints of HTTP tasks."""
    shape = _REQUESTS.get((task.call.service, task.call.action))
    if shape is not None:
        yield from _words(task.state, shape, task.parameters, task.place)
    if task.call.service == "http":
        yield from _http(task.state, task.parameters, task.place)
        yield from _connection(task.parameters, task.place)


def _words(
    state: ParsedState, shape: _RequestShape, value: Mapping[str, Any], place: Location
) -> Iterator[Issue]:
    for key, item in value.items():
        wanted = shape.get(key)
        if isinstance(wanted, Mapping) and isinstance(item, dict):
            yield from _words(state, wanted, item, place.at(key))
        elif isinstance(wanted, Mapping) and not is_open(item, state.language):
            yield Issue(place.at(key), f"{key} must be an object.", wanted="json")
        elif isinstance(wanted, tuple) and item not in wanted and not is_open(item, state.language):
            message = f"{key} can't be {item!r}: it must be one of {', '.join(wanted)}."
            in_capitals = str(item).upper()
            fix = f'Did you mean "{in_capitals}"?' if in_capitals in wanted else ""
            yield Issue(place.at(key), message, fix)


def _http(state: ParsedState, parameters: Mapping[str, Any], place: Location) -> Iterator[Issue]:
    endpoint = parameters.get("ApiEndpoint")
    if (
        isinstance(endpoint, str)
        and not is_open(endpoint, state.language)
        and not endpoint.startswith("https://")
    ):
        message = f'"{endpoint}" can\'t be called: Step Functions only calls https:// URLs.'
        yield Issue(place.at("ApiEndpoint"), message)


def _connection(parameters: Mapping[str, Any], place: Location) -> Iterator[Issue]:
    """Report a missing connection, or two."""
    holders = [key for key in ("Authentication", "InvocationConfig") if key in parameters]
    for key in holders:
        named = parameters[key]
        if isinstance(named, dict) and not {"ConnectionArn", "ConnectionArn.$"} & named.keys():
            message = f"{key} needs ConnectionArn: it is required but was missing."
            yield Issue(place.at(key), message)
    if len(holders) > 1:
        message = "Both Authentication and InvocationConfig name a connection."
        yield Issue(place, message, "Remove Authentication.")


def forbidden_header(task: IntegrationCall) -> Iterator[Issue]:
    """Report headers with which a request fails when it is sent."""
    headers = task.parameters.get("Headers")
    for key, value in headers.items() if isinstance(headers, dict) else ():
        place = task.place.at("Headers", key)
        if task.call.service == "http":
            yield from _refused(task.state, key, place)
        else:
            yield from _no_list(task.state, key, value, place)


def _refused(state: ParsedState, key: str, place: Location) -> Iterator[Issue]:
    name = key.removesuffix(".$") if state.language == JSONPATH else key
    if _NO_HEADER.fullmatch(name):
        yield Issue(
            place,
            f"An HTTP task can't send the header {name}: it fails with States.Runtime.",
            "Put it in the EventBridge connection."
            if name.lower() == "authorization"
            else "Remove it.",
        )


def _no_list(state: ParsedState, key: str, value: Any, place: Location) -> Iterator[Issue]:
    computed = (state.language == JSONPATH and key.endswith(".$")) or is_open(value, state.language)
    if not computed and not isinstance(value, list | tuple):
        message = (
            f"The header {key} must be a list of strings, because API Gateway accepts several."
        )
        yield Issue(place, message, "Put the value in brackets.")
