"""The files that `sfn-release init` writes: a project that can be published at once."""

from __future__ import annotations

import re

_LONGEST = 40  # characters of a project's name made from a folder's

RELEASES_TOML = """\
# releases.toml: what this repository releases, and where it runs.
# What was released, and what runs where:  sfn-release releases | history | status
[project]
name = "{name}"{padding}# stable: it names the ledger's branches and marks what is ours in AWS
{tag}
# `local` is the Step Functions service inside sfn-release: no AWS account, no credentials.
# An environment on AWS is an account (by its credentials) and a region:
#
# [environments.staging]
# region = "eu-west-1"
# profile = "staging"               # of ~/.aws/config; without it the usual credentials
# role_arn = "arn:aws:iam::111111111111:role/workflows"
# name = "{{workflow}}-staging"       # the state machine's name; default "{{workflow}}"
#
# [environments.staging.parameters] # fill ${{Name}} in definitions, roles and log groups
# OrdersTable = "orders-staging"    # or {{ env = "ORDERS_TABLE" }}, or {{ ssm = "/orders/table" }}
#
# [environments.prod]
# region = "eu-west-1"
# role_arn = "arn:aws:iam::222222222222:role/workflows"
# account = "222222222222"          # credentials of another account are refused
# requires = ["staging"]            # a release that succeeded there may enter; also: soak, branches
# confirm = true                    # a rollback asks first
# protect_drift = true              # what somebody changed by hand is not overwritten
# pins = "resolve"                  # exact versions of what is called are sent and recorded
# strategy = {{ type = "canary", percent = 10, interval = "15m", alarms = ["{name}-failed"] }}
"""

HELLO = '''\
"""The smallest workflow: says hello to one person, in three steps."""

import sfn_release as sfn

workflow = sfn.Workflow()

greet = sfn.Pass(id="Input Argument Handling", result={"message": "Hello Alice"})

workflow.start_from(greet).next_then(sfn.Pass(id="Task 1")).next_then(sfn.Pass(id="Task 2")).end()

hello = sfn.StateMachine(
    name="hello",
    workflow=workflow,
    role_arn="arn:aws:iam::111122223333:role/workflows",
    tags={"Creator": "alice@example.com"},
)
hello.set_type_as_express()
'''

CHANGELOG = """\
# Changelog

The section of a version becomes the notes of its release. See https://keepachangelog.com/.

## [Unreleased]

## [1.0.0]

### Added

- A first workflow, `hello`.
"""


def project_name(folder: str) -> str:
    """Return a legal project name that is near to a folder's.

    >>> project_name("My Shop (2)")
    'my-shop-2'
    """
    from unicodedata import normalize

    plain = normalize("NFKD", folder).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_LONGEST].strip("-")
    return name if re.match("[a-z]", name) else f"project-{name}".strip("-")


def files(folder: str, *, nested: bool = False) -> dict[str, str]:
    """Return the files of a new project in a folder of this name: path → content.

    In a folder that is *nested* in its repository, the Git tags carry the project's name, because
    other projects there have versions too.
    """
    name = project_name(folder)
    padding = " " * max(2, 34 - len(f'name = "{name}"'))
    tag = f'tag = "{name}-v{{version}}"\n' if nested else ""
    return {
        "releases.toml": RELEASES_TOML.format(name=name, padding=padding, tag=tag),
        "workflows/hello.py": HELLO,
        "CHANGELOG.md": CHANGELOG,
        ".gitignore": "__pycache__/\n*.py[cod]\n.venv/\n",
    }
