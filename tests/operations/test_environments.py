"""Environments on AWS: accounts, roles, parameters; STS and SSM are moto's, over HTTP."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sfn_release.aws.api_calls import call
from sfn_release.aws.clients import Aws
from sfn_release.local_service import open_service
from sfn_release.local_service.http.server import start
from sfn_release.operations import Workspace, deploy, open_workspace, rollback, system_runtime
from sfn_release.plan import Plan
from sfn_release.plan.steps import Step
from sfn_release.project import Environment
from sfn_release.simulator import Mocks
from support.command_line import ROLE, Project
from support.errors import refused
from support.faults import DENIED, SERVER_ERROR, THROTTLED, TIMEOUT_BEFORE, Fault
from support.services import ACCOUNT
from support.world import Watcher

REGION = "us-east-1"
OTHER = "222222222222"
LOGGING = (
    'logging = { level = "ALL", destinations = [{ cloudWatchLogsLogGroup ='
    f' {{ logGroupArn = "arn:aws:logs:{REGION}:{ACCOUNT}:log-group:a" }} }}] }}'
)


@pytest.fixture
def store(other_services: str) -> Any:
    """Return a client of a Parameter Store in which /shop/who is Alice."""
    import boto3

    client = boto3.client("ssm", region_name=REGION, endpoint_url=other_services)
    client.put_parameter(Name="/shop/who", Value="Alice", Type="String")
    return client


@pytest.fixture
def shop(
    repository: Path, tmp_path: Path, other_services: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Project]:
    """Make a project with parameters from a variable and from Parameter Store, and publish it."""
    monkeypatch.setenv("SHOP_GREETING", "Hello")
    running = open_service(tmp_path / "aws.db", tasks_for=lambda _scope: Mocks(), account=ACCOUNT)
    with start(running) as server:
        project = Project(repository, environment="aws", endpoint=server.url)
        others = [f'{id} = "{other_services}"' for id in ("sts", "ssm", "cloudwatch")]
        urls = ", ".join([f'stepfunctions = "{server.url}"', *others])
        project.write("releases.toml", CONFIG.replace("URLS", urls))
        project.workflow("hello", "${Greeting} ${Who} $${Who}")
        project.commit()
        yield project


CONFIG = f"""\
[project]
name = "shop"
default_environment = "aws"

[environments.aws]
region = "{REGION}"
account = "{ACCOUNT}"
endpoint_url = {{ URLS }}
role_arn = "{ROLE}"

[environments.aws.parameters]
Greeting = {{ env = "SHOP_GREETING" }}
Who = {{ ssm = "/shop/who" }}
"""


def configure(shop: Project, old: str, new: str) -> None:
    """Change and commit releases.toml."""
    text = (shop.root / "releases.toml").read_text()
    assert old in text
    shop.write("releases.toml", text.replace(old, new))
    shop.commit()


def problems(shop: Project, *options: str) -> list[tuple[str, str]]:
    """Return code and message of each finding of `env check`."""
    told = shop.run("env", "check", "--json", *options).json
    return [
        (check["error"]["code"], check["error"]["message"])
        for check in told["checks"]
        if not check["ok"]
    ]


# env check


@pytest.mark.usefixtures("store")
def test_everything_that_a_deployment_needs_is_looked_up(shop: Project) -> None:
    """A line per thing; nothing is written, to AWS or to Git."""
    before = shop.git("for-each-ref")
    out = shop.ok("env", "check", "--env", "aws").out
    assert f"  OK  account {ACCOUNT} in {REGION}, as arn:aws:sts::{ACCOUNT}:" in out
    assert "  OK  parameter Greeting from $SHOP_GREETING: Hello\n" in out
    assert "  OK  parameter Who from ssm:/shop/who: Alice\n" in out
    assert f"  OK  hello is the state machine hello, with the role {ROLE}\n" in out
    assert out.endswith("checked: all OK\n")
    assert before == shop.git("for-each-ref")
    assert shop.json("status")["environments"][0]["state"] == "never-deployed"


@pytest.mark.usefixtures("store")
def test_only_environments_of_releases_toml_are_checked(shop: Project) -> None:
    """`local` always exists, and is checked once the file has it or a deployment used it."""
    assert "local" not in shop.ok("env", "check").out
    configure(shop, 'default_environment = "aws"\n', "")
    out = shop.run("env", "check").out
    assert "local (not AWS)" in out


def test_every_problem_is_told_with_what_to_do(
    shop: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A missing parameter hides no unset variable, and neither a missing alarm."""
    monkeypatch.delenv("SHOP_GREETING")
    alarms = 'strategy = { type = "canary", percent = 10, interval = "5m", alarms = ["no"] }\n'
    configure(shop, 'role_arn = "', alarms + 'role_arn = "')
    codes = [
        ("E_CONFIG", "SHOP_GREETING"),
        ("E_NOT_FOUND", "/shop/who"),
        ("E_NOT_FOUND", "an alarm that doesn't exist: no"),
    ]
    found = problems(shop, "--env", "aws")
    assert [code for code, _ in found] == [code for code, _ in codes]
    assert all(word in text for (_, word), (_, text) in zip(codes, found, strict=True))
    assert shop.run("env", "check").code == 1


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('role_arn = "${Who}"', "'Alice' can't be the role of hello"),
        ('logging = { level = "ALL" }', "hello logs ALL but has no destination"),
        (
            LOGGING,
            "isn't a log group that Step Functions accepts",
        ),
        ('name = "{workflow} x"', "E_CONFIG"),
    ],
)
def test_what_aws_would_refuse_is_found(line: str, words: str, shop: Project) -> None:
    """Roles and log groups once their parameters are filled."""
    old = f'role_arn = "{ROLE}"'
    configure(shop, old, line if line.startswith("role") else f"{old}\n{line}")
    ran = shop.run("env", "check", "--env", "aws")
    assert (ran.code, words in ran.out + ran.err) == (1, True), ran.out + ran.err


