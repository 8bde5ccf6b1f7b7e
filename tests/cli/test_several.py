"""Several environments in one command: each is tried, each is reported, one exit code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sfn_release.cli.output.plans import plan_lines
from sfn_release.cli.output.progress import ProgressDisplay
from sfn_release.local_service import LocalService, open_service
from sfn_release.local_service.http.server import start
from sfn_release.operations.each_environment import Attempts
from sfn_release.plan import Plan, WorkflowPlan
from sfn_release.plan.steps import DeleteStateMachine
from sfn_release.simulator import Mocks
from support.command_line import ROLE, Project, run


@pytest.fixture
def world(repository: Path, local_server: str) -> Project:
    """Return a project with three environments; nothing listens at the port of `dead`."""
    world = Project(repository)
    text = '[project]\nname = "shop"\n'
    for name in ("eu", "dead", "us"):
        url = local_server if name != "dead" else "http://127.0.0.1:9"
        text += (
            f'\n[environments.{name}]\nregion = "us-east-1"\nendpoint_url = "{url}"\n'
            f'role_arn = "{ROLE}"\nname = "{{workflow}}-{name}-{repository.parent.name}"\n'
        )
    world.write("releases.toml", text + '\n[environments.us.tags]\nWhere = "us"\n')
    world.commit(hello="one")
    return world


ALL = ("--env", "eu", "--env", "dead", "--env", "us")
GOOD = ("--env", "eu", "--env", "us")


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make calls to a closed port fail without retries."""
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")


def test_one_that_fails_hides_no_other(world: Project) -> None:
    """plan, deploy, status and rollback try every environment; JSON has records and errors."""
    world.ok("publish", "1.0.0", *GOOD)
    world.commit(hello="two")
    world.ok("publish", "1.1.0", "--no-deploy")

    planned = world.run("--json", "plan", "1.1.0", *ALL)
    assert planned.code == 1
    assert [plan["environment"] for plan in planned.json["plans"]] == ["eu", "us"]
    assert [(error["environment"], error["code"]) for error in planned.json["errors"]] == [
        ("dead", "E_NETWORK")
    ]

    ran = world.run("--json", "deploy", "1.1.0", *ALL)
    assert ran.code == 1
    assert [deployment["environment"] for deployment in ran.json["deployments"]] == ["eu", "us"]
    (error,) = ran.json["errors"]
    assert error.keys() == {"environment", "code", "message", "why", "fix"}
    assert (error["environment"], error["code"]) == ("dead", "E_NETWORK")
    assert "error: dead: " in ran.err

    found = world.json("status", "--env", "us", "--env", "eu")["environments"]
    assert [(environment["name"], environment["version"]) for environment in found] == [
        ("us", "1.1.0"),
        ("eu", "1.1.0"),
    ]

    back = world.run("rollback", *ALL)
    assert back.code == 1
    first, second, third = back.out.splitlines()
    assert first.startswith("rolled back eu from 1.1.0 to 1.0.0")
    assert second.startswith("failed in dead: ")
    assert third.startswith("rolled back us from 1.1.0 to 1.0.0")


def test_promotion_to_several(world: Project) -> None:
    """--to can be repeated; --env has no meaning for `promote`."""
    world.ok("publish", "1.0.0", "--env", "eu")
    ran = world.ok("--json", "promote", "--from", "eu", "--to", "us", "--to", "us").json
    (record,) = ran["deployments"]
    assert (record["action"], record["promoted_from"]) == ("promote", "eu")
    assert ran["errors"] == []
    assert "promote from eu" in world.ok("history", "--env", "us").out
    assert world.run("promote", "--from", "eu", "--to", "us", "--env", "us").code == 2
    assert world.run("promote", "--from", "eu", "--to", "nowhere").code == 1


def test_publishing_is_refused_before_the_version_is_taken(world: Project) -> None:
    """The error names each environment that can't be deployed to."""
    ran = world.run("--json", "publish", "1.0.0", *ALL)
    assert (ran.code, ran.json["error"]["code"]) == (1, "E_SEVERAL")
    assert [error["environment"] for error in ran.json["errors"]] == ["dead"]
    assert world.git("tag", "--list") == ""


