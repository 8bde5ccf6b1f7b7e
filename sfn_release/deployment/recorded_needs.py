"""Collect from the ledger which state machine versions are needed. Only reads."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from sfn_release.deployment.site import Site
from sfn_release.ledger import Snapshot
from sfn_release.plan.pruning import RecordedNeeds, mentioned_versions
from sfn_release.release.serving import RecordedState, Serving
from sfn_release.text import count

_ATTEMPTS = 10  # deployments that didn't finish, whose versions are kept


def recorded_needs(
    site: Site, snapshot: Snapshot, state: RecordedState, listed: Collection[str], *, keep: int
) -> RecordedNeeds:
    """Return what the ledger says of the *listed* versions: ARNs that exist in AWS.

    The last *keep* releases that were live keep their versions, and what they pin, in every
    environment. All others keep the versions that a rollback to them couldn't publish again. Raises
    TamperedError.
    """
    deployments = site.ledger.deployments
    live: dict[str, str] = {}
    pinned: dict[str, str] = {}
    starters: dict[str, frozenset[str]] = {}
    for name, tip in deployments.environments(snapshot).items():
        seen: set[tuple[str, str, str]] = set()
        for index, (commit, serving) in enumerate(deployments.last_live(name, tip)):
            recent = index < keep
            for version, workflow in _named(site, name, commit, serving, seen):
                machine = serving.workflows[workflow].state_machine_arn
                starters[version] = starters.get(version, frozenset()) | {machine}
                if recent or version not in published_again(serving, workflow):
                    because = f"{workflow} of {serving.version} in {name} starts it"
                    pinned.setdefault(version, because)
            if recent and name == site.name:
                for version in _served(serving):
                    live.setdefault(version, _why(serving, state, keep))
    attempted = set()
    if state.unfinished:
        for record in deployments.newest_first(site.name, state.tip, limit=_ATTEMPTS):
            if record.status == "succeeded":
                break
            attempted |= {
                arn
                for outcome in record.workflows.values()
                for arn in (outcome.version_arn, outcome.previous_version_arn)
                if arn
            }
    made = deployments.deployed_arns(state.tip, listed) if state.tip else set()
    return RecordedNeeds(frozenset(made), live, pinned, frozenset(attempted), starters)


def _why(serving: Serving, state: RecordedState, keep: int) -> str:
    if state.serving is not None and serving.version == state.serving.version:
        return f"{serving.version} is live"
    return f"{serving.version} is one of the last {count(keep, 'release')} that were live"


def _served(serving: Serving) -> set[str]:
    """Return the versions that a release was served by, with the split of a found alias."""
    return {
        arn
        for served in serving.workflows.values()
        for arn in (*([served.version_arn] if served.version_arn else ()), *served.routing)
    }


def _named(
    site: Site, environment: str, commit: str, serving: Serving, seen: set[tuple[str, str, str]]
) -> Iterator[tuple[str, str]]:
    """Yield the versions that workflows of a serving pin or name, each with the workflow.

    Workflows with content that was *seen* already are left out. Adds the others to it.
    """
    new = {}
    for name, served in serving.workflows.items():
        content = name, served.digest, served.rendered_digest
        if content not in seen or served.found:
            seen.add(content)
            new[name] = served
    forms = site.ledger.deployments.served(environment, commit, replace(serving, workflows=new))
    for name, served in new.items():
        latest = served.found.latest.text if served.found and served.found.latest else ""
        named = mentioned_versions([*served.pins.values(), forms[name].definition, latest])
        for arn in named:
            if arn.rpartition(":")[0] != served.state_machine_arn:
                yield arn, name


def published_again(serving: Serving, workflow: str) -> set[str]:
    """Return the pinned versions of *workflow* that a rollback publishes again if they are gone.

    They are versions of workflows in the same release, and the author wrote no version.
    """
    released = {
        served.state_machine_arn for served in serving.workflows.values() if not served.retained
    }
    return {
        arn
        for text, arn in serving.workflows[workflow].pins.items()
        if text != arn and arn.rpartition(":")[0] in released
    }
