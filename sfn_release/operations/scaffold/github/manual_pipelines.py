"""The pipelines that you start by hand: roll back, and unlock."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sfn_release.operations.scaffold.github.pipeline import (
    Pipeline,
    credentials,
    fill,
    quoted,
    variables,
)

_FILE = """\
%{comment}\
name: %title

on:
  workflow_dispatch:
    inputs:
      environment:
        description: %where
        required: true
        type: choice
        options: %options
%inputs\
      reason:
        description: "Why (recorded in the ledger)"
        required: true
        type: string

permissions: {}
%defaults
jobs:
  %name:
    runs-on: ubuntu-latest
    timeout-minutes: %minutes
    environment: ${{ inputs.environment }}
    permissions:
      contents: write # the ledger's branches
      id-token: write
    env:
      ENVIRONMENT: ${{ inputs.environment }}
%values\
      REASON: ${{ inputs.reason }}
%variables\
    steps:
%setup\
%credentials\
      - run: >-
          sfn-release %command
          --env "$ENVIRONMENT" --reason "$REASON" --yes
"""


@dataclass(frozen=True)
class _Button:
    """The parts of a file that differ. *inputs* and *values* are YAML lines, *where* a question."""

    name: str
    comment: str
    where: str
    command: str
    minutes: int
    inputs: str = ""
    values: str = ""


_ROLLBACK = _Button(
    name="rollback",
    comment="""\
# Rolls back to an earlier release. To start it, open Actions on GitHub, select this workflow, and
# press "Run workflow". Written by `sfn-release init --ci github`. You can change this file.
#
# It doesn't wait for a running deployment, which may take hours: it fails and says which one is
# running. Cancel that run first. When a run is cancelled, it puts callers back.
""",
    where="Where to roll back",
    command='rollback ${VERSION:+"$VERSION"}',
    minutes=30,
    inputs="""\
      version:
        description: "The release to go back to; empty for the previous one"
        required: false
        type: string
""",
    values="      VERSION: ${{ inputs.version }}\n",
)

_UNLOCK = _Button(
    name="unlock",
    comment="""\
# Closes an abandoned deployment, so that you can deploy before its lock expires. To start it, open
# Actions on GitHub, select this workflow, and press "Run workflow". Written by
# `sfn-release init --ci github`. You can change this file.
""",
    where="Where the deployment was abandoned",
    command="unlock",
    minutes=20,
)


def rollback_file(pipeline: Pipeline) -> str:
    """Return the text of the workflow file that rolls back."""
    return _filled(_ROLLBACK, pipeline)


def unlock_file(pipeline: Pipeline) -> str:
    """Return the text of the workflow file that closes an abandoned deployment."""
    return _filled(_UNLOCK, pipeline)


def _filled(button: _Button, pipeline: Pipeline) -> str:
    regions = json.dumps(
        {stage.name: stage.region for stage in pipeline.chain}, separators=(",", ":")
    )
    names = sorted({name for stage in pipeline.chain for name in stage.variables})
    return fill(
        _FILE,
        comment=button.comment,
        title=quoted(f"{pipeline.group}-{button.name}"),
        where=quoted(button.where),
        options=json.dumps([stage.name for stage in pipeline.chain]),
        inputs=button.inputs,
        defaults=pipeline.defaults(),
        name=button.name,
        minutes=button.minutes,
        values=button.values,
        variables=variables(names),
        setup=pipeline.setup(),
        credentials=credentials(f"${{{{ fromJSON('{regions}')[inputs.environment] }}}}"),
        command=button.command,
    )
