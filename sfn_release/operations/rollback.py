"""rollback: bring back an earlier release, byte for byte."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from sfn_release.deployment import Prepared, Site, prepare
from sfn_release.errors import NotFoundError
from sfn_release.ledger import Snapshot
from sfn_release.operations.running import run
from sfn_release.operations.sites import open_site
from sfn_release.operations.targets import earlier_versions, recorded_forms, target
from sfn_release.operations.workspace import Workspace
from sfn_release.plan import Target
from sfn_release.record import Record, Served, Serving, State
from sfn_release.release import parse_version
from sfn_release.rendering import Rendered
from sfn_release.stack import entry_of, previous


def rollback(
    workspace: Workspace,
    version: str | None = None,
    *,
    environment: str | None = None,
    rerender: bool = False,
    adopt: bool = False,
    reason: str | None = None,
) -> Record | None:
    """Roll an environment back to *version*, or to the release before the present one.

    Without a version, the last successful deployment is undone; rolling back again goes further
    back. When the last attempt did not succeed, what was live before it is restored; an attempt
    that was itself a rollback is finished. What is sent
    is what was recorded when that version last succeeded here, unless *rerender* asks for today's
    parameters.

    Raises NotFoundError when there is nothing to go back to.
    """
    there = workspace.environment(environment)
    site = open_site(workspace, there)
    wanted = parse_version(version) if version else None

    def decide(snapshot: Snapshot, state: State) -> Target:
        return rollback_target(workspace, site, snapshot, state, wanted, rerender=rerender)

    def decided() -> Prepared:
        return prepare(site, decide, adopt=adopt)

    prepared = decided()
    if there.backend != "local":
        snapshot = workspace.snapshot(offline=False)
        workspace.share(workspace.released(snapshot, prepared.plan.version))
    return run(site, prepared, decided, reason=reason)


def rollback_target(
    workspace: Workspace,
    site: Site,
    snapshot: Snapshot,
    state: State,
    version: str | None,
    *,
    rerender: bool,
) -> Target:
    """Return what a rollback brings: to *version*, or to the entry below on the stack."""
    top = state.serving
    if top is None:
        raise NotFoundError(
            f"Nothing was ever deployed to {site.name}: there is nothing to go back to."
        )
    load = partial(workspace.ledger.serving_at, site.name)
    say = workspace.around.watcher.say
    entry: Serving | None
    attempt = state.record
    yanked = frozenset(workspace.ledger.yanked(snapshot))
    if version is None and state.unfinished and attempt and attempt.action == "rollback":
        # The same command again finishes what it began, unless it may not any more.
        version = None if attempt.version in yanked else attempt.version
    if version is not None:
        entry = entry_of(top, load, version)
    elif state.unfinished and top.version not in yanked:
        entry = top
        if attempt:
            say(f"{attempt.action} {attempt.version} did not finish: {top.version} is restored")
    else:
        entry = previous(top, load, yanked=yanked)
        passed = [*_between(top, entry, load)]
        for skipped in passed:
            same = f"has the same content as {top.version}"
            say(f"{skipped} {'was yanked' if skipped in yanked else same}: skipped")
        if entry is None:
            others = [one for one in passed if one in yanked]
            raise NotFoundError(
                f"{site.name} has served nothing else before {top.version}:"
                " there is nothing to go back to.",
                why=f"Yanked are: {', '.join(others)}." if others else "",
                fix="To bring another release:  sfn-release deploy VERSION",
            )
    chosen = entry.version if entry else version
    assert chosen is not None  # noqa: S101 - one of the two is there
    release = workspace.released(snapshot, chosen)
    recorded: dict[str, Rendered] = {}
    served: Mapping[str, Served] = {}
    success = workspace.ledger.last_success(state, chosen)
    if success is not None:
        before = workspace.ledger.serving_at(site.name, success)
        if not rerender:
            forms = workspace.ledger.served(site.name, success, before)
            recorded = recorded_forms(release, before, forms)
            served = before.workflows
    return target(
        release,
        site,
        state,
        "rollback",
        versions=earlier_versions(workspace.ledger, release, site.name, state),
        rendered=recorded,
        served=served,
        below=entry.below if entry else None,
        popped=entry is not None,
    )


def _between(top: Serving, entry: Serving | None, load: Callable[[str], Serving]) -> Iterator[str]:
    """Yield the versions on the stack from below its top to *entry*, which is not among them."""
    below = top.below
    while below is not None and (passed := load(below)) != entry:
        yield passed.version
        below = passed.below
