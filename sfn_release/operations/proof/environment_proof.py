"""Proves what is live: from AWS to the commit, one chain of links for each workflow.

observed (AWS) → record → release → tag → commit, and on request a rebuild of the commit. The links
are judged by pure functions (`live_links`, `release_links`); here their evidence is gathered.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sfn_release.errors import (
    AwsError,
    SfnReleaseError,
    TamperedError,
)
from sfn_release.ledger import Snapshot
from sfn_release.ledger.git import NotReachedError
from sfn_release.ledger.layout import TAGS
from sfn_release.operations.proof.evidence import (
    Evidence,
    LiveMachine,
    ReleaseEvidence,
    WorkflowEvidence,
)
from sfn_release.operations.proof.links import Link
from sfn_release.operations.proof.live_links import live_link, record_link
from sfn_release.operations.proof.live_machines import read_machines
from sfn_release.operations.proof.recorded_evidence import earlier_deployments, record_evidence
from sfn_release.operations.proof.release_links import release_link, source_links
from sfn_release.operations.proof.source_evidence import SourceEvidence
from sfn_release.operations.workspace import Workspace
from sfn_release.plan.drift import naming_tags
from sfn_release.project import Environment
from sfn_release.release.record import Record
from sfn_release.release.release import Release
from sfn_release.release.serving import Served
from sfn_release.release.version import parse_version

Rebuild = Callable[[Release], Mapping[str, Evidence]]
"""Builds a release again, and returns the evidence for each of its workflows."""


@dataclass(frozen=True)
class EnvironmentProof:
    """The chains of an environment's workflows. *version* is the recorded release.

    *record* is the deployment of the live release. *notes* are about things that no link shows. An
    environment that was never deployed to has no links, and isn't proven.
    """

    name: str
    label: str
    version: str | None
    links: tuple[Link, ...]
    record: Record | None = None
    notes: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether every link holds."""
        return bool(self.links) and all(link.ok for link in self.links)

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "environment": self.name,
            "version": self.version,
            "ok": self.ok,
            "notes": list(self.notes),
            "links": [link.to_json() for link in self.links],
        }


