"""Inputs for tests: a hypothesis strategy from a JSON Schema.

hypothesis-jsonschema isn't used: its last release fails under the hypothesis of today, and it can't
make values of a schema that refers to itself.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sfn_release.errors import NotFoundError, UsageError
from sfn_release.project import find_project, read_project
from sfn_release.project.input_schemas import read_schema_file
from sfn_release.project.json_schemas import schema_fault
from sfn_release.text import did_you_mean

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

_CALLS = 2  # from `_calling_folder` to the caller of `inputs`


def inputs(workflow: str, *, folder: Path | str | None = None) -> SearchStrategy[Any]:
    """Return a strategy for the inputs that fit the ``input_schema`` of a workflow.

    *folder* is in the project. By default, it's the folder of the calling file, or else the current
    folder. Raises NotFoundError for a workflow without a schema, ConfigError for a faulty one, and
    the errors of `inputs_from`.
    """
    folders = [Path(folder)] if folder is not None else [*_calling_folder(), Path()]
    project = read_project(_found(folders))
    declared = project.input_schemas.get(workflow)
    if declared is None:
        known = ", ".join(project.input_schemas) or "none"
        raise NotFoundError(
            f"{workflow} has no input schema.",
            why=f"Workflows with one: {known}.",
            fix=did_you_mean(workflow, project.input_schemas)
            or f'Add one to releases.toml:  [workflows.{workflow}]  input_schema = "…"',
        )
    return inputs_from(read_schema_file(project.root, declared))


def inputs_from(schema: Any) -> SearchStrategy[Any]:
    """Return a strategy for the values that fit a JSON Schema.

    Raises UsageError for a faulty schema, and without hypothesis, which the extra
    ``sfn-release[testing]`` installs.
    """
    try:
        from hypothesis import strategies
    except ImportError as error:
        raise UsageError(
            "Inputs from a schema need hypothesis, which isn't installed.",
            fix="Run:  pip install 'sfn-release[testing]'",
        ) from error
    from sfn_release.testing.schemas.schema_strategy import SchemaStrategy

    fault = schema_fault(schema)
    if fault is not None:
        raise UsageError("The JSON Schema can't be used.", why=f"{fault}.")
    made: SearchStrategy[Any] = SchemaStrategy(schema, strategies).strategy()
    return made


def _calling_folder() -> Iterator[Path]:
    """Yield the folder of the file that calls `inputs`, if it is a file."""
    frame = inspect.currentframe()
    for _ in range(_CALLS):
        frame = frame.f_back if frame is not None else None
    file = frame.f_globals.get("__file__") if frame is not None else None
    if isinstance(file, str):
        yield Path(file).parent


def _found(folders: list[Path]) -> Path:
    """Return the releases.toml of the first folder that has one. Raises NotFoundError."""
    *others, last = folders
    for folder in others:
        try:
            return find_project(folder)
        except NotFoundError:
            continue
    return find_project(last)
