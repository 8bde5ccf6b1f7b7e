"""Deployments that are decided and not started: a release, a deletion, an acknowledgement.

Each kind has the plan, the ledger's state that it is decided from (`Basis`), and knows if there is
anything to do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sfn_release.deployment.lock import AbandonedLock
from sfn_release.ledger import Snapshot
from sfn_release.plan import Observed, Plan, Target, WorkflowPlan
from sfn_release.plan.renamed_machines import with_new_names
from sfn_release.release.record import ReplayOutcome
from sfn_release.release.serving import RecordedState, Served, Serving


@dataclass(frozen=True)
class LeftMachine:
    """A state machine that an unfinished attempt created, as the record keeps it from now on."""

    served: Served
    definition: Any


@dataclass(frozen=True)
class Basis:
    """The state that a deployment is decided from.

    *id* is the new deployment's. *snapshot* is where the ledger's refs were. *alias* is the
    environment's, "" for none. *abandoned* is an old lock that has to be closed first. *left* are
    state machines that an unfinished attempt created, and that neither the new target nor the last
    success holds.
    """

    id: str
    snapshot: Snapshot
    state: RecordedState
    alias: str
    abandoned: AbandonedLock | None = None
    left: Mapping[str, LeftMachine] = field(default_factory=dict)


@dataclass(frozen=True)
class PreparedDeployment:
    """A decided deployment of a release: publish, deploy, promote, rollback or adopt.

    *drift* are the manual changes that the plan overwrites, a few lines for each workflow.
    *adopting* are the machines that it takes over: they are kept first, by a deployment of their
    own (`adoption`). *acknowledged* are state machine versions that the record names as known.
    *override* is the recorded reason why a policy was ignored, and *replayed* what a policy
    replayed. *renamed* maps workflows that go on with another one's state machine to its name.
    """

    basis: Basis
    target: Target
    plan: Plan
    observed: Mapping[str, Observed | None]
    drift: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    adopting: Mapping[str, Observed] = field(default_factory=dict)
    acknowledged: tuple[str, ...] = ()
    override: str | None = None
    replayed: Mapping[str, ReplayOutcome] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)

    @property
    def before(self) -> Mapping[str, Served]:
        """The workflows that the environment served before, under the names that they have now."""
        serving = self.basis.state.serving
        return with_new_names(serving, self.renamed).workflows if serving else {}

    @property
    def content(self) -> Target:
        """Names the release that is served afterwards."""
        return self.target

    @property
    def nothing_to_do(self) -> bool:
        """Whether the environment serves exactly this already, and the ledger says so."""
        serving = self.basis.state.serving
        return (
            not self.plan.steps
            and serving is not None
            and not self.basis.state.unfinished
            and not self.adopting
            and not self.acknowledged
            and not self.renamed
            and self.plan.version == serving.version
            and self.target.below == serving.below
            and all(self._recorded(planned, serving) for planned in self.plan.workflows)
        )

    def _recorded(self, planned: WorkflowPlan, serving: Serving) -> bool:
        """Return whether the ledger names the machine and the version that serve a workflow."""
        observed = self.observed.get(planned.workflow)
        served = serving.workflows.get(planned.workflow)
        return served is not None and (
            observed is None  # it is retained
            or (
                (served.state_machine_arn, served.version_arn)
                == (observed.arn, planned.version_arn)
                and served.alias in {None, self.basis.alias}
            )
        )


@dataclass(frozen=True)
class PreparedDeletion:
    """A decided deletion of one workflow's state machine. *serving* includes that workflow.

    With *to_project*, it isn't deleted but handed over to that project.
    """

    basis: Basis
    serving: Serving
    plan: Plan
    observed: Mapping[str, Observed | None]
    to_project: str | None = None

    @property
    def before(self) -> Mapping[str, Served]:
        """The workflows that the environment served before."""
        return self.serving.workflows

    @property
    def content(self) -> Serving:
        """Names the release that is served afterwards: the same as before."""
        return self.serving

    @property
    def nothing_to_do(self) -> bool:
        """Always false: there is a state machine to delete."""
        return False


@dataclass(frozen=True)
class PreparedAcknowledgement:
    """A decided record of state machine versions that no release made; AWS isn't changed."""

    basis: Basis
    serving: Serving
    plan: Plan
    acknowledged: tuple[str, ...]

    @property
    def before(self) -> Mapping[str, Served]:
        """The workflows that the environment serves."""
        return self.serving.workflows

    @property
    def content(self) -> Serving:
        """Names the release that is served, before and afterwards."""
        return self.serving

    @property
    def nothing_to_do(self) -> bool:
        """Whether every version is known already, and no attempt has to be closed."""
        return not self.acknowledged and not self.basis.state.unfinished


Prepared = PreparedDeployment | PreparedDeletion | PreparedAcknowledgement

Decide = Callable[[Snapshot, RecordedState], Target]
"""Returns the target for an environment's recorded state."""
