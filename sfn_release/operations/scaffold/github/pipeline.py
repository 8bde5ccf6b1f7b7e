"""Pipeline: the parts that all workflow files share, such as set-up steps and credentials."""

from __future__ import annotations

import json
import string
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from sfn_release.operations.scaffold.github.stages import Stage, stages
from sfn_release.operations.scaffold.installation import Install
from sfn_release.project import Project

# Commits of actions, because tags can be moved. The comment is the version.
CHECKOUT = "actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0"
PYTHON = "actions/setup-python@e797f83bcb11b83ae66e0230d6156d7c80228e7c # v6.0.0"
CREDENTIALS = (
    "aws-actions/configure-aws-credentials@a03048d87541d1d9fcf2ecf528a4a65ba9bd7838 # v5.0.0"
)
UV = "astral-sh/setup-uv@d0cc045d04ccac9d8b7881df0226f9e82c39688e # v6.8.0"

UPLOAD = "actions/upload-artifact@043fb46d1a93c77aae656e7c1c64a875d1fc6a0a # v7.0.1"
DOWNLOAD = "actions/download-artifact@3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c # v8.0.1"

HOUR = 3600  # seconds: the default lifetime of a job's credentials

_CREDENTIALS = """\
      - uses: %action
        with:
          role-to-assume: ${{ vars.AWS_ROLE_ARN }}
          aws-region: %region%session
"""


_DEPLOYING_JOB = """\
  %name:
%when\
    runs-on: ubuntu-latest
    timeout-minutes: %timeout
    environment: %environment # waits for the approval that this environment requires
    permissions:
      contents: write # the release's tag and the ledger's branches
      id-token: write
    concurrency:
      group: %group-%stage
      cancel-in-progress: false # let a running deployment finish
%env\
%outputs\
    steps:
%setup\
%credentials\
%steps"""


DEFAULT_BRANCH = """\
      - name: Refuse another branch
        if: >-
          github.event_name == 'workflow_dispatch' &&
          github.ref != format('refs/heads/{0}', github.event.repository.default_branch)
        run: |
          echo "::error::Start it on the default branch, or set branches in releases.toml."
          exit 1
"""
"""The step by which a run that you start by hand refuses another branch's releases.toml."""


@dataclass(frozen=True)
class Pipeline:
    """The values that the workflow files of one project share.

    *folder* is the project's folder below the repository's root, or "". The names of files and
    concurrency groups start with *group*. *tests* are the commands that run the project's tests.
    """

    project: str
    folder: str
    group: str
    tag: str
    ledger: str
    chain: tuple[Stage, ...]
    install: Install
    tests: tuple[str, ...]
    python: str

    @classmethod
    def of(
        cls, project: Project, folder: str, install: Install, tests: tuple[str, ...], python: str
    ) -> Self:
        """Return the values of a project: its stages, and names that no other project has."""
        return cls(
            project=project.name,
            folder=folder,
            group=f"sfn-release-{project.name}" if folder else "sfn-release",
            tag=project.tag,
            ledger=project.ledger,
            chain=tuple(stages(project)),
            install=install,
            tests=tests,
            python=python,
        )

    def setup(self) -> str:
        """Return the steps that check out the commit and install sfn-release."""
        lines = [
            f"      - uses: {CHECKOUT}",
            "        with:",
            "          fetch-depth: 1 # sfn-release fetches the ledger itself",
            f"      - uses: {PYTHON}",
            "        with:",
            f"          python-version: {quoted(self.python)}",
        ]
        if self.install.uv:
            lines.append(f"      - uses: {UV}")
        lines += ["      - name: Install sfn-release", "        run: |"]
        lines += [f"          {command}" for command in self.install.commands]
        return "\n".join(lines) + "\n"

    def defaults(self) -> str:
        """Return the block that runs every command in the project's folder."""
        if not self.folder:
            return ""
        return f"\ndefaults:\n  run:\n    working-directory: {quoted(self.folder)}\n"


def deploying_job(
    pipeline: Pipeline, stage: Stage, name: str, *, when: str, steps: str, outputs: str = ""
) -> str:
    """Return a job that deploys to *stage*. *when*, *steps* and *outputs* are YAML lines."""
    return fill(
        _DEPLOYING_JOB,
        name=name,
        when=when,
        timeout=stage.timeout,
        environment=quoted(stage.name),
        group=pipeline.group,
        stage=stage.name,
        env=env(variables(stage.variables)),
        outputs=outputs,
        setup=pipeline.setup(),
        credentials=credentials(quoted(stage.region), seconds=stage.session),
        steps=steps,
    )


class _Text(string.Template):
    """A template with ``%name``, so that GitHub's ``${{ … }}`` stays as it is."""

    delimiter = "%"


def fill(template: str, **values: object) -> str:
    """Return *template* with each ``%name`` filled in; raises KeyError for a missing value."""
    return _Text(template).substitute(values)


def credentials(region: str, *, seconds: int = HOUR) -> str:
    """Return the step that gets AWS credentials by OIDC, for one job.

    *region* is YAML. *seconds* is their lifetime, by default an hour:
    https://github.com/aws-actions/configure-aws-credentials#options
    """
    session = "" if seconds <= HOUR else f"\n          role-duration-seconds: {seconds}"
    return fill(_CREDENTIALS, action=CREDENTIALS, region=region, session=session)


def variables(names: Iterable[str], indent: str = "      ") -> str:
    """Return the lines of ``env`` that pass on variables of the GitHub environment."""
    return "".join(f"{indent}{name}: ${{{{ vars.{name} }}}}\n" for name in names)


def matrix(chain: Iterable[Stage]) -> str:
    """Return the lines of a matrix that runs a job for each environment."""
    return "".join(
        f"          - environment: {quoted(stage.name)}\n"
        f"            region: {quoted(stage.region)}\n"
        for stage in chain
    )


def env(*blocks: str) -> str:
    """Return the ``env`` of a job; empty without lines."""
    lines = "".join(blocks)
    return f"    env:\n{lines}" if lines else ""


def quoted(text: str) -> str:
    """Return *text* as a quoted YAML string (JSON's), without GitHub's expressions."""
    return json.dumps(text.replace("${{", "${{ '${{' }}"))


def glob(text: str) -> str:
    """Return *text* escaped for a filter of GitHub Actions."""
    special: Iterable[str] = "\\*?+[]!"
    return "".join(f"\\{letter}" if letter in special else letter for letter in text)
