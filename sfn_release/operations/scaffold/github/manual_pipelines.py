"""The pipelines that you start by hand: roll back, and unlock."""

from __future__ import annotations

import json

from sfn_release.operations.scaffold.github.pipeline import (
    Pipeline,
    credentials,
    fill,
    quoted,
    variables,
)

_ROLLBACK = """\
# Rolls back to an earlier release. To start it, open Actions on GitHub, select this workflow, and
# press "Run workflow". Written by `sfn-release init --ci github`. You can change this file.
#
# It doesn't wait for a running deployment, which may take hours: it fails and says which one is
# running. Cancel that run first. When a run is cancelled, it puts callers back.
name: %title

on:
  workflow_dispatch:
    inputs:
      environment:
        description: "Where to roll back"
        required: true
        type: choice
        options: %options
      version:
        description: "The release to go back to; empty for the previous one"
        required: false
        type: string
      reason:
        description: "Why (recorded in the ledger)"
        required: true
        type: string

permissions: {}
%defaults
jobs:
  rollback:
    runs-on: ubuntu-latest
    timeout-minutes: 30
    environment: ${{ inputs.environment }}
    permissions:
      contents: write # the ledger's branches
      id-token: write
    env:
      ENVIRONMENT: ${{ inputs.environment }}
      VERSION: ${{ inputs.version }}
      REASON: ${{ inputs.reason }}
%variables\
    steps:
%setup\
%credentials\
      - run: >-
          sfn-release rollback ${VERSION:+"$VERSION"}
          --env "$ENVIRONMENT" --reason "$REASON" --yes
"""

_UNLOCK = """\
# Closes an abandoned deployment, so that you can deploy before its lock expires. To start it, open
# Actions on GitHub, select this workflow, and press "Run workflow". Written by
# `sfn-release init --ci github`. You can change this file.
name: %title

on:
  workflow_dispatch:
    inputs:
      environment:
        description: "Where the deployment was abandoned"
        required: true
        type: choice
        options: %options
      reason:
        description: "Why (recorded in the ledger)"
        required: true
        type: string

permissions: {}
%defaults
jobs:
  unlock:
    runs-on: ubuntu-latest
    timeout-minutes: 20
    environment: ${{ inputs.environment }}
    permissions:
      contents: write # the ledger's branches
      id-token: write
    env:
      ENVIRONMENT: ${{ inputs.environment }}
      REASON: ${{ inputs.reason }}
%variables\
    steps:
%setup\
%credentials\
      - run: sfn-release unlock --env "$ENVIRONMENT" --reason "$REASON" --yes
"""


def rollback_file(pipeline: Pipeline) -> str:
    """Return the text of the workflow file that rolls back."""
    return _button(_ROLLBACK, "rollback", pipeline)


def unlock_file(pipeline: Pipeline) -> str:
    """Return the text of the workflow file that closes an abandoned deployment."""
    return _button(_UNLOCK, "unlock", pipeline)


def _button(template: str, name: str, pipeline: Pipeline) -> str:
    regions = json.dumps(
        {stage.name: stage.region for stage in pipeline.chain}, separators=(",", ":")
    )
    names = sorted({name for stage in pipeline.chain for name in stage.variables})
    return fill(
        template,
        title=quoted(f"{pipeline.group}-{name}"),
        options=json.dumps([stage.name for stage in pipeline.chain]),
        defaults=pipeline.defaults(),
        variables=variables(names),
        setup=pipeline.setup(),
        credentials=credentials(f"${{{{ fromJSON('{regions}')[inputs.environment] }}}}"),
    )
