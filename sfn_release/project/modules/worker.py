"""Loads workflow modules in a process of its own and writes down what they declare, unchecked.

`process` runs this file as a script; its argument is the file of a job. It imports nothing
of sfn-release, because a project may bring its own, of another version.

What counts: every `StateMachine` at module level; in a module without one, its only `Workflow`,
named after the module; objects whose ``to_dict()`` or ``to_json()`` gives a definition, named by
their ``name`` or after the module. One object under several names or in several modules counts
once, for the module that was loaded first.
"""

from __future__ import annotations

import faulthandler
import importlib
import importlib.util
import json
import os
import platform
import sys
import types
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sfn_release.project.modules.imports import World
    from sfn_release.project.modules.report import Reporter


def _neighbour(name: str) -> Any:
    """Return the module in the file beside this one; it may not be importable by name."""
    place = Path(__file__).with_name(f"{name}.py")
    spec = importlib.util.spec_from_file_location(f"_sfn_release_{name}", place)
    if spec is None or spec.loader is None:
        raise ImportError(name)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


report = _neighbour("report")

_EXPECTED = "A module is expected to hold a StateMachine or Workflow of its own at module level."
_SETTINGS = ("type", "role", "logging", "tracing", "encryption", "tags")
_LARGEST_BITS = 1024  # Python doesn't write thousands of digits; smaller ones are judged later
_FINDING = ("rule", "severity", "path", "state", "message", "fix")


def main(job_file: str) -> None:
    """Do the job and end the process; the result is in the job's result file."""
    job = json.loads(Path(job_file).read_text(encoding="utf-8"))
    process = os.getpid()
    sys.argv = ["sfn-release"]
    with Path(job["stack"]).open("wb") as stack:
        faulthandler.enable(stack)
        faulthandler.dump_traceback_later(job["timeout"], exit=True, file=stack)
        try:
            result = _build(job)
        except report.Failed as failure:
            result = {"failure": failure.told}
        faulthandler.cancel_dump_traceback_later()
        if os.getpid() != process:
            os._exit(0)  # a module has forked, and this is the child
        part = Path(job["result"] + ".part")
        part.write_text(json.dumps(result), encoding="utf-8")
        part.rename(job["result"])
        for stream in (sys.stdout, sys.stderr):
            _flush(stream)
        os._exit(0)  # threads and exit handlers of modules have no say


def _flush(stream: Any) -> None:
    try:
        stream.flush()
    except (OSError, ValueError, AttributeError):  # a module has closed or replaced it
        return


def _build(job: Mapping[str, Any]) -> dict[str, Any]:
    world: World = _neighbour("imports").World(job["root"], job["work_tree"])
    loaded = world.isolate(job["folder"], job["package"], job["sfn_release"])
    before = set(sys.modules)
    reporter: Reporter = report.Reporter(world.root)
    modules: dict[types.ModuleType, str] = {}
    with Path(job["progress"]).open("ab", buffering=0) as progress:
        for name, file in job["modules"]:
            progress.write(f"{file}\n".encode())
            with reporter.of(file):
                world.open_package(name.rpartition(".")[0])
                modules[importlib.import_module(name)] = file
        in_order = [module for module in loaded if module in modules]
        seen: set[int] = set()
        found = []
        for module in in_order:
            progress.write(f"{modules[module]}\n".encode())
            found += _declared(module, modules[module], seen, reporter)
    brought = sorted(set(sys.modules) - before)
    _refuse_leaks(world, brought)
    own = getattr(sys.modules.get("sfn_release"), "__version__", None)
    return {
        "workflows": found,
        "toolchain": {
            "python": platform.python_version(),
            "sfn_release": own,
            "distributions": _distributions(world, brought),
        },
    }


# --- what a module declares ---


def _declared(
    module: types.ModuleType, file: str, seen: set[int], reporter: Reporter
) -> list[dict[str, Any]]:
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
        with reporter.of(file, f"the state machine {variable!r}"):
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
        with reporter.of(file, "its workflow"):
            variable, workflow = _only(_not_inside_another(bare), file)
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
        raise report.Failed(
            "build",
            f"{file} holds no workflow.",
            why="\n".join([_EXPECTED, *doubts]),
            fix=f"If it is a helper, rename it to _{Path(file).name}.",
        )
    seen.update(own)
    version = getattr(module, "__version__", None)
    more = {"source": file, "module_version": None if version is None else str(version)}
    for variable, entry in found:
        _require_json(entry, f"{file}: {variable}")
    return [entry | more | {"variable": variable} for variable, entry in found]


