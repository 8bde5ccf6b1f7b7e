"""The permissions that a workflow's role needs, from its definition and its settings. Pure.

    needed_permissions(rendered, place)       a workflow as it is sent to AWS
    declared_permissions(declaration)         a workflow as it's declared, parameters unfilled

Each Task is read as `checks` reads it. IAM's names come from `iam_data`, the resources from the
literal parameters of the call. What is known only when a state runs is reported as unknown, with
the state and the reason. A pattern stands in the permissions only where a part of the resource's
own name is known.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from sfn_release.asl.field_types import JSONATA
from sfn_release.asl.integrations import ServiceCall, service_call
from sfn_release.asl.jsonata import is_jsonata
from sfn_release.asl.known_text import Known
from sfn_release.authoring.declaration import Declaration
from sfn_release.checks.definition import ParsedDefinition, ParsedState
from sfn_release.checks.integrations import is_activity
from sfn_release.checks.location import KeyPath, Location
from sfn_release.checks.parser import parse_definition
from sfn_release.checks.payload_templates import COMPUTED
from sfn_release.names import WorkflowName
from sfn_release.permissions.arguments import Arguments, KnownText, arguments_of
from sfn_release.permissions.integration_needs import add_integration_needs
from sfn_release.permissions.machine_needs import add_machine_needs
from sfn_release.permissions.map_needs import add_map_run_needs, add_part_needs
from sfn_release.permissions.name_forms import function_arn
from sfn_release.permissions.needed import ANYWHERE, NeededPermissions, Place
from sfn_release.permissions.permission_list import PermissionList
from sfn_release.permissions.resource_arns import Target, Targets
from sfn_release.release.rendering import (
    Rendered,
    normal_encryption,
    normal_logging,
    normal_tracing,
)

_INVOKE: Final = ("lambda:InvokeFunction",)
_ANY_ROLE: Final = "arn:*:iam::*:role/*"
_PARAMETER: Final = re.compile(r"\$\{[^}]*\}")
_ASSUME: Final = ("sts:AssumeRole",)


def needed_permissions(rendered: Rendered, place: Place) -> NeededPermissions:
    """Return the least permissions that the role of *rendered* needs in *place*.

    A ``${Parameter}`` that isn't filled stays in the ARNs as it is. Any JSON is a definition: what
    isn't understood is reported as unknown.
    """
    own = PermissionList()
    others: dict[str, PermissionList] = {}
    parsed = parse_definition(rendered.definition, rendered.type)
    own_arn = place.arn("states", f"stateMachine:{rendered.name}")
    known = Known(own_arn, str(rendered.name), _constants(parsed))
    for state in parsed.states:
        if state.type == "Task":
            _add_task(own, others, state, known, place)
        elif state.type == "Map":
            add_part_needs(own, state, known, place)
    for scope in parsed.scopes:
        if scope.holder is not None and scope.distributed:
            add_map_run_needs(own, scope.holder.id, known)
    add_machine_needs(own, rendered, known, place)
    assumed = {role: needs.permissions for role, needs in others.items() if needs.permissions}
    unknown = (*own.unknown, *(item for needs in others.values() for item in needs.unknown))
    return NeededPermissions(rendered.workflow, own.permissions, unknown, assumed)


def declared_permissions(declaration: Declaration, place: Place = ANYWHERE) -> NeededPermissions:
    """Return the permissions of a declaration, with its ``${Parameters}`` unfilled.

    Use it to compare two declarations without an environment. Logging, tracing and encryption that
    the environment decides are left out.
    """
    name = WorkflowName(declaration.name)
    rendered = Rendered(
        name,
        name,
        declaration.definition,
        declaration.type,
        declaration.role or "",
        normal_logging(_object(declaration.logging)),
        normal_tracing(_object(declaration.tracing)),
        normal_encryption(_object(declaration.encryption)),
    )
    return needed_permissions(rendered, place)


def _object(value: Any) -> Mapping[str, Any] | None:
    return value if isinstance(value, Mapping) else None


def _constants(parsed: ParsedDefinition) -> tuple[tuple[str, str], ...]:
    """Return the variables that are assigned once, to a literal text, in the whole definition."""
    places: dict[str, list[Location]] = {}
    for state in parsed.states:
        for assignment in state.assignments:
            places.setdefault(assignment.name, []).append(assignment.place)
    found = []
    for name, (first, *others) in places.items():
        if others or str(first.keys[-1]).endswith(COMPUTED):
            continue
        value = _value_at(parsed.root.body, first.keys)
        if isinstance(value, str) and not is_jsonata(value):
            found.append((name, value))
    return tuple(sorted(found))


def _value_at(value: Any, keys: KeyPath) -> Any:
    for key in keys:
        value = value[key]
    return value


def _add_task(
    own: PermissionList,
    others: dict[str, PermissionList],
    state: ParsedState,
    known: Known,
    place: Place,
) -> None:
    """Add the needs of a Task: for the role itself, or for the role that it assumes."""
    credentials = state.body.get("Credentials")
    needs = own
    if credentials is not None:
        needs = _assumed(own, others, state, credentials, known)
    resource = state.resource
    if resource is None:
        own.add_unknown(state.id, "The state has no Resource.")
    elif (call := resource.call or _unplaced(resource.text)) is not None:
        arguments = arguments_of(state.body, state.language, known)
        add_integration_needs(needs, state.id, call, arguments, place)
    elif ":activity:" in resource.text or is_activity(resource):
        return  # its worker asks for the work
    elif resource.is_open and not resource.text.startswith("arn:"):
        needs.add(_INVOKE, [resource.text], state.id)
        reason = f"The Resource {resource.text} isn't filled: it may be a function or an activity."
        own.add_unknown(state.id, reason, _INVOKE, resource.text)
    elif resource.text.startswith("arn:") and ":lambda:" in resource.text:
        needs.add(_INVOKE, [function_arn(resource.text, "", place)], state.id)
    else:
        own.add_unknown(
            state.id, f"The Resource {resource.text} isn't an ARN that a Task can call."
        )


def _unplaced(resource: str) -> ServiceCall | None:
    """Return the call of an integration whose ARN has unfilled parameters for its place."""
    head, found, call = resource.partition(":states:")
    if not found or not head.startswith("arn:"):
        return None
    return service_call(f"arn:aws:states:{_PARAMETER.sub('', call)}")


def _assumed(
    own: PermissionList,
    others: dict[str, PermissionList],
    state: ParsedState,
    credentials: Any,
    known: Known,
) -> PermissionList:
    """Add the role that a Task assumes, and return the list of that role's permissions."""
    jsonata = state.language == JSONATA
    if isinstance(credentials, Mapping):
        texts = Arguments(credentials, jsonata, known).texts("RoleArn")
    else:
        texts = (KnownText("*", str(credentials)),)
    found = tuple(
        Target(KnownText(_ANY_ROLE, text.source), named=False) if text.unknown else Target(text)
        for text in texts
    )
    own.add_targets(_ASSUME, Targets(found, "" if found else "no role is given"), state.id)
    role = texts[0].text if len(texts) == 1 and texts[0].whole else "*"
    return others.setdefault(role, PermissionList())
