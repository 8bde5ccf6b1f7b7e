"""Pins: replacing references to functions and state machines with exact versions. Pure.

A reference is a Lambda function's ARN as a Task's `Resource`, the `FunctionName` of `lambda:invoke`
or the `StateMachineArn` of `states:startExecution` and similar actions, in every scope and both
query languages. A name that a state computes at run time is a reference too, but we can't pin it.

Sources for the formats of names: the pattern of FunctionName in botocore's model of Lambda's
Invoke, and
https://docs.aws.amazon.com/step-functions/latest/dg/concepts-state-machine-version.html.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from sfn_release.asl.partitions import known_arn
from sfn_release.canonical import member
from sfn_release.errors import DefinitionError

ReferenceKind = Literal["function", "state machine"]
Place = tuple[str | int, ...]
"""A place in a JSON document: the keys and indices that lead to it."""

LATEST = "$LATEST"

_FUNCTION = re.compile(
    r"(?:arn:(?P<partition>aws[a-zA-Z-]*):lambda:)?"
    r"(?:(?P<region>[a-z]+(?:-[a-z]+)+-\d+):)?"
    r"(?:(?P<account>\d{12}):)?"
    r"(?:function:)?"
    r"(?P<name>[a-zA-Z0-9_.-]+)"
    r"(?::(?P<qualifier>\$LATEST|[a-zA-Z0-9_-]+))?"
)
_MACHINE = re.compile(
    r"arn:(?P<partition>aws[a-zA-Z-]*):states:(?P<region>[a-z0-9-]+):(?P<account>\d{12})"
    r":stateMachine:(?P<name>[^:/]+)(?::(?P<qualifier>[^:/]+))?"
)
_FUNCTION_ARN = re.compile(r"arn:[^:]+:lambda:")
_INTEGRATION = re.compile(
    r"arn:[^:]+:states:[^:]*:[^:]*:"
    r"(?:(?P<function>(?:aws-sdk:)?lambda:invoke)"
    r"|states:startExecution|aws-sdk:sfn:start(?:Sync)?Execution)"
    r"(?:\.sync(?::2)?|\.waitForTaskToken)?"
)
_CONSTANT = re.compile(r"""\{%\s*(?:"(?P<double>[^"\\]*)"|'(?P<single>[^'\\]*)')\s*%\}""")
_COMPUTED = "it is known only when the state runs"


@dataclass(frozen=True)
class ResourceName:
    """The name of a function or a state machine, taken apart; parts that it leaves out are None.

    *qualifier* is a version's number, an alias, or ``$LATEST``.
    """

    kind: ReferenceKind
    name: str
    qualifier: str | None = None
    account: str | None = None
    region: str | None = None
    partition: str | None = None

    @property
    def exact(self) -> bool:
        """Whether it names one version, which never changes."""
        return self.qualifier is not None and self.qualifier.isdecimal()

    def __str__(self) -> str:
        return f"{self.name}:{self.qualifier}" if self.qualifier else self.name


@dataclass(frozen=True)
class Reference:
    """One place where a definition refers to a function or a state machine.

    *written* is its text with the qualifier beside it, and identifies it within the definition.
    *state* is the state's name (``Each › branch 1 › Charge`` in nested scopes), *path* the JSON
    path. *name* is None if it can never be pinned, and *problem* is the reason. *foreign* marks a
    state that assumes another role, perhaps of another account.
    """

    kind: ReferenceKind
    written: str
    state: str
    path: str
    name: ResourceName | None
    problem: str = ""
    foreign: bool = False
    place: Place = ()

    @property
    def where(self) -> str:
        """The state and the JSON path, for people."""
        return f'state "{self.state}", {self.path}'


def references(definition: Mapping[str, Any]) -> tuple[Reference, ...]:
    """Return the references of a *definition* with filled parameters, in the order of its text."""
    return tuple(_scope(definition, "", (), "JSONPath"))


def pin(definition: Mapping[str, Any], exact: Mapping[str, str]) -> Mapping[str, Any]:
    """Return the *definition* with exact ARNs for references, itself if nothing changes.

    *exact* maps references as written to ARNs; other references stay as they are.
    """
    for reference in references(definition):
        if reference.name is not None and reference.written in exact:
            *parent, key = reference.place
            holder = _value_at(definition, parent)
            new = {**holder, key: exact[reference.written]}
            if key == "FunctionName":
                new.pop("Qualifier", None)  # it is in the ARN, and Lambda refuses two that differ
            definition = _replaced(definition, tuple(parent), new)
    return definition


def pin_open(definition: Mapping[str, Any], pins: Mapping[str, str]) -> Mapping[str, Any]:
    """Return the *definition* with recorded *pins* for its references without a version."""
    exact = {
        reference.written: pins[reference.written]
        for reference in references(definition)
        if reference.written in pins and reference.name is not None and not reference.name.exact
    }
    return pin(definition, exact)


def reopen(definition: Mapping[str, Any], texts: Collection[str]) -> Mapping[str, Any]:
    """Return the *definition* with *texts* in place of versions of the same state machines."""
    machines = {
        replace(name, qualifier=None): text for text in texts if (name := machine_name(text))
    }
    versions = {
        reference.written: machines[replace(reference.name, qualifier=None)]
        for reference in references(definition)
        if reference.name is not None
        and reference.name.exact
        and reference.written not in texts
        and replace(reference.name, qualifier=None) in machines
    }
    return pin(definition, versions)


def function_name(text: str) -> ResourceName | None:
    """Return a Lambda function's name, ARN or partial ARN taken apart, None for another text."""
    return _name("function", _FUNCTION.fullmatch(text))


