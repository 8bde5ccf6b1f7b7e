"""The workflow file of GitHub Actions that `sfn-release init --ci github` writes.

A pull request is planned, a tag (or a person) publishes to the first environment, and each further
one gets the very release that succeeded before, behind the approval that its environment asks for.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from sfn_release.project import Environment, Project
from sfn_release.project.rules import duration_text

_HEAD = """\
# Releases of {project}: planned on a pull request, published by a tag or by hand, promoted after an
# approval. Written by `sfn-release init --ci github`; it is yours to change.
#
# Before the first run, in the settings of the repository:
# - Environments: {stages}. Give those that need an approval required reviewers.
# - The variable AWS_ROLE_ARN in each of them: the IAM role that deploys there. It trusts
#   GitHub's OIDC provider (token.actions.githubusercontent.com): no keys are kept anywhere.
# - The variable AWS_PLAN_ROLE_ARN of the repository: a role that may only read {first}.
{variables}# - Rules for branches and tags must let this workflow push the tags {tag}
#   and the branches of the ledger, {ledger}/…
name: {title}

on:
  pull_request:
{paths}  push:
    tags: [{pattern}]
  workflow_dispatch:
    inputs:
      version:
        description: "The version to release the chosen commit under, such as 1.2.0"
        required: true
        type: string

permissions: {{}}
{defaults}
jobs:
"""

_CHECKOUT = """\
      - uses: actions/checkout@v5
        with:
          fetch-depth: 1 # the ledger is fetched when it is needed; tags are asked of the remote
      - uses: actions/setup-python@v6
        with:
          python-version: "3.12"
      - run: pip install "sfn-release=={release}" # and what your workflow modules import
      - uses: aws-actions/configure-aws-credentials@v5
        with:
          role-to-assume: ${{{{ vars.{role} }}}}
          aws-region: {region}
"""

_PLAN = """\
  plan:
    # A fork's pull request gets no credentials.
    if: >-
      github.event_name == 'pull_request' &&
      github.event.pull_request.head.repo.full_name == github.repository
    runs-on: ubuntu-latest
    permissions:
      contents: read
      id-token: write
      pull-requests: write
    concurrency:
      group: {group}-plan-${{{{ github.ref }}}}
      cancel-in-progress: true
{env}\
    steps:
{setup}\
      - run: sfn-release plan --env {stage} --format markdown > "$RUNNER_TEMP/plan.md"
      - run: >-
          gh pr comment "$PULL_REQUEST" --edit-last --create-if-none
          --body-file "$RUNNER_TEMP/plan.md"
        env:
          GH_TOKEN: ${{{{ github.token }}}}
          PULL_REQUEST: ${{{{ github.event.pull_request.number }}}}
"""

_PUBLISH = """\
  publish:
    if: github.event_name != 'pull_request'
    runs-on: ubuntu-latest
    environment: {name}
    permissions:
      contents: write # the release's tag and the ledger's branches
      id-token: write # OIDC: credentials for this run alone
    concurrency:
      group: {group}-{stage}
      cancel-in-progress: false # a deployment is never cut off
{env}\
    outputs:
      version: ${{{{ steps.tagged.outputs.version || steps.named.outputs.version }}}}
    steps:
{setup}\
      - id: tagged
        if: github.event_name == 'push'
        run: sfn-release publish --version-from-tag --env {stage}
      - id: named
        if: github.event_name == 'workflow_dispatch'
        run: sfn-release publish "$VERSION" --env {stage}
        env:
          VERSION: ${{{{ inputs.version }}}}
"""

_PROMOTE = """\
  promote-{stage}:
    needs: {needs}
    runs-on: ubuntu-latest
    environment: {name} # waits for the approval that this environment asks for
    permissions:
      contents: write
      id-token: write
    concurrency:
      group: {group}-{stage}
      cancel-in-progress: false
{env}\
    outputs:
      version: ${{{{ needs.{needs}.outputs.version }}}}
    steps:
{setup}\
{soak}\
      - run: sfn-release promote --from {source} --to {stage} "$VERSION"
        env:
          VERSION: ${{{{ needs.{needs}.outputs.version }}}}
"""

_SOAK = """\
      # Refused until {source} has served the release for {soak}: then run the failed job again.
