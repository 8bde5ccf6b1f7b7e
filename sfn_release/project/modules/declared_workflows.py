"""Declared workflows: the unchecked results of loading modules."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sfn_release.authoring.declaration import Declaration
from sfn_release.checks.finding import Finding
from sfn_release.project.modules.build_process import FIRST, TIMEOUT, BuildJob, BuildProcess
from sfn_release.project.modules.hidden_environment import hidden_environment
from sfn_release.project.modules.workflow_files import Module


@dataclass(frozen=True)
class DeclaredWorkflow:
    """A declaration with known *findings*, and the *variable* that holds it.

    The findings are problems that the definition itself doesn't show: see `Workflow.draft`. A
    definition file has no *variable*.
    """

    declaration: Declaration
    findings: tuple[Finding, ...] = ()
    variable: str = ""

    @property
    def place(self) -> str:
        """Its file and variable, for errors."""
        source = self.declaration.source
        return f"{source} ({self.variable})" if self.variable else source


def load_workflows(
    root: Path,
    modules: tuple[Module, ...],
    *,
    folder: str,
    work_tree: Path,
    environ: Mapping[str, str],
) -> tuple[DeclaredWorkflow, ...]:
    """Load *modules* of the workflows folder *folder* once, in a process of their own.

    The arguments are those of a `BuildJob`. Raises BuildError for a module that doesn't load.
    """
    with tempfile.TemporaryDirectory(prefix="sfn-release-", ignore_cleanup_errors=True) as scratch:
        job = BuildJob(
            root=root,
            work_tree=work_tree,
            workflows=folder,
            modules=modules,
            scratch=Path(scratch).resolve(),
            conditions=FIRST,
            python=sys.executable,
            environ=environ,
            timeout=TIMEOUT,
        )
        with hidden_environment(), BuildProcess(job) as process:
            return tuple(declared_workflows(process.result()))


def declared_workflows(result: Mapping[str, Any]) -> Iterator[DeclaredWorkflow]:
    """Yield the workflows in the result of a build's worker."""
    for workflow in result.get("workflows", ()):
        fields = dict(workflow)
        findings = tuple(Finding(*row) for row in fields.pop("findings", ()))
        variable = fields.pop("variable")
        yield DeclaredWorkflow(Declaration(**fields), findings, variable)
