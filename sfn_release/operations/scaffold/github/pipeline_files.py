"""The workflow files for GitHub Actions that `sfn-release init --ci github` writes.

A pull request is checked, and planned for every environment. A tag or a person publishes to the
first environment. The release is then promoted from one environment to the next, after the
approval that its environment on GitHub requires. If a release must soak, a schedule promotes it.
Every night a job looks for drift. You can roll back and unlock with one click.
"""

from __future__ import annotations

from pathlib import PurePosixPath

from sfn_release.operations.scaffold.github.main_pipeline import release_file
from sfn_release.operations.scaffold.github.manual_pipelines import rollback_file, unlock_file
from sfn_release.operations.scaffold.github.pipeline import Pipeline
from sfn_release.operations.scaffold.github.scheduled_pipelines import nightly_file, promotions_file
from sfn_release.operations.scaffold.installation import Install
from sfn_release.project import Project

FOLDER = PurePosixPath(".github", "workflows")


def github_files(
    project: Project, folder: str, *, install: Install, tests: tuple[str, ...], python: str
) -> dict[str, str]:
    """Return the workflow files: path below the repository's root → text.

    *folder* is the project's folder below that root, or "". With a folder, the files have the
    project's name. *install* are the steps that install sfn-release, *tests* the commands that run
    the project's tests. *python* is the version of Python to set up, such as ``3.12``.
    """
    pipeline = Pipeline.of(project, folder, install, tests, python)
    texts = {
        "": release_file(pipeline),
        "-nightly": nightly_file(pipeline),
        "-promote": promotions_file(pipeline),
        "-rollback": rollback_file(pipeline),
        "-unlock": unlock_file(pipeline),
    }
    return {str(FOLDER / f"{pipeline.group}{end}.yml"): text for end, text in texts.items() if text}
