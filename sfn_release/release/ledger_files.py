"""The files of the ledger's commits: their paths, and reading their JSON."""

from __future__ import annotations

from typing import Any

from sfn_release.canonical import loads
from sfn_release.errors import SfnReleaseError, TamperedError
from sfn_release.names import WORKFLOW_NAME

DEFINITIONS, SCHEMAS = "definitions", "schemas"
FOLDERS = (DEFINITIONS, SCHEMAS)
"""The folders of a release's commit, beside its manifest."""


def read_json(content: bytes | None, *, where: str) -> Any:
    """Read a JSON file of the ledger; raises TamperedError, naming *where*."""
    if content is None:
        raise TamperedError(f"{where} is missing from the ledger.")
    try:
        return loads(content)
    except SfnReleaseError as error:
        raise TamperedError(f"{where} was edited or damaged.", why=error.message) from error


def definition_path(workflow: str) -> str:
    """Return the path of a workflow's definition; raises TamperedError for an invalid name."""
    return f"{DEFINITIONS}/{WORKFLOW_NAME.checked(workflow)}.asl.json"


def schema_path(workflow: str) -> str:
    """Return the path of a workflow's input schema; raises TamperedError for an invalid name."""
    return f"{SCHEMAS}/{WORKFLOW_NAME.checked(workflow)}.json"
