"""What a project declares, one entry for each workflow: nothing of it is checked yet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sfn_release.authoring.declaration import Declaration
from sfn_release.checks.finding import Finding


@dataclass(frozen=True)
class Entry:
    """A declaration with what is known to be wrong with it, and the *variable* that holds it.

    *findings* are what the definition itself does not show: see `Workflow.draft`. A definition
    file has no *variable*.
    """

    declaration: Declaration
    findings: tuple[Finding, ...] = ()
    variable: str = ""

    @property
    def place(self) -> str:
        """Where it stands, for errors."""
        source = self.declaration.source
        return f"{source} ({self.variable})" if self.variable else source


def entries_of(result: Mapping[str, Any]) -> Iterator[Entry]:
    """Yield the entries in what a build's worker wrote down."""
    for told in result.get("workflows", ()):
        fields = dict(told)
        findings = tuple(Finding(*each) for each in fields.pop("findings", ()))
        variable = fields.pop("variable")
        yield Entry(Declaration(**fields), findings, variable)
