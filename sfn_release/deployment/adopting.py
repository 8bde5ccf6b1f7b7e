"""Adopting state machines that another tool or ledger made: what is there is kept first.

Before the first write to such a machine, its content becomes a state machine version, and a release
of what was found (``0.0.0-found.1``). That release holds everything that the environment serves at
that moment, so that a rollback to it brings back all of it. The definition is kept to the letter,
with what AWS says beside it: role, type, logging, tracing, encryption, tags, and the alias.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sfn_release.asl.placeholders import literal
from sfn_release.aws.calling import call
from sfn_release.aws.stepfunctions import StepFunctions
from sfn_release.declaration import Declaration
from sfn_release.deployment.model import Prepared, Site
from sfn_release.errors import AccessError, TamperedError
from sfn_release.git import RefMovedError
from sfn_release.ledger import Snapshot
from sfn_release.observation import rendered_from, version_dates
from sfn_release.plan import (
    TAG_PREFIX,
    Observed,
    Plan,
    Target,
    TargetWorkflow,
    WorkflowPlan,
    is_of_another_ledger,
    is_ours,
    plan,
)
from sfn_release.record import Found, Record, Served, State, Unqualified, timestamp
from sfn_release.release import FOUND, Release, make_release
from sfn_release.rendering import Rendered
from sfn_release.stack import pushed

_AWS_TAGS = "aws:"  # AWS alone writes those


def strangers(
    site: Site,
    state: State,
    target: Target,
    observed: Mapping[str, Observed | None],
    known: frozenset[str],
    attempts: Sequence[Record],
) -> dict[str, Observed]:
    """Return the machines of *target* that the deployment takes over from others.

    Those that are as our last record says need not be kept once more. A machine whose adoption was
    interrupted is still to be kept, though it may have our tags. Raises AccessError for a machine
    whose definition can't be read.
    """
    served = state.serving.workflows if state.serving else {}
    begun = {
        name
        for attempt in attempts
        if attempt.action == "adopt"
        for name, outcome in attempt.workflows.items()
        if outcome.change == "adopted"
    }
    found = {}
    for name in target.workflows:
        there, recorded = observed.get(name), served.get(name)
        if there is None or (recorded and _as_recorded(recorded, there)):
            continue
        ours = is_ours(there, site.project, site.name)
        if name in begun or not ours or is_of_another_ledger(there, known, recorded):
            _refuse_unreadable(name, there.latest, there.arn)
            found[name] = there
    return found


def _as_recorded(served: Served, there: Observed) -> bool:
    """Tell whether the ledger can bring back what is there already."""
    latest = there.latest is not None and there.latest.digest == served.latest_digest
    routing = there.alias.routing if there.alias else {}
    aliased = not served.alias or routing == served.routing
    return served.state_machine_arn == there.arn and latest and aliased


def _refuse_unreadable(name: str, form: Rendered | None, arn: str) -> None:
    if form is None:
        raise AccessError(
            f"{name} can't be adopted: its definition can't be read, so it couldn't be brought"
            " back.",
            why=f"{arn}\n  AWS hides it when you may not use the machine's KMS key. A definition"
            " with duplicate keys, or with numbers beyond 2^53, can't be kept either.",
            fix="Allow kms:Decrypt on the machine's key for the deployer, or delete the machine.",
        )


def with_kept(decided: Plan, adopting: Mapping[str, Observed], versions: Iterable[str]) -> Plan:
    """Return the plan with a note for every machine that is kept first; *versions* are released."""
    if not adopting:
        return decided
    version = _next(versions)
    workflows = tuple(
        replace(
            one,
            notes=(_note(one.workflow, version), *one.notes),
        )
        if one.workflow in adopting
        else one
        for one in decided.workflows
    )
    return replace(decided, workflows=workflows)


def _note(workflow: str, version: str) -> str:
    return (
        f"{workflow} was made by another tool or ledger. Its present content is kept as {version}"
        " first, and a rollback brings it back"
    )


def adoption(site: Site, prepared: Prepared) -> Prepared:
    """Return the deployment that keeps what *prepared* takes over; its release is written.

    Raises RefMovedError when another deployer wrote a release of what was found at the same time.
    """
    local = site.environment.backend == "local"
    snapshot = site.ledger.snapshot(offline=local)
    kept = {name: _kept(site.client, name, there) for name, there in prepared.adopting.items()}
    release = _release(site, snapshot, prepared.state, kept)
    standing, _ = site.ledger.add_release(release, notes="", at=site.around.now(), push=not local)
    if standing.digest != release.digest:
        raise RefMovedError(f"{release.version} was taken by another deployer.")
    site.around.watcher.say(
        f"what is there of {', '.join(kept)} is kept as {release.version}:"
        f" `sfn-release rollback {release.version} --env {site.name}` brings it back"
    )
    state = prepared.state
    target = Target(
        action="adopt",
        version=release.version,
        commit=standing.manifest.commit,
        release_digest=standing.digest,
        workflows={
            name: replace(one, digest=standing.manifest.workflows[name].digest)
            for name, one in kept.items()
        },
        below=pushed(state.serving, state.tip, release.version),
    )
    observed = {
        name: replace(there, versions=_served_by(kept[name]))
        for name, there in prepared.adopting.items()
    }
    identity = site.around.new_id(site.around.now())
    return Prepared(
        id=identity,
        snapshot=prepared.snapshot,
        state=state,
        target=target,
        plan=_plan(site, state, target, observed, identity),
        observed=observed,
        closing=prepared.closing,
        alias=site.environment.alias,
        acknowledged=tuple(
            arn
            for there in observed.values()
            for arn in sorted(version_dates(site.client, there.arn))
        ),
    )


def _plan(
    site: Site, state: State, target: Target, observed: Mapping[str, Observed], identity: str
) -> Plan:
    """Return the plan: versions and tags of the found machines; all others stay as they are."""
    decided = plan(
        target,
        project=site.project,
        environment=site.name,
        alias=site.environment.alias,
        deployment=identity,
        serving=None,
        observed=observed,
        adopt=True,
    )
    serving = state.serving
    others = tuple(
        WorkflowPlan(name, "retained" if served.retained else "unchanged", served.version_arn)
        for name, served in sorted(serving.workflows.items() if serving else ())
        if name not in target.workflows
    )
    return replace(
        decided,
        from_version=serving.version if serving else None,
        workflows=(*decided.workflows, *others),
    )


def _kept(client: StepFunctions, name: str, there: Observed) -> TargetWorkflow:
    """Return what was found of one machine: what the alias serves, if it has one, and $LATEST."""
    latest = there.latest
    assert latest is not None  # noqa: S101 - what can't be read was refused
    served, version, split = latest, None, {}
    routing = there.alias.routing if there.alias else {}
    if routing:
        version = max(routing, key=lambda arn: routing[arn])
        found = rendered_from(name, call(client.describe_state_machine, stateMachineArn=version))
        _refuse_unreadable(name, found, version)
        assert found is not None  # noqa: S101 - it was refused
        served = found
        split = dict(routing) if len(routing) > 1 else {}
    other = None
    if served.digest != latest.digest:
        other = Unqualified(latest.settings(), latest.text or "", latest.digest)
    tags = {
        key: value
        for key, value in there.tags.items()
        if not key.startswith((TAG_PREFIX, _AWS_TAGS))
    }
    return TargetWorkflow(
        digest="",
        source="",
        rendered=replace(served, tags=tags),
        version_arn=version,
        recorded=True,
        parameters={},
        found=Found(served.text or "", split, other),
    )


def _served_by(kept: TargetWorkflow) -> dict[str, str]:
    """Return the version that serves a found machine already, with its digest."""
    routing = kept.found.routing if kept.found else {}
    versions = dict.fromkeys(routing, "")
    return versions | ({kept.version_arn: kept.rendered.digest} if kept.version_arn else {})


def _release(
    site: Site, snapshot: Snapshot, state: State, kept: Mapping[str, TargetWorkflow]
) -> Release:
    """Return the release of what was found, with what the environment serves beside it.

    An equal one that stands already, perhaps of an attempt that was interrupted, keeps its version.
    """
    declarations = {name: _declaration(name, one.rendered) for name, one in kept.items()}
    predecessor, commit = None, site.ledger.git.head()
    if state.serving is not None:
        served = site.ledger.release(snapshot, state.serving.version)
        if served is None:
            raise TamperedError(f"{site.name} serves {state.serving.version}, which is no release.")
        predecessor, commit = served.manifest, served.manifest.commit
        declarations |= {
            name: served.declarations[name]
            for name, one in state.serving.workflows.items()
            if name not in kept and not one.retained
        }
    assert commit is not None  # noqa: S101 - a release was made from it
    made = make_release(
        declarations.values(),
        project=site.project,
        version=_next(site.ledger.versions(snapshot)),
        commit=commit,
        tag=site.ledger.tag_name(_next(site.ledger.versions(snapshot))),
        date=timestamp(site.around.now()),
        author=str(site.ledger.git.identity),
        toolchain={},
        predecessor=predecessor,
        found=site.name,
    )
    for manifest in site.ledger.manifests(snapshot):
        if manifest.found == site.name and manifest.release_digest == made.digest:
            return Release(manifest, made.declarations)
    return made


def _declaration(name: str, form: Rendered) -> Declaration:
    """Return what was found as a release holds it: no ``${`` of it is a placeholder."""
    return Declaration(
        name=name,
        definition=_literal(form.definition),
        type="EXPRESS" if form.type == "EXPRESS" else "STANDARD",
        role=literal(form.role),
        logging=_literal(form.logging),
        tracing=_literal(form.tracing),
        encryption=_literal(form.encryption),
        tags=_literal(form.tags),
    )


def _literal(value: Any) -> Any:
    """Return a JSON value as it is written where placeholders are filled, to stay the same."""
    if isinstance(value, str):
        return literal(value)
    if isinstance(value, Mapping):
        return {literal(key): _literal(item) for key, item in value.items()}
    return [_literal(item) for item in value] if isinstance(value, list | tuple) else value


def _next(versions: Iterable[str]) -> str:
    """Return the next version for what is found, above those that stand."""
    numbers = [
        int(number)
        for version in versions
        if version.startswith(FOUND) and (number := version.removeprefix(FOUND)).isdecimal()
    ]
    return f"{FOUND}{max(numbers, default=0) + 1}"
