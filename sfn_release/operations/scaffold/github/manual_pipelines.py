"""The workflow files that a person starts: roll back, and unlock."""

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
# A button: bring back an earlier release. In the repository's page: Actions, this workflow,
# "Run workflow". Written by `sfn-release init --ci github`; it is yours to change.
#
# It does not wait for a deployment that is under way, which may take hours: sfn-release refuses
# then and says which one. Cancel that run first; it takes callers back by itself.
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
        description: "The release to bring back; empty for the one before"
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
# A button: close a deployment that was abandoned, so that others can deploy before its lock
# expires. In the repository's page: Actions, this workflow, "Run workflow". Written by
# `sfn-release init --ci github`; it is yours to change.
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
    regions = json.dumps({one.name: one.region for one in pipeline.chain}, separators=(",", ":"))
    names = sorted({name for one in pipeline.chain for name in one.variables})
    return fill(
        template,
        title=quoted(f"{pipeline.group}-{name}"),
        options=json.dumps([one.name for one in pipeline.chain]),
        defaults=pipeline.defaults(),
        variables=variables(names),
        setup=pipeline.setup(),
        credentials=credentials(f"${{{{ fromJSON('{regions}')[inputs.environment] }}}}"),
    )
