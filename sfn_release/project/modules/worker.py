"""Loads workflow modules in a process of its own, and writes down the workflows that they declare.

`build_process` runs this file as a script. Its argument is the file that describes the job. It
imports nothing of sfn-release, because a project may bring its own, of another version.
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
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sfn_release.project.modules.import_isolation import ImportIsolation
    from sfn_release.project.modules.module_errors import ModuleErrors


def _neighbour(name: str) -> Any:
    """Return the module in a file beside this one, which may not be importable by name."""
    place = Path(__file__).with_name(f"{name}.py")
    spec = importlib.util.spec_from_file_location(f"_sfn_release_{name}", place)
    if spec is None or spec.loader is None:
        raise ImportError(name)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


module_errors = _neighbour("module_errors")


def main(job_file: str) -> None:
    """Do the job, write its result file, and end the process."""
    job = json.loads(Path(job_file).read_text(encoding="utf-8"))
    process = os.getpid()
    sys.argv = ["sfn-release"]
    with Path(job["stack"]).open("wb") as stack:
        faulthandler.enable(stack)
        faulthandler.dump_traceback_later(job["timeout"], exit=True, file=stack)
        try:
            result = _build(job)
        except module_errors.BuildFailure as failure:
            result = {"failure": failure.members}
        faulthandler.cancel_dump_traceback_later()
        if os.getpid() != process:
            os._exit(0)  # a module has forked, and this is the child
        part = Path(job["result"] + ".part")
        part.write_text(json.dumps(result), encoding="utf-8")
        part.rename(job["result"])
        for stream in (sys.stdout, sys.stderr):
            _flush(stream)
        os._exit(0)  # without waiting for threads, or running exit handlers, of modules


def _flush(stream: Any) -> None:
    try:
        stream.flush()
    except (OSError, ValueError, AttributeError):  # a module has closed or replaced it
        return


def _build(job: Mapping[str, Any]) -> dict[str, Any]:
    contents = _neighbour("module_contents")
    isolation: ImportIsolation = _neighbour("import_isolation").ImportIsolation(
        job["root"], job["work_tree"]
    )
    errors: ModuleErrors = module_errors.ModuleErrors(isolation.root)
    loaded = isolation.isolate(job["folder"], job["package"], job["sfn_release"])
    before = set(sys.modules)
    modules: dict[types.ModuleType, str] = {}
    workflows = []
    with Path(job["progress"]).open("ab", buffering=0) as progress:
        for name, file in job["modules"]:
            progress.write(f"{file}\n".encode())
            with errors.of(file):
                isolation.open_package(name.rpartition(".")[0])
                modules[importlib.import_module(name)] = file
        in_order = [module for module in loaded if module in modules]
        seen: set[int] = set()
        for module in in_order:
            progress.write(f"{modules[module]}\n".encode())
            workflows += contents.workflows_in(module, modules[module], seen, errors)
    imported = sorted(set(sys.modules) - before)
    _refuse_leaks(isolation, imported, errors)
    return {
        "workflows": workflows,
        "toolchain": {
            "python": platform.python_version(),
            "sfn_release": getattr(sys.modules.get("sfn_release"), "__version__", None),
            "distributions": isolation.distributions(imported),
        },
    }


def _refuse_leaks(isolation: ImportIsolation, imported: list[str], errors: ModuleErrors) -> None:
    """Refuse modules that come from the work tree, when a commit is built."""
    if isolation.of_project(isolation.work_tree) or isolation.leads_back(isolation.root):
        return  # the work tree itself is being built
    for name in imported:
        place = getattr(sys.modules.get(name), "__file__", None)
        if name.partition(".")[0] == "sfn_release" or not isinstance(place, str):
            continue
        if isolation.leads_back(place) and not isolation.of_project(place):
            raise errors.failure(
                "build",
                f"The module {name!r} was imported from the work tree, not from the commit.",
                why=f"It is {place}.",
                fix="Import it relative to the project, without paths to this machine's folders.",
            )


if __name__ == "__main__":
    main(sys.argv[1])