@pytest.mark.usefixtures("store")
def test_two_environments_that_name_one_state_machine_are_found(shop: Project) -> None:
    """Names clash within one account, as far as it is known, and not across accounts."""
    text = (shop.root / "releases.toml").read_text()
    twin = text[text.index("[environments.aws]") :].replace("environments.aws", "environments.two")
    shop.write("releases.toml", f"{text}\n{twin}")
    (found,) = problems(shop, "--env", "aws")
    assert found == ("E_CONFLICT", "aws and two use the same state machine, hello.")
    shop.write("releases.toml", f"{text}\n" + twin.replace(ACCOUNT, OTHER))
    assert problems(shop, "--env", "aws") == []
    named = twin.replace("region =", 'name = "{workflow}-two"\nregion =')
    shop.write("releases.toml", f"{text}\n{named}")
    assert problems(shop, "--env", "aws") == []


# Accounts and roles


@pytest.mark.usefixtures("store")
def test_another_account_is_refused_by_every_verb(shop: Project) -> None:
    """The refusal comes before any read or write in the account."""
    shop.ok("publish", "1.0.0")
    configure(shop, ACCOUNT, OTHER)
    for verb in (["deploy", "1.0.0"], ["rollback"], ["publish", "1.1.0"], ["execute", "hello"]):
        ran = shop.run("--json", *verb)
        assert (ran.code, ran.json["error"]["code"]) == (1, "E_ACCESS"), verb
        assert f"belong to account {ACCOUNT}" in ran.json["error"]["message"]
    assert shop.git("tag", "--list") == "v1.0.0"
    for more in ([], ["--check"]):
        ran = shop.run("--json", "status", "--env", "aws", *more)
        assert ran.code == 1  # unreachable, so drift is unknown
    (told,) = ran.json["environments"]
    assert (told["state"], ACCOUNT in told["problem"]) == ("unreachable", True)
    assert [code for code, _ in problems(shop, "--env", "aws")] == ["E_ACCESS"]


@pytest.mark.parametrize("extra", ["", ', external_id = "shop-42"'])
def test_a_role_is_assumed(extra: str, shop: Project) -> None:
    """The account of the role counts, with an external id and without."""
    role = f"arn:aws:iam::{OTHER}:role/deployer"
    line = f'assume_role = {{ role_arn = "{role}"{extra} }}\nrole_arn = "{ROLE}"'
    configure(shop, f'role_arn = "{ROLE}"', line)
    configure(shop, f'account = "{ACCOUNT}"', f'account = "{OTHER}"')
    configure(shop, 'Who = { ssm = "/shop/who" }', 'Who = "Alice"')
    out = shop.ok("env", "check", "--env", "aws").out
    assert f"account {OTHER} in {REGION}, as arn:aws:sts::{OTHER}:assumed-role/deployer/" in out


# Parameters


@pytest.mark.usefixtures("store")
def test_looked_up_values_are_filled_and_recorded(shop: Project) -> None:
    """Each value is filled in and recorded, and `$${` is a literal `${`."""
    (record,) = shop.json("publish", "1.0.0")["deployments"]
    assert record["parameters"] == {"Greeting": "Hello", "Who": "Alice"}
    done = shop.json("execute", "hello")
    assert done["output"] == "Hello Alice ${Who}"


