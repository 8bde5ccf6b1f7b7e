"""A shift on the command line: its progress on a terminal and in a log."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from sfn_release.cli.output.progress import ProgressDisplay
from sfn_release.deployment.runtime import ExecutionCounts, ShiftProgress
from sfn_release.operations import real_runtime as edge
from sfn_release.plan.steps import Watch
from support.command_line import Project, config, run
from support.world import Clock

STRATEGY = 'strategy = { type = "linear", percent = 50, interval = "20m", max_failures = 0 }\n'
MINUTE = timedelta(minutes=1)

BROKEN = '{"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "Broken", "Cause": "x"}}}'


def shown(progress: ProgressDisplay, minutes: float, **more: Any) -> None:
    """Report a shift with *minutes* left."""
    seen: dict[str, Any] = {"weight": 20, "stage": 1, "stages": 1, **more}
    progress.seen(ShiftProgress(left=minutes * MINUTE, **seen))


def test_a_log_gets_a_line_every_so_often(capsys: pytest.CaptureFixture[str]) -> None:
    """A log has ten lines for a long stage, at most one a minute, and the first of each stage."""
    progress = ProgressDisplay()
    progress.applying(3)
    for half_minutes in range(60, -1, -1):
        shown(progress, half_minutes / 2)
    lines = capsys.readouterr().err.splitlines()
    assert lines[:2] == ["20 % shifted, 30m left", "20 % shifted, 27m left"]
    assert (len(lines), lines[-1]) == (11, "20 % shifted, 0s left")
    shown(
        progress,
        2,
        stage=2,
        stages=2,
        new=ExecutionCounts(1000, 2, more=True),
        old=ExecutionCounts(5, 0),
    )
    shown(progress, 1.5, stage=2, stages=2)
    assert capsys.readouterr().err == (
        "20 % shifted (stage 2 of 2), 2m left; new 1000+ started, 2 failed;"
        " old 5 started, 0 failed\n"
    )
    progress.applied(Watch(20, MINUTE))
    assert capsys.readouterr().err == "[1/3] watch 20 % for 1m\n"


def test_a_log_hears_of_alarms_and_failures(capsys: pytest.CaptureFixture[str]) -> None:
    """An alarm's change is written at once, failures at most five times between two lines."""
    progress = ProgressDisplay()
    progress.applying(3)
    at = datetime(2026, 11, 28, 14, 3, 5, tzinfo=UTC)
    for number in range(20):
        shown(
            progress,
            10 - number / 20,
            new=ExecutionCounts(number, number),
            old=ExecutionCounts(0, 0),
            alarms={"slow": "OK" if number < 10 else "INSUFFICIENT_DATA"},
            at=at,
        )
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == (
        "14:03:05Z  20 % shifted, 10m left; new 0 started, 0 failed; old 0 started, 0 failed;"
        " alarms slow OK"
    )
    assert sum("slow OK" in line for line in lines) == 3
    assert "alarms slow no data" in lines[3]
    assert len(lines) == 6


