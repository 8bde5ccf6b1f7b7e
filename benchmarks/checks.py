"""Measures how many definitions are checked per second, on one core, without botocore's models.

    python benchmarks/checks.py FOLDER

FOLDER contains definitions as JSON files, in subfolders too. Each pass starts with empty caches of
parsed paths, intrinsic functions and expressions. You get the best of five passes. It includes the
canonical form of each definition, which the checks need first.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

from sfn_release.asl import intrinsics, jsonata, paths
from sfn_release.canonical import loads
from sfn_release.checks import path_expressions
from sfn_release.checks.checker import check_definition
from sfn_release.errors import DefinitionError

PASSES = 5
WANTED = 1000


def read(folder: Path) -> list[Any]:
    """Return the definitions below a folder that are valid JSON."""
    found = []
    for path in sorted(folder.rglob("*.json")):
        try:
            found.append(loads(path.read_bytes()))
        except DefinitionError:
            continue
    return found


def one_pass(definitions: list[Any]) -> tuple[float, int]:
    """Return the processor time in seconds for all definitions, and the number of findings."""
    for cached in (
        path_expressions.path_shape,
        path_expressions.read,
        paths.parse,
        intrinsics.parse,
        jsonata.parse,
    ):
        cached.cache_clear()
    start = time.process_time()
    findings = sum(len(check_definition(definition)) for definition in definitions)
    return time.process_time() - start, findings


def main(folder: str) -> int:
    """Print the rate. Return 1 if it misses the goal."""
    definitions = read(Path(folder))
    if not definitions:
        print(f"No definitions in {folder}.")
        return 2
    one_pass(definitions)  # modules are imported by now
    runs = [one_pass(definitions) for _ in range(PASSES)]
    rate = len(definitions) / min(seconds for seconds, _ in runs)
    size = f"{len(definitions)} definitions, {runs[0][1]} findings"
    print(f"{rate:,.0f} definitions per second ({size}; goal: {WANTED:,})")
    return 0 if rate >= WANTED else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2] or ["../shared/corpus"]))
