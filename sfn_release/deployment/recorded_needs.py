"""Collect from the ledger which state machine versions are needed. Only reads."""

from __future__ import annotations

from collections.abc import Collection, Mapping

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

    The last *keep* releases that were live keep their versions, and what they pin; so does every
    other environment with a release that it serves. Raises TamperedError.
    """
    deployments = site.ledger.deployments
    live: dict[str, str] = {}
    pinned: dict[str, str] = {}
    for name, tip in deployments.environments(snapshot).items():
        for commit, serving in deployments.last_live(name, tip, keep):
            for version, workflow in _pinned(site, name, commit, serving).items():
                pinned.setdefault(version, f"{workflow} of {serving.version} in {name} starts it")
            if name == site.name:
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
    return RecordedNeeds(frozenset(made), live, pinned, frozenset(attempted))


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


def _pinned(site: Site, environment: str, commit: str, serving: Serving) -> Mapping[str, str]:
    """Return the versions that the workflows of a serving pin or name, each with a workflow."""
    forms = site.ledger.deployments.served(environment, commit, serving)
    found: dict[str, str] = {}
    for name, served in serving.workflows.items():
        latest = served.found.latest.text if served.found and served.found.latest else ""
        named = mentioned_versions([*served.pins.values(), forms[name].definition, latest])
        for arn in named:
            if arn.rpartition(":")[0] != served.state_machine_arn:
                found.setdefault(arn, name)
    return found
