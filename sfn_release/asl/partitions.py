"""The partition in the ARNs of integrations: ``arn:aws-cn:states:::lambda:invoke`` in China.

Source: "Task workflow state" in AWS's developer guide: the partition is the second part of a
Resource, most commonly ``aws``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from sfn_release.canonical import member
from sfn_release.errors import DefinitionError

_PARTITION: Final = re.compile(r"aws[a-z-]*|\$\{[A-Za-z_][A-Za-z0-9_.:]*\}")
_INTEGRATION: Final = "arn:aws:states:::"
_PLACED: Final = re.compile(r"arn:(?P<partition>aws[a-z-]*):states:::")
_SENT: Final = frozenset({"Parameters", "Arguments", "Result", "Output", "Assign", "ItemSelector"})
_HOLDERS: Final = ("ItemReader", "ResultWriter")


_OPEN: Final = re.compile(r"arn:\$\{[A-Za-z_][A-Za-z0-9_.:]*\}:(?=states:::)")


def known_arn(text: str) -> str:
    """Return an integration's ARN with ``aws`` in the place of a ``${Parameter}`` partition.

    You get other text back as it is.

    >>> known_arn("arn:${AWS::Partition}:states:::sns:publish")
    'arn:aws:states:::sns:publish'
    """
    found = _OPEN.match(text)
    return f"arn:aws:{text[found.end() :]}" if found else text


def integrations_of_others(definition: Any, partition: str) -> Iterator[tuple[str, str]]:
    """Yield the JSON path and the partition of each integration outside *partition*.

    Integrations whose partition is a ``${Parameter}`` are skipped.
    """
    queue: list[tuple[str, Any]] = [("$", definition)]
    for path, value in queue:
        if isinstance(value, Mapping):
            found = _PLACED.match(str(value.get("Resource")))
            if found and found["partition"] != partition:
                yield member(path, "Resource"), found["partition"]
            queue += [(member(path, key), item) for key, item in value.items() if key not in _SENT]
        elif isinstance(value, list):
            queue += [(f"{path}[{index}]", item) for index, item in enumerate(value)]


def in_partition(states: Mapping[str, Any], partition: str) -> dict[str, Any]:
    """Return states, as JSON, with the integrations of *partition*, inner states included.

    *partition* is an AWS partition or a ``${Parameter}``. Raises DefinitionError for others.
    """
    if not _PARTITION.fullmatch(str(partition)):
        raise DefinitionError(
            f"{partition!r} is not a partition of AWS.",
            fix='Write partition="${AWS::Partition}", which is the partition of each environment.',
        )
    return _states(states, f"arn:{partition}:states:::")


def _states(states: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    return {id: _state(body, prefix) for id, body in states.items()}


def _state(body: Any, prefix: str) -> Any:
    if not isinstance(body, Mapping):
        return body
    changed = _with_resource(body, prefix)
    for key in _HOLDERS:
        if isinstance(changed.get(key), Mapping):
            changed[key] = _with_resource(changed[key], prefix)
    for key in ("ItemProcessor", "Iterator"):
        if key in changed:
            changed[key] = _graph(changed[key], prefix)
    if isinstance(changed.get("Branches"), list):
        changed["Branches"] = [_graph(branch, prefix) for branch in changed["Branches"]]
    return changed


def _graph(graph: Any, prefix: str) -> Any:
    if not isinstance(graph, Mapping) or not isinstance(graph.get("States"), Mapping):
        return graph
    return {**graph, "States": _states(graph["States"], prefix)}


def _with_resource(holder: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    resource = holder.get("Resource")
    if isinstance(resource, str) and resource.startswith(_INTEGRATION):
        return {**holder, "Resource": prefix + resource.removeprefix(_INTEGRATION)}
    return dict(holder)
