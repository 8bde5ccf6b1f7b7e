"""The main workflow file: check and plan pull requests, publish tags, promote releases."""

from __future__ import annotations

from textwrap import fill as fill_lines

from sfn_release.operations.scaffold.github.pipeline import (
    Pipeline,
    credentials,
    env,
    fill,
    glob,
    quoted,
    variables,
)
from sfn_release.operations.scaffold.github.stages import Stage, scheduled

_HEAD = """\
# Releases of %project: checked and planned on a pull request, published by a tag or by hand,
# promoted after an approval. Written by `sfn-release init --ci github`; it is yours to change.
#
# Before the first run:
# 1. In the repository's settings, make two environments for each of %stages:
#    NAME, which deploys (add required reviewers where a person must approve), and
#    NAME-plan, which only reads (without reviewers: pull requests wait for them otherwise).
# 2. Set the variable AWS_ROLE_ARN in each: the IAM role that the job takes on. Both roles trust
#    GitHub's OIDC provider, so no keys are kept anywhere. `sfn-release doctor --iam` prints the
#    least policy of each role, and who it trusts.
%variables\
# 3. Let this workflow push the tags %tag and the branches %ledger/…: rules for branches and
#    tags must allow it.
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
        description: "The version to release the chosen commit under, such as 1.2.0"
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
      - run: sfn-release check --format github
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
      id-token: write # OIDC: credentials for this run alone
      pull-requests: write # the comment
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
      - name: Show the plan on the pull request
        # Its own comment is found by the mark in its first line, and replaced.
        run: |
          # A comment takes 65,536 characters.
          {
            printf '%%s\\n\\n' "$MARK"
            head -c 60000 "$RUNNER_TEMP/plan.md" | iconv -c -f utf-8 -t utf-8
            if [ "$(wc -c < "$RUNNER_TEMP/plan.md")" -gt 60000 ]; then
              printf '\\n\\n… cut off here: the page of the job shows the whole plan.\\n'
            fi
          } > "$RUNNER_TEMP/comment.md"
          comments="repos/$GITHUB_REPOSITORY/issues/$PULL_REQUEST/comments"
          mine='.[] | select(.user.type == "Bot" and (.body | startswith(env.MARK))) | .id'
          found=$(gh api --paginate "$comments" --jq "$mine" | head -n 1)
          if [ -n "$found" ]; then
            gh api --silent --method PATCH "repos/$GITHUB_REPOSITORY/issues/comments/$found" \\
              --field body=@"$RUNNER_TEMP/comment.md"
          else
            gh api --silent "$comments" --field body=@"$RUNNER_TEMP/comment.md"
          fi
        env:
          GH_TOKEN: ${{ github.token }}
          MARK: %mark
          PULL_REQUEST: ${{ github.event.pull_request.number }}
"""

_PUBLISH = """\
  publish:
    if: github.event_name != 'pull_request'
    runs-on: ubuntu-latest
    timeout-minutes: %timeout
    environment: %name
    permissions:
      contents: write # the release's tag and the ledger's branches
      id-token: write
    concurrency:
      group: %group-%stage
      cancel-in-progress: false # a deployment is never cut off
%env\
    outputs:
      version: ${{ steps.tagged.outputs.version || steps.named.outputs.version }}
    steps:
%setup\
%credentials\
      - id: tagged
        if: github.event_name == 'push'
        run: sfn-release publish --version-from-tag --env %stage
      - id: named
        if: github.event_name == 'workflow_dispatch'
        run: sfn-release publish "$VERSION" --env %stage
        env:
          VERSION: ${{ inputs.version }}
"""

_PROMOTE = """\
  promote-%stage:
    needs: %needs
    runs-on: ubuntu-latest
    timeout-minutes: %timeout
    environment: %name # waits for the approval that this environment asks for
    permissions:
      contents: write
      id-token: write
    concurrency:
      group: %group-%stage
      cancel-in-progress: false
%env\
    outputs:
      version: ${{ needs.%needs.outputs.version }}
    steps:
%setup\
%credentials\
      - run: sfn-release promote --from %source --to %stage "$VERSION"
        env:
          VERSION: ${{ needs.%needs.outputs.version }}
"""


def release_file(pipeline: Pipeline) -> str:
    """Return the text of the main workflow file."""
    later = scheduled(list(pipeline.chain))
    first, *rest = pipeline.chain
    jobs = [_check(pipeline), _plan(pipeline), _publish(first, pipeline)]
    jobs += [_promote(one, pipeline) for one in rest if one not in later]
    return _head(pipeline) + "\n".join(jobs)


def _head(pipeline: Pipeline) -> str:
    pattern = glob(pipeline.tag.replace("{version}", "\0")).replace("\0", "[0-9]*")
    paths = f"    paths: [{quoted(glob(pipeline.folder) + '/**')}]\n" if pipeline.folder else ""
    return fill(
        _HEAD,
        project=pipeline.project,
        stages=", ".join(one.name for one in pipeline.chain),
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
    """Return the lines of the header that hold a note; none for an empty one."""
    if not text:
        return ""
    return fill_lines(f"4. {text}", width=98, initial_indent="# ", subsequent_indent="#    ") + "\n"


def _variables_to_set(chain: tuple[Stage, ...]) -> str:
    """Return the lines of the header that name the variables that parameters are read from."""
    lines = [f"#    {one.name}: {', '.join(one.variables)}\n" for one in chain if one.variables]
    head = "#    The parameters of releases.toml need these variables too, in both environments:\n"
    return "".join((head, *lines)) if lines else ""


def _check(pipeline: Pipeline) -> str:
    tests = "".join(f"      - run: {command}\n" for command in pipeline.tests)
    return fill(_CHECK, setup=pipeline.setup(), tests=tests)


def _plan(pipeline: Pipeline) -> str:
    names = sorted({name for one in pipeline.chain for name in one.variables})
    return fill(
        _PLAN,
        matrix=matrix(pipeline.chain),
        group=pipeline.group,
        variables=variables(names),
        setup=pipeline.setup(),
        credentials=credentials("${{ matrix.region }}"),
        mark=quoted(f"<!-- sfn-release plan of {pipeline.project} for ")[:-1]
        + '${{ matrix.environment }} -->"',
    )


def matrix(chain: tuple[Stage, ...]) -> str:
    """Return the lines of a matrix that runs a job for each environment."""
    return "".join(
        f"          - environment: {quoted(one.name)}\n            region: {quoted(one.region)}\n"
        for one in chain
    )


def _publish(stage: Stage, pipeline: Pipeline) -> str:
    return fill(_PUBLISH, **_values(stage, pipeline))


def _promote(stage: Stage, pipeline: Pipeline) -> str:
    first = pipeline.chain[0]
    needs = "publish" if stage.source == first.name else f"promote-{stage.source}"
    return fill(_PROMOTE, source=stage.source, needs=needs, **_values(stage, pipeline))


def _values(stage: Stage, pipeline: Pipeline) -> dict[str, object]:
    return {
        "stage": stage.name,
        "name": quoted(stage.name),
        "group": pipeline.group,
        "timeout": stage.timeout,
        "env": env(variables(stage.variables)),
        "setup": pipeline.setup(),
        "credentials": credentials(quoted(stage.region), seconds=stage.session),
    }