@dataclass(frozen=True)
class Proof:
    """The proofs of several environments."""

    environments: tuple[EnvironmentProof, ...]

    @property
    def ok(self) -> bool:
        """Whether every environment is proven."""
        return all(environment.ok for environment in self.environments)

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form: all links in one list, and the same by environment."""
        return {
            "ok": self.ok,
            "links": [
                {"environment": environment.name, **link.to_json()}
                for environment in self.environments
                for link in environment.links
            ],
            "environments": [environment.to_json() for environment in self.environments],
        }


def prove(
    workspace: Workspace,
    environments: Sequence[str],
    *,
    version: str | None = None,
    rebuild: Rebuild | None = None,
) -> Proof:
    """Prove what is live in *environments*: that each workflow comes from a commit.

    With a *version*, an environment must serve that release. *rebuild* builds releases again. AWS
    is only read. In Git, nothing is written apart from fetched refs.

    Raises NotFoundError for an unknown environment. Anything else that goes wrong is a broken link.
    """
    wanted = parse_version(version) if version is not None else None
    chosen = [workspace.project.environment(name) for name in dict.fromkeys(environments)]
    snapshot, broken = workspace.ledger.branches.examine()
    if snapshot.warning:
        workspace.runtime.watcher.say(snapshot.warning)
    source = SourceEvidence(workspace, snapshot, _tags(workspace, snapshot))
    ledger = _LedgerEvidence(workspace, snapshot, broken, source, rebuild)
    return Proof(tuple(_prove(ledger, environment, wanted) for environment in chosen))


def _tags(workspace: Workspace, snapshot: Snapshot) -> Mapping[str, str] | None:
    """Return the remote's tags; None if it wasn't reached, {} without a remote."""
    remote = workspace.ledger.remote
    if remote is None:
        return {}
    if snapshot.warning:
        return None
    if snapshot.tags:
        return snapshot.tags
    try:  # a snapshot with broken branches has none
        return workspace.git.remotes.ls_remote(remote, [f"{TAGS}*"], again=False)
    except NotReachedError:
        return None


def _prove(
    ledger: _LedgerEvidence, environment: Environment, wanted: str | None
) -> EnvironmentProof:
    workspace, name = ledger.workspace, environment.name
    broken = ledger.broken_for(name)
    record, problem = record_evidence(workspace, ledger.snapshot, broken, name)
    if record is None:
        note = f"{problem.message} {problem.why}".strip() if problem else ""
        note = note or "Nothing was ever deployed here, so there is nothing to prove."
        return EnvironmentProof(name, environment.label, None, (), notes=(note,))
    served = record.serving.workflows
    machines = _machines(workspace, environment, served)
    past = earlier_deployments(workspace, ledger.snapshot, name, record, machines)
    where = workspace.ledger.deployments.place(name, record.commit)
    digests: dict[str, dict[str, str]] = {}
    for workflow, recorded in served.items():
        digests.setdefault(recorded.version, {})[workflow] = recorded.digest
    releases = {
        version: ledger.release(name, version, workflows, broken)
        for version, workflows in digests.items()
    }
    links: list[Link] = []
    for workflow, recorded in served.items():
        tags = {"project": workspace.project.name, "environment": name}
        evidence = WorkflowEvidence(
            name=workflow,
            served=recorded,
            alias=environment.alias if recorded.alias is None else recorded.alias,
            machine=machines[workflow],
            tags=tags | naming_tags(recorded, record.serving),
            record=record,
            release=releases[recorded.version],
            past=past.get(workflow, ""),
        )
        links.append(live_link(evidence, name))
        links.append(record_link(evidence, name))
        links.append(release_link(evidence, where=where, wanted=wanted))
        links += source_links(evidence)
    return EnvironmentProof(
        name, environment.label, record.serving.version, tuple(links), record.record
    )


def _machines(
    workspace: Workspace, environment: Environment, served: Mapping[str, Served]
) -> Mapping[str, LiveMachine | SfnReleaseError | None]:
    try:
        client = workspace.reach(environment).stepfunctions
    except AwsError as error:
        return dict.fromkeys(served, error)
    return read_machines(client, served, alias=environment.alias)


@dataclass(frozen=True)
class _LedgerEvidence:
    """The evidence of the ledger: each release is looked at once."""

    workspace: Workspace
    snapshot: Snapshot
    broken: Mapping[str, SfnReleaseError]
    source: SourceEvidence
    rebuild: Rebuild | None
    _found: dict[tuple[str, str], ReleaseEvidence] = field(default_factory=dict)

    def broken_for(self, environment: str) -> dict[str, SfnReleaseError]:
        """Return the error of each broken branch that an environment depends on."""
        ledger = self.workspace.ledger
        lost = ledger.integrity.lost(self.snapshot, environment)
        if lost:  # a branch may have moved while the others were read
            again, _ = ledger.branches.examine()
            lost = ledger.integrity.lost(again, environment)
        return {**lost, **self.broken}

    def release(
        self,
        environment: str,
        version: str,
        digests: Mapping[str, str],
        broken: Mapping[str, SfnReleaseError],
    ) -> ReleaseEvidence:
        """Return the evidence about the release that serves workflows with these *digests*."""
        branch = self.workspace.ledger.layout.releases_ref
        if branch in broken:
            return ReleaseEvidence(version, problem=broken[branch])
        try:
            release = self._release(environment, version, digests)
        except SfnReleaseError as error:
            return ReleaseEvidence(version, problem=error)
        if (version, release.digest) not in self._found:
            self._found[version, release.digest] = self._about(version, release)
        return self._found[version, release.digest]

    def _release(self, environment: str, version: str, digests: Mapping[str, str]) -> Release:
        ledger = self.workspace.ledger
        branch = ledger.layout.releases_ref
        found = ledger.integrity.served_release(self.snapshot, environment, version, digests)
        if found is None:
            raise TamperedError(
                f"The record names {version}, which is not a release.",
                fix=f"`git log {branch}` shows who changed it.",
            )
        return found

    def _about(self, version: str, release: Release) -> ReleaseEvidence:
        manifest, remote = release.manifest, self.workspace.ledger.remote
        found = ReleaseEvidence(version, release)
        if manifest.found is not None:
            return found
        commits = (*self.snapshot.trials.values(), *self.snapshot.yielded.values())
        trial = remote is not None and release.ledger_commit in commits
        tag = None if trial else self.source.tag(manifest)
        commit = self.source.commit(manifest, trial=trial)
        rebuilt = self.rebuild(release) if self.rebuild else {}
        return replace(found, tag=tag, commit=commit, rebuilt=rebuilt)
