"""Writes a definition as the Python module that somebody would have written.

    definition → states (`Workflow.from_dict`) → statements → text

The module is a tree of statements (`syntax`) before it is text. The tree is evaluated as well as
printed (`vocabulary`), so that what is written is known to serialize to the very definition it came
from, without running what was generated. Names and texts of a definition are literals and never
code; a variable's name is made of ASCII letters alone.
"""

from __future__ import annotations

from sfn_release.authoring.importing.module import Source, write_module

__all__ = ["Source", "write_module"]
