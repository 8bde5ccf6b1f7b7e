"""The pipeline files for GitLab CI that `sfn-release init --ci gitlab` writes.

`.gitlab-ci.yml` includes the file with the jobs. Yours may have a `.gitlab-ci.yml` already; then
you add the include. The jobs are in GitLab's default stages, so they fit into any pipeline.
"""

from __future__ import annotations

from textwrap import fill as wrapped
from typing import Final

from sfn_release.operations.scaffold.github.pipeline import Pipeline, fill
from sfn_release.operations.scaffold.github.stages import scheduled
from sfn_release.operations.scaffold.gitlab.pipeline_jobs import pipeline_jobs
from sfn_release.operations.scaffold.gitlab.shared_jobs import (
    quoted_yaml,
    shared_jobs,
    variable_prefix,
)
from sfn_release.operations.scaffold.installation import Install
from sfn_release.project import Project

MAIN: Final = ".gitlab-ci.yml"

_ROOT: Final = """\
# The pipeline of this repository. Written by `sfn-release init --ci gitlab`. You can change it.
include:
  - local: %path

# A push to a merge request starts one pipeline, not another one for its branch.
workflow:
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
    - if: $CI_COMMIT_TAG
    - if: $CI_PIPELINE_SOURCE == "web" || $CI_PIPELINE_SOURCE == "schedule"
"""

_HEAD: Final = """\
# Releases %project. A merge request is checked and planned. To publish a release, push a tag or
# start a pipeline. Then promote it to the next environment. Written by
# `sfn-release init --ci gitlab`. You can change this file.
#
# Before the first run:
# 1. In Operate > Environments, create two environments for each of %stages:
#    NAME deploys (protect it if only some people may), and NAME-plan only reads.
# 2. In Settings > CI/CD > Variables, set AWS_ROLE_ARN for each environment to the IAM role of its
#    jobs. The roles trust GitLab's OIDC provider with the audience sts.amazonaws.com, so you store
#    no keys. `sfn-release doctor --iam` prints the policies of each role.
%variables\
# 3. Protect the tags %tag, and let the pipeline push them and the branches %ledger/….
#    Either allow it in Settings > CI/CD > Job token permissions, or set SFN_RELEASE_PUSH_TOKEN
#    (masked and protected) to a project access token with the scope write_repository.
# 4. To see plans on merge requests, set SFN_RELEASE_GITLAB_TOKEN (masked, with the environment
#    scope %group-comment) to a project access token with the scope api and the role Reporter.
#    GitLab's job token can't write notes. Without the variable, the plan is an artifact of its job.
#    Because of the scope, jobs that run a merge request's code can't read the token. But anyone
#    who may push a branch can change the pipeline, and read it there.
# 5. In Build > Pipeline schedules, add these schedules for the default branch. Set the variable,
#    because a schedule without it starts none of these jobs:
#    - %{prefix}_SCHEDULE = check, every night. It looks for drift, and checks the ledger.
%promotions\
%{note}\
#
# To roll back, start a pipeline with %{prefix}_ACTION = rollback in Build > Pipelines.
variables:
  %{prefix}_ACTION:
    value: ""
    options: ["", publish, rollback, unlock]
    description: "When you start the pipeline: what to do"
  %{prefix}_ENVIRONMENT:
    value: %first
    options: %options
    description: "Where to roll back or unlock"
  %{prefix}_VERSION:
    value: ""
    description: "The release, such as 1.2.0; for a rollback, empty means the previous one"
  %{prefix}_REASON:
    value: ""
    description: "Why (recorded in the ledger)"

"""


def gitlab_files(
    project: Project, folder: str, *, install: Install, tests: tuple[str, ...], python: str
) -> dict[str, str]:
    """Return the pipeline files: path below the repository's root → text.

    The arguments are as in `github_files`. The first file has the notes on what to set up.
    """
    pipeline = Pipeline.of(project, folder, install, tests, python)
    path = f".gitlab/{pipeline.group}.yml"
    jobs = "\n".join([shared_jobs(pipeline), *pipeline_jobs(pipeline)])
    return {path: _head(pipeline) + jobs, MAIN: fill(_ROOT, path=path)}


def _head(pipeline: Pipeline) -> str:
    names = [stage.name for stage in pipeline.chain]
    return fill(
        _HEAD,
        prefix=variable_prefix(pipeline),
        group=pipeline.group,
        project=pipeline.project,
        stages=", ".join(names),
        variables=_variables(pipeline),
        tag=pipeline.tag.replace("{version}", "*"),
        ledger=pipeline.ledger.removeprefix("refs/heads/"),
        promotions=_promotions(pipeline),
        note=_note(pipeline.install.note),
        first=quoted_yaml(names[0]),
        options=f"[{', '.join(map(quoted_yaml, names))}]",
    )


def _promotions(pipeline: Pipeline) -> str:
    """Return the lines of the header about the schedule that promotes."""
    names = " and ".join(stage.name for stage in scheduled(list(pipeline.chain)))
    if not names:
        return ""
    variable = f"{variable_prefix(pipeline)}_SCHEDULE"
    return (
        f"#    - {variable} = promote, every hour.\n"
        f"#      It promotes a release to {names} after its soak time.\n"
    )


def _variables(pipeline: Pipeline) -> str:
    """Return the lines of the header that name the variables for parameters."""
    lines = [
        f"#    {stage.name}: {', '.join(stage.variables)}\n"
        for stage in pipeline.chain
        if stage.variables
    ]
    head = "#    For both environments, also set these variables for parameters:\n"
    return "".join((head, *lines)) if lines else ""


def _note(text: str) -> str:
    if not text:
        return ""
    return wrapped(f"6. {text}", width=98, initial_indent="# ", subsequent_indent="#    ") + "\n"
