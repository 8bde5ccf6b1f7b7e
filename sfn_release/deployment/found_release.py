"""The release of found machines: state machines of others, before we change them.

The definition is kept to the letter, with its settings in AWS: role, type, logging, tracing,
encryption, tags, and the alias. The release has no source commit and no Git tag.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from sfn_release.asl.placeholders import literal
from sfn_release.authoring.declaration import Declaration
from sfn_release.aws.api_calls import call
from sfn_release.aws.stepfunctions import StepFunctions
from sfn_release.deployment.live_state import rendered_from
from sfn_release.deployment.site import Site
from sfn_release.errors import AccessError, TamperedError
from sfn_release.ledger import Snapshot
from sfn_release.names import NO_COMMIT, TAG_PREFIX
from sfn_release.plan import Observed, TargetWorkflow
from sfn_release.release.record import timestamp
from sfn_release.release.release import Release, make_release
from sfn_release.release.rendering import Rendered
from sfn_release.release.serving import FoundMachine, LatestContent, RecordedState
from sfn_release.release.version import FOUND

_AWS_TAGS = "aws:"  # AWS alone writes those


def readable(name: str, form: Rendered | None, arn: str) -> Rendered:
    """Return the content; raise AccessError when it can't be read.

    A rollback couldn't restore such a machine.
    """
    if form is None:
        raise AccessError(
            f"{name} can't be adopted: its definition can't be read, so a rollback couldn't"
            " restore it.",
            why=f"{arn}\n  AWS hides it when you may not use the machine's KMS key. A definition"
            " with duplicate keys, or with numbers beyond 2^53, can't be kept either.",
            fix="Allow kms:Decrypt on the machine's key for the deployer, or delete the machine.",
        )
    return form


def found_workflow(client: StepFunctions, name: str, observed: Observed) -> TargetWorkflow:
    """Return one found machine: the content that its alias serves, if any, and $LATEST."""
    latest = readable(name, observed.latest, observed.arn)
    served, version, split = latest, None, {}
    routing = observed.alias.routing if observed.alias else {}
    if routing:
        version = max(routing, key=lambda arn: routing[arn])
        found = rendered_from(name, call(client.describe_state_machine, stateMachineArn=version))
        served = readable(name, found, version)
        split = dict(routing) if len(routing) > 1 else {}
    other = None
    if served.digest != latest.digest:
        other = LatestContent(latest.settings(), latest.text or "", latest.digest)
    tags = {
        key: value
        for key, value in observed.tags.items()
        if not key.startswith((TAG_PREFIX, _AWS_TAGS))
    }
    return TargetWorkflow(
        digest="",
        source="",
        rendered=replace(served, tags=tags),
        version_arn=version,
        recorded=True,
        parameters={},
        found=FoundMachine(served.text or "", split, other),
    )


def served_by(kept: TargetWorkflow) -> dict[str, str]:
    """Return the version that serves a found machine already, with its digest."""
    routing = kept.found.routing if kept.found else {}
    versions = dict.fromkeys(routing, "")
    return versions | ({kept.version_arn: kept.rendered.digest} if kept.version_arn else {})


def found_release(
    site: Site, snapshot: Snapshot, state: RecordedState, kept: Mapping[str, TargetWorkflow]
) -> Release:
    """Return the release of found machines, with the environment's other workflows.

    An equal one that stands already, perhaps of an attempt that was interrupted, keeps its version.
    """
    declarations = {name: _declaration(name, workflow.rendered) for name, workflow in kept.items()}
    predecessor = None
    if state.serving is not None:
        served = site.ledger.releases.release(snapshot, state.serving.version)
        if served is None:
            raise TamperedError(
                f"{state.serving.version} is live in {site.name}, but isn't a release."
            )
        predecessor = served.manifest
        declarations |= {
            name: served.declarations[name]
            for name, served_workflow in state.serving.workflows.items()
            if name not in kept and not served_workflow.retained
        }
    version = _next(site.ledger.releases.versions(snapshot))
    made = make_release(
        declarations.values(),
        project=site.project,
        version=version,
        commit=NO_COMMIT,
        tag=site.ledger.layout.tag_name(version),
        date=timestamp(site.runtime.now()),
        author=str(site.ledger.git.repository.identity),
        toolchain={},
        predecessor=predecessor,
        found=site.name,
    )
    for manifest in site.ledger.releases.manifests(snapshot):
        if manifest.found == site.name and manifest.release_digest == made.digest:
            return Release(manifest, made.declarations)
    return made


def _declaration(name: str, form: Rendered) -> Declaration:
    """Return a found machine as a release holds it: its ``${`` aren't placeholders."""
    return Declaration(
        name=name,
        definition=as_literal(form.definition),
        type="EXPRESS" if form.type == "EXPRESS" else "STANDARD",
        role=literal(form.role),
        logging=as_literal(form.logging),
        tracing=as_literal(form.tracing),
        encryption=as_literal(form.encryption),
        tags=as_literal(form.tags),
    )


def as_literal(value: Any) -> Any:
    """Return a JSON value as a declaration writes it, so that filling parameters keeps it."""
    if isinstance(value, str):
        return literal(value)
    if isinstance(value, Mapping):
        return {literal(key): as_literal(item) for key, item in value.items()}
    return [as_literal(item) for item in value] if isinstance(value, list | tuple) else value


def _next(versions: Iterable[str]) -> str:
    """Return the next version of found machines, above the existing ones."""
    numbers = [
        int(number)
        for version in versions
        if version.startswith(FOUND) and (number := version.removeprefix(FOUND)).isdecimal()
    ]
    return f"{FOUND}{max(numbers, default=0) + 1}"