def _findings(findings: Iterable[Any]) -> dict[str, Any]:
    """Return what is wrong with a draft as an entry has it: nothing where nothing is."""
    told = [[getattr(finding, name) for name in _FINDING] for finding in findings]
    return {"findings": told} if told else {}


def _is(value: Any, room: str, name: str) -> bool:
    home = sys.modules.get(f"sfn_release.{room}")
    return home is not None and isinstance(value, getattr(home, name))


def _not_inside_another(bare: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Leave out the workflows that are branches or item processors of the others."""
    inside = {
        id(graph)
        for _, workflow in bare
        for state in workflow.states
        for _, graph in state.graphs()
    }
    return [pair for pair in bare if id(pair[1]) not in inside] or bare


def _only(bare: list[tuple[str, Any]], file: str) -> tuple[str, Any]:
    if len(bare) > 1:
        names = ", ".join(variable for variable, _ in bare)
        raise report.Failed(
            "definition",
            f"{file} holds {len(bare)} workflows without names: {names}.",
            why="A bare Workflow is named after its module, so there can be one.",
            fix="Put each into a sfn.StateMachine(name=…, workflow=…).",
        )
    return bare[0]


def _foreign(variable: str, value: Any, doubts: list[str]) -> dict[str, Any] | None:
    """Return the definition of an object of another library that gives one, else None."""
    kind = type(value)
    if isinstance(value, type | types.ModuleType) or kind.__module__.startswith("sfn_release"):
        return None
    for method in ("to_dict", "to_json"):
        if not callable(getattr(kind, method, None)):
            continue
        try:
            given = getattr(value, method)()
            given = json.loads(given) if isinstance(given, str | bytes) else given
        except Exception as error:  # noqa: BLE001 - the object may be anything; it is told below
            doubts.append(f"{variable}.{method}() raised {type(error).__name__}: {error}")
            continue
        if isinstance(given, Mapping) and "StartAt" in given and "States" in given:
            return dict(given)
    return None


def _require_json(value: Any, where: str) -> None:
    try:
        problem = _not_json(value, "$")
    except RecursionError:
        problem = "It is nested too deeply, or contains itself."
    if problem:
        raise report.Failed("definition", f"{where} cannot be written as JSON.", why=problem)


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


# --- what was imported ---


def _refuse_leaks(world: World, brought: list[str]) -> None:
    """Refuse modules that came from the work tree where a commit is built."""
    if world.of_project(world.work_tree) or world.leads_back(world.root):
        return  # the work tree itself is being built
    for name in brought:
        place = getattr(sys.modules.get(name), "__file__", None)
        if name.partition(".")[0] == "sfn_release" or not isinstance(place, str):
            continue
        if world.leads_back(place) and not world.of_project(place):
            raise report.Failed(
                "build",
                f"The module {name!r} was imported from the work tree, not from the commit.",
                why=f"It is {place}.",
                fix="Import it relative to the project, without paths to this machine's folders.",
            )


def _distributions(world: World, brought: list[str]) -> dict[str, str]:
    """Return the version of every installed distribution that the modules imported."""
    names = {name.partition(".")[0] for name in brought} - set(sys.stdlib_module_names)
    installed = set()
    for name in names - {"sfn_release"}:
        places = getattr(sys.modules.get(name), "__path__", None) or [
            getattr(sys.modules.get(name), "__file__", None)
        ]
        if any(isinstance(place, str) and not world.of_project(place) for place in places):
            installed.add(name)
    if not installed:
        return {}
    from importlib import metadata

    found = {}
    others = set()
    for name in installed:
        try:
            distribution = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            others.add(name)
            continue
        if any(file.parts[0] in {name, f"{name}.py"} for file in distribution.files or ()):
            found[distribution.name] = distribution.version
        else:
            others.add(name)
    # Asking all that are installed takes a tenth of a second, and most are named as their module.
    owners = metadata.packages_distributions() if others else {}
    found |= {owner: metadata.version(owner) for name in others for owner in owners.get(name, ())}
    return dict(sorted(found.items()))


if __name__ == "__main__":
    main(sys.argv[1])
