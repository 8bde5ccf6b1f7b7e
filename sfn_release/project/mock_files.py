"""Mock files: ``workflows/hello.mocks.json`` answers the tasks of ``workflows/hello.py``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sfn_release.project import existing_files
from sfn_release.simulator import Mocks, load_mocks
from sfn_release.simulator.mocks import task_names
from sfn_release.text import did_you_mean


def mock_file(source: str) -> str:
    """Return the path of the mock file that belongs to the module *source*.

    >>> mock_file("workflows/hello.py")
    'workflows/hello.mocks.json'
    """
    path = Path(source)
    name = path.name.split(".")[0]
    return path.with_name(f"{name}.mocks.json").as_posix()


def read_mocks(root: Path, source: str) -> Mocks:
    """Return the mocks of the module *source*; without a file, mocks that answer nothing."""
    file = mock_file(source)
    path = root / file
    if not existing_files.is_file(path):
        return Mocks(file=file)
    return load_mocks(path.read_bytes(), file=file)


def unused_keys(
    root: Path, source: str, definitions: Iterable[Mapping[str, Any]], workflow: str
) -> list[str]:
    """Return a line for each key of a mock file that is neither a state nor a Resource.

    *definitions* are all workflows of the module, because they share the file.
    """
    names = [name for definition in definitions for name in task_names(definition)]
    return [
        f"{mock_file(source)}: {json.dumps(key, ensure_ascii=False)} is neither a state nor a"
        f" Resource of {workflow}. {did_you_mean(key, names)}".rstrip()
        for key in read_mocks(root, source).unused(names)
    ]
