"""init: scaffold a project, and its pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sfn_release.cli.files import write_new
from sfn_release.cli.options import command
from sfn_release.cli.output import terminal
from sfn_release.cli.session import Session
from sfn_release.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    from sfn_release.project import Project

_PIPELINES = {"github": ":/.github", "gitlab": ":/.gitlab :/.gitlab-ci.yml"}
_HOSTS = {"github": "GitHub", "gitlab": "GitLab"}


@command("init")
@click.option("--ci", type=click.Choice(["github", "gitlab"]), help="Also write a pipeline.")
def run(session: Session, ci: str | None) -> None:
    """Create releases.toml and a first workflow. Overwrites nothing.

    You can publish the new project immediately. --ci also writes a pipeline for the environments of
    releases.toml, on GitHub Actions or GitLab CI: check, plan, publish, promote, a nightly status,
    and rollback and unlock by hand.
    """
    root = session.directory.resolve()
    repository = next((at for at in (root, *root.parents) if (at / ".git").exists()), None)
    wrote, notes, (before, after) = _scaffold(root, repository, ci)
    written = [path for path, new in wrote.items() if new]
    kept = [path for path, new in wrote.items() if not new]
    steps = [*([] if repository else ["git init"]), *before]
    if written or not _has_commit(repository):
        # In a subfolder, the pipeline lies outside of it.
        add = (
            f"git add {_PIPELINES[ci]} ." if ci and repository not in {None, root} else "git add ."
        )
        steps += [add, "git commit -m 'Set up sfn-release'"]
    if not _has_releases(root, repository):
        hello = (root / "workflows" / "hello.py").exists()
        steps += ["sfn-release test"] if (root / "workflows" / "hello.tests.toml").exists() else []
        steps.append("sfn-release publish 1.0.0")
        steps += ["sfn-release execute hello"] if hello else []
    steps += after

    def text() -> None:
        for path in written:
            terminal.write_parts(terminal.Styled("wrote  ", "green"), path)
        for path in kept:
            terminal.write_parts(terminal.Styled("kept   ", "dim"), path)
        if repository is None:
            terminal.say()
            terminal.say("This folder isn't in a Git repository yet. Releases are stored in Git.")
        for note in notes:
            terminal.say(note)
        if steps:
            terminal.say()
            terminal.say("Next:")
        for step in steps:
            terminal.say(f"  {step}")

    session.show("init", {"written": written, "kept": kept, "next": steps}, text)


def _scaffold(
    root: Path, repository: Path | None, ci: str | None
) -> tuple[dict[str, bool], list[str], tuple[list[str], list[str]]]:
    """Write missing files; return each path with whether it was written, and notes for the user.

    Last come the steps of setting up the pipeline: before the commit, and after it.
    """
    from sfn_release.operations.scaffold.project_files import files
    from sfn_release.project import FILE_NAME, read_project

    if ci and (root / FILE_NAME).exists():
        read_project(root / FILE_NAME)  # its errors come before anything is written
    nested = repository not in {None, root}
    has_workflows = any((root / "workflows").glob("*.[pa]*"))  # theirs: no example is wanted
    wrote = {
        path: write_new(root / path, content)
        for path, content in files(root.name, nested=nested).items()
        if not (path.startswith("workflows/") and has_workflows)
    }
    if not ci:
        return wrote, [], ([], [])
    scaffolded = {*wrote}
    notes = _pipeline(ci, root, repository or root, wrote)
    project = read_project(root / FILE_NAME)
    fresh = any(new for path, new in wrote.items() if path not in scaffolded)
    return wrote, notes, _pipeline_steps(ci, project, fresh=fresh)


def _pipeline_steps(ci: str, project: Project, *, fresh: bool) -> tuple[list[str], list[str]]:
    """Return what is left to do for a pipeline, before the commit and after it.

    A step that isn't a command is a comment of the shell. *fresh*: its files were written now.
    """
    from sfn_release.operations.scaffold.github.stages import stages
    from sfn_release.text import listing

    names = [stage.name for stage in stages(project)]
    tables = [f"[environments.{name}]" for name in names if name not in project.environments]
    before = [f"# In releases.toml: add {listing(tables)}"] if tables else []
    if not fresh:
        return before, []
    there = listing([made for name in names for made in (name, f"{name}-plan")])
    host = f"# On {_HOSTS[ci]}: create the environments {there}, and set AWS_ROLE_ARN for each"
    return before, ["sfn-release doctor --iam", host]


def _pipeline(ci: str, root: Path, repository: Path, wrote: dict[str, bool]) -> list[str]:
    """Write the files of the pipeline; return notes about them for the user."""
    import os
    import sys

    from sfn_release.operations.scaffold.github.pipeline import HOUR
    from sfn_release.operations.scaffold.github.pipeline_files import github_files
    from sfn_release.operations.scaffold.github.stages import stages
    from sfn_release.operations.scaffold.gitlab.pipeline_files import MAIN, gitlab_files
    from sfn_release.operations.scaffold.installation import (
        commands_for_tests,
        install,
        installed_here,
    )
    from sfn_release.project import FILE_NAME, read_project

    project = read_project(root / FILE_NAME)
    folder = "" if root == repository else root.relative_to(repository).as_posix()
    steps = install(installed_here(_git_origin), root, repository)
    write = github_files if ci == "github" else gitlab_files
    made = write(
        project,
        folder,
        install=steps,
        tests=(*commands_for_tests(steps, root), *_declared_tests(root / project.workflows)),
        python=f"{sys.version_info.major}.{sys.version_info.minor}",
    )
    for path, content in made.items():
        wrote[os.path.relpath(repository / path, root)] = write_new(repository / path, content)
    notes = [f"The top of {next(iter(made))} lists what to set up on {_HOSTS[ci]}."]
    if not wrote.get(os.path.relpath(repository / MAIN, root), True):
        notes.append(f"Add to {MAIN}:  include: [{{local: {next(iter(made))}}}]")
    notes += [steps.note] if steps.note else []
    for stage in stages(project):
        environment = project.environments.get(stage.name)
        if environment is not None and environment.profile is not None:
            notes.append(
                f"{stage.name} uses the profile {environment.profile}, which a runner doesn't have."
                " Leave `profile` out, and set AWS_PROFILE where you work."
            )
        if ci == "gitlab":
            continue
        if stage.too_long:
            notes.append(
                f"A deployment to {stage.name} can take {stage.minutes} minutes. GitHub ends a job"
                " on its own runners after 360: shorten the strategy, or use a runner of your own."
            )
        elif stage.session > HOUR:
            notes.append(
                f"A deployment to {stage.name} can take {stage.minutes} minutes: set the maximum"
                f" session duration of its IAM role to at least {stage.session} seconds."
            )
    return notes


def _declared_tests(workflows: Path) -> tuple[str, ...]:
    """Return the command that runs the tests beside the workflows, if there are any."""
    return ("sfn-release test",) if any(workflows.rglob("*.tests.toml")) else ()


def _git_origin(folder: Path) -> tuple[str, str] | None:
    """Return the URL of origin and the commit of the repository around *folder*, if it has both."""
    from sfn_release.errors import SfnReleaseError
    from sfn_release.ledger.git import Git, Identity

    try:
        git = Git.open(folder, fallback=Identity("", ""))
        commit, url = git.history.head(), git.repository.config("remote.origin.url")
    except SfnReleaseError:
        return None  # a folder outside any repository is installed from no commit
    return (url, commit) if url and commit and "://" in url + _scp(url) else None


def _scp(url: str) -> str:
    """Return "://" for git's short form of an ssh address, ``git@host:path``, else ""."""
    head, colon, _ = url.partition(":")
    return "://" if colon and "@" in head and "/" not in head else ""


def _has_commit(repository: Path | None) -> bool:
    from sfn_release.ledger.git import Git, Identity

    return repository is not None and (
        Git.open(repository, fallback=Identity("", "")).history.head() is not None
    )


def _has_releases(root: Path, repository: Path | None) -> bool:
    """Return whether this clone knows releases of the project, by the ledger's branches."""
    from sfn_release.ledger.git import Git, Identity
    from sfn_release.project import FILE_NAME, read_project

    if repository is None:
        return False
    try:
        name = read_project(root / FILE_NAME).name
    except ConfigError:
        return False  # the next command reports the error
    refs = Git.open(repository, fallback=Identity("", "")).refs.find()
    return any(ref.endswith(f"/{name}/releases") for ref in refs)
