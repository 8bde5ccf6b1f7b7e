"""init and demo: the first two minutes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sfn_release.cli import terminal
from sfn_release.cli.files import write_new
from sfn_release.cli.options import command
from sfn_release.cli.session import Session

if TYPE_CHECKING:
    from pathlib import Path


@command("init")
def init(session: Session) -> None:
    """Scaffold releases.toml and a first workflow; overwrite nothing.

    What is written can be published at once.
    """
    from sfn_release.scaffold import files

    root = session.directory.resolve()
    has_workflows = any((root / "workflows").glob("*.[pa]*"))  # theirs: no example is wanted
    written: list[str] = []
    kept: list[str] = []
    repository = next((at for at in (root, *root.parents) if (at / ".git").exists()), None)
    nested = repository not in {None, root}
    for path, content in files(root.name, nested=nested).items():
        if path.startswith("workflows/") and has_workflows:
            continue
        (written if write_new(root / path, content) else kept).append(path)
    steps = [] if repository else ["git init"]
    if written or not _has_commit(repository):
        steps += ["git add .", "git commit -m 'Set up sfn-release'"]
    steps += ["sfn-release publish 1.0.0", "sfn-release execute hello"]

    def text() -> None:
        for path in written:
            terminal.write_parts(terminal.Styled("wrote  ", "green"), path)
        for path in kept:
            terminal.write_parts(terminal.Styled("kept   ", "dim"), path)
        if repository is None:
            terminal.tell()
            terminal.tell("This folder is not in a Git repository yet; releases live in Git.")
        terminal.tell()
        terminal.tell("Next:")
        for step in steps:
            terminal.tell(f"  {step}")

    session.show("init", {"written": written, "kept": kept, "next": steps}, text)


def _has_commit(repository: Path | None) -> bool:
    from sfn_release.git import Git, Identity

    return repository is not None and (
        Git.open(repository, fallback=Identity("", "")).head() is not None
    )


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
