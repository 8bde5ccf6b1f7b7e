"""Modules that `import` writes for a definition, and their digest."""

from __future__ import annotations

from typing import Any

from sfn_release.authoring.importing import ImportedStateMachine, write_module
from sfn_release.authoring.state_names import StateNames
from sfn_release.canonical import digest


def written(definition: Any, **settings: Any) -> str:
    """Return the module of a definition."""
    return write_module(ImportedStateMachine("orders", definition, "orders.asl.json", **settings))


def executed(text: str) -> dict[str, Any]:
    """Return the variables of a module."""
    variables: dict[str, Any] = {}
    exec(compile(text, "orders.py", "exec"), variables)  # noqa: S102 - the test needs it to run
    return variables


def digest_of(text: str) -> str:
    """Return the digest of the definition that a module serializes to, valid or not."""
    workflow = executed(text)["workflow"]
    return digest(workflow.to_asl(StateNames(workflow)))
