"""The jobs of a GitLab pipeline: check and plan, publish and promote, roll back, look for drift."""

from __future__ import annotations

import re
from collections.abc import Iterator
from shlex import quote
from typing import Final

from sfn_release.aws.console_links import console_address
from sfn_release.operations.scaffold.github.pipeline import Pipeline, fill
from sfn_release.operations.scaffold.github.stages import Stage, scheduled
from sfn_release.operations.scaffold.gitlab.install_commands import install_commands
from sfn_release.operations.scaffold.gitlab.shared_jobs import quoted_yaml, variable_prefix
from sfn_release.operations.scaffold.installation import Install

_CHECK: Final = """\
%group-check:
  extends: .%group
  stage: test
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
%changes\
  script:
    - sfn-release check --strict
%tests\
  artifacts:
    when: always
    reports:
      junit: junit.xml
"""

_PLAN: Final = """\
%group-plan-%stage:
  extends: .%group-aws
  stage: test
  interruptible: true
  rules:
%request\
  environment:
    name: %reader
    action: verify
  variables:
    AWS_DEFAULT_REGION: %region
  script:
    - sfn-release plan --env %stage --format markdown > "$CI_PROJECT_DIR/plan-%stage.md"
  artifacts: # no dotenv report: it would set variables of the job below
    paths: [plan-%stage.md]
    expire_in: 30 days
"""

_COMMENT: Final = """\
# A job of its own, because `plan` runs the code of the merge request. Here the plan is only text.
%group-comment-%stage:
  image: %image
  stage: test
  timeout: 10 minutes
  interruptible: true
  needs: [%group-plan-%stage]
  rules:
%request\
  environment:
    name: %group-comment # the scope of SFN_RELEASE_GITLAB_TOKEN
    action: verify
  cache: [] # jobs of merge requests fill it
  variables:
    GIT_STRATEGY: %strategy
  before_script:
%install\
  script:
    - >-
      sfn-release comment "$CI_PROJECT_DIR/plan-%stage.md"
      --name "plan of %project for %stage" --if-possible
"""

_REQUEST: Final = """\
    # A fork's merge request gets no credentials.
    - if: >-
        $CI_PIPELINE_SOURCE == "merge_request_event" &&
        $CI_MERGE_REQUEST_SOURCE_PROJECT_ID == $CI_MERGE_REQUEST_PROJECT_ID
"""

_DEPLOYING: Final = """\
%group-%name:
  extends: .%group-deploy
  stage: deploy
  timeout: %minutes minutes
%needs\
  rules:
%rules\
  environment:
    name: %named
    url: %url
  resource_group: %group-%stage # one deployment at a time; a running one finishes
  variables:
    AWS_DEFAULT_REGION: %region
  script:
%script"""

_BY_TAG: Final = "    - if: $CI_COMMIT_TAG =~ %pattern\n"
_BY_HAND: Final = '    - if: $CI_PIPELINE_SOURCE == "web" && $%{prefix}_ACTION == "publish"\n'
_MANUAL: Final = "      when: manual # protect the environment to control who may start it\n"
_ONE: Final = """\
    - if: >-
        $CI_PIPELINE_SOURCE == "web" && $%{prefix}_ACTION == "%action" &&
        $%{prefix}_ENVIRONMENT == "%stage"
"""
_ROLLBACK: Final = 'rollback ${%{prefix}_VERSION:+"$%{prefix}_VERSION"}'
_DEFAULT_BRANCH: Final = """\
        if [ "$CI_COMMIT_BRANCH" != "$CI_DEFAULT_BRANCH" ]; then
          echo "Start it on the default branch, or set branches in releases.toml." >&2
          exit 1
        fi
"""
_TRUSTED: Final = (
    'git fetch --depth=1 origin "$CI_DEFAULT_BRANCH"',
    "git checkout --quiet --force --detach FETCH_HEAD",
)
_SCHEDULE: Final = """\
    # A schedule for another purpose or branch starts no job of this file.
    - if: >-
        $CI_PIPELINE_SOURCE == "schedule" && $%{prefix}_SCHEDULE == "%purpose" &&
        $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH
"""

_NIGHTLY: Final = """\
%group-status-%stage:
  extends: .%group-aws
  stage: test
  rules:
%scheduled\
  environment:
    name: %reader
    action: verify
  variables:
    AWS_DEFAULT_REGION: %region
  script:
    - sfn-release status --env %stage --check
"""

_VERIFY: Final = """\
%group-verify:
  extends: .%group
  stage: test
  rules:
%scheduled\
  script:
    - sfn-release verify
"""


def pipeline_jobs(pipeline: Pipeline) -> Iterator[str]:
    """Yield every job of the pipeline."""
    first, *rest = pipeline.chain
    later = scheduled(list(pipeline.chain))
    yield _check(pipeline)
    for stage in pipeline.chain:
        yield _filled(_PLAN, pipeline, stage, request=_REQUEST + _changes(pipeline))
        yield _comment(pipeline, stage)
    yield _publish(pipeline, first)
    for stage in rest:
        yield _when_ready(pipeline, stage) if stage in later else _promote(pipeline, stage)
    for stage in pipeline.chain:
        rollback = fill(_ROLLBACK, prefix=variable_prefix(pipeline))
        yield _by_hand(pipeline, stage, "rollback", rollback)
        yield _by_hand(pipeline, stage, "unlock", "unlock")
    for stage in pipeline.chain:
        yield _filled(_NIGHTLY, pipeline, stage, scheduled=_schedule(pipeline, "check"))
    yield fill(_VERIFY, group=pipeline.group, scheduled=_schedule(pipeline, "check"))