def test_a_publication_that_fails_in_one_environment(world: Project, tmp_path: Path) -> None:
    """The version is released, and the report has the successful and the failed deployments."""
    inner = open_service(tmp_path / "denied.db", tasks_for=lambda _scope: Mocks())
    with start(_NoAliases(inner)) as server:  # type: ignore[arg-type]  # it has the server's methods
        text = (world.root / "releases.toml").read_text()
        world.write("releases.toml", text.replace("http://127.0.0.1:9", server.url))
        world.commit()
        ran = world.run("--json", "publish", "1.0.0", *ALL)
        assert ran.code == 1
        assert (ran.json["schema"], ran.json["version"]) == ("sfn-release/publish/1", "1.0.0")
        assert [deployment["environment"] for deployment in ran.json["deployments"]] == ["eu", "us"]
        (error,) = ran.json["errors"]
        assert (error["environment"], error["code"]) == ("dead", "E_ACCESS")
        assert "1.0.0 is released, but not deployed to dead." in error["why"]
        again = world.run("publish", "1.0.0", *ALL)
        assert again.code == 1
        world.write("releases.toml", text)  # `dead` is closed again
        world.commit()
        unseen = world.run("--json", "publish", "1.0.0", *ALL).json["errors"]
        assert [(error["environment"], error["code"]) for error in unseen] == [
            ("dead", "E_NETWORK")
        ]
        told = [
            "1.0.0 is already live in eu: nothing to do",
            "failed in dead: ",
            "1.0.0 is already live in us",
        ]
        assert [text for text in told if text not in again.out] == []


class _NoAliases:
    """A service that denies the creation of aliases."""

    def __init__(self, inner: LocalService) -> None:
        self._inner = inner
        self.context = inner.context

    def answer(self, operation: str, body: bytes, *scope: Any) -> tuple[int, dict[str, str], bytes]:
        """Answer as the service does, except for aliases."""
        if operation == "CreateStateMachineAlias":
            refusal = b'{"__type": "AccessDeniedException", "message": "denied"}'
            return 400, {"Content-Length": str(len(refusal))}, refusal
        return self._inner.answer(operation, body, *scope)

    def close(self) -> None:
        """Close the service."""
        self._inner.close()


def test_other_commands_take_one(world: Project) -> None:
    """history, execute, delete and unlock accept one environment only."""
    for command in (["history"], ["execute", "hello"], ["delete", "hello"], ["unlock"]):
        ran = run("-C", str(world.root), *command, *GOOD)
        assert (ran.code, "takes one --env" in ran.err) == (2, True), command


def test_an_interruption_stops_all() -> None:
    """An interruption skips the environments that haven't started."""
    begun = []

    def act(name: str) -> None:
        begun.append(name)
        if name == "dead":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Attempts(3).each(["eu", "dead", "us"], act)
    assert begun == ["eu", "dead"]


# Many workflows


def big(count: int) -> Plan:
    """Return a plan with one step for each of many workflows."""
    steps = [DeleteStateMachine(f"w{number:03}", f"arn:{number}") for number in range(count)]
    flows = [WorkflowPlan(step.workflow, "deleted", switch=(step, step)) for step in steps]
    return Plan("prod", "delete", "1.0.0", "1.0.0", tuple(flows))


def test_a_log_of_many_steps_stays_short(capsys: pytest.CaptureFixture[str]) -> None:
    """There is a line for every ten percent, and with -v for every step."""
    steps = [step for workflow in big(300).workflows for step in workflow.switch]
    for verbose, expected in ((False, 10), (True, 600)):
        progress = ProgressDisplay(verbose=verbose)
        progress.applying(len(steps))
        for step in steps:
            progress.applied(step)
        lines = capsys.readouterr().err.splitlines()
        assert len(lines) == expected
    progress = ProgressDisplay()
    progress.applying(600)
    for step in steps[:60]:
        progress.applied(step)
    assert capsys.readouterr().err == "[60/600] 10 %\n"


def test_a_plan_of_many_workflows_has_a_line_for_each() -> None:
    """There is one line for each workflow, and with -v one for every step."""
    lines = [*plan_lines(big(200), label="prod")]
    assert len(lines) == 201
    assert lines[1].count("delete arn:0 with") == 2
    assert len([*plan_lines(big(200), label="prod", verbose=True)]) == 401
