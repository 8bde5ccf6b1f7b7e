"""Examines the ledger: its refs, whether you may push them, deployments that were left open."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from sfn_release.deployment.lock import takeover_reason
from sfn_release.errors import LockedError, SfnReleaseError
from sfn_release.ledger import Snapshot
from sfn_release.ledger.git import without_secrets
from sfn_release.operations.diagnosis.diagnosis import Diagnosis, Findings
from sfn_release.operations.open_site import site_of
from sfn_release.operations.unshared_ledger import unshared_ledger
from sfn_release.operations.workspace import Workspace
from sfn_release.release.record import Record
from sfn_release.text import count

_findings = Findings("ledger")
_PROBE = "0.0.0-doctor"
_REAL = "the host may still refuse the real push"


def examine_ledger(workspace: Workspace) -> Iterator[Diagnosis]:
    """Yield the diagnoses of the ledger. Apart from fetched refs, nothing is written."""
    ledger = workspace.ledger
    yield _place(workspace)
    taken = sorted(
        ref
        for ref in workspace.git.work_tree.checked_out()
        if ref.startswith(f"{ledger.layout.prefix}/")
    )
    for ref in taken:
        yield _findings.problem(
            "branches",
            f"{ref} is checked out in a work tree, and sfn-release would move it there",
            "Check out another branch there:  git switch main",
        )
    try:
        snapshot = ledger.branches.snapshot()
    except SfnReleaseError as error:
        yield _findings.error("refs", error)
        return
    yield _findings.asked("releases", lambda: _releases(workspace, snapshot))
    yield from _sharing(workspace, snapshot)
    for name in sorted(workspace.project.environments):
        yield from _environment(workspace, snapshot, name)
        yield from _yank(workspace, snapshot, name)
    yield from _notes(workspace, snapshot)
    if ledger.remote is not None:
        yield from _rights(workspace, snapshot, ledger.remote)


def _place(workspace: Workspace) -> Diagnosis:
    """Return the place of the ledger, and whether every deployer can reach it."""
    ledger, environments = workspace.ledger, workspace.project.environments.values()
    if ledger.remote is None:
        shared = [
            environment.name for environment in environments if not environment.on_this_machine
        ]
        if shared:
            verdict = _findings.warning if workspace.project.remote == "" else _findings.problem
            return verdict(
                "remote",
                f"the ledger is in this clone only, but others may deploy to {', '.join(shared)}",
                "Add a remote:  git remote add origin URL",
            )
        return _findings.ok("remote", "the ledger is in this clone only")
    try:
        fetches, pushes = workspace.git.remotes.urls(ledger.remote)
    except SfnReleaseError as error:
        return _findings.error("remote", error)
    if fetches != pushes:
        return _findings.problem(
            "remote",
            f"{ledger.remote} fetches from one repository and pushes to another",
            "The ledger must be read from where it is written. Set another `remote`.",
        )
    return _findings.ok("remote", f"{ledger.remote}, {without_secrets(fetches)}")


def _releases(workspace: Workspace, snapshot: Snapshot) -> str:
    manifests = workspace.ledger.releases.manifests(snapshot)
    if not manifests:
        return "there are no releases yet"
    return f"{count(manifests, 'release')}, the highest is {manifests[0].version}"


def _sharing(workspace: Workspace, snapshot: Snapshot) -> Iterator[Diagnosis]:
    """Yield a diagnosis if the remote has the tags of releases but not the ledger, or neither."""
    try:
        lost = workspace.ledger.integrity.lost_release(snapshot, None)
        unshared = unshared_ledger(workspace, snapshot)
    except SfnReleaseError as error:
        yield _findings.error("shared", error)
        return
    if lost is not None:
        yield _findings.error("shared", lost)
    elif unshared is not None and unshared.tagged:
        yield _findings.error("shared", unshared.error)
    elif unshared is not None:
        yield _findings.warning(
            "shared", unshared.message, f"Share the ledger:  {unshared.command}"
        )


def _environment(workspace: Workspace, snapshot: Snapshot, name: str) -> Iterator[Diagnosis]:
    """Yield the outcome of the last deployment to an environment, or the holder of its lock."""
    subject = f"env/{name}"
    try:
        state = workspace.ledger.deployments.state(snapshot, name)
    except SfnReleaseError as error:
        yield _findings.error(subject, error)
        return
    record = state.record
    if record is None:
        yield _findings.ok(subject, "no deployments yet")
        return
    match record.status:
        case "started":
            yield _lock(workspace, name, record)
        case "succeeded":
            yield _findings.ok(subject, f"{record.action} {record.version} {record.status}")
        case "failed" | "reverted":
            yield _findings.warning(
                subject,
                f"the last deployment, {record.action} {record.version}, {record.status}",
                f"See  sfn-release status --env {name}; deploy again, or roll back.",
            )
        case _:
            assert_never(record.status)


def _yank(workspace: Workspace, snapshot: Snapshot, name: str) -> Iterator[Diagnosis]:
    """Yield a warning if an environment serves a yanked release, or the contents of one."""
    subject = f"env/{name}"
    try:
        serving = workspace.ledger.deployments.state(snapshot, name).serving
    except SfnReleaseError:
        return  # reported with its last deployment
    try:
        yanks = workspace.ledger.releases.yanked(snapshot)
    except SfnReleaseError as error:
        yield _findings.error(subject, error)
        return
    yank = yanks.of(serving.version, serving.release_digest) if serving else None
    if serving is not None and yank is not None:
        yield _findings.warning(
            subject,
            f"{yank.subject(serving.version)} was {yank}",
            f"Replace it:  sfn-release rollback --env {name}",
        )


def _lock(workspace: Workspace, name: str, record: Record) -> Diagnosis:
    try:
        reason = takeover_reason(site_of(workspace, workspace.project.environment(name)), record)
    except LockedError as error:
        return _findings.error(f"env/{name}", error, verdict="warning")
    return _findings.warning(
        f"env/{name}",
        f"{record.action} {record.version} by {record.actor} was left unfinished: {reason}",
        f"Run it again to finish it, or close it:  sfn-release unlock --env {name}",
    )


def _notes(workspace: Workspace, snapshot: Snapshot) -> Iterator[Diagnosis]:
    """Yield the notes of runs in this clone that no environment shows as running."""
    folder = workspace.git.repository.common_dir / "sfn-release" / "deployments"
    running = set()
    for name in workspace.project.environments:
        try:
            record = workspace.ledger.deployments.state(snapshot, name).record
        except SfnReleaseError:
            return  # reported with its environment; we can't tell which notes are its own
        if record is not None and record.status == "started":
            running.add(record.id)
    prefix = workspace.ledger.layout.prefix
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.name not in running:
            yield _findings.warning(
                "notes",
                f"{path} is the note of a run that {prefix}/{workspace.project.name} doesn't know:"
                " it was killed before it began, or belongs to another project",
                "If no deployment is running in this clone, remove it.",
            )


def _rights(workspace: Workspace, snapshot: Snapshot, remote: str) -> Iterator[Diagnosis]:
    """Yield whether you may push branches and tags. A dry run of `git push` changes nothing."""
    ledger, git = workspace.ledger, workspace.git
    head = git.history.head()
    if head is None:
        return
    new = {
        f"{ledger.layout.env_ref('doctor')}-{workspace.runtime.new_token()[:8]}": head,
        f"refs/tags/{ledger.layout.tag_name(_PROBE)}": head,
    }
    tip = snapshot.refs.get(ledger.layout.releases_ref)
    if tip is not None and ledger.layout.releases_ref not in snapshot.kept:
        # No ref points to this commit, so git removes it some day.
        at = workspace.runtime.now()
        tree = git.repository.ok("rev-parse", f"{tip}^{{tree}}").text
        new[ledger.layout.releases_ref] = git.objects.write_commit(
            tree, tip, "doctor", by=git.repository.identity, at=at
        )
    for ref, commit in new.items():
        subject = "push a tag" if ref.startswith("refs/tags/") else "push a branch"
        subject = "push a release" if ref == ledger.layout.releases_ref else subject
        refusal = git.remotes.would_refuse(remote, ref, commit)
        if refusal is None:
            yield _findings.ok(subject, f"{remote} would accept it ({_REAL})")
        else:
            yield _findings.problem(
                subject,
                f"{remote} would refuse {ref}: {refusal}",
                "To release, you must be allowed to push the ledger's branches and the release"
                " tags.",
            )
