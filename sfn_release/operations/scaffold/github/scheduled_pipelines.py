"""The pipelines that a schedule starts: drift every night, promotions after a soak time."""

from __future__ import annotations

from sfn_release.operations.scaffold.github.pipeline import (
    DEFAULT_BRANCH,
    Pipeline,
    credentials,
    deploying_job,
    env,
    fill,
    matrix,
    quoted,
    variables,
)
from sfn_release.operations.scaffold.github.stages import Stage, scheduled

_NIGHTLY = """\
# Checks every night that each environment still serves its release, and that the ledger is intact.
# It fails on drift, an unreachable environment, or a changed ledger. Written by
# `sfn-release init --ci github`. You can change this file.
name: %title

on:
  schedule:
    - cron: "17 3 * * *"
  workflow_dispatch:

permissions: {}
%defaults
jobs:
  status:
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
      id-token: write
    env:
      ENVIRONMENT: ${{ matrix.environment }}
%variables\
    steps:
%setup\
%credentials\
      - run: sfn-release status --env "$ENVIRONMENT" --check

  verify:
    runs-on: ubuntu-latest
    timeout-minutes: 20
    permissions:
      contents: read
    steps:
%setup\
      - run: sfn-release verify
"""

_HEAD = """\
# Promotes releases every hour after their soak time, so that no job has to wait for hours. Written
# by `sfn-release init --ci github`. You can change this file.
name: %title

on:
  schedule:
    - cron: "41 * * * *"
  workflow_dispatch:

permissions: {}

# While a run waits for an approval, later runs wait too. So you're asked once, not every hour.
concurrency:
  group: %group-promote
  cancel-in-progress: false
%defaults
jobs:
"""

_READY = """\
  ready-%stage:
    # %reason
    runs-on: ubuntu-latest
    timeout-minutes: 20
    environment: %plan
    permissions:
      contents: read
      id-token: write
%env\
    outputs:
      promote: ${{ steps.plan.outputs.changes == 'true' && steps.plan.outputs.refused == 'false' }}
      version: ${{ steps.plan.outputs.version }}
    steps:
%setup\
%branch\
%reading\
      - id: plan
        run: sfn-release plan --from %source --env %stage
"""

_WHEN = """\
    needs: ready-%stage
    if: needs.ready-%stage.outputs.promote == 'true'
"""

_PROMOTE = """\
      - run: sfn-release promote --from %source --to %stage "$VERSION"
        env:
          VERSION: ${{ needs.ready-%stage.outputs.version }}
"""


def nightly_file(pipeline: Pipeline) -> str:
    """Return the text of the workflow file that looks for drift."""
    names = sorted({name for stage in pipeline.chain for name in stage.variables})
    return fill(
        _NIGHTLY,
        title=quoted(f"{pipeline.group}-nightly"),
        defaults=pipeline.defaults(),
        matrix=matrix(pipeline.chain),
        variables=variables(names),
        setup=pipeline.setup(),
        credentials=credentials("${{ matrix.region }}"),
    )


def promotions_file(pipeline: Pipeline) -> str | None:
    """Return the text of the workflow file that promotes by schedule; None if no stage soaks."""
    later = scheduled(list(pipeline.chain))
    if not later:
        return None
    head = fill(
        _HEAD,
        title=quoted(f"{pipeline.group}-promote"),
        group=pipeline.group,
        defaults=pipeline.defaults(),
    )
    return head + "\n".join(_jobs(stage, pipeline) for stage in later)


def _jobs(stage: Stage, pipeline: Pipeline) -> str:
    ready = fill(
        _READY,
        stage=stage.name,
        plan=quoted(f"{stage.name}-plan"),
        source=stage.source,
        reason=f"{stage.name} gets a release after it was live in {stage.source} for {stage.soak}."
        if stage.soak
        else f"{stage.name} gets a release after it succeeded in {stage.source}.",
        env=env(variables(stage.variables)),
        branch=DEFAULT_BRANCH.replace(", or set branches in releases.toml", ""),
        setup=pipeline.setup(),
        reading=credentials(quoted(stage.region)),
    )
    promote = deploying_job(
        pipeline,
        stage,
        f"promote-{stage.name}",
        when=fill(_WHEN, stage=stage.name),
        steps=fill(_PROMOTE, source=stage.source, stage=stage.name),
    )
    return f"{ready}\n{promote}"
