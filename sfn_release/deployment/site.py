"""One environment of one project, ready to be deployed to."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sfn_release.aws.clients import Aws
from sfn_release.aws.stepfunctions import StepFunctions
from sfn_release.deployment.runtime import Runtime
from sfn_release.ledger import Ledger
from sfn_release.plan.rendered_checks import FilledChecks
from sfn_release.project import Environment


@dataclass(frozen=True)
class Site:
    """An environment with everything that a deployment to it needs.

    *root* is the folder of releases.toml. *config_blob* is the file's Git blob at HEAD, None before
    the first commit.
    """

    project: str
    environment: Environment
    ledger: Ledger
    aws: Aws
    runtime: Runtime
    root: Path
    config_blob: str | None
    filled: FilledChecks

    @property
    def name(self) -> str:
        """The environment's name."""
        return self.environment.name

    @property
    def client(self) -> StepFunctions:
        """The Step Functions client."""
        return self.aws.stepfunctions

    @property
    def notes(self) -> Path:
        """The folder, inside the Git folder, for the notes of running deployments."""
        return self.ledger.git.repository.common_dir / "sfn-release" / "deployments"
