"""Finds the workflows in a loaded module, in the process that loads it.

Imports nothing of sfn-release: `worker` loads it by its file.

Workflows are: every `StateMachine` at module level; in a module without one, its only `Workflow`,
named after the module; and objects whose ``to_dict()`` or ``to_json()`` returns a definition, named
by their ``name`` or after the module. One object under several names or in several modules counts
once, for the first module that was loaded.
"""

from __future__ import annotations

import json
import sys
import types
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sfn_release.project.modules.module_errors import ModuleErrors

_EXPECTED = "A workflow module has a StateMachine or Workflow of its own at module level."
_SETTINGS = ("type", "role", "logging", "tracing", "encryption", "tags")
_LARGEST_BITS = 1024  # Python refuses to write thousands of digits; AWS's limit is checked later
_FINDING = ("rule", "severity", "path", "state", "message", "fix")


def workflows_in(
    module: types.ModuleType, file: str, seen: set[int], errors: ModuleErrors
) -> list[dict[str, Any]]:
    """Return the workflows of a module, as the build's result holds them.

    *seen* holds the ids of objects in earlier modules; the ids of this module's are added. Raises
    BuildFailure for a module without workflows, and for invalid declarations.
    """
    own: dict[int, tuple[str, Any]] = {}
    for variable, value in vars(module).items():
        own.setdefault(id(value), (variable, value))
    fresh = {key: pair for key, pair in own.items() if key not in seen}
    machines = [
        pair for pair in fresh.values() if _is(pair[1], "authoring.state_machine", "StateMachine")
    ]
    bare = [pair for pair in fresh.values() if _is(pair[1], "authoring.workflow", "Workflow")]
    found = []
    for variable, machine in machines:
        with errors.of(file, f"the state machine {variable!r}"):
            declaration, findings = (
                machine.draft(source=file)
                if hasattr(machine, "draft")  # a project may bring an older sfn_release
                else (machine.declare(source=file), ())
            )
            entry = {name: getattr(declaration, name) for name in _SETTINGS}
            entry |= {"name": declaration.name, "definition": declaration.definition}
            entry |= _findings(findings)
        found.append((variable, entry))
    stem = Path(file).stem
    if not machines and bare:
        with errors.of(file, "its workflow"):
            variable, workflow = _single_workflow(_not_inside_another(bare), file, errors)
            definition, findings = (
                workflow.draft() if hasattr(workflow, "draft") else (workflow.serialize(), ())
            )
            entry = {"name": stem, "definition": definition} | _findings(findings)
            found.append((variable, entry))
    doubts: list[str] = []
    for variable, value in fresh.values():
        definition = _foreign(variable, value, doubts)
        if definition is not None:
            name = getattr(value, "name", None)
            name = name if isinstance(name, str) and name else stem
            found.append((variable, {"name": name, "definition": definition}))
    if not found:
        raise errors.failure(
            "build",
            f"{file} contains no workflow.",
            why="\n".join([_EXPECTED, *doubts]),
            fix=f"If it is a helper, rename it to _{Path(file).name}.",
        )
    seen.update(own)
    version = getattr(module, "__version__", None)
    more = {"source": file, "module_version": None if version is None else str(version)}
    for variable, entry in found:
        _require_json(entry, f"{file}: {variable}", errors)
    return [entry | more | {"variable": variable} for variable, entry in found]


def _findings(findings: Iterable[Any]) -> dict[str, Any]:
    """Return the findings of a draft as a member of its workflow; no member without findings."""
    rows = [[getattr(finding, name) for name in _FINDING] for finding in findings]
    return {"findings": rows} if rows else {}


def _is(value: Any, room: str, name: str) -> bool:
    home = sys.modules.get(f"sfn_release.{room}")
    return home is not None and isinstance(value, getattr(home, name))


def _not_inside_another(bare: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Leave out workflows that are branches or item processors of others."""
    inside = {
        id(graph)
        for _, workflow in bare
        for state in workflow.states
        for _, graph in state.graphs()
    }
    return [pair for pair in bare if id(pair[1]) not in inside] or bare


def _single_workflow(
    bare: list[tuple[str, Any]], file: str, errors: ModuleErrors
) -> tuple[str, Any]:
    if len(bare) > 1:
        names = ", ".join(variable for variable, _ in bare)
        raise errors.failure(
            "definition",
            f"{file} contains {len(bare)} workflows without names: {names}.",
            why="A bare Workflow is named after its module, so there can be one.",
            fix="Put each into a sfn.StateMachine(name=…, workflow=…).",
        )
    return bare[0]


def _foreign(variable: str, value: Any, doubts: list[str]) -> dict[str, Any] | None:
    """Return the definition of another library's object, None if it has none."""
    kind = type(value)
    if isinstance(value, type | types.ModuleType) or kind.__module__.startswith("sfn_release"):
        return None
    for method in ("to_dict", "to_json"):
        if not callable(getattr(kind, method, None)):
            continue
        try:
            given = getattr(value, method)()
            given = json.loads(given) if isinstance(given, str | bytes) else given
        except Exception as error:  # noqa: BLE001 - any object; the caller reports it
            doubts.append(f"{variable}.{method}() raised {type(error).__name__}: {error}")
            continue
        if isinstance(given, Mapping) and "StartAt" in given and "States" in given:
            return dict(given)
    return None


def _require_json(value: Any, where: str, errors: ModuleErrors) -> None:
    try:
        problem = _not_json(value, "$")
    except RecursionError:
        problem = "It is nested too deeply, or contains itself."
    if problem:
        raise errors.failure("definition", f"{where} can't be written as JSON.", why=problem)


def _not_json(value: Any, path: str) -> str | None:
    if isinstance(value, Mapping):
        for key, item in value.items():
            if not isinstance(key, str):
                return f"{path}: the key {key!r} is not a string."
            problem = _not_json(item, f"{path}.{key}")
            if problem:
                return problem
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            problem = _not_json(item, f"{path}[{index}]")
            if problem:
                return problem
    elif isinstance(value, int) and value.bit_length() > _LARGEST_BITS:
        return f"{path}: a number of {value.bit_length()} bits is too large for JSON."
    elif not isinstance(value, str | int | float | None):
        return f"{path}: {type(value).__name__} is not a JSON type."
    return None
