"""Measures how long the permissions of 1,000 workflows take, on one core.

    python benchmarks/permissions.py FOLDER

FOLDER contains definitions as JSON files, in subfolders too; they're repeated until there are
1,000. The first pass reads botocore's models and IAM's data, each later one has them. Each pass
starts with empty caches of expressions, and each workflow counts as new.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

from sfn_release.asl import intrinsics, jsonata, known_text, paths
from sfn_release.authoring.declaration import Declaration
from sfn_release.canonical import loads
from sfn_release.checks import path_expressions
from sfn_release.errors import DefinitionError
from sfn_release.permissions.needed import Place
from sfn_release.permissions.workflow_needs import declared_permissions

PASSES = 3
WORKFLOWS = 1000
GOAL = 5.0  # seconds, for the first pass
PLACE = Place("aws", "eu-west-1", "111111111111")


def read(folder: Path) -> list[Any]:
    """Return 1,000 definitions of a folder, the same again where it has fewer."""
    found = []
    for path in sorted(folder.rglob("*.json")):
        try:
            definition = loads(path.read_bytes())
        except DefinitionError:
            continue
        if isinstance(definition, dict):
            found.append(definition)
    return [found[index % len(found)] for index in range(WORKFLOWS)] if found else []


def one_pass(definitions: list[Any]) -> tuple[float, int, int]:
    """Return the processor time in seconds, and how many permissions are known and unknown."""
    for cached in (
        path_expressions.path_shape,
        path_expressions.read,
        paths.parse,
        intrinsics.parse,
        jsonata.parse,
        known_text.path_texts,
        known_text.jsonata_texts,
    ):
        cached.cache_clear()
    start = time.process_time()
    every = [
        declared_permissions(Declaration(f"w{index}", definition), PLACE)
        for index, definition in enumerate(definitions)
    ]
    seconds = time.process_time() - start
    known = sum(len(needed.permissions) for needed in every)
    return seconds, known, sum(len(needed.unknown) for needed in every)


def main(folder: str) -> int:
    """Print the times. Return 1 if the first pass misses the goal."""
    definitions = read(Path(folder))
    if not definitions:
        print(f"No definitions in {folder}.")
        return 2
    first, known, unknown = one_pass(definitions)
    later = min(one_pass(definitions)[0] for _ in range(PASSES))
    print(
        f"{len(definitions):,} workflows: {first:.2f} s at first, {later:.2f} s later"
        f" ({known:,} permissions, {unknown:,} unknown; goal: {GOAL:g} s)"
    )
    return 0 if first <= GOAL else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2] or ["../shared/corpus"]))
