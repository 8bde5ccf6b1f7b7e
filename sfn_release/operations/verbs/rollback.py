"""rollback: bring back an earlier release, byte for byte."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

from sfn_release.deployment import deployer
from sfn_release.deployment.preparation import prepare
from sfn_release.deployment.prepared import PreparedDeployment
from sfn_release.deployment.request import Request
from sfn_release.deployment.site import Site
from sfn_release.errors import NotFoundError, UsageError
from sfn_release.ledger import Snapshot, lock_token
from sfn_release.operations import unseen_rollbacks
from sfn_release.operations.open_site import open_site
from sfn_release.operations.policy_checks import warn_of_roles
from sfn_release.operations.release_target import earlier_versions, recorded_forms, target
from sfn_release.operations.signature_policy import rollback_refusals, unsigned_error
from sfn_release.operations.workspace import Workspace
from sfn_release.plan import Target
from sfn_release.release.manifest import Manifest
from sfn_release.release.record import Record
from sfn_release.release.release import Release
from sfn_release.release.rendering import Rendered
from sfn_release.release.rollback_history import entry_of, previous
from sfn_release.release.serving import RecordedState, Served, Serving
from sfn_release.release.version import parse_version
from sfn_release.release.yank_list import Yanks


def rollback(
    workspace: Workspace,
    version: str | None = None,
    *,
    environment: str | None = None,
    rerender: bool = False,
    adopt: bool = False,
    reason: str | None = None,
) -> Record | None:
    """Roll back an environment to *version* or to the previous release; return the record.

    Without a version, the last successful deployment is undone. Each further rollback goes further
    back. If the last attempt failed, the state before it is restored. A failed rollback is
    finished. The definitions are the same bytes that last succeeded here. With *rerender*, they are
    rendered again with today's parameters.

    Raises NotFoundError if there is no release to go back to, and if *version* never succeeded in
    this environment. To deploy such a version, use `deploy`.
    """
    with rolling_back(
        workspace, version, environment=environment, rerender=rerender, adopt=adopt, reason=reason
    ) as record:
        return record


@contextmanager
def rolling_back(
    workspace: Workspace,
    version: str | None = None,
    *,
    environment: str | None = None,
    rerender: bool = False,
    adopt: bool = False,
    reason: str | None = None,
) -> Iterator[Record | None]:
    """Do what `rollback` does, and keep the outcome in mind until the block ends.

    Show the outcome in the block. When it isn't left as it should be, however that happens, the
    same command doesn't go back once more: it returns the record of the finished rollback.
    """
    request = Request(adopt=adopt, rerender=rerender, reason=reason)
    site = open_site(workspace, workspace.environment(environment))
    wanted = parse_version(version) if version is not None else None
    bare = wanted is None

    def prepare_again() -> PreparedDeployment:
        nonlocal wanted
        prepared = prepare_rollback(workspace, site, wanted, request)
        if prepared.adopting:
            wanted = prepared.plan.version  # the kept release becomes the top: go past it
        if bare:
            unseen_rollbacks.expect(site, prepared.basis.id)
        return prepared

    done = _shown_again(workspace, site) if bare else None
    if done is None:
        done = _deploy_rollback(workspace, site, prepare_again, request)
    yield done
    if bare:
        unseen_rollbacks.shown(site, done)


def unshown(workspace: Workspace, site: Site) -> Record | None:
    """Return the rollback that a bare `rollback` would only show: it was done and not shown."""
    if not unseen_rollbacks.may_have_unseen(site):
        return None  # nearly always: it saves asking the remote once more
    state = workspace.ledger.deployments.state(
        workspace.ledger.branches.snapshot_for(site.name), site.name
    )
    return unseen_rollbacks.unshown(site, state)


def _shown_again(workspace: Workspace, site: Site) -> Record | None:
    """Return the rollback that this command already did without showing it, and say so."""
    record = unshown(workspace, site)
    if record is not None:
        lock_token.forget(site.notes, record.id)
        workspace.runtime.watcher.say(
            f"This rollback already succeeded at {record.finished_at}, but its result wasn't shown."
            " To roll back further, run it again."
        )
    return record


def _deploy_rollback(
    workspace: Workspace,
    site: Site,
    prepare_again: Callable[[], PreparedDeployment],
    request: Request,
) -> Record | None:
    prepared = prepare_again()
    unsigned = rollback_refusals(workspace, site.environment, prepared)
    if unsigned:
        raise unsigned_error(site.name, f"A rollback to {prepared.target.called}", unsigned)
    if not site.environment.backend.private:
        snapshot = workspace.snapshot(offline=False)
        workspace.share(workspace.released(snapshot, prepared.target.called))
    done = deployer.deploy(site, prepared, prepare_again, request)
    if done is not None:
        warn_of_roles(site, prepared)
    return done


def prepare_rollback(
    workspace: Workspace, site: Site, version: str | None, request: Request
) -> PreparedDeployment:
    """Decide a rollback to *version*, or to the release before the present one. Reads only."""

    def decide(snapshot: Snapshot, state: RecordedState) -> Target:
        return rollback_target(workspace, site, snapshot, state, version, rerender=request.rerender)

    return prepare(site, decide, request)


def rollback_target(
    workspace: Workspace,
    site: Site,
    snapshot: Snapshot,
    state: RecordedState,
    version: str | None,
    *,
    rerender: bool,
) -> Target:
    """Return the target of a rollback: *version*, or the entry below on the stack."""
    top, bare = state.serving, version is None
    if top is None:
        raise NotFoundError(
            f"Nothing was ever deployed to {site.name}: there is nothing to roll back to."
        )
    load = partial(workspace.ledger.deployments.serving_at, site.name)
    say = workspace.runtime.watcher.say
    entry: Serving | None
    attempt = state.record
    yanks = workspace.ledger.releases.yanked(snapshot)
    if version is None and state.unfinished and attempt and attempt.action == "rollback":
        # The same command again finishes the rollback, unless that is refused by now.
        begun = attempt.version
        may = yanks.of(begun, attempt.release_digest) is None
        version = begun if may and _last_ran(workspace, site, state, begun, attempt) else None
    if version is not None:
        entry = entry_of(top, load, version)
        chosen = entry.version if entry else version
    elif state.unfinished and yanks.of(top.version, top.release_digest) is None:
        entry, chosen = top, top.version
        if attempt:
            say(f"{attempt.action} {attempt.version} did not finish: {top.version} is restored")
    else:
        entry = _before(top, load, yanks, site.name, say)
        chosen = entry.version
    release = workspace.released(snapshot, chosen, entry.release_digest if entry else None)
    _refuse_rerendering(release, site.name, rerender=rerender)
    _warn_if_trial(workspace, site, release)
    success = _last_ran(workspace, site, state, chosen, release.manifest)
    if success is None:
        raise NotFoundError(
            f"{chosen} was never live in {site.name}, so you can't roll back to it.",
            why="Rollbacks skip policies, so only releases that were live here are allowed.",
            fix=f"Deploy it:  sfn-release deploy {chosen} --env {site.name}",
        )
    recorded: dict[str, Rendered] = {}
    served: Mapping[str, Served] = {}
    if not rerender:
        before = workspace.ledger.deployments.serving_at(site.name, success)
        forms = workspace.ledger.deployments.served(site.name, success, before)
        where = workspace.ledger.deployments.place(site.name, success)
        recorded = recorded_forms(release, before, forms, where=where)
        served = before.workflows
    found = target(
        release.content,
        site,
        state,
        "rollback",
        versions=earlier_versions(workspace.ledger, release.content, site.name, state),
        rendered=recorded,
        served=served,
        below=entry.below if entry else None,
        popped=entry is not None,
    )
    return found if not bare else replace(found, notes=(*found.notes, *_repeat_note(state)))


def _warn_if_trial(workspace: Workspace, site: Site, release: Release) -> None:
    """Say so when a release is a local trial, and another release has taken its number."""
    if workspace.ledger.releases.yielded_digests().get(release.version) == release.digest:
        workspace.runtime.watcher.say(
            f"{release.version} is your trial in {site.name}, not the release of that number"
        )


def _refuse_rerendering(release: Release, environment: str, *, rerender: bool) -> None:
    """Raise UsageError for a release of found machines, which has no parameters."""
    if rerender and release.manifest.found is not None:
        raise UsageError(
            f"--rerender can't be used with {release.version}, a release of found machines.",
            why="It has no parameters.",
            fix=f"Run:  sfn-release rollback {release.version} --env {environment}",
        )


def _repeat_note(state: RecordedState) -> Iterator[str]:
    """Yield the note of a rollback after a rollback, which surprises who wanted to repeat it."""
    last = state.record
    if last is None or last.action != "rollback" or last.status != "succeeded":
        return
    if last.version != last.from_version:  # else it only undid an attempt
        yield (
            f"this goes further back: the rollback of {last.finished_at} went from"
            f" {last.from_version} to {last.version}"
        )


def _last_ran(
    workspace: Workspace, site: Site, state: RecordedState, version: str, content: Manifest | Record
) -> str | None:
    """Return the newest commit of the environment's branch that brought a release's content.

    Under its own version if it ever did, else under another one with the same digest.
    """
    ledger, digest = workspace.ledger, content.release_digest
    return ledger.deployments.last_success(
        state, version, digest
    ) or ledger.deployments.last_content(site.name, state.tip, digest)


def _before(
    top: Serving,
    load: Callable[[str], Serving],
    yanks: Yanks,
    environment: str,
    say: Callable[[str], None],
) -> Serving:
    """Return the entry that a rollback goes to, and say which ones it skips.

    Raises NotFoundError if there is none.
    """
    entry = previous(top, load, yanks=yanks)
    yanked = []
    for skipped in _skipped(top, entry, load):
        yank = yanks.of(skipped.version, skipped.release_digest)
        if yank is None:
            say(f"{skipped.version} has the same content as {top.version}: skipped")
        else:
            yanked.append(skipped.version)
            say(f"{yank.subject(skipped.version)} was yanked: skipped")
    if entry is None:
        raise NotFoundError(
            f"There is no release before {top.version} in {environment} to roll back to.",
            why=f"Yanked: {', '.join(yanked)}." if yanked else "",
            fix="To deploy another release:  sfn-release deploy VERSION",
        )
    return entry


def _skipped(
    top: Serving, entry: Serving | None, load: Callable[[str], Serving]
) -> Iterator[Serving]:
    """Yield the entries of the stack from below its top to *entry*, which is not among them."""
    below = top.below
    while below is not None and (passed := load(below)) != entry:
        yield passed
        below = passed.below
