"""Workspace: a project in its repository, with the ledger, the runtime and access to AWS."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sfn_release.deployment.runtime import Runtime
from sfn_release.errors import (
    AccessError,
    DirtyError,
    ImmutableError,
    NotFoundError,
    TamperedError,
)
from sfn_release.ledger import Ledger, Snapshot, open_ledger
from sfn_release.ledger.git import Git, Identity, RemoteTimeout
from sfn_release.project import FILE_NAME, Environment, Project, find_project, read_project
from sfn_release.project.backends import Clone
from sfn_release.release.version import Precedence
from sfn_release.text import count

if TYPE_CHECKING:
    from sfn_release.aws.clients import Aws
    from sfn_release.plan.rendered_checks import FilledChecks
    from sfn_release.release.release import Release


@dataclass(frozen=True)
class Workspace:
    """One project, its repository and its ledger.

    *aws* connects to an environment without checking its account; verbs use `reach`.
    """

    project: Project
    git: Git
    ledger: Ledger
    clone: Clone
    runtime: Runtime
    aws: Callable[[Environment], Aws]

    @cached_property
    def filled(self) -> FilledChecks:
        """The checks of definitions with an environment's parameters filled in, each form once."""
        from sfn_release.plan.rendered_checks import FilledChecks

        return FilledChecks(self.project.silences)

    @property
    def folder(self) -> str:
        """The project's folder inside the repository, with "/"; empty for the repository's root."""
        return _folder(self.project, self.git)

    def environment(self, name: str | None) -> Environment:
        """Return an environment, the project's default for None."""
        return self.project.environment(self.project.default_environment if name is None else name)

    def reach(self, environment: Environment, aws: Aws | None = None) -> Aws:
        """Return the services of an environment after checking the account of the credentials.

        Pass *aws* if its services are open already. Without STS (`Environment.has_sts`) we can't
        check the account. Raises AccessError if the credentials belong to an account other than
        the one in releases.toml.
        """
        aws = aws or self.aws(environment)
        if environment.account is not None and environment.has_sts:
            checked_caller(environment, aws)
        return aws

    def head(self) -> str:
        """Return the commit that is checked out; raises NotFoundError before the first one."""
        commit = self.git.history.head()
        if commit is None:
            raise NotFoundError(
                "This repository has no commit yet. A release is made from a commit.",
                fix="Run:  git add . && git commit -m 'First workflows'",
            )
        return commit

    def refuse_changes(self, paths: list[str], why: str) -> None:
        """Raise DirtyError if files below the project's root differ from HEAD; *why* is a sentence.

        Untracked files count only in the folders that a build reads.
        """
        looked_for = (self.project.workflows, "src", FILE_NAME)
        changes = self.git.work_tree.changes(
            [self.inside(path) for path in paths],
            untracked=[self.inside(path) for path in looked_for],
        )
        if changes:
            raise DirtyError(
                f"You have {count(changes, 'uncommitted change')}. {why}",
                why="\n  ".join(changes[:20] + (["…"] if len(changes) > 20 else [])),  # noqa: PLR2004
                fix="Commit them:  git add --all && git commit -m 'Prepare the release'\n"
                "  or stash them:  git stash --include-untracked",
            )

    def inside(self, path: str) -> str:
        """Return a path of the project as a path in the repository."""
        return f"{self.folder}/{path}" if self.folder else path

    def snapshot(self, *, offline: bool = True) -> Snapshot:
        """Return the ledger's refs. With *offline*, an unreachable remote is only a warning."""
        snapshot = self.ledger.branches.snapshot(offline=offline)
        if snapshot.warning:
            self.runtime.watcher.say(f"warning: {snapshot.warning}")
        return snapshot

    def released(
        self, snapshot: Snapshot, version: str, release_digest: str | None = None
    ) -> Release:
        """Return a release after checking that its tag agrees with it.

        To also find a local trial whose version another release took, pass the *release_digest*
        that the environment served.

        Raises NotFoundError, which lists the existing releases, and TamperedError.
        """
        release = self.ledger.releases.release(snapshot, version)
        if release is not None and release_digest not in {None, release.digest}:
            trial = self.ledger.releases.yielded(snapshot, version)
            if trial is None or trial.digest != release_digest:
                raise TamperedError(
                    f"The record of {version} doesn't match the release {version}.",
                    why=f"The record says {release_digest}, the release is {release.digest}.",
                )
            return trial
        if release is None:
            self.ledger.integrity.refuse_lost_release(snapshot, version)
            versions = self.ledger.releases.versions(snapshot)
            raise unknown_release(version, versions)
        self.ledger.integrity.refuse_other_tag(snapshot, release.manifest)
        return release

    def share(self, release: Release) -> None:
        """Push a release that only this clone knows to the ledger's remote.

        Raises ImmutableError if another release took its version in the meantime.
        """
        if self.ledger.releases.is_pushed(self.ledger.branches.snapshot(), release):
            return
        now = self.runtime.now()
        standing, _ = self.ledger.add_release(release, notes="", at=now, push=True)
        if standing.digest != release.digest:
            raise ImmutableError(
                f"{release.version} was released by {standing.manifest.author} in the meantime,"
                " with different content.",
                fix="Publish yours under a higher version.",
            )


