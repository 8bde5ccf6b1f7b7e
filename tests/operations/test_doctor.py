"""`doctor`: it finds and names every problem, and changes nothing."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

import sfn_release as sfn
from sfn_release.aws.clients import Aws, no_other
from sfn_release.deployment.runtime import Runtime
from sfn_release.operations import Diagnosis, doctor
from sfn_release.operations.diagnosis import repository_setup
from sfn_release.operations.workspace import Workspace
from sfn_release.project import Environment
from support.command_line import Project, run
from support.faults import KILLED, At, Faulty, KilledError
from support.shop import CONFIG, PROD, RELEASES, ROLE, Shop, add_remote, clone, copy_shop, make_shop

ACCOUNT = "000000000000"


@dataclass
class Cloud:
    """AWS in this process: real Step Functions, and stand-ins for the other services.

    *denied* are the refused operations, *alarms* the existing alarms with their states.
    """

    client: Any
    denied: frozenset[str] = frozenset()
    alarms: Mapping[str, str] = field(default_factory=dict)
    account: str = ACCOUNT
    down: bool = False
    url: str = "https://states.eu-west-1.amazonaws.com"
    asked: list[str] = field(default_factory=list)

    def aws(self, _: Environment) -> Aws:
        """Return the services."""
        elsewhere = {"iam", "events", "scheduler", "pipes"}
        return Aws(
            lambda: self,
            lambda service: no_other()(service) if service in elsewhere else self,
        )

    @property
    def meta(self) -> Any:
        """The metadata of a client."""
        return type("Meta", (), {"endpoint_url": self.url, "service_model": None})

    def get_caller_identity(self) -> dict[str, Any]:
        """STS."""
        if self.down:
            raise EndpointConnectionError(endpoint_url="https://sts")
        return {"Account": self.account, "Arn": f"arn:aws:sts::{self.account}:assumed-role/ci/x"}

    def describe_alarms(self, **request: Any) -> dict[str, Any]:
        """Answer as CloudWatch does."""
        names = [name for name in request.get("AlarmNames", ()) if name in self.alarms]
        found = [{"AlarmName": name, "StateValue": self.alarms[name]} for name in names]
        return {"MetricAlarms": found[:1], "CompositeAlarms": found[1:]}

    def __getattr__(self, operation: str) -> Any:
        def call(**request: Any) -> Any:
            self.asked.append(operation)
            if operation in self.denied:
                words = f"User: ci is not authorized to perform: {operation} on \x1b[31mit"
                error = {"Code": "AccessDeniedException", "Message": words}
                raise ClientError({"Error": error}, operation)
            if not hasattr(self.client, operation):
                error = {"Code": "ResourceNotFoundException", "Message": "no such function"}
                raise ClientError({"Error": error}, operation)
            return getattr(self.client, operation)(**request)

        return call


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Make a clone with a remote, and AWS for `prod`."""
    made = copy_shop(tmp_path)
    add_remote(made)
    made.git("config", "user.name", "Ann")
    made.git("config", "user.email", "ann@example.com")
    made.clients["prod"] = sfn.local(region="eu-west-1")
    return made


def examined(shop: Shop, cloud: Cloud | None = None, *names: str) -> list[Diagnosis]:
    """Return the diagnoses of doctor."""
    there = cloud or Cloud(shop.clients["prod"])

    def opened(_: Path, runtime: Runtime) -> Workspace:
        workspace = replace(shop.workspace(), runtime=runtime)
        local = workspace.aws

        def aws(environment: Environment) -> Aws:
            return (
                there.aws(environment)
                if environment.backend.needs_credentials
                else local(environment)
            )

        return replace(workspace, aws=aws)

    runtime = shop.workspace().runtime if (shop.project / "releases.toml").exists() else None
    assert runtime is not None
    return list(doctor(shop.project, runtime, environments=names, opened=opened))


