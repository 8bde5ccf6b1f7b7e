"""init and demo: the first two minutes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sfn_release.cli import terminal
from sfn_release.cli.files import write_new
from sfn_release.cli.options import command
from sfn_release.cli.session import Session
from sfn_release.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path


@command("init")
@click.option("--ci", type=click.Choice(["github"]), help="Write a pipeline too.")
def init(session: Session, ci: str | None) -> None:
    """Scaffold releases.toml and a first workflow; overwrite nothing.

    What is written can be published at once. With --ci github, a workflow file of GitHub Actions
    for the environments of releases.toml too: plan, publish, promote.
    """
    root = session.directory.resolve()
    repository = next((at for at in (root, *root.parents) if (at / ".git").exists()), None)
    wrote, notes = _scaffold(root, repository, ci)
    written = [path for path, new in wrote.items() if new]
    kept = [path for path, new in wrote.items() if not new]
    steps = [] if repository else ["git init"]
    if written or not _has_commit(repository):
        # In a subfolder, the pipeline lies outside of it.
        add = "git add :/.github ." if ci and repository not in {None, root} else "git add ."
        steps += [add, "git commit -m 'Set up sfn-release'"]
    if not _has_releases(root, repository):
        steps.append("sfn-release publish 1.0.0")
        hello = (root / "workflows" / "hello.py").exists()
        steps += ["sfn-release execute hello"] if hello else []

    def text() -> None:
        for path in written:
            terminal.write_parts(terminal.Styled("wrote  ", "green"), path)
        for path in kept:
            terminal.write_parts(terminal.Styled("kept   ", "dim"), path)
        if repository is None:
            terminal.tell()
            terminal.tell("This folder is not in a Git repository yet; releases live in Git.")
        for note in notes:
            terminal.tell(note)
        if steps:
            terminal.tell()
            terminal.tell("Next:")
        for step in steps:
            terminal.tell(f"  {step}")

    session.show("init", {"written": written, "kept": kept, "next": steps}, text)


def _scaffold(
    root: Path, repository: Path | None, ci: str | None
) -> tuple[dict[str, bool], list[str]]:
    """Write what is missing; return each path with whether it was, and what to know about it."""
    from sfn_release.project import FILE_NAME, read_project
    from sfn_release.scaffold import files

    if ci and (root / FILE_NAME).exists():
        read_project(root / FILE_NAME)  # what is wrong with it is told before anything is written
    nested = repository not in {None, root}
    has_workflows = any((root / "workflows").glob("*.[pa]*"))  # theirs: no example is wanted
    wrote = {
        path: write_new(root / path, content)
        for path, content in files(root.name, nested=nested).items()
        if not (path.startswith("workflows/") and has_workflows)
    }
    if not ci:
        return wrote, []
    return wrote, _pipeline(root, repository or root, wrote)


def _pipeline(root: Path, repository: Path, wrote: dict[str, bool]) -> list[str]:
    """Write the workflow file of GitHub Actions; return what has to be done for it."""
    import os

    from sfn_release import __version__
    from sfn_release.project import FILE_NAME, read_project
    from sfn_release.scaffold.github import github_workflow, stages

    project = read_project(root / FILE_NAME)
    folder = "" if root == repository else root.relative_to(repository).as_posix()
    path, content = github_workflow(project, folder, release=__version__)
    wrote[os.path.relpath(repository / path, root)] = write_new(repository / path, content)
    notes = [f"What to set up on GitHub stands at the top of {path}."]
    for stage in stages(project):
        environment = project.environments.get(stage.name)
        if environment is None:
            notes.append(f"It deploys to {stage.name}: add [environments.{stage.name}].")
        elif environment.profile is not None:
            notes.append(
                f"{stage.name} names the profile {environment.profile}, which a runner has not:"
                " leave `profile` out, and set AWS_PROFILE where you work."
            )
    return notes


def _has_commit(repository: Path | None) -> bool:
    from sfn_release.git import Git, Identity

    return repository is not None and (
        Git.open(repository, fallback=Identity("", "")).head() is not None
    )


def _has_releases(root: Path, repository: Path | None) -> bool:
    """Tell whether this clone knows of releases of the project, by its ledger's branches."""
    from sfn_release.git import Git, Identity
    from sfn_release.project import FILE_NAME, read_project

    if repository is None:
        return False
    try:
        name = read_project(root / FILE_NAME).name
    except ConfigError:
        return False  # the next command tells what is wrong with it
    refs = Git.open(repository, fallback=Identity("", "")).refs()
    return any(ref.endswith(f"/{name}/releases") for ref in refs)


@command("demo")
@click.option("--keep", is_flag=True, help="Keep the scratch repository.")
def demo(session: Session, keep: bool) -> int:
    """Show the whole story in a scratch repository.

    Publish, execute, change, publish, execute, diff, roll back, execute, status, history: for
    real, in a temporary folder, with no AWS account.
    """
    from functools import partial

    from sfn_release.cli.app import run
    from sfn_release.cli.demo import tell_story

    return tell_story(partial(run, reports=False), keep=keep, as_json=session.as_json)


COMMANDS = {"init": init, "demo": demo}