def machine_name(text: str) -> ResourceName | None:
    """Return the ARN of a state machine, version or alias taken apart, None for another text."""
    return _name("state machine", _MACHINE.fullmatch(text))


def exact_name(arn: str) -> ResourceName:
    """Return a version's ARN, as in pins, taken apart; raise DefinitionError for other texts."""
    name = machine_name(arn) or function_name(arn)
    if name is None or not name.exact or name.region is None:
        raise DefinitionError(f"{arn!r} is not the ARN of a version.")
    return name


def pin_text(written: str, now: str | None, before: str | None = None) -> str:
    """Return a pin for people: ``charge → :7``, with the former version if it was another.

    *now* and *before* are exact ARNs; *now* is None for a version that will be published.
    """
    name = machine_name(written) or function_name(written)
    to = ":" + now.rpartition(":")[2] if now else "the new version"
    was = f" (was :{before.rpartition(':')[2]})" if before and before != now else ""
    return f"{name or written} → {to}{was}"


def _scope(
    scope: Mapping[str, Any], prefix: str, place: Place, language: str
) -> Iterator[Reference]:
    """Yield the references of a scope (an object with States), and of its inner scopes."""
    language = scope.get("QueryLanguage", language)
    for name, state in _mapping(scope.get("States")).items():
        if not isinstance(state, Mapping):
            continue
        here: Place = (*place, "States", name)
        if state.get("Type") == "Task":
            yield from _task(state, prefix + name, here, state.get("QueryLanguage", language))
        for key in ("ItemProcessor", "Iterator"):
            inner = _mapping(state.get(key))
            yield from _scope(inner, f"{prefix}{name} › ", (*here, key), language)
        branches = state.get("Branches")
        for index, branch in enumerate(branches if isinstance(branches, list) else ()):
            label = f"{prefix}{name} › branch {index + 1} › "
            yield from _scope(_mapping(branch), label, (*here, "Branches", index), language)


def _task(state: Mapping[str, Any], label: str, place: Place, language: str) -> Iterator[Reference]:
    resource = state.get("Resource")
    if not isinstance(resource, str):
        return
    foreign = "Credentials" in state
    call = _INTEGRATION.fullmatch(known_arn(resource))
    if _FUNCTION_ARN.match(resource):
        place = (*place, "Resource")
        yield _reference("function", resource, label, place, foreign=foreign)
    elif call:
        field = "Arguments" if language == "JSONata" else "Parameters"
        yield _argument(
            "function" if call["function"] else "state machine",
            state.get(field),
            label,
            (*place, field),
            jsonata=language == "JSONata",
            foreign=foreign,
        )


def _argument(
    kind: ReferenceKind, arguments: Any, label: str, place: Place, *, jsonata: bool, foreign: bool
) -> Reference:
    """Return the reference in the arguments of a Task."""
    key = "FunctionName" if kind == "function" else "StateMachineArn"

    def computed(key: str, shown: Any) -> Reference:
        written = shown if isinstance(shown, str) else key
        path = _json_path((*place, key) if isinstance(arguments, Mapping) else place)
        return Reference(kind, written, label, path, None, _COMPUTED, foreign)

    if not isinstance(arguments, Mapping):
        return computed(key, arguments)
    written = constant(arguments.get(key), jsonata=jsonata)
    if written is None:
        dynamic = key if key in arguments else f"{key}.$"
        return computed(dynamic, arguments.get(dynamic))
    if kind == "function" and {"Qualifier", "Qualifier.$"} & arguments.keys():
        qualifier = constant(arguments.get("Qualifier"), jsonata=jsonata)
        if qualifier is None:
            dynamic = "Qualifier" if "Qualifier" in arguments else "Qualifier.$"
            return computed(dynamic, f"{written}:{arguments[dynamic]}")
        if not written.endswith(f":{qualifier}"):
            written = f"{written}:{qualifier}"
    return _reference(kind, written, label, (*place, key), foreign=foreign)


def _reference(
    kind: ReferenceKind, written: str, label: str, place: Place, *, foreign: bool
) -> Reference:
    name = function_name(written) if kind == "function" else machine_name(written)
    problem = "" if name else f"this is not the name of a {kind}"
    return Reference(kind, written, label, _json_path(place), name, problem, foreign, place)


def constant(value: Any, *, jsonata: bool) -> str | None:
    """Return the text of a *value* that never changes, None for a value computed at run time."""
    if not isinstance(value, str):
        return None
    if not (jsonata and value.startswith("{%")):
        return value
    match = _CONSTANT.fullmatch(value)
    return (match["double"] or match["single"]) if match else None


def _name(kind: ReferenceKind, match: re.Match[str] | None) -> ResourceName | None:
    if match is None or (match["partition"] and not (match["region"] and match["account"])):
        return None
    return ResourceName(kind, **match.groupdict())


def _json_path(place: Place) -> str:
    path = "$"
    for step in place:
        path = f"{path}[{step}]" if isinstance(step, int) else member(path, step)
    return path


def _value_at(value: Any, place: Collection[str | int]) -> Any:
    for step in place:
        value = value[step]
    return value


def _replaced(value: Any, place: Place, new: Any) -> Any:
    """Return *value* with *new* at a place; the objects on the way to it are copied."""
    if not place:
        return new
    head, *rest = place
    inner = _replaced(value[head], tuple(rest), new)
    if isinstance(value, Mapping):
        return {**value, head: inner}
    return [inner if index == head else item for index, item in enumerate(value)]


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
