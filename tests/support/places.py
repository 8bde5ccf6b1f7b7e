"""The places of files in the tests."""

from __future__ import annotations

import os
from pathlib import Path

import sfn_release

TESTS = Path(__file__).parents[1]
ROOT = TESTS.parent
"""The repository: README.md, docs/, workflows/, releases.toml."""

DATA = TESTS / "data"
DEFINITIONS = DATA / "definitions"
RECORDINGS = DATA / "recordings"

SHARED = ROOT.parent / "shared"
"""A folder beside the repository, which few machines have: tests that need it are skipped."""

CORPUS = SHARED / "corpus"
"""Public definitions, with the verdict of AWS on some of them."""

ORACLE = SHARED / "oracle"
"""Answers and executions that AWS recorded."""

PYTHONPATH = os.pathsep.join([str(Path(sfn_release.__file__).parents[1]), str(TESTS)])
"""By which another process imports the package and `support`."""
