"""The main pipeline: check and plan pull requests, publish tags, promote releases."""

from __future__ import annotations

from textwrap import fill as fill_lines

from sfn_release.operations.scaffold.github.comment_job import comment_job
from sfn_release.operations.scaffold.github.pipeline import (
    DEFAULT_BRANCH,
    UPLOAD,
    Pipeline,
    credentials,
    deploying_job,
    fill,
    glob,
    matrix,
    quoted,
    variables,
)
from sfn_release.operations.scaffold.github.stages import Stage, scheduled

_HEAD = """\
# Releases %project. A pull request is checked and planned. To publish a release, push a tag or run
# this workflow. After an approval, the release is promoted to the next environment. Written by
# `sfn-release init --ci github`. You can change this file.
#
# Before the first run:
# 1. In the repository's settings, create two environments for each of %stages:
#    NAME deploys (add required reviewers if a person must approve), and
#    NAME-plan only reads (add no reviewers, or pull requests wait for them).
# 2. In each, set the variable AWS_ROLE_ARN to the IAM role of the job. The roles trust GitHub's
#    OIDC provider, so you store no keys. `sfn-release doctor --iam` prints the policies of each
#    role.
%variables\
# 3. Allow this workflow to push the tags %tag and the branches %ledger/… in your rules for
#    branches and tags.
%{install}\
name: %title

on:
  pull_request:
%paths\
  push:
    tags: [%pattern]
  workflow_dispatch:
    inputs:
      version:
        description: "The version of the release, such as 1.2.0"
        required: true
        type: string

permissions: {}
%defaults
jobs:
"""

_CHECK = """\
  check:
    if: github.event_name == 'pull_request'
    runs-on: ubuntu-latest
    timeout-minutes: 20
    permissions:
      contents: read
    steps:
%setup\
      - run: sfn-release check --strict --format github
%tests"""

_PLAN = """\
  plan:
    # A fork's pull request gets no credentials.
    if: >-
      github.event_name == 'pull_request' &&
      github.event.pull_request.head.repo.full_name == github.repository
    runs-on: ubuntu-latest
    timeout-minutes: 20
    strategy:
      fail-fast: false
      matrix:
        include:
%matrix\
    environment: ${{ matrix.environment }}-plan
    permissions:
      contents: read
      id-token: write # OIDC: credentials for this run only
    concurrency:
      group: %group-plan-${{ matrix.environment }}-${{ github.ref }}
      cancel-in-progress: true
    env:
      ENVIRONMENT: ${{ matrix.environment }}
%variables\
    steps:
%setup\
%credentials\
      - run: sfn-release plan --env "$ENVIRONMENT" --format markdown > "$RUNNER_TEMP/plan.md"
      - uses: %upload
        if: ${{ !cancelled() }}
        with:
          name: %group-plan-${{ matrix.environment }}
          path: ${{ runner.temp }}/plan.md
          overwrite: true
"""

_PUBLISH = """\
      - id: tagged
        if: github.event_name == 'push'
        run: sfn-release publish --version-from-tag --env %stage
      - id: named
        if: github.event_name == 'workflow_dispatch'
        run: sfn-release publish "$VERSION" --env %stage
        env:
          VERSION: ${{ inputs.version }}
"""

_PUBLISHED = """\
    outputs:
      version: ${{ steps.tagged.outputs.version || steps.named.outputs.version }}
"""

_PROMOTE = """\
      - run: sfn-release promote --from %source --to %stage "$VERSION"
        env:
          VERSION: ${{ needs.%needs.outputs.version }}
"""

_PROMOTED = """\
    outputs:
      version: ${{ needs.%needs.outputs.version }}
"""


def release_file(pipeline: Pipeline) -> str:
    """Return the text of the main workflow file."""
    later = scheduled(list(pipeline.chain))
    first, *rest = pipeline.chain
    jobs = [_check(pipeline), _plan(pipeline), comment_job(pipeline), _publish(first, pipeline)]
    jobs += [_promote(stage, pipeline) for stage in rest if stage not in later]
    return _head(pipeline) + "\n".join(jobs)


def _head(pipeline: Pipeline) -> str:
    pattern = glob(pipeline.tag.replace("{version}", "\0")).replace("\0", "[0-9]*")
    paths = f"    paths: [{quoted(glob(pipeline.folder) + '/**')}]\n" if pipeline.folder else ""
    return fill(
        _HEAD,
        project=pipeline.project,
        stages=", ".join(stage.name for stage in pipeline.chain),
        variables=_variables_to_set(pipeline.chain),
        tag=pipeline.tag,
        ledger=pipeline.ledger.removeprefix("refs/heads/"),
        install=_note(pipeline.install.note),
        title=quoted(pipeline.group),
        paths=paths,
        pattern=quoted(pattern),
        defaults=pipeline.defaults(),
    )


def _note(text: str) -> str:
    """Return the lines of the header for a note; none for an empty one."""
    if not text:
        return ""
    return fill_lines(f"4. {text}", width=98, initial_indent="# ", subsequent_indent="#    ") + "\n"


def _variables_to_set(chain: tuple[Stage, ...]) -> str:
    """Return the lines of the header that name the variables for parameters."""
    lines = [
        f"#    {stage.name}: {', '.join(stage.variables)}\n" for stage in chain if stage.variables
    ]
    head = "#    In both environments, also set these variables for parameters of releases.toml:\n"
    return "".join((head, *lines)) if lines else ""


def _check(pipeline: Pipeline) -> str:
    tests = "".join(f"      - run: {command}\n" for command in pipeline.tests)
    return fill(_CHECK, setup=pipeline.setup(), tests=tests)


def _plan(pipeline: Pipeline) -> str:
    names = sorted({name for stage in pipeline.chain for name in stage.variables})
    return fill(
        _PLAN,
        matrix=matrix(pipeline.chain),
        group=pipeline.group,
        variables=variables(names),
        setup=pipeline.setup(),
        credentials=credentials("${{ matrix.region }}"),
        upload=UPLOAD,
    )


def _publish(stage: Stage, pipeline: Pipeline) -> str:
    return deploying_job(
        pipeline,
        stage,
        "publish",
        when="    if: github.event_name != 'pull_request'\n",
        steps=("" if stage.guarded else DEFAULT_BRANCH) + fill(_PUBLISH, stage=stage.name),
        outputs=_PUBLISHED,
    )


def _promote(stage: Stage, pipeline: Pipeline) -> str:
    first = pipeline.chain[0]
    needs = "publish" if stage.source == first.name else f"promote-{stage.source}"
    return deploying_job(
        pipeline,
        stage,
        f"promote-{stage.name}",
        when=f"    needs: {needs}\n",
        steps=fill(_PROMOTE, source=stage.source, stage=stage.name, needs=needs),
        outputs=fill(_PROMOTED, needs=needs),
    )
