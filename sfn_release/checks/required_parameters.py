"""Rules of the parameters that integrations require. They don't need botocore.

Sources: the pages of "Integrating optimized services with Step Functions" in AWS's developer guide,
and for Maps, "ItemReader (Map)" and "ResultWriter (Map)".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from sfn_release.asl.field_types import JSONATA, JSONPATH, is_open
from sfn_release.asl.integrations import REQUIRED, Groups, ServiceCall
from sfn_release.checks.definition import ParsedState
from sfn_release.checks.integrations import part_calls
from sfn_release.checks.location import Location
from sfn_release.checks.rule import Issue
from sfn_release.checks.task_calls import IntegrationCall

OF_PARTS: Final[Mapping[str, Groups]] = {
    "getObject": (("Bucket",), ("Key",)),
    "listObjectsV2": (("Bucket",),),
    "putObject": (("Bucket",),),
}
"""The parameters that an item reader or a result writer needs, by the action of S3."""


def has_required(call: ServiceCall) -> bool:
    """Whether an action has parameters that it requires."""
    return (call.service, call.action) in REQUIRED


def missing_parameter(task: IntegrationCall) -> Iterator[Issue]:
    """Report an integration that lacks a required parameter, or all of them."""
    call, state = task.call, task.state
    groups = REQUIRED[call.service, call.action]
    name = f"{call.service}:{call.action}"
    yield from _missing(state.body, state.language, state.place, groups, name)


def missing_part_parameter(state: ParsedState) -> Iterator[Issue]:
    """Report an item reader or a result writer that lacks a required parameter."""
    for part in part_calls(state):
        groups = OF_PARTS.get(part.action, ())
        yield from _missing(part.holder, part.language, part.place, groups, part.key)


def _missing(
    holder: Mapping[str, Any],
    language: str,
    place: Location,
    groups: Sequence[Sequence[str]],
    name: str,
) -> Iterator[Issue]:
    field, other = ("Parameters", "Arguments")[:: -1 if language == JSONATA else 1]
    parameters = holder.get(field, {})
    if other in holder or not isinstance(parameters, Mapping) or any(map(is_open, parameters)):
        return
    computed = ".$" if language == JSONPATH else ""
    names = {key.removesuffix(computed) for key in parameters}
    for group in groups:
        if not names.intersection(group):
            message = f"{' or '.join(group)} is required but was missing: {name} needs it."
            yield Issue(place.at(field) if field in holder else place, message)
