"""Backends: one value holds all differences between AWS and the local service."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sfn_release.authoring.declaration import Declaration
from sfn_release.cli.output.plan_markdown import plan_markdown
from sfn_release.cli.output.plans import plan_lines
from sfn_release.errors import ConfigError, ConflictError
from sfn_release.operations.name_clashes import refuse_shared
from sfn_release.plan import Plan
from sfn_release.project import Environment, parse_project
from sfn_release.project.backends import AWS, BACKENDS, BUILT_IN, EMBEDDED, Clone
from sfn_release.project.backends.local_backend import database, remove_databases

PROD = Environment("prod", AWS, region="eu-west-1")
LOCAL = Environment("local", EMBEDDED)


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    """Return a clone whose workflow `hello` came from workflows/hello.py."""
    return Clone(
        project="shop",
        root=tmp_path / "shop",
        data=tmp_path / ".git" / "sfn-release",
        source_of=lambda _, machine: "workflows/hello.py" if machine == "hello" else None,
        now=lambda: datetime(2026, 1, 1, tzinfo=UTC),
        wait=lambda _: None,
        say=lambda _: None,
    )


def test_names_in_releases_toml_are_those_of_the_backends() -> None:
    """The environment `local` needs no table, and always has its own backend."""
    assert {"aws": AWS, "local": EMBEDDED} == BACKENDS
    assert {"local": EMBEDDED} == BUILT_IN
    project = parse_project(
        '[project]\nname = "shop"\n'
        '[environments.try]\nbackend = "local"\n'
        '[environments.prod]\nregion = "eu-west-1"\n',
        path="releases.toml",
    )
    backends = {name: environment.backend for name, environment in project.environments.items()}
    assert backends == {"local": EMBEDDED, "try": EMBEDDED, "prod": AWS}


def test_output_names_an_environment_that_is_not_on_aws() -> None:
    """Output marks a local environment, so that a trial isn't taken for a deployment."""
    assert [PROD.label, LOCAL.label] == ["prod", "local (not AWS)"]


def test_what_aws_knows_is_made_up_on_local() -> None:
    """On `local`, region, account and role have defaults, and ARNs of every partition work."""
    assert LOCAL.given == {
        "AWS::Region": "us-east-1",
        "AWS::Partition": "aws",
        "AWS::AccountId": "000000000000",
    }
    assert LOCAL.backend.role == "arn:aws:iam::000000000000:role/local"
    assert (LOCAL.partition, PROD.partition) == (None, "aws")
    assert PROD.given == {"AWS::Region": "eu-west-1", "AWS::Partition": "aws"}


def test_local_is_step_functions_alone(clone: Clone) -> None:
    """`local` has no Lambda, alarms or parameters; using them is an error."""
    services = ("stepfunctions", "lambda", "ssm", "cloudwatch", "sts")
    assert [EMBEDDED.has(service) for service in services] == [True, False, False, False, False]
    assert all(AWS.has(service) for service in services)
    aws = LOCAL.backend.connect(LOCAL, clone)
    with pytest.raises(ConfigError, match="The local service doesn't include Lambda"):
        _ = aws.functions


def test_each_project_of_a_repository_has_a_database(clone: Clone) -> None:
    """The database is in the Git folder, and a reset removes it with its journal."""
    other = replace(clone, project="billing")
    for project_clone in (clone, other):
        client = LOCAL.backend.connect(LOCAL, project_clone).stepfunctions
        client.create_state_machine(
            name="hello",
            definition='{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}',
            roleArn="arn:aws:iam::000000000000:role/x",
        )
    assert database(clone) == clone.data / "local" / "shop.db"
    assert database(clone).is_file()
    remove_databases(clone)
    assert [path.name for path in sorted((clone.data / "local").glob("shop*"))] == []
    assert database(other).is_file()


def test_mocks_beside_the_module_answer_the_tasks_of_a_workflow(clone: Clone) -> None:
    """The mocks are found through the module that the state machine is from."""
    mocks = clone.root / "workflows" / "hello.mocks.json"
    mocks.parent.mkdir(parents=True)
    mocks.write_text('{"Call": {"return": {"answer": 42}}}')
    client = LOCAL.backend.connect(LOCAL, clone).stepfunctions
    task = '{"Type": "Task", "Resource": "arn:aws:states:::sns:publish", "End": true}'
    made = client.create_state_machine(
        name="hello",
        definition=f'{{"StartAt": "Call", "States": {{"Call": {task}}}}}',
        roleArn="arn:aws:iam::000000000000:role/x",
    )
    started = client.start_execution(stateMachineArn=made["stateMachineArn"])
    ended = client.describe_execution(executionArn=started["executionArn"])
    assert (ended["status"], ended.get("output")) == ("SUCCEEDED", '{"answer":42}')


EMULATOR = replace(
    AWS, name="emulator", label="(emulator)", has_iam=False, services=("stepfunctions",)
)
TRY = Environment("try", EMULATOR, region="eu-west-1")


def test_a_third_backend_has_its_own_label() -> None:
    """Output never takes a backend without AWS for `local`."""
    assert TRY.label == "try (emulator)"
    made = Plan("try", "deploy", "1.0.0", None, ())
    (head, *_) = plan_lines(made, label=TRY.label)
    assert head == "plan: deploy 1.0.0 to try (emulator), where nothing is deployed"
    assert plan_markdown({"try": made}, labels={"try": TRY.label}).startswith(
        "### Plan: deploy `1.0.0` to `try` (emulator), where"
    )


def test_environments_of_one_backend_share_an_account_and_region() -> None:
    """Local environments have one account, so their region tells them apart."""
    west = Environment("west", EMBEDDED, region="eu-west-1")
    central = replace(west, name="central", region="eu-central-1")
    declaration = Declaration(name="hello", definition={})
    refuse_shared([west, central, TRY], [declaration])
    with pytest.raises(ConflictError, match="use the same state machine, hello") as refused:
        refuse_shared([west, replace(west, name="other")], [declaration])
    assert 'name = "{workflow}-other"' in refused.value.fix
    assert "account" not in refused.value.fix  # a local environment can't name one
