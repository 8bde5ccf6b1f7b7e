"""Write a definition as the Python module that a person would have written.

    definition → states (`Workflow.from_dict`) → statements → text

A module is a tree of statements (`python_syntax`) before it becomes text. The same tree is also
evaluated (`vocabulary`). This proves that the module serializes to the definition it came from,
without running generated code. Names and texts of a definition become literals, never code, and
variable names are made of ASCII letters, digits and underscores only.
"""

from __future__ import annotations

from sfn_release.authoring.importing.module_writer import ImportedStateMachine, write_module

__all__ = ["ImportedStateMachine", "write_module"]