def test_a_job_of_github_actions_gets_a_group_for_each_stage(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A group is ended by the next stage, and by an error."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    progress = ProgressDisplay()
    progress.applying(3)
    shown(progress, 2, stages=2, environment="prod", version="1.1.0")
    progress.applied(Watch(20, MINUTE))
    shown(progress, 2, stage=2, stages=2, environment="prod", version="1.1.0")
    progress.close()
    assert capsys.readouterr().err.splitlines() == [
        "::group::shift of prod to 1.1.0: 20 % for 2m",
        "20 % shifted (stage 1 of 2), 2m left",
        "::endgroup::",
        "[1/3] watch 20 % for 1m",
        "::group::shift of prod to 1.1.0: 20 % for 2m",
        "20 % shifted (stage 2 of 2), 2m left",
        "::endgroup::",
    ]


def test_quiet_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """-q leaves out every line of a shift."""
    progress = ProgressDisplay(quiet=True)
    progress.applying(3)
    shown(progress, 2)
    progress.applied(Watch(20, MINUTE))
    progress.close()
    assert capsys.readouterr().err == ""


@pytest.fixture
def shop(repository: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Return a project on `local` that shifts, with a clock that waiting moves at no cost."""
    clock = Clock(datetime.now(UTC), tick=0.01)
    monkeypatch.setattr(edge, "datetime", SimpleNamespace(now=lambda _: clock()))
    monkeypatch.setattr(time, "sleep", clock.wait)
    made = Project(repository)
    made.write("releases.toml", config("local", "") + STRATEGY)
    made.commit(hello="Hello Alice")
    made.ok("publish", "1.0.0")
    return made


def test_publishing_tells_every_stage(shop: Project) -> None:
    """A log has the plan, the stages and the end of a shift of 20 minutes."""
    ran = shop.publish("1.1.0", hello="Hello Bob")
    assert "  shift: 50 % of callers for 20m, then all: hello\n" in ran.err
    assert "  strategy: linear: 50 % more every 20m; stopped by any failed execution\n" in ran.err
    assert "hello: send 50 % of alias live to the new version, the rest to :1\n" in ran.err
    assert (
        "Z  50 % shifted, 20m left; new 0 started, 0 failed; old 0 started, 0 failed\n" in ran.err
    )
    assert "deployed 1.1.0 to local (not AWS): hello updated\n" in ran.out


def test_plan_shows_the_stages_as_json_and_markdown(shop: Project) -> None:
    """The plan shows its stages to programs as JSON, and to reviewers as Markdown."""
    shop.commit(hello="Hello Bob")
    plan = shop.json("plan")
    assert plan["stages"] == [{"weight": 50, "interval_seconds": 1200, "workflows": ["hello"]}]
    text = shop.ok("plan", "--format", "markdown").out
    assert "Shift: `50 % of callers for 20m, then all: hello`" in text


EXPRESS = """\
import sfn_release as sfn

greet = sfn.StateMachine(
    "greet", sfn.Workflow.of(sfn.Pass("Greet", result="%s")), role_arn="%s", type="EXPRESS"
)
"""
ROLE = "arn:aws:iam::111111111111:role/shop"


def executed_in_a_shift(
    shop: Project, monkeypatch: pytest.MonkeyPatch, workflow: str
) -> list[tuple[Any, str]]:
    """Publish 1.2.0 with a shift; return executions of its first stage, as JSON and as text."""
    results: list[tuple[Any, str]] = []
    wait = time.sleep

    def call(seconds: float) -> None:
        if not results:
            results.extend(
                (shop.json("execute", workflow), shop.ok("execute", workflow).out)
                for _ in range(12)
            )
        wait(seconds)

    shop.commit()
    with monkeypatch.context() as patch:
        patch.setattr(time, "sleep", call)
        shop.ok("publish", "1.2.0")
    return results


def test_an_execution_in_a_shift_names_the_release_that_it_ran(
    shop: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AWS says which of the two versions a STANDARD execution ran, and its output proves it."""
    shop.workflow("hello", "Hello Bob")
    results = executed_in_a_shift(shop, monkeypatch, "hello")
    ran = {(json["output"], json["version"], *json["possible_versions"]) for json, _ in results}
    assert ran == {("Hello Alice", "1.0.0", "1.0.0"), ("Hello Bob", "1.2.0", "1.2.0")}
    for _, text in results:
        version = "1.2.0" if "Bob" in text else "1.0.0"
        assert text.startswith(f"SUCCEEDED  hello {version} in local")


def test_an_express_execution_in_a_shift_names_both_releases(
    shop: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """StartSyncExecution doesn't say which version it ran, so that no release is named alone."""
    shop.write("workflows/greet.py", EXPRESS % ("old", ROLE))
    shop.publish("1.1.0")
    assert shop.json("execute", "greet")["version"] == "1.1.0"
    shop.write("workflows/greet.py", EXPRESS % ("new", ROLE))
    results = executed_in_a_shift(shop, monkeypatch, "greet")
    assert {json["output"] for json, _ in results} == {"old", "new"}
    assert {(json["version"], *json["possible_versions"]) for json, _ in results} == {
        (None, "1.1.0", "1.2.0")
    }
    assert "greet 1.1.0 or 1.2.0 in local" in results[0][1]
    assert "the deployment of 1.2.0 is not finished" in results[0][1]
    assert shop.json("execute", "greet")["version"] == "1.2.0"


def test_an_input_in_a_shift_has_to_fit_both_schemas(
    shop: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Either release can run. The error names the one whose schema refuses the input."""
    table = '\n[workflows.hello]\ninput_schema = "hello.schema.json"\n'
    shop.write("releases.toml", (shop.root / "releases.toml").read_text() + table)
    shop.write("workflows/hello.schema.json", '{"required": ["old"]}')
    shop.publish("1.1.0")
    shop.write("workflows/hello.schema.json", '{"required": ["new"]}')
    shop.workflow("hello", "Hello Bob")
    inputs = ('{"old": 1}', '{"new": 1}', '{"old": 1, "new": 1}')
    ran: list[Any] = []
    wait = time.sleep

    def call(seconds: float) -> None:
        if not ran:
            ran.extend(shop.run("execute", "hello", "--input", given) for given in inputs)
        wait(seconds)

    shop.commit()
    with monkeypatch.context() as patch:
        patch.setattr(time, "sleep", call)
        shop.ok("publish", "1.2.0")
    new, old, both = ran
    assert (new.code, old.code, both.code) == (2, 2, 0)
    assert "doesn't fit the input schema of hello in 1.2.0." in new.err
    assert "doesn't fit the input schema of hello in 1.1.0." in old.err
    assert shop.run("execute", "hello", "--input", inputs[1]).code == 0


def test_a_reverted_shift_is_told_with_what_was_put_back(
    shop: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reverted shift has its own error code in text and JSON, and is in history and status."""
    shop.write("workflows/hello.asl.json", BROKEN)
    shop.commit()
    shop.ok("publish", "1.1.0", "--no-deploy")
    wait = time.sleep

    def call(seconds: float) -> None:
        run("-C", str(shop.root), "execute", "hello", "--no-wait")
        wait(seconds)

    with monkeypatch.context() as patch:
        patch.setattr(time, "sleep", call)
        ran = shop.run("--json", "deploy", "1.1.0")
    assert (ran.code, ran.json["error"]["code"]) == (1, "E_REVERTED")
    assert "Broken: x" in ran.json["error"]["why"]
    assert "hello: alias live points at :1 again" in ran.json["error"]["why"]
    (last, _) = shop.json("history")["deployments"]
    assert (last["status"], last["version"]) == ("reverted", "1.1.0")
    # Callers get the release that the ledger names: no drift, and the failed attempt is shown.
    (local,) = shop.json("status", "--check")["environments"]
    assert (local["state"], local["version"]) == ("in-sync", "1.0.0")
    assert "reverted: The shift to 1.1.0 was stopped at 50 %" in local["problem"]


def test_status_check_tells_a_failed_environment_by_its_exit_code(
    shop: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failed environment exits 3, and the text says how to clean up."""
    shop.write("workflows/hello.asl.json", BROKEN)
    shop.write("workflows/second.asl.json", BROKEN)
    shop.commit()
    shop.ok("publish", "1.1.0", "--no-deploy")
    wait = time.sleep

    def call(seconds: float) -> None:
        run("-C", str(shop.root), "execute", "hello", "--no-wait")
        wait(seconds)

    with monkeypatch.context() as patch:
        patch.setattr(time, "sleep", call)
        assert shop.run("deploy", "1.1.0").code == 1
    ran = shop.run("status", "--check")
    head, *rest = ran.out.splitlines()
    assert ran.code == 3
    assert head.startswith("local (not AWS)  1.0.0  ")
    assert "failed  (publish by " in head
    assert any(line.startswith("  deploy 1.1.0 by ") and "reverted" in line for line in rest)
    assert any(line.endswith(":  sfn-release delete second --env local") for line in rest)
    shop.ok("delete", "second", "--yes")
    assert shop.run("status", "--check").code == 0


@pytest.mark.parametrize("arguments", [["deploy"], ["deploy", "1.0.0", "--resume"]])
def test_a_version_is_named_in_one_way(shop: Project, arguments: list[str]) -> None:
    """A deployment takes either a version or --resume."""
    ran = shop.run(*arguments)
    assert ran.code == 2
    assert "--resume deploys the version of the last attempt, if it did not finish." in ran.err


def test_there_may_be_nothing_to_resume(shop: Project) -> None:
    """Without an unfinished deployment, --resume is an error and exits 1."""
    ran = shop.run("deploy", "--resume")
    assert (ran.code, "No deployment to local was left unfinished." in ran.err) == (1, True)
