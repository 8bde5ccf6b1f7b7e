"""The files of a new project, which you can publish at once."""

from __future__ import annotations

import re
from typing import Final

from sfn_release.operations.verbs.schema import SCHEMA_NAMES, SchemaName, installed_schema

_LONGEST = 40  # characters of a project name made from a folder's name

SCHEMAS: Final = ".sfn-release"
"""The folder of the schemas, in the project: editors find them offline, in every clone."""

RELEASES_TOML = """\
#:schema .sfn-release/releases.schema.json
# releases.toml: what this repository releases, and where it runs.
# To see what is released and what is live:  sfn-release releases | history | status
[project]
name = "{name}"{padding}# keep it: it names the ledger's branches and tags your state machines
{tag}
# The environment `local` is always there. It needs no AWS account and no credentials.
# An environment on AWS is an account and a region. The credentials decide which account it is:
#
# [environments.staging]
# region = "eu-west-1"
# profile = "staging"               # in ~/.aws/config; without it, AWS's usual credentials
# role_arn = "arn:aws:iam::111111111111:role/workflows"
# name = "{{workflow}}-staging"       # the state machine's name; default "{{workflow}}"
#
# [environments.staging.parameters] # for ${{Name}} in definitions, roles and log groups
# OrdersTable = "orders-staging"    # or {{ env = "ORDERS_TABLE" }}, or {{ ssm = "/orders/table" }}
#
# [environments.prod]
# region = "eu-west-1"
# role_arn = "arn:aws:iam::222222222222:role/workflows"
# account = "222222222222"          # refuse credentials of any other account
# requires = ["staging"]            # deploy a release to staging first; see also: soak, branches
# confirm = true                    # a rollback asks first
# protect_drift = true              # don't overwrite manual changes
# pins = "resolve"                  # call exact versions of Lambda functions, and record them
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

HELLO_TESTS = """\
#:schema ../.sfn-release/tests.schema.json
# Tests of hello.py. Run them with:  sfn-release test
# To record the expectations of a new test from its run:  sfn-release test --record

[[test]]
name = "it greets Alice"
input = {}

[test.expect]
output = { message = "Hello Alice" }
path = ["Input Argument Handling", "Task 1", "Task 2"]
"""

CHANGELOG = """\
# Changelog

The section of a version becomes its release notes. See https://keepachangelog.com/.

## [Unreleased]

## [1.0.0]

### Added

- A first workflow, `hello`.
"""


def schema_file(name: SchemaName) -> str:
    """Return the path of a schema's file in a project."""
    return f"{SCHEMAS}/{installed_schema(name).name}"


def project_name(folder: str) -> str:
    """Return a valid project name that is close to a folder's name.

    >>> project_name("My Shop (2)")
    'my-shop-2'
    """
    from unicodedata import normalize

    plain = normalize("NFKD", folder).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_LONGEST].strip("-")
    return name if re.match("[a-z]", name) else f"project-{name}".strip("-")


def files(folder: str, *, nested: bool = False) -> dict[str, str]:
    """Return the files of a new project in the folder *folder*: path → content.

    If it is *nested* in its repository, its Git tags have the project's name, because other
    projects there have versions too.
    """
    name = project_name(folder)
    padding = " " * max(2, 34 - len(f'name = "{name}"'))
    tag = f'tag = "{name}-v{{version}}"\n' if nested else ""
    return {
        "releases.toml": RELEASES_TOML.format(name=name, padding=padding, tag=tag),
        "workflows/hello.py": HELLO,
        "workflows/hello.tests.toml": HELLO_TESTS,
        "CHANGELOG.md": CHANGELOG,
        **{
            schema_file(name): installed_schema(name).read_text(encoding="utf-8")
            for name in SCHEMA_NAMES
        },
        ".gitignore": "__pycache__/\n*.py[cod]\n.venv/\n.sfn-coverage\n/report/\n",
    }
