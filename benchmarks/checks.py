"""How many definitions a second are checked, on one core, without the models of AWS's services.

    python benchmarks/checks.py FOLDER

FOLDER holds definitions as JSON files, in subfolders too. Each pass starts without what was
remembered of paths, calls and expressions. The best of five passes counts. Part of the
time is the canonical form that each definition must have before anything else is looked at.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

from sfn_release.asl import intrinsics, jsonata, paths
from sfn_release.canonical import loads
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
    """Return the processor time in seconds that checking all takes, and how many findings."""
    for remembered in (paths.parse, intrinsics.parse, jsonata.parse):
        remembered.cache_clear()
    start = time.process_time()
    findings = sum(len(check_definition(one)) for one in definitions)
    return time.process_time() - start, findings


def main(folder: str) -> int:
    """Print the figures; return 1 when they are below what is wanted."""
    definitions = read(Path(folder))
    if not definitions:
        print(f"There are no definitions in {folder}.")
        return 2
    one_pass(definitions)  # modules are imported now
    runs = [one_pass(definitions) for _ in range(PASSES)]
    rate = len(definitions) / min(seconds for seconds, _ in runs)
    size = f"{len(definitions)} definitions, {runs[0][1]} findings"
    print(f"{rate:,.0f} definitions a second ({size}; wanted: {WANTED:,})")
    return 0 if rate >= WANTED else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2] or ["../shared/corpus"]))