def wrong(found: list[Diagnosis]) -> list[tuple[str, str, str]]:
    """Return area, subject and verdict of every problem."""
    return [
        (diagnosis.area, diagnosis.subject, diagnosis.verdict)
        for diagnosis in found
        if diagnosis.verdict != "ok"
    ]


def told(found: list[Diagnosis], subject: str) -> str:
    """Return the message about a subject with a problem."""
    (text,) = {
        diagnosis.message
        for diagnosis in found
        if diagnosis.subject == subject and diagnosis.verdict != "ok"
    }
    return text


def test_all_is_well(shop: Shop) -> None:
    """Every line says OK, and nothing in Git or in AWS has changed."""
    shop.publish("1.0.0", "prod")
    before, remote = shop.refs(), shop.git("ls-remote", "origin")
    machine = shop.arn("hello", "prod")
    revision = shop.client("prod").describe_state_machine(stateMachineArn=machine).get("revisionId")
    cloud = Cloud(shop.clients["prod"])
    found = examined(shop, cloud)
    assert wrong(found) == []
    assert {diagnosis.area for diagnosis in found} == {"git", "project", "ledger", "local", "prod"}
    assert [diagnosis.fix for diagnosis in found] == [""] * len(found)
    assert (shop.refs(), shop.git("ls-remote", "origin")) == (before, remote)
    listed = shop.client("prod").list_state_machines()["stateMachines"]
    assert [machine["name"] for machine in listed] == ["hello"]
    now = shop.client("prod").describe_state_machine(stateMachineArn=machine)
    assert (now.get("revisionId"), shop.versions("hello", "prod")) == (revision, [1])


# git


def test_outside_a_repository(tmp_path: Path) -> None:
    """The first problem is the missing project; doctor still checks the rest."""
    ran = run("-C", str(tmp_path), "--json", "doctor")
    assert ran.code == 1
    said = [(diagnosis["subject"], diagnosis["verdict"]) for diagnosis in ran.json["diagnoses"]]
    assert said == [("releases.toml", "problem"), ("version", "ok"), ("repository", "problem")]


def test_a_broken_releases_toml_is_the_first_problem(tmp_path: Path) -> None:
    """Git is still checked."""
    shop = copy_shop(tmp_path)
    shop.write("releases.toml", "[project]\nnmae = 1\n")
    ran = run("-C", str(shop.root), "--json", "doctor")
    first, *rest = ran.json["diagnoses"]
    assert (ran.code, first["subject"], first["verdict"]) == (1, "releases.toml", "problem")
    assert "nmae" in first["message"]
    assert ("locks", "ok") in [(diagnosis["subject"], diagnosis["verdict"]) for diagnosis in rest]