"""

_NO_REGION = "eu-west-1"


@dataclass(frozen=True)
class Stage:
    """An environment that releases go to: from *source*, or published to it where that is None.

    *variables* are those that its parameters are read from, *soak* is how long a release must have
    been served in what it requires, "" for no time.
    """

    name: str
    region: str
    source: str | None = None
    variables: tuple[str, ...] = ()
    soak: str = ""


def stages(project: Project) -> list[Stage]:
    """Return the environments on AWS in the order in which a release enters them.

    The first that requires no other is published to. Each further one comes after what it requires,
    or after the one before it in releases.toml. Where there is none, ``staging`` and ``prod``.
    """
    found = [one for one in project.environments.values() if one.backend == "aws"]
    if not found:
        return [Stage("staging", _NO_REGION), Stage("prod", _NO_REGION, "staging")]
    ordered: list[Environment] = []
    while len(ordered) < len(found):
        done = {one.name for one in ordered}
        waiting = [one for one in found if one.name not in done]
        ordered.append(next(one for one in waiting if done.issuperset(one.requires)))
    made: list[Stage] = []
    for one in ordered:
        before = one.requires[-1] if one.requires else made[-1].name if made else None
        sources = one.sources(one.parameters).values()
        variables = sorted({source.name for source in sources if source.kind == "env"})
        soak = duration_text(one.soak) if one.soak else ""
        made.append(Stage(one.name, one.region or _NO_REGION, before, tuple(variables), soak))
    return made


def github_workflow(project: Project, folder: str, *, release: str) -> tuple[str, str]:
    """Return the path below the repository's root, and the text, of the workflow file.

    *folder* is the project's below that root ("" for the root itself), whose name is then part of
    the path; *release* the version of sfn-release to install.
    """
    chain = stages(project)
    group = "sfn-release" if not folder else f"sfn-release-{project.name}"
    text = _HEAD.format(
        project=project.name,
        stages=", ".join(one.name for one in chain),
        first=chain[0].name,
        variables=_told_variables(chain),
        tag=project.tag,
        ledger=project.ledger.removeprefix("refs/heads/"),
        title=_quoted(group),
        pattern=_quoted(_glob(project.tag.replace("{version}", "\0")).replace("\0", "[0-9]*")),
        paths=f"    paths: [{_quoted(_glob(folder) + '/**')}]\n" if folder else "",
        defaults=_defaults(folder),
    )
    jobs = [_plan(chain[0], group, release)]
    jobs += [_publish(chain[0], group, release)]
    jobs += [_promote(one, chain, group, release) for one in chain[1:]]
    path = PurePosixPath(".github", "workflows", f"{group}.yml")
    return str(path), text + "\n".join(jobs)


def _defaults(folder: str) -> str:
    if not folder:
        return ""
    return f"\ndefaults:\n  run:\n    working-directory: {_quoted(folder)}\n"


def _plan(stage: Stage, group: str, release: str) -> str:
    setup = _setup(stage, release, role="AWS_PLAN_ROLE_ARN")
    return _PLAN.format(stage=stage.name, group=group, setup=setup, env=_env(stage))


def _publish(stage: Stage, group: str, release: str) -> str:
    setup = _setup(stage, release, role="AWS_ROLE_ARN")
    return _PUBLISH.format(
        stage=stage.name, name=_quoted(stage.name), group=group, setup=setup, env=_env(stage)
    )


def _promote(stage: Stage, chain: Sequence[Stage], group: str, release: str) -> str:
    source = next(one for one in chain if one.name == stage.source)
    return _PROMOTE.format(
        stage=stage.name,
        name=_quoted(stage.name),
        source=source.name,
        needs="publish" if source == chain[0] else f"promote-{source.name}",
        group=group,
        setup=_setup(stage, release, role="AWS_ROLE_ARN"),
        env=_env(stage),
        soak=_SOAK.format(source=source.name, soak=stage.soak) if stage.soak else "",
    )


def _env(stage: Stage) -> str:
    """Return the variables that a job sets for the parameters of its environment."""
    lines = (f"      {name}: ${{{{ vars.{name} }}}}\n" for name in stage.variables)
    return f"    env:\n{''.join(lines)}" if stage.variables else ""


def _told_variables(chain: Sequence[Stage]) -> str:
    """Return the lines of the header that tell which variables parameters are read from."""
    lines = [f"#   {one.name}: {', '.join(one.variables)}\n" for one in chain if one.variables]
    if not lines:
        return ""
    head = (
        "# - The variables that parameters of releases.toml are read from, in each of them; those"
    )
    return "".join(
        (f"{head}\n#   of {chain[0].name} in the repository too, for the plan:\n", *lines)
    )


def _setup(stage: Stage, release: str, *, role: str) -> str:
    return _CHECKOUT.format(release=release, role=role, region=_quoted(stage.region))


def _quoted(text: str) -> str:
    """Return *text* as a YAML scalar that is text whatever it says; JSON's strings are YAML's.

    Nor does GitHub find an expression in it.
    """
    return json.dumps(text.replace("${{", "${{ '${{' }}"))


def _glob(text: str) -> str:
    """Return *text* so that a filter of GitHub Actions takes it to the letter."""
    special: Iterable[str] = "\\*?+[]!"
    return "".join(f"\\{one}" if one in special else one for one in text)