def _check(pipeline: Pipeline) -> str:
    junit = '--junit "$CI_PROJECT_DIR/junit.xml"'
    lines = [
        f"{command} {junit}" if command == "sfn-release test" else command
        for command in pipeline.tests
    ]
    tests = "".join(f"    - {quoted_yaml(line)}\n" for line in lines)
    return fill(_CHECK, group=pipeline.group, tests=tests, changes=_changes(pipeline))


def _changes(pipeline: Pipeline) -> str:
    """Return the lines by which a merge request runs the jobs of the projects that it changes."""
    if not pipeline.folder:
        return ""
    folder = re.sub(r"([\\*?\[\]{}])", r"\\\1", pipeline.folder)
    return f"      changes: [{quoted_yaml(f'{folder}/**/*')}]\n"


def _comment(pipeline: Pipeline, stage: Stage) -> str:
    """Return the job that writes a note, and alone has the token for it."""
    apart = pipeline.install.apart
    start = ['cd "$(mktemp -d)"'] if apart else [*_TRUSTED, f"cd {quote(pipeline.folder or '.')}"]
    lines = [*start, *install_commands(Install(apart) if apart else pipeline.install)]
    return _filled(
        _COMMENT,
        pipeline,
        stage,
        image=quoted_yaml(f"python:{pipeline.python}"),
        project=pipeline.project,
        request=_REQUEST + _changes(pipeline),
        strategy="none" if apart else "fetch",
        install="".join(f"    - {quoted_yaml(line)}\n" for line in lines),
    )


def _publish(pipeline: Pipeline, stage: Stage) -> str:
    guard = "" if stage.guarded else _DEFAULT_BRANCH
    script = f"""\
    - |
      if [ -n "$CI_COMMIT_TAG" ]; then
        sfn-release publish --version-from-tag --env {stage.name}
      else
{guard}\
        sfn-release publish "${variable_prefix(pipeline)}_VERSION" --env {stage.name}
      fi
"""
    return _deploying(pipeline, stage, "publish", _released(pipeline), script)


def _promote(pipeline: Pipeline, stage: Stage) -> str:
    before = "publish" if stage.source == pipeline.chain[0].name else f"promote-{stage.source}"
    lines = _released(pipeline).splitlines(keepends=True)
    rules = "".join(f"{line}{_MANUAL}" for line in lines)
    script = f'    - sfn-release promote --from {stage.source} --to {stage.name} "$SFN_VERSION"\n'
    return _deploying(
        pipeline, stage, f"promote-{stage.name}", rules, script, needs=f"{pipeline.group}-{before}"
    )


def _when_ready(pipeline: Pipeline, stage: Stage) -> str:
    """Return the scheduled job that promotes a release after its soak time."""
    script = f"""\
    # {stage.name} gets a release after it was live in {stage.source} for its soak time.
    - sfn-release plan --from {stage.source} --env {stage.name}
    - . "$SFN_RELEASE_DOTENV"
    - |
      if [ "$SFN_CHANGES" = true ] && [ "$SFN_REFUSED" = false ]; then
        sfn-release promote --from {stage.source} --to {stage.name} "$SFN_VERSION"
      fi
"""
    return _deploying(
        pipeline, stage, f"promote-{stage.name}", _schedule(pipeline, "promote"), script
    )


def _schedule(pipeline: Pipeline, purpose: str) -> str:
    """Return the rules of a job that a schedule with this *purpose* starts."""
    return fill(_SCHEDULE, prefix=variable_prefix(pipeline), purpose=purpose)


def _by_hand(pipeline: Pipeline, stage: Stage, action: str, command: str) -> str:
    script = f"""\
    - >-
      sfn-release {command}
      --env {stage.name} --reason "${variable_prefix(pipeline)}_REASON" --yes
"""
    rules = fill(_ONE, prefix=variable_prefix(pipeline), action=action, stage=stage.name)
    return _deploying(pipeline, stage, f"{action}-{stage.name}", rules, script)


def _released(pipeline: Pipeline) -> str:
    """Return the rules of a pipeline that releases: for a tag, or by hand."""
    before, _, after = pipeline.tag.partition("{version}")
    pattern = f"^{re.escape(before)}\\d.*{re.escape(after)}$".replace("/", "\\/")
    by_hand = fill(_BY_HAND, prefix=variable_prefix(pipeline))
    return fill(_BY_TAG, pattern=f"/{pattern}/") + by_hand


def _deploying(
    pipeline: Pipeline, stage: Stage, name: str, rules: str, script: str, *, needs: str = ""
) -> str:
    url = f"{console_address(stage.region)}/states/home?region={stage.region}#/statemachines"
    return fill(
        _DEPLOYING,
        group=pipeline.group,
        name=name,
        minutes=stage.minutes,
        needs=f"  needs: [{needs}]\n" if needs else "",
        rules=rules,
        stage=stage.name,
        named=quoted_yaml(stage.name),
        url=quoted_yaml(url),
        region=quoted_yaml(stage.region),
        script=script,
    )


def _filled(template: str, pipeline: Pipeline, stage: Stage, **values: str) -> str:
    return fill(
        template,
        group=pipeline.group,
        stage=stage.name,
        reader=quoted_yaml(f"{stage.name}-plan"),
        region=quoted_yaml(stage.region),
        **values,
    )