@pytest.mark.usefixtures("store")
def test_looked_up_values_have_types(
    shop: Project, store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Numbers and lists come from Parameter Store and variables too; a wrong text is named."""
    declared = (
        'Pause = { ssm = "/shop/pause", type = "integer" }\n'
        'Names = { env = "SHOP_NAMES", type = "list" }\nWho = '
    )
    configure(shop, "Who = ", declared)
    shop.workflow("hello", {"pause": "${Pause}", "names": "${Names}"})
    shop.commit()
    monkeypatch.setenv("SHOP_NAMES", "a, b")
    store.put_parameter(Name="/shop/pause", Value="soon", Type="String")
    message = 'The parameter Pause of aws comes from ssm:/shop/pause: "soon" is not a whole number.'
    assert problems(shop, "--env", "aws") == [("E_CONFIG", message)]
    ran = shop.run("publish", "1.0.0")
    assert (ran.code, message in ran.err, shop.git("tag")) == (1, True, "")
    store.put_parameter(Name="/shop/pause", Value="30", Type="String", Overwrite=True)
    (record,) = shop.json("publish", "1.0.0")["deployments"]
    assert record["parameters"] == {"Names": ["a", "b"], "Pause": 30}
    assert shop.json("execute", "hello")["output"] == {"pause": 30, "names": ["a", "b"]}


def test_the_account_is_the_one_of_sts_if_nothing_says_it(shop: Project) -> None:
    """Without STS you have to set the account in releases.toml."""
    configure(shop, f'account = "{ACCOUNT}"\n', "")
    shop.workflow("hello", "${AWS::Partition} ${AWS::Region} ${AWS::AccountId}")
    shop.workflow("caller", "${workflow:hello}")
    shop.commit()
    assert problems(shop, "--env", "aws") == []
    shop.ok("publish", "1.0.0")
    assert shop.json("execute", "hello")["output"] == f"aws {REGION} {ACCOUNT}"
    arn = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:hello:live"
    assert shop.json("execute", "caller")["output"] == arn
    text = (shop.root / "releases.toml").read_text()
    shop.write("releases.toml", re.sub(r', sts = "[^"]*"', "", text))
    shop.workflow("caller", "of ${workflow:hello}")
    shop.commit()
    shop.ok("publish", "1.1.0")  # the record of the last deployment knows it
    shop.write(
        "releases.toml",
        shop.git("show", "HEAD:releases.toml")
        .replace("aws]", "b]")
        .replace("aws.", "b.")
        .replace('"aws"', '"b"'),
    )
    shop.commit()
    (told,) = problems(shop, "--env", "b")
    assert told == ("E_CONFIG", "The account of b is unknown.")


def test_a_secure_string_is_refused(shop: Project, store: Any) -> None:
    """Values in definitions are recorded and shown, so they can't be secrets."""
    store.delete_parameter(Name="/shop/who")
    store.put_parameter(Name="/shop/who", Value="s3cret", Type="SecureString")
    ran = shop.run("publish", "1.0.0")
    assert (ran.code, "E_CONFIG" in ran.err, "SecureString" in ran.err) == (1, True, True)
    assert "s3cret" not in ran.out + ran.err
    assert shop.git("tag", "--list") == ""


@pytest.mark.parametrize(("value", "word"), [(None, "not set"), ("", "empty")])
@pytest.mark.usefixtures("store")
def test_a_variable_that_says_nothing_is_refused(
    value: str | None, word: str, shop: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The refusal comes before a version is taken."""
    monkeypatch.delenv("SHOP_GREETING")
    if value is not None:
        monkeypatch.setenv("SHOP_GREETING", value)
    ran = shop.run("publish", "1.0.0")
    assert (ran.code, f"SHOP_GREETING, which is {word}" in ran.err) == (1, True)
    assert shop.git("tag", "--list") == ""


class Broken:
    """A client of *service* whose one operation fails."""

    def __init__(self, service: str, operation: str, fault: Fault) -> None:
        self.meta = SimpleNamespace(service_model=SimpleNamespace(service_name=service))
        self._fault = fault
        setattr(self, operation, self._refuse)
        self._operation = operation.replace("_", " ").title().replace(" ", "")

    def _refuse(self, **_: Any) -> Any:
        raise self._fault.error(self._operation)


def opened(
    shop: Project, broken: Broken | None = None, watcher: Watcher | None = None
) -> Workspace:
    """Open the project; one of the environment's services may be *broken*."""
    workspace = open_workspace(shop.root, system_runtime(watcher or Watcher()))
    real = workspace.aws
    name = broken.meta.service_model.service_name if broken else ""

    def aws(environment: Environment) -> Aws:
        services = real(environment)
        return Aws(
            services.step_functions,
            lambda service: broken if service == name else services.other(service),
        )

    return replace(workspace, aws=aws)


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (THROTTLED, "E_AWS"),
        (SERVER_ERROR, "E_NETWORK"),
        (DENIED, "E_ACCESS"),
        (TIMEOUT_BEFORE, "E_NETWORK"),
    ],
    ids=str,
)
@pytest.mark.parametrize(
    ("service", "operation", "named"),
    [
        ("sts", "get_caller_identity", "sts:GetCallerIdentity"),
        ("ssm", "get_parameters", "ssm:GetParameters"),
    ],
)
@pytest.mark.usefixtures("store")
def test_a_fault_of_sts_or_ssm_changes_nothing(
    service: str, operation: str, named: str, fault: Fault, code: str, shop: Project
) -> None:
    """The error names a missing permission, and the same command works once the fault is over."""
    shop.ok("publish", "1.0.0", "--no-deploy")
    words = [named] if fault is DENIED else []
    with refused(code, *words):
        deploy(opened(shop, Broken(service, operation, fault)), "1.0.0", environment="aws")
    assert shop.json("status", "--env", "aws")["environments"][0]["state"] == "never-deployed"
    shop.ok("deploy", "1.0.0")


