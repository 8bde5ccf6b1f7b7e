"""The hidden jobs that the jobs of a GitLab pipeline extend: set-up, credentials, deployments."""

from __future__ import annotations

import json
import re
from shlex import quote
from typing import Final

from sfn_release.operations.scaffold.github.pipeline import Pipeline, fill
from sfn_release.operations.scaffold.gitlab.install_commands import install_commands

DOTENV: Final = "sfn-release.env"

_SHARED: Final = """\
.%group:
  image: %image
  timeout: 20 minutes
  interruptible: false
  variables:
    GIT_DEPTH: "1" # sfn-release fetches the ledger itself
    PIP_CACHE_DIR: $CI_PROJECT_DIR/.cache/pip
    SFN_RELEASE_DOTENV: $CI_PROJECT_DIR/%dotenv # outputs, as SFN_VERSION and so on
  cache:
    key: %cache
    paths: [.cache/pip]
  before_script:
    - !reference [.%group-setup, script]

.%group-setup:
  script:
    # Files of this job don't make the work tree dirty.
    - |
      exclude="$(git rev-parse --git-path info/exclude)"
      mkdir -p "$(dirname "$exclude")"
      printf '/%%s\\n' .cache/ %dotenv 'plan-*.md' junit.xml >> "$exclude"
%{folder}\
%install\

# Credentials for this job only: boto3 exchanges the ID token for a session of AWS_ROLE_ARN.
.%group-aws:
  extends: .%group
  id_tokens:
    SFN_RELEASE_ID_TOKEN:
      aud: sts.amazonaws.com
  before_script:
    - !reference [.%group-setup, script]
    - !reference [.%group-credentials, script]

.%group-credentials:
  script:
    - |
      if [ -z "$AWS_ROLE_ARN" ]; then
        echo "Set the variable AWS_ROLE_ARN for the environment $CI_ENVIRONMENT_NAME." >&2
        exit 1
      fi
      AWS_WEB_IDENTITY_TOKEN_FILE="$(umask 077 && mktemp)"
      printf '%%s' "$SFN_RELEASE_ID_TOKEN" > "$AWS_WEB_IDENTITY_TOKEN_FILE"
      export AWS_WEB_IDENTITY_TOKEN_FILE AWS_ROLE_SESSION_NAME="gitlab-$CI_PROJECT_ID-$CI_JOB_ID"

# Pushes the release's tag and the ledger's branches. Without a token of its own, the job's token
# pushes, which the project must allow.
.%group-deploy:
  extends: .%group-aws
  before_script:
    - !reference [.%group-setup, script]
    - !reference [.%group-credentials, script]
    - |
      if [ -n "$SFN_RELEASE_PUSH_TOKEN" ]; then
        export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=remote.origin.pushurl
        server="sfn-release:$SFN_RELEASE_PUSH_TOKEN@$CI_SERVER_HOST:$CI_SERVER_PORT"
        export GIT_CONFIG_VALUE_0="https://$server/$CI_PROJECT_PATH.git"
      fi
  artifacts:
    reports:
      dotenv: %dotenv
"""


def shared_jobs(pipeline: Pipeline) -> str:
    """Return the hidden jobs."""
    folder = f"    - {quoted_yaml(f'cd {quote(pipeline.folder)}')}\n" if pipeline.folder else ""
    install = "".join(f"    - {quoted_yaml(line)}\n" for line in install_commands(pipeline.install))
    return fill(
        _SHARED,
        group=pipeline.group,
        image=quoted_yaml(f"python:{pipeline.python}"),
        dotenv=DOTENV,
        cache=quoted_yaml(f"{pipeline.group}-python-{pipeline.python}"),
        folder=folder,
        install=install,
    )


def variable_prefix(pipeline: Pipeline) -> str:
    """Return how the names of the variables for a pipeline by hand begin.

    Projects of one repository share its pipeline, and one's rollback must not start the other's.
    """
    return re.sub(r"\W", "_", pipeline.group.upper(), flags=re.ASCII)


def quoted_yaml(text: str) -> str:
    """Return *text* as a quoted YAML string."""
    return json.dumps(text, ensure_ascii=False)
