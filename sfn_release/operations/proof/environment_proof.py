"""Proves the live workflows: from AWS to the commit, one chain of links for each workflow.

observed (AWS) → record → release → tag → commit, and on request a rebuild of the commit. The links
are judged by pure functions (`live_links`, `release_links`); here their evidence is gathered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sfn_release.deployment.known_machines import names_unknown_deployment
from sfn_release.errors import AwsError, SfnReleaseError
from sfn_release.ledger import Snapshot
from sfn_release.ledger.git import NotReachedError
from sfn_release.ledger.layout import TAGS
from sfn_release.operations.proof.absent_workflows import absent_workflows
from sfn_release.operations.proof.evidence import LiveMachine, WorkflowEvidence
from sfn_release.operations.proof.handed_over_links import handed_over_links
from sfn_release.operations.proof.links import Link
from sfn_release.operations.proof.live_links import live_link, record_link
from sfn_release.operations.proof.live_machines import read_machines
from sfn_release.operations.proof.proven import EnvironmentProof, Proof
from sfn_release.operations.proof.recorded_evidence import earlier_deployments, record_evidence
from sfn_release.operations.proof.release_links import release_link, source_links
from sfn_release.operations.proof.release_lookup import Rebuild, ReleaseLookup
from sfn_release.operations.proof.signature_evidence import signature_evidence
from sfn_release.operations.proof.source_evidence import SourceEvidence
from sfn_release.operations.workspace import Workspace
from sfn_release.plan import has_other_owner
from sfn_release.plan.drift import naming_tags
from sfn_release.project import Environment
from sfn_release.release.serving import Served, Serving
from sfn_release.release.version import parse_version


def prove(
    workspace: Workspace,
    environments: Sequence[str],
    *,
    version: str | None = None,
    rebuild: Rebuild | None = None,
) -> Proof:
    """Return the proof that each live workflow of *environments* comes from a commit.

    With a *version*, an environment must serve that release. *rebuild* builds releases again. AWS
    is only read. In Git, nothing is written apart from fetched refs.

    Raises NotFoundError for an unknown environment. Anything else that goes wrong is a broken link.
    """
    wanted = parse_version(version) if version is not None else None
    chosen = [workspace.project.environment(name) for name in dict.fromkeys(environments)]
    snapshot, broken = workspace.ledger.branches.examine()
    if snapshot.warning:
        workspace.runtime.watcher.say(f"warning: {snapshot.warning}")
    source = SourceEvidence(workspace, snapshot, _tags(workspace, snapshot))
    lookup = ReleaseLookup(workspace, snapshot, broken, source, rebuild)
    return Proof(tuple(_prove(lookup, environment, wanted) for environment in chosen))


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


def _prove(lookup: ReleaseLookup, environment: Environment, wanted: str | None) -> EnvironmentProof:
    workspace, name = lookup.workspace, environment.name
    broken = lookup.broken_for(name)
    record, problem = record_evidence(workspace, lookup.snapshot, broken, name)
    if record is None:
        note = f"{problem.message} {problem.why}".strip() if problem else ""
        note = note or "Nothing was ever deployed here, so there is nothing to prove."
        return EnvironmentProof(name, environment.label, None, (), notes=(note,))
    served = record.serving.workflows
    machines = _machines(workspace, environment, served)
    past = earlier_deployments(workspace, lookup.snapshot, name, record, machines)
    where = workspace.ledger.deployments.place(name, record.commit)
    digests: dict[str, dict[str, str]] = {}
    if record.serving.handed_over:
        digests[record.serving.version] = {}
    for workflow, recorded in served.items():
        digests.setdefault(recorded.version, {})[workflow] = recorded.digest
    releases = {
        version: lookup.release(name, version, workflows, broken)
        for version, workflows in digests.items()
    }
    releases = {
        version: replace(
            found,
            signature=signature_evidence(
                workspace, environment, lookup.snapshot, version=version, record=record.commit
            ),
        )
        for version, found in releases.items()
    }
    serving = record.serving
    released = _released(lookup, name, serving, broken)
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
            released=released.get(workflow) == serving.version,
            foreign=_is_foreign(lookup, name, machines[workflow], recorded, tags),
        )
        links.append(live_link(evidence, name))
        links.append(record_link(evidence, name))
        links.append(release_link(evidence, where=where, wanted=wanted))
        links += source_links(evidence)
    absent, notes = absent_workflows(workspace, environment, serving, released)
    links += absent
    if serving.handed_over:
        links += handed_over_links(record, releases[serving.version], wanted=wanted)
    return EnvironmentProof(
        name, environment.label, serving.version, tuple(links), record.record, notes
    )


def _is_foreign(
    lookup: ReleaseLookup,
    environment: str,
    machine: LiveMachine | SfnReleaseError | None,
    served: Served,
    owner: Mapping[str, str],
) -> bool:
    """Return whether only a deployment with ``--adopt`` is possible to a machine."""
    if not isinstance(machine, LiveMachine):
        return False
    deployments = lookup.workspace.ledger.deployments
    state = deployments.state(lookup.snapshot, environment)
    return has_other_owner(machine.tags, owner) or names_unknown_deployment(
        deployments, state, machine.alias, served
    )


def _released(
    lookup: ReleaseLookup,
    environment: str,
    serving: Serving,
    broken: Mapping[str, SfnReleaseError],
) -> dict[str, str]:
    """Return the workflows of the releases that are served, with their versions.

    After an adoption, the environment serves the releases from before beside the adopted one.
    """
    of_version: dict[str, dict[str, str]] = {serving.version: {}}
    for workflow, served in serving.workflows.items():
        if not served.retained:
            of_version.setdefault(served.version, {})[workflow] = served.digest
    released: dict[str, str] = {}
    for version, digests in of_version.items():
        manifest = lookup.release(environment, version, digests, broken).manifest
        for workflow in manifest.workflows if manifest else ():
            released.setdefault(workflow, version)
    return released


def _machines(
    workspace: Workspace, environment: Environment, served: Mapping[str, Served]
) -> Mapping[str, LiveMachine | SfnReleaseError | None]:
    try:
        client = workspace.reach(environment).stepfunctions
    except AwsError as error:
        return dict.fromkeys(served, error)
    names = {name: environment.state_machine_name(name) for name in served}
    return read_machines(client, served, alias=environment.alias, names=names)
