"""What is wrong with a definition, told so that it can be mended."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from sfn_release.errors import DefinitionError

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, and where.

    An ``error`` is what Step Functions refuses; a ``warning`` is what it takes but hardly anyone
    means. *path* is the JSON path in the definition, *state* the id of the state ("" outside one).
    *wanted* is the type that the value there needs, in the words that releases.toml has for types
    of parameters ("" where the type isn't the problem).
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


def refuse(findings: Iterable[Finding], what: str) -> None:
    """Raise a DefinitionError that lists the errors among *findings*, if there are any.

    *what* begins the sentence: "The workflow", "The state machine 'orders'".
    """
    errors = [finding for finding in findings if finding.severity == "error"]
    if errors:
        count = "an error" if len(errors) == 1 else f"{len(errors)} errors"
        raise DefinitionError(
            f"{what} has {count} in its definition.", why="\n  ".join(str(one) for one in errors)
        )