def test_a_parameter_that_changes_after_the_plan_stops_the_deployment(
    shop: Project, store: Any
) -> None:
    """Either the deployment matches its plan, or nothing is deployed."""
    shop.ok("publish", "1.0.0", "--no-deploy")

    class Meddling(Watcher):
        def planned(self, plan: Plan) -> None:
            super().planned(plan)
            store.put_parameter(Name="/shop/who", Value="Eve", Type="String", Overwrite=True)

    with refused("E_CONFLICT", "Who", "'Alice'", "'Eve'"):
        deploy(opened(shop, watcher=Meddling()), "1.0.0", environment="aws")
    assert shop.json("status", "--env", "aws")["environments"][0]["state"] == "never-deployed"


def test_a_parameter_that_changes_while_machines_are_prepared_stops_the_switch(
    shop: Project, store: Any
) -> None:
    """Callers never reach content that the plan didn't show; `$LATEST` is restored."""
    shop.ok("publish", "1.0.0")
    shop.workflow("hello", "Bye ${Who}")
    shop.commit()
    shop.ok("publish", "1.1.0", "--no-deploy")

    class Meddling(Watcher):
        def applied(self, step: Step) -> None:
            super().applied(step)
            store.put_parameter(Name="/shop/who", Value="Eve", Type="String", Overwrite=True)

    with refused("E_CONFLICT", "Who", "'Alice'", "'Eve'"):
        deploy(opened(shop, watcher=Meddling()), "1.1.0", environment="aws")
    told = shop.json("status", "--env", "aws")["environments"][0]
    assert (told["version"], told["last_attempt"]["status"]) == ("1.0.0", "failed")
    assert [workflow["state"] for workflow in told["workflows"]] == ["in-sync"]


def test_a_rollback_needs_no_parameter_store(shop: Project, store: Any) -> None:
    """It sends the recorded form, even with the parameter gone and the service down."""
    shop.ok("publish", "1.0.0")
    store.put_parameter(Name="/shop/who", Value="Bob", Type="String", Overwrite=True)
    shop.workflow("hello", "Bye ${Who}")
    shop.commit()
    shop.ok("publish", "1.1.0")
    store.delete_parameter(Name="/shop/who")
    broken = Broken("ssm", "get_parameters", TIMEOUT_BEFORE)
    record = rollback(opened(shop, broken), environment="aws")
    assert record is not None
    assert (record.status, dict(record.parameters)) == ("succeeded", {})
    assert shop.json("execute", "hello")["output"] == "Hello Alice ${Who}"


def test_a_role_that_may_not_be_assumed_is_told_of_sts() -> None:
    """The error names STS, although another service was called first."""
    with refused("E_ACCESS", "AWS denied sts:AssumeRole"):
        call(getattr(Broken("stepfunctions", "assume_role", DENIED), "assume_role"))  # noqa: B009 - set at run time
