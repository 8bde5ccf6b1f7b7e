"""demo: the whole story, in a scratch repository that your Git settings don't reach."""

from __future__ import annotations

from functools import partial

import click

from sfn_release.cli.options import command
from sfn_release.cli.session import Session


@command("demo")
@click.option("--testing", is_flag=True, help="Show how a workflow is tested before it's released.")
@click.option("--keep", is_flag=True, help="Keep the temporary repository.")
def run(session: Session, testing: bool, keep: bool) -> int:
    """Try every step in a temporary repository, without AWS.

    Publish, execute, change, publish, execute, diff, roll back, execute, status, history. You see
    each command with its real output. With --testing: a test in Python, tests in TOML, coverage,
    a failure map, and the replay of finished executions.
    """
    from sfn_release.cli.app import run
    from sfn_release.cli.stories.release_story import release_story
    from sfn_release.cli.stories.story import tell
    from sfn_release.cli.stories.testing_story import testing_story

    tale = testing_story if testing else release_story
    return tell(tale, partial(run, reports=False), keep=keep, as_json=session.as_json)