def checked_caller(environment: Environment, aws: Aws) -> Mapping[str, Any]:
    """Return STS's answer about the credentials, an ``Account`` and an ``Arn``.

    Raises AccessError if releases.toml says that the environment is in another account.
    """
    from sfn_release.aws.api_calls import call

    caller = call(aws.identity.get_caller_identity)
    if environment.account not in {None, caller["Account"]}:
        raise AccessError(
            f"The credentials for {environment.name} belong to account {caller['Account']}, but"
            f" releases.toml says {environment.account}.",
            why=f"You are {caller['Arn']}.",
            fix="Log in to that account, or set `profile` or `assume_role` for the environment.",
        )
    return caller


def unknown_release(version: str, versions: Sequence[str]) -> NotFoundError:
    """Return the error for a missing *version*; *versions* are the releases, the highest first."""
    return NotFoundError(
        f"There is no release {version}.",
        why=f"The releases are: {', '.join(versions[:10])}." if versions else "",
        fix=_advice(version, versions),
    )


def _advice(version: str, versions: Sequence[str]) -> str:
    """Return the fix for a missing *version*; *versions* are the releases."""
    if not versions:
        return f"To release the current commit:  sfn-release publish {version}"
    return f"The nearest is {_nearest(version, versions)}." if len(versions) > 1 else ""


def _nearest(version: str, versions: Sequence[str]) -> str:
    """Return the highest of *versions* below *version*, or else the lowest of them."""
    wanted = Precedence(version)
    ordered = sorted(versions, key=Precedence)
    return next((known for known in reversed(ordered) if Precedence(known) < wanted), ordered[0])


def open_workspace(directory: Path, runtime: Runtime) -> Workspace:
    """Return the workspace of the project around *directory*.

    Raises NotFoundError (no repository, no releases.toml), ConfigError, GitError.
    """
    user = runtime.actor or _user()
    git = Git.open(directory, fallback=Identity(user, f"{user}@{runtime.host}"))
    project = read_project(find_project(directory))
    remote_timeout = RemoteTimeout(project.remote_timeout, say=runtime.watcher.say)
    git = Git.of(replace(git.repository, remote_timeout=remote_timeout))
    ledger = open_ledger(
        git,
        project=project.name,
        prefix=project.ledger,
        tag=project.tag,
        remote=project.remote,
        private=frozenset(
            name
            for name, environment in project.environments.items()
            if environment.backend.private
        ),
        sign=project.signing,
        folder=f"{folder}/" if (folder := _folder(project, git)) else "",
        pause=runtime.pause,
        say=runtime.watcher.say,
    )

    clone = Clone(
        project=project.name,
        root=project.root,
        data=git.repository.common_dir / "sfn-release",
        source_of=_source_in(ledger),
        now=runtime.now,
        wait=runtime.wait,
        say=runtime.watcher.say,
    )

    def aws(environment: Environment) -> Aws:
        return environment.backend.connect(environment, clone)

    return Workspace(project, git, ledger, clone, runtime, aws)


def _folder(project: Project, git: Git) -> str:
    folder = project.root.resolve().relative_to(git.repository.root.resolve()).as_posix()
    return "" if folder == "." else folder


def _source_in(ledger: Ledger) -> Callable[[str, str], str | None]:
    """Return the function that looks up a state machine's module in the last record."""

    def source_of(environment: str, state_machine: str) -> str | None:
        # Only private environments ask, and their records are in this clone.
        tip = ledger.branches.tip(environment)
        serving = ledger.deployments.state_at(environment, tip).serving if tip else None
        for served in serving.workflows.values() if serving else ():
            if served.settings["state_machine"] == state_machine:
                return served.source or None  # an adopted state machine has no module
        return None

    return source_of


def _user() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):  # in a container, the user may have no name
        return "unknown"
