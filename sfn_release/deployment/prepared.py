"""Where a deployment goes, and what was decided: frozen data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sfn_release.aws.clients import Aws
from sfn_release.aws.stepfunctions import StepFunctions
from sfn_release.deployment.runtime import Runtime
from sfn_release.ledger import Ledger, Snapshot
from sfn_release.plan import Observed, Plan, Target, WorkflowPlan
from sfn_release.plan.rendered_checks import FilledChecks
from sfn_release.project import Environment
from sfn_release.release.serving import RecordedState, Serving


@dataclass(frozen=True)
class Site:
    """One environment of one project, ready to be deployed to."""

    project: str
    environment: Environment
    ledger: Ledger
    aws: Aws
    runtime: Runtime
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
        """The folder, inside the Git folder, of the notes that running deployments leave."""
        return self.ledger.git.repository.common_dir / "sfn-release" / "deployments"


@dataclass(frozen=True)
class Prepared:
    """A deployment that was decided and not begun.

    *snapshot* is where the ledger's refs were. *closing* is why an old lock may be closed.
    *unclaimed* are the machines that an attempt that did not finish has left, and that neither the
    target nor what is served holds. *override* is why it may happen though a policy refuses it.
    *alias* is the environment's, "" for none. *drift* is what the plan overwrites of each workflow
    that no release has brought, a line each. *adopting* are the machines that it takes over: what
    is there has to be kept before it is applied (`adopting.adoption`). *acknowledged* are state
    machine versions that the record is to name as known.
    """

    id: str
    snapshot: Snapshot
    state: RecordedState
    target: Target | None
    plan: Plan
    observed: Mapping[str, Observed | None]
    closing: str | None = None
    unclaimed: Mapping[str, Observed] = field(default_factory=dict)
    override: str | None = None
    alias: str = ""
    drift: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    adopting: Mapping[str, Observed] = field(default_factory=dict)
    acknowledged: tuple[str, ...] = ()

    @property
    def content(self) -> Target | Serving:
        """What names the release that is served afterwards: the target, or what is served now."""
        content = self.target or self.state.serving
        assert content is not None  # noqa: S101 - what is deleted was served
        return content

    @property
    def nothing_to_do(self) -> bool:
        """Whether the environment serves exactly this already, and the ledger says so."""
        serving = self.state.serving
        return (
            not self.plan.steps
            and serving is not None
            and not self.state.unfinished
            and not self.adopting
            and not self.acknowledged
            and self.plan.version == serving.version
            and (self.target is None or self.target.below == serving.below)
            and all(self._recorded(planned, serving) for planned in self.plan.workflows)
        )

    def _recorded(self, planned: WorkflowPlan, serving: Serving) -> bool:
        """Tell whether the ledger names the machine and the version that serve a workflow."""
        there = self.observed.get(planned.workflow)
        served = serving.workflows.get(planned.workflow)
        return served is not None and (
            there is None  # it is retained
            or (
                (served.state_machine_arn, served.version_arn) == (there.arn, planned.version_arn)
                and served.alias in {None, self.alias}
            )
        )


Decide = Callable[[Snapshot, RecordedState], Target]
"""Gives the target for an environment's state."""