def test_without_git(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says where to get it."""
    monkeypatch.setenv("PATH", "/nowhere")
    ran = run("-C", str(shop.root), "--json", "doctor")
    subjects = [
        diagnosis["subject"]
        for diagnosis in ran.json["diagnoses"]
        if diagnosis["verdict"] == "problem"
    ]
    assert subjects == ["version", "repository"]


def test_a_repository_of_another_owner_is_a_problem(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Git's own words suggest the fix (`safe.directory`); the tool doesn't work around it."""
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    ran = run("-C", str(shop.root), "--json", "doctor")
    (one,) = [
        diagnosis for diagnosis in ran.json["diagnoses"] if diagnosis["subject"] == "repository"
    ]
    assert one["verdict"] == "problem"
    assert "safe.directory" in one["message"]


def test_an_old_git_is_too_old(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some of its options are missing."""
    monkeypatch.setattr(
        "sfn_release.operations.diagnosis.repository_setup.git_version",
        lambda _: "git version 2.25.1",
    )
    assert told(examined(shop), "version") == "git version 2.25.1 is too old"


def test_no_identity_is_a_warning(shop: Shop) -> None:
    """CI has no identity, and you can still sign releases there."""
    shop.git("config", "--unset", "user.name")
    shop.git("config", "--unset", "user.email")
    assert "git doesn't know your name" in told(examined(shop), "identity")


def test_a_repository_before_its_first_commit(tmp_path: Path) -> None:
    """There is nothing to release."""
    shop = Shop(tmp_path / "new")
    shop.root.mkdir()
    shop.git("init", "--quiet")
    shop.write("releases.toml", CONFIG.partition("[environments.prod]")[0])
    assert "no commit yet" in told(examined(shop, Cloud(None)), "commit")


def test_a_lock_that_a_killed_git_left_is_told_and_kept(shop: Shop) -> None:
    """The line gives its age and the command to remove it: only you know whether that is safe."""
    lock = shop.root / ".git" / "refs" / "heads" / "main.lock"
    lock.touch()
    at = shop.clock.at.timestamp()
    os.utime(lock, (at - 3 * 86400, at - 3 * 86400))
    found = examined(shop)
    assert told(found, "locks").startswith("refs/heads/main.lock is 3 d old, and no git is running")
    (fix,) = [diagnosis.fix for diagnosis in found if diagnosis.subject == "locks"]
    assert fix.endswith(f"rm '{lock}'")
    assert lock.exists()


def test_a_lock_of_a_live_git_is_no_problem(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is waited for."""
    (shop.root / ".git" / "index.lock").touch()
    monkeypatch.setattr(repository_setup, "_live_gits", lambda _: [17])
    found = examined(shop)
    assert ("git", "locks", "warning") in wrong(found)
    assert "process 17" in told(found, "locks")


# the ledger


def test_an_unreachable_remote_is_a_line(shop: Shop) -> None:
    """The environments are checked against the last fetched ledger."""
    shop.publish("1.0.0", "prod")
    shop.git("remote", "set-url", "origin", "/nowhere")
    found = examined(shop)
    assert ("ledger", "refs", "problem") in wrong(found)
    assert ("prod", "state machines", "ok") in [
        (diagnosis.area, diagnosis.subject, diagnosis.verdict) for diagnosis in found
    ]


def test_a_branch_in_the_way_is_named(shop: Shop) -> None:
    """Git cannot keep `sfn-release` and `sfn-release/…` side by side."""
    shop.git("branch", "sfn-release")
    assert "refs/heads/sfn-release in this clone is in the way" in told(examined(shop), "refs")


def test_a_rewritten_ledger_is_named(shop: Shop) -> None:
    """It differs from the ledger that this clone has seen."""
    shop.publish("1.0.0", "prod")
    shop.git("push", "--quiet", "--force", "origin", f"HEAD:{RELEASES}")
    assert "was rewritten" in told(examined(shop), "refs")


def test_a_ledger_that_cannot_be_read_is_named(shop: Shop) -> None:
    """A commit there that no release made."""
    shop.publish("1.0.0", "prod")
    tip = shop.git("rev-parse", RELEASES)
    forged = shop.git("commit-tree", f"{tip}^{{tree}}", "-p", tip, "-m", "by hand")
    shop.git("push", "--quiet", "origin", f"{forged}:{RELEASES}")
    assert "isn't the commit of a release" in told(examined(shop), "releases")


def test_a_ledger_branch_that_is_checked_out_is_named(shop: Shop) -> None:
    """It would move under the branch's user."""
    shop.publish("1.0.0", "prod")
    shop.git("checkout", "--quiet", PROD.removeprefix("refs/heads/"))
    shop.write("releases.toml", CONFIG)
    assert f"{PROD} is checked out" in told(examined(shop), "branches")


def test_a_remote_that_refuses_pushes_is_named(shop: Shop) -> None:
    """Branches, releases and tags, each by a push that does nothing."""
    shop.publish("1.0.0", "prod")
    shop.git("config", "remote.origin.receivepack", "false")
    found = examined(shop)
    assert {subject for _, subject, _ in wrong(found)} == {
        "push a branch",
        "push a tag",
        "push a release",
    }


def test_a_remote_that_pushes_elsewhere_is_named(shop: Shop) -> None:
    """The ledger must be read where it is written."""
    shop.git("remote", "set-url", "--push", "origin", "/elsewhere")
    assert "pushes to another" in told(examined(shop), "remote")


def test_a_password_in_the_remotes_url_is_not_shown(shop: Shop) -> None:
    """Its host is enough."""
    shop.git("remote", "set-url", "origin", "https://me:secret@git.invalid/shop.git")
    found = examined(shop)
    (remote,) = [diagnosis for diagnosis in found if diagnosis.subject == "remote"]
    assert remote.message == "origin, https://***@git.invalid/shop.git"


def test_a_shared_environment_needs_a_remote(tmp_path: Path) -> None:
    """Otherwise other clones don't know what is deployed there."""
    shop = copy_shop(tmp_path)
    shop.clients["prod"] = sfn.local(region="eu-west-1")
    assert ("ledger", "remote", "problem") in wrong(examined(shop))


def test_a_deployment_that_was_killed_is_told(shop: Shop) -> None:
    """The line says how to go on, and its note isn't reported as a stray one."""
    client = shop.clients["prod"]
    shop.publish("1.0.0", "prod")
    shop.commit(hello="two")
    shop.clients["prod"] = Faulty(client, At("hello.UpdateStateMachine", KILLED))
    with pytest.raises(KilledError):
        shop.publish("1.1.0", "prod")
    shop.clients["prod"] = client
    found = examined(shop)
    assert wrong(found) == [("ledger", "env/prod", "warning")]
    assert (
        told(found, "env/prod") == "publish 1.1.0 by ann was left unfinished: its process is gone"
    )
    elsewhere = clone(shop)
    assert "prod is being deployed to" in told(examined(elsewhere, Cloud(client)), "env/prod")


def test_a_note_that_nobody_needs_is_told(shop: Shop) -> None:
    """It was left before its deployment began."""
    note = shop.root / ".git" / "sfn-release" / "deployments" / "20300101T120000Z-00000001"
    note.parent.mkdir(parents=True)
    note.touch()
    found = examined(shop)
    assert wrong(found) == [("ledger", "notes", "warning")]
    assert str(note) in told(found, "notes")


# AWS

DEPLOYING = [
    *("list_state_machines", "describe_state_machine", "list_state_machine_versions"),
    *("list_tags_for_resource", "update_state_machine", "publish_state_machine_version"),
    *("tag_resource", "untag_resource", "create_state_machine", "describe_state_machine_alias"),
    *("create_state_machine_alias", "update_state_machine_alias", "delete_state_machine_alias"),
]


def test_the_network_being_down_is_a_line(shop: Shop) -> None:
    """The rest of that environment is not asked."""
    found = examined(shop, Cloud(shop.clients["prod"], down=True))
    assert wrong(found) == [("prod", "account", "problem")]


@pytest.mark.parametrize(
    "operation", [*DEPLOYING, "start_execution", "list_state_machine_aliases", "expired"]
)
def test_a_call_that_fails_is_a_line(shop: Shop, operation: str) -> None:
    """Whichever it is: doctor goes on, and never shows a traceback."""
    shop.publish("1.0.0", "prod")

    class Broken(Cloud):
        def __getattr__(self, name: str) -> Any:
            if name == operation:
                return self.fail
            return self.refuse if operation == "expired" else super().__getattr__(name)

        def fail(self, **_: Any) -> Any:
            raise EndpointConnectionError(endpoint_url="https://states")

        def refuse(self, **_: Any) -> Any:
            error = {"Code": "ExpiredTokenException", "Message": "expired"}
            raise ClientError({"Error": error}, "Any")

    found = examined(shop, Broken(shop.clients["prod"]))
    assert "problem" in {verdict for area, _, verdict in wrong(found) if area == "prod"}
    assert wrong([diagnosis for diagnosis in found if diagnosis.area != "prod"]) == []


def test_credentials_of_another_account_are_named(tmp_path: Path, shop: Shop) -> None:
    """`doctor` makes no calls in that account."""
    config = CONFIG.replace('region = "eu-west-1"', 'region = "eu-west-1"\naccount = "1" * 12')
    config = config.replace('"1" * 12', '"111111111111"')
    other = make_shop(tmp_path / "other", config=config)
    other.clients.update(shop.clients)
    cloud = Cloud(shop.clients["prod"])
    found = examined(other, cloud, "prod")
    assert "belong to account 000000000000" in told(found, "account")
    assert cloud.asked == []


@pytest.mark.parametrize("operation", DEPLOYING)
def test_a_missing_permission_is_a_problem(shop: Shop, operation: str) -> None:
    """The line has the IAM action and AWS's message."""
    found = examined(shop, Cloud(shop.clients["prod"], denied=frozenset({operation})), "prod")
    action = "states:" + operation.replace("_", " ").title().replace(" ", "")
    denied = [
        diagnosis for diagnosis in found if diagnosis.message.startswith(f"{action} is denied")
    ]
    assert [diagnosis.verdict for diagnosis in denied] == ["problem"]
    assert "not authorized" in denied[0].message
    assert denied[0].fix.startswith("The deployer needs it for deployments")


def test_what_only_execute_needs_is_a_warning(shop: Shop) -> None:
    """A deployer doesn't need to start executions."""
    cloud = Cloud(shop.clients["prod"], denied=frozenset({"start_execution"}))
    assert wrong(examined(shop, cloud, "prod")) == [("prod", "permission", "warning")]


def test_handing_the_role_over_is_told_where_aws_says_so(shop: Shop) -> None:
    """Its words name iam:PassRole."""

    class NoPassRole(Cloud):
        def update_state_machine(self, **_: Any) -> Any:
            words = f"ci is not authorized to perform: iam:PassRole on resource: {ROLE}"
            error = {"Code": "AccessDeniedException", "Message": words}
            raise ClientError({"Error": error}, "UpdateStateMachine")

    found = examined(shop, NoPassRole(shop.clients["prod"]), "prod")
    assert told(found, "permission").startswith("iam:PassRole is denied")


def test_an_emulator_is_not_asked_to_create(shop: Shop) -> None:
    """It might do it."""
    cloud = Cloud(shop.clients["prod"], url="http://127.0.0.1:4566")
    examined(shop, cloud, "prod")
    assert "create_state_machine" not in cloud.asked
    assert "delete_state_machine" not in cloud.asked


def test_every_environment_is_asked_for_what_it_needs(tmp_path: Path, shop: Shop) -> None:
    """Pins, parameters and a strategy take permissions of other services."""
    strategy = (
        'strategy = { type = "canary", percent = 10, interval = "5m", max_failures = 1,'
        ' alarms = ["a", "b", "c"] }\npins = "resolve"\n'
    )
    config = CONFIG.replace('region = "eu-west-1"\n', f'region = "eu-west-1"\n{strategy}')
    other = make_shop(tmp_path / "other", config=config)
    add_remote(other)
    other.git("config", "user.name", "Ann")
    other.git("config", "user.email", "ann@example.com")
    cloud = Cloud(
        shop.clients["prod"],
        denied=frozenset({"get_alias", "list_executions"}),
        alarms={"a": "OK", "b": "ALARM"},
    )
    found = examined(other, cloud, "prod")
    said = [diagnosis.message for diagnosis in found if diagnosis.verdict != "ok"]
    assert [text.partition(":")[0] + ":" + text.split(":")[1] for text in said[:2]] == [
        "states:ListExecutions is denied",
        "lambda:GetAlias is denied",
    ]
    assert said[2:] == [
        "b is in ALARM, so callers can't be shifted now",
        "there is no alarm 'c'",
    ]


def test_a_role_and_a_log_group_elsewhere_are_named(tmp_path: Path, shop: Shop) -> None:
    """A state machine takes neither."""
    group = "arn:aws:logs:us-east-1:000000000000:log-group:shop:*"
    logging = (
        'logging = { level = "ALL", destinations = ['
        f'{{ cloudWatchLogsLogGroup = {{ logGroupArn = "{group}" }} }}] }}\n'
    )
    config = CONFIG.replace('region = "eu-west-1"\n', f'region = "eu-west-1"\n{logging}')
    other = make_shop(tmp_path / "other", config=config)
    found = examined(other, Cloud(shop.clients["prod"], account="1" * 12), "prod")
    assert "belongs to account 000000000000" in told(found, "role")
    assert "another region or account" in told(found, "log group")


def test_a_machine_of_our_name_without_our_tag_is_named(shop: Shop) -> None:
    """Whose it is, where its tags say so."""
    shop.publish("1.0.0", "prod")
    arn = shop.arn("hello", "prod")
    client: Any = shop.client("prod")
    client.tag_resource(resourceArn=arn, tags=[{"key": "sfn-release:project", "value": "bank"}])
    assert "its tags say project bank, environment prod" in told(examined(shop), "state machines")
    keys = [f"sfn-release:{key}" for key in ("project", "environment")]
    client.untag_resource(resourceArn=arn, tagKeys=keys)
    assert "it has no tags" in told(examined(shop), "state machines")


@pytest.mark.parametrize(
    ("what", "count", "verdict"),
    [
        *(("version", 899, None), ("version", 900, "warning"), ("version", 1000, "problem")),
        *(("alias", 89, None), ("alias", 95, "warning"), ("alias", 100, "problem")),
    ],
)
def test_quotas_that_are_near_are_told(
    shop: Shop, what: str, count: int, verdict: str | None
) -> None:
    """The warning comes before a deployment fails on a quota."""
    shop.publish("1.0.0", "prod")

    class Full(Cloud):
        def list_state_machine_versions(self, **_: Any) -> Any:
            return {"stateMachineVersions": [{}] * (count if what == "version" else 1)}

        def list_state_machine_aliases(self, **_: Any) -> Any:
            return {"stateMachineAliases": [{}] * (count if what == "alias" else 1)}

    found = wrong(examined(shop, Full(shop.clients["prod"])))
    assert found == ([("prod", "state machines", verdict)] if verdict else [])


# the command


def test_the_command_tells_it_line_by_line(project: Project) -> None:
    """Over HTTP too; permissions are counted unless -v is given."""
    project.publish("1.0.0")
    project.git("config", "user.name", "Ann")
    ran = project.run("doctor", "--env", project.environment)
    assert ran.out.startswith("git\n  ok       version         git version ")
    assert f"\n{project.environment}\n" in ran.out
    if project.environment == "aws":
        assert "  ok       permission      14 permissions allowed" in ran.out
        long = project.run("doctor", "--env", "aws", "-v").out
        assert "  ok       permission      states:UpdateStateMachine is allowed" in long
        assert "asking AWS about aws" in ran.err


def test_a_problem_exits_1(shop: Shop) -> None:
    """The output counts the problems."""
    (shop.root / ".git" / "HEAD.lock").touch()
    ran = run("-C", str(shop.root), "doctor", "--env", "local")
    assert (ran.code, ran.out.splitlines()[-1]) == (1, "1 problem, 0 warnings")
    (shop.root / ".git" / "HEAD.lock").unlink()
    ran = run("-C", str(shop.root), "doctor", "--env", "local")
    assert (ran.code, ran.out.splitlines()[-1]) == (0, "no problems")


def test_an_unknown_environment_is_an_error(shop: Shop) -> None:
    """The error is the same as in other commands."""
    ran = run("-C", str(shop.root), "doctor", "--env", "nowhere")
    assert (ran.code, "E_NOT_FOUND" in ran.err) == (1, True)
