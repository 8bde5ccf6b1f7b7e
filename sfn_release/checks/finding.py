"""Findings: problems with a definition, each with its place and its fix."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from sfn_release.errors import DefinitionError

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem with a definition.

    Step Functions refuses an ``error``. It accepts a ``warning``, but you will likely have trouble
    later. *path* is the JSON path in the definition, *state* the id of the state ("" outside one).
    *wanted* is the type that the value should have, as releases.toml names the types of parameters
    ("" if the type isn't the problem).
    """

    rule: str
    severity: Severity
    path: str
    state: str
    message: str
    fix: str = ""
    wanted: str = ""

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" + (f" {self.fix}" if self.fix else "")


def refuse(findings: Iterable[Finding], subject: str) -> None:
    """Raise a DefinitionError that lists the errors among *findings*, if there are any.

    *subject* begins the sentence: "The workflow", "The state machine 'orders'".
    """
    errors = [finding for finding in findings if finding.severity == "error"]
    if errors:
        count = "an error" if len(errors) == 1 else f"{len(errors)} errors"
        raise DefinitionError(
            f"{subject} has {count} in its definition.",
            why="\n  ".join(str(error) for error in errors),
        )
