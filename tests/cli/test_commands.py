"""Every command, on `local` and against an AWS endpoint: its output and its JSON."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sfn_release.aws.stepfunctions import StepFunctions
from sfn_release.cli.output.progress import ProgressDisplay
from sfn_release.operations import open_workspace, system_runtime
from sfn_release.operations.scaffold.project_files import HELLO
from sfn_release.release.record import Lock, timestamp
from support.command_line import Project, run
from support.git import run_git

FOLD = re.compile(r" {2,}")


def rows(text: str) -> list[list[str]]:
    """Return the cells of a plain table."""
    return [FOLD.split(line.strip()) for line in text.splitlines()]


def test_list_names_each_workflow_with_what_it_is(project: Project) -> None:
    """`list` shows the work tree's workflows, and marks the ones that aren't released."""
    project.publish("1.0.0")
    project.workflow("orders", 2)

    listed = project.json("list")["workflows"]

    assert [(workflow["name"], workflow["since"]) for workflow in listed] == [
        ("hello", "1.0.0"),
        ("orders", None),
    ]
    members = {"name", "module", "type", "states", "since", "digest", "definition_digest"}
    assert members | {"input_schema"} == set(listed[0])
    table = rows(project.ok("list").out)
    assert table[0] == ["WORKFLOW", "TYPE", "STATES", "SINCE", "DIGEST", "MODULE"]
    shown = rows(project.ok("list", "-v").out)
    assert shown[0] == ["WORKFLOW", "TYPE", "STATES", "SINCE", "DIGEST", "DEFINITION", "MODULE"]
    assert listed[0]["definition_digest"].removeprefix("sha256:")[:12] in shown[1]
    digest = listed[1]["digest"].removeprefix("sha256:")[:12]
    expected = ["orders", "STANDARD", "1", "not released", digest, "workflows/orders.asl.json"]
    assert expected == table[2]


def test_build_prints_definitions(project: Project) -> None:
    """`build` prints one definition, or all by name, as JSON."""
    one = project.ok("build", "hello").json
    assert one["States"]["Only"]["Result"] == "Hello Alice"
    assert {"hello": one} == project.ok("build").json
    assert one == project.json("build")["workflows"][0]["definition"]


def test_build_writes_definitions_to_a_folder(project: Project) -> None:
    """`build --out` writes a file for each workflow and prints its path."""
    ran = project.ok("build", "--out", "dist/definitions")

    path = project.root / "dist" / "definitions" / "hello.asl.json"
    assert f"{path}\n" == ran.out
    assert json.loads(path.read_text())["StartAt"] == "Only"


def test_plan_tells_what_would_be_done_and_does_nothing(project: Project) -> None:
    """`plan` prints steps; --exit-code exits 3 for a difference and 0 without one."""
    told = project.run("plan", "--exit-code")
    assert told.code == 3
    assert f"plan: deploy the work tree to {project.named}, where nothing is deployed" in told.out
    assert "create alias live at the new version" in told.out
    assert "never-deployed" in project.ok("status", "--env", project.environment).out

    project.publish("1.0.0")
    assert "nothing to change" in project.ok("plan", "1.0.0", "--exit-code").out
    plan = project.json("plan", "1.0.0")
    assert (project.environment, "1.0.0", False, []) == (
        plan["environment"],
        plan["version"],
        plan["changes"],
        plan["steps"],
    )
    project.workflow("hello", "Hello Bob")
    plan = project.json("plan")
    assert (plan["version"], plan["changes"]) == (None, True)
    assert [step["action"] for step in plan["steps"]][:3] == ["update", "publish", "point-alias"]
    assert all(step["workflow"] == "hello" for step in plan["steps"])


def test_publish_releases_and_deploys(project: Project) -> None:
    """`publish` prints the release on stdout, and its plan and progress on stderr."""
    ran = project.publish("1.0.0")

    lines = ran.out.splitlines()
    assert lines[0].startswith("1.0.0 released  ")
    assert "tag v1.0.0" in lines[0]
    assert f"deployed 1.0.0 to {project.named}: hello created" == lines[-1]
    assert f"plan: publish 1.0.0 to {project.named}, where nothing is deployed" in ran.err
    assert "[2/2] hello: create alias live at the new version" in ran.err
    assert project.git("tag", "--list") == "v1.0.0"


def test_publish_again_does_nothing(project: Project) -> None:
    """Publishing the live version has nothing to do: exit 0, no deployment."""
    project.publish("v1.0.0")

    again = project.json("publish", "1.0.0")

    assert again["schema"] == "sfn-release/publish/1"
    assert (again["already_released"], again["deployments"]) == (True, [])
    assert [workflow["name"] for workflow in again["workflows"]] == ["hello"]
    assert {"name", "digest", "since", "states"} == set(again["workflows"][0])
    text = project.ok("publish", "1.0.0").out
    assert "1.0.0 is already released with this content" in text
    assert f"1.0.0 is already live in {project.named}: nothing to do" in text


def test_publish_without_deploying(project: Project) -> None:
    """`--no-deploy` makes a release that no environment serves."""
    made = project.json("publish", "1.0.0", "--no-deploy")

    assert (made["already_released"], made["deployments"]) == (False, [])
    assert project.json("releases")["releases"][0]["live_in"] == []


@pytest.mark.parametrize("environment", ["aws"], indirect=True)
def test_publish_to_several_environments(project: Project) -> None:
    """--env can be repeated, before and after the command."""
    made = project.json("--env", "local", "publish", "1.0.0", "--env", "aws")

    assert [record["environment"] for record in made["deployments"]] == ["local", "aws"]
    assert project.json("releases")["releases"][0]["live_in"] == ["aws", "local"]


def test_deploy_brings_a_release(project: Project) -> None:
    """`deploy` deploys an existing release; a second deploy has nothing to do."""
    project.ok("publish", "1.0.0", "--no-deploy")

    ran = project.ok("deploy", "1.0.0", "--reason", "first")
    assert f"deployed 1.0.0 to {project.named}: hello created\n" == ran.out
    again = project.ok("deploy", "1.0.0")
    assert f"1.0.0 is already live in {project.named}: nothing to do\n" == again.out
    assert project.json("deploy", "1.0.0")["deployments"] == []
    assert project.json("history")["deployments"][0]["reason"] == "first"


def test_rollback_brings_back_what_was_live(project: Project) -> None:
    """`rollback` restores the previous release, and prints both versions."""
    project.publish("1.0.0")
    project.publish("1.1.0", hello="Hello Bob")
    assert project.json("execute", "hello")["output"] == "Hello Bob"

    ran = project.ok("rollback")

    assert f"rolled back {project.named} from 1.1.0 to 1.0.0: hello repointed\n" == ran.out
    assert f"plan: roll back {project.named} from 1.1.0 to 1.0.0" in ran.err
    assert project.json("execute", "hello")["output"] == "Hello Alice"
    project.ok("deploy", "1.1.0")
    back = project.json("rollback", "1.0.0", "--rerender", "--yes")["deployments"][0]
    assert (
        back["action"],
        back["version"],
        back["from_version"],
        back["status"],
    ) == ("rollback", "1.0.0", "1.1.0", "succeeded")


def test_status_shows_what_is_live(project: Project) -> None:
    """`status` names version, state, alias and digests of every workflow."""
    project.publish("1.0.0")

    found = project.json("status", "--env", project.environment)["environments"]
    assert [(project.environment, "1.0.0", "in-sync")] == [
        (environment["name"], environment["version"], environment["state"]) for environment in found
    ]
    workflow = found[0]["workflows"][0]
    assert (workflow["name"], workflow["state"], workflow["alias"]) == ("hello", "in-sync", "live")
    assert list(workflow["routing"].values()) == [100]
    assert workflow["recorded_digest"] == workflow["live_digest"]
    text = project.ok("status", "--env", project.environment).out
    digest = found[0]["release_digest"].removeprefix("sha256:")[:12]
    assert text.startswith(f"{project.named}  1.0.0  {digest}  in-sync  (publish by Ann")
    assert "LIVE and RECORDED" in project.ok("status", "-v").err
    assert "live → :1" in text
    assert project.run("status", "--check").code == 0


def test_status_finds_drift(project: Project) -> None:
    """A state machine that was deleted elsewhere is drift: --check exits 3."""
    project.publish("1.0.0")
    arn = project.json("history")["deployments"][0]["workflows"]["hello"]["state_machine_arn"]
    _client(project).delete_state_machine(stateMachineArn=arn)

    ran = project.run("status", "--check")

    assert ran.code == 3
    assert "drifted" in ran.out
    assert project.run("status").code == 0


def test_releases_lists_the_highest_first(project: Project) -> None:
    """`releases` lists versions by precedence, and shows where each is live."""
    for version in ("1.9.0", "1.10.0"):
        project.publish(version)

    found = project.json("releases")["releases"]
    assert [("1.10.0", [project.environment]), ("1.9.0", [])] == [
        (release["version"], release["live_in"]) for release in found
    ]
    keys = {"version", "commit", "date", "author", "release_digest", "tag", "workflows", "live_in"}
    assert keys <= set(found[0])
    assert [row[0] for row in rows(project.ok("releases").out)[1:]] == ["1.10.0", "1.9.0"]


def test_releases_as_toml(project: Project) -> None:
    """`releases --format toml` prints the manifests of all releases as one document."""
    project.publish("1.0.0")
    document = tomllib.loads(project.ok("releases", "--format", "toml").out)

    assert [release["version"] for release in document["releases"]] == ["1.0.0"]
    assert document["releases"][0]["workflows"]["hello"]["states"] == 1


def test_history_is_newest_first(project: Project) -> None:
    """`history -n` shows the last deployments."""
    project.publish("1.0.0")
    project.publish("1.1.0", hello="Hello Bob")
    project.ok("rollback")

    table = rows(project.ok("history", "-n", "2").out)
    assert table[0] == ["STARTED", "ACTION", "VERSION", "FROM", "STATUS", "BY"]
    assert [row[1:4] for row in table[1:]] == [
        ["rollback", "1.0.0", "1.1.0"],
        ["publish", "1.1.0", "1.0.0"],
    ]
    records = project.json("history")["deployments"]
    assert [record["version"] for record in records] == ["1.0.0", "1.1.0", "1.0.0"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", records[0]["started_at"])


def test_show_prints_a_release_or_a_definition(project: Project) -> None:
    """`show` prints the manifest, or a workflow's definition as it was released."""
    project.publish("1.0.0")
    project.publish("1.1.0", hello="Hello Bob")

    assert project.ok("show", "1.0.0").out.startswith("shop 1.0.0\n  tag     v1.0.0\n")
    assert project.json("show", "1.0.0")["version"] == "1.0.0"
    assert project.json("show", "1.0.0")["notes"] == ""
    assert "notes" not in project.ok("show", "1.0.0").out
    one = project.ok("show", "v1.0.0", "hello").json
    assert one["States"]["Only"]["Result"] == "Hello Alice"
    assert one == project.json("show", "1.0.0", "hello")["definition"]


@pytest.mark.parametrize("shared", [False, True], ids=["alone", "with a remote"])
def test_show_prints_the_notes(project: Project, shared: bool) -> None:
    """They are those of the tag, or of the commit that a trial was made from."""
    trial = shared and project.environment == "local"
    if shared:
        remote = project.root.parent / "notes.git"
        project.git("init", "--quiet", "--bare", str(remote))
        project.git("remote", "add", "origin", str(remote))
    notes = "### Added\n\n- Bob\x1b[31m"
    project.write("CHANGELOG.md", f"# Changelog\n\n## [1.0.0]\n\n{notes}\n\n## [0.9.0]\n\n- old\n")
    project.publish("1.0.0")
    project.write("CHANGELOG.md", "# Changelog\n")
    shown = project.json("show", "1.0.0")
    assert (shown["trial"], shown["notes"]) == (trial, notes)
    out = project.ok("show", "1.0.0").out
    assert out.endswith("  notes\n    ### Added\n\n    - Bob\\x1b[31m\n")
    assert "notes" not in project.json("show", "1.0.0", "hello")


REASON = (
    "The next states get other data, and the effect on the output can't be read from the"
    " definition."
)


def test_diff_compares_by_state_and_field(project: Project) -> None:
    """`diff` compares releases, the live release, and the work tree."""
    project.publish("1.0.0")
    project.publish("1.1.0", hello="Hello Bob")

    text = project.ok("diff", "1.0.0", "1.1.0").out
    assert project.ok("diff", "1.0.0..1.1.0").out == text
    assert project.ok("diff", "1.0.0..").out == project.ok("diff", "1.0.0").out
    assert text.splitlines() == [
        "1.0.0 → 1.1.0: 1 of 1 workflow changed",
        "hello: changes results",
        '  ~ state "Only": Result "Hello Alice" → "Hello Bob"',
        f"      results: {REASON}",
    ]
    live = f"@{project.environment}"
    assert project.run("diff", "1.0.0", live, "--exit-code").code == 3
    assert project.run("diff", "1.1.0", live, "--exit-code").code == 0
    assert "no difference in 1 workflow" in project.ok("diff", "1.1.0").out
    found = project.json("diff", "1.0.0", "1.1.0")
    assert (
        found["changes"],
        found["workflows"][0]["differences"][0]["kind"],
    ) == (True, "changed")


def test_execute_shows_how_an_execution_ended(project: Project) -> None:
    """`execute` waits and shows the status and output; --version starts an earlier release."""
    project.publish("1.0.0")
    project.publish("1.1.0", hello="Hello Bob")

    ran = project.ok("execute", "hello", "--name", "first")
    assert ran.out.startswith(f"SUCCEEDED  hello 1.1.0 in {project.named}\n")
    assert ran.out.endswith('\n"Hello Bob"\n')
    done = project.json("execute", "hello", "--version", "1.0.0")
    assert (
        done["status"],
        done["output"],
        done["version"],
    ) == ("SUCCEEDED", "Hello Alice", "1.0.0")
    assert {"execution_arn", "workflow", "error", "cause", "started_at", "stopped_at"} <= set(done)
    assert project.run("execute", "hello", "--no-wait").code == 0


def test_an_express_workflow_runs_while_one_waits(project: Project) -> None:
    """An EXPRESS workflow runs with StartSyncExecution, and its output is shown."""
    project.write("workflows/greet.py", HELLO.replace('name="hello"', 'name="greet"'))
    project.publish("1.0.0")

    done = project.json("execute", "greet", "--input", "{}")

    assert done["output"] == {"message": "Hello Alice"}
    assert ":express:" in done["execution_arn"]


def test_execute_takes_input_as_text_file_or_stdin(project: Project) -> None:
    """--input takes JSON, @FILE (below -C) and -."""
    echo = {"StartAt": "Echo", "States": {"Echo": {"Type": "Pass", "End": True}}}
    project.write("workflows/echo.asl.json", json.dumps(echo))
    project.publish("1.0.0")
    project.write("order.json", '{"from": "file"}')

    def output(given: str, stdin: str | None = None) -> object:
        return project.ok("--json", "execute", "echo", "--input", given, stdin=stdin).json["output"]

    assert output('{"from": "text"}') == {"from": "text"}
    assert output("@order.json") == {"from": "file"}
    assert output("order.json") == {"from": "file"}
    assert output("-", stdin='{"from": "stdin"}') == {"from": "stdin"}
    mark = "\ufeff"  # as some editors begin a file
    project.write("order.json", mark + '{"from": "Windows"}')
    assert output("@order.json") == {"from": "Windows"}
    assert output("-", stdin=mark + "1") == 1


def test_execute_of_a_failure_exits_1(project: Project) -> None:
    """An execution that fails is shown on stdout, and the command exits 1."""
    fail = {"Type": "Fail", "Error": "Broken", "Cause": "on \x1b[31mpurpose"}
    project.write("workflows/f.asl.json", json.dumps({"StartAt": "F", "States": {"F": fail}}))
    project.publish("1.0.0")

    ran = project.run("execute", "f")

    assert ran.code == 1
    assert ran.out.startswith("FAILED  f 1.0.0")
    assert "Broken" in ran.out
    assert "on \\x1b[31mpurpose" in ran.out
    assert project.run("execute", "f", "--json").json["error"] == "Broken"


def test_delete_removes_the_state_machine_and_keeps_the_release(project: Project) -> None:
    """`delete` needs --yes in a pipe; the next deployment creates the state machine again."""
    project.publish("1.0.0")

    refused = project.run("delete", "hello")
    assert refused.code == 2
    assert "run it again with --yes" in refused.err
    status = project.json("status", "--env", project.environment)
    assert [environment["state"] for environment in status["environments"]] == ["in-sync"]
    ran = project.ok("delete", "hello", "--yes", "--reason", "gone")
    assert f"deleted from {project.named}: hello\n" == ran.out
    assert project.run("execute", "hello").code == 1
    project.ok("deploy", "1.0.0")
    assert project.json("execute", "hello")["output"] == "Hello Alice"


def test_unlock_closes_an_abandoned_deployment(project: Project) -> None:
    """`unlock` asks, closes the started record, and exits 1 when there is none."""
    project.publish("1.0.0")
    assert project.run("unlock", "--yes").code == 1
    _abandon(project)

    blocked = project.run("deploy", "1.0.0")
    assert (blocked.code, "E_LOCKED" in blocked.err) == (1, True)
    assert re.search(r", since \d{4}-\d\d-\d\d \d\d:\d\dZ, (just now|.* ago)\.", blocked.err)
    assert "in-progress" in project.ok("status").out
    assert project.run("unlock").code == 2
    ran = project.ok("unlock", "--yes", "--reason", "the job was killed")
    assert ran.out.startswith(f"unlocked {project.named}: publish 1.0.0")
    assert re.search(r"Z, (just now|.* ago), is recorded as failed\n", ran.out)
    last = project.json("history")["deployments"][0]
    assert last["status"] == "failed"
    assert "the job was killed" in last["error"]


def test_a_lower_version_is_noted(project: Project) -> None:
    """You can deploy a version lower than the live one, and the plan says so."""
    project.publish("1.0.0")
    project.publish("1.3.0", hello="Hello Bob")
    note = "  note: 1.0.0 is lower than the live version, 1.3.0\n"
    assert note in project.ok("plan", "1.0.0").out
    assert "lower" not in project.ok("plan").out
    assert note in project.ok("deploy", "1.0.0").err
    assert "lower" not in project.ok("deploy", "1.3.0").err


def test_what_was_deleted_is_told(project: Project) -> None:
    """`history` names the deleted workflow; the release has it, and `status` is in sync."""
    project.publish("1.0.0", bye="Bye")
    project.ok("delete", "hello", "--yes")
    assert rows(project.ok("history").out)[1][1] == "delete hello"
    (told,) = project.json("status", "--env", project.environment)["environments"]
    assert told["state"] == "in-sync"
    states = [
        (workflow["name"], workflow["state"], workflow["recorded_digest"])
        for workflow in told["workflows"]
    ]
    assert states[1] == ("hello", "deleted", None)
    assert states[0][:2] == ("bye", "in-sync")
    assert project.run("status", "--check").code == 0
    project.ok("deploy", "1.0.0")
    assert "deleted" not in project.ok("status").out


def test_execute_of_what_is_gone_says_to_deploy_again(project: Project) -> None:
    """The error for a state machine that was deleted elsewhere says to deploy again."""
    project.publish("1.0.0")
    arn = project.json("history")["deployments"][0]["workflows"]["hello"]["state_machine_arn"]
    _client(project).delete_state_machine(stateMachineArn=arn)
    ran = project.run("execute", "hello")
    assert ran.code == 1
    assert ran.err.startswith("error: Step Functions refused StartExecution: ")
    assert f"Deploy it again:  sfn-release deploy 1.0.0 --env {project.environment}" in ran.err
    project.ok("deploy", "1.0.0")
    assert project.run("execute", "hello").code == 0


def test_a_rollback_says_what_it_passes_over(project: Project) -> None:
    """A rollback names the releases that it skips because their content is live already."""
    project.publish("1.3.0")
    project.publish("1.4.0-rc.1", hello="Hello Bob")
    project.publish("1.4.0")
    ran = project.ok("rollback")
    assert "1.4.0-rc.1 has the same content as 1.4.0: skipped\n" in ran.err
    assert f"rolled back {project.named} from 1.4.0 to 1.3.0" in ran.out


def test_a_rollback_after_an_unfinished_attempt_restores(project: Project) -> None:
    """A rollback to the same version is reported as a restore."""
    project.publish("1.0.0")
    _abandon(project)
    project.ok("unlock", "--yes")
    ran = project.ok("rollback")
    assert "publish 1.0.0 did not finish: 1.0.0 is restored\n" in ran.err
    assert f"plan: restore 1.0.0 in {project.named}\n" in ran.err
    assert ran.out.startswith(f"restored 1.0.0 in {project.named}: ")


def test_local_reset_without_a_remote_keeps_releases(shop: Project) -> None:
    """The question and the result both say that the releases stay."""
    shop.publish("1.0.0")
    assert "? The releases stay." in shop.run("local", "reset").err
    ran = shop.ok("local", "reset", "--yes")
    assert "kept every release\n" in ran.out
    assert [release["version"] for release in shop.json("releases")["releases"]] == ["1.0.0"]


def test_local_reset_forgets_everything_of_local(shop: Project, tmp_path: Path) -> None:
    """`local reset` needs --yes in a pipe, and removes a version that the remote doesn't have."""
    run_git(tmp_path, "init", "--quiet", "--bare", "remote.git")
    shop.git("remote", "add", "origin", str(tmp_path / "remote.git"))
    shop.publish("1.0.0")

    assert shop.run("local", "reset").code == 2
    done = shop.json("local", "reset", "--yes")
    assert done["forgotten"] == ["1.0.0"]
    assert shop.json("releases")["releases"] == []
    assert "never-deployed" in shop.ok("status").out
    assert shop.git("tag", "--list") == ""


def test_init_makes_a_project_that_can_be_published(repository: Path) -> None:
    """`init`, `git add`, `git commit`, `publish 1.0.0` and `execute hello` need no other step."""
    fresh = Project(repository)
    made = fresh.json("init")
    assert made["written"] == [
        *("releases.toml", "workflows/hello.py", "workflows/hello.tests.toml"),
        *("CHANGELOG.md", ".sfn-release/releases.schema.json"),
        *(".sfn-release/tests.schema.json", ".gitignore"),
    ]
    assert made["next"][-3:] == [
        *("sfn-release test", "sfn-release publish 1.0.0", "sfn-release execute hello")
    ]
    assert 'name = "my-shop"' in (repository / "releases.toml").read_text()

    fresh.git("add", ".")
    fresh.git("commit", "--quiet", "--message=first")
    fresh.ok("publish", "1.0.0")
    assert fresh.json("execute", "hello")["output"] == {"message": "Hello Alice"}


def test_init_of_a_nested_project_names_its_tags(repository: Path) -> None:
    """A project in a subfolder has its name in its tags, so that two projects don't clash."""
    for name in ("shop", "depot"):
        (repository / name).mkdir()
        assert run("-C", str(repository / name), "init").code == 0
    fresh = Project(repository)
    fresh.commit()
    for name in ("shop", "depot"):
        ran = run("-C", str(repository / name), "publish", "1.0.0", "--no-deploy")
        assert ran.code == 0, ran.err
    assert fresh.git("tag", "--list").split() == ["depot-v1.0.0", "shop-v1.0.0"]


def test_init_overwrites_nothing(repository: Path) -> None:
    """`init` keeps existing files, and adds no example to a project with workflows."""
    fresh = Project(repository)
    fresh.write("CHANGELOG.md", "mine")
    fresh.write("workflows/mine.asl.json", "{}")

    made = fresh.json("init")

    schemas = [".sfn-release/releases.schema.json", ".sfn-release/tests.schema.json"]
    assert made["written"] == ["releases.toml", *schemas, ".gitignore"]
    assert made["kept"] == ["CHANGELOG.md"]
    assert (repository / "CHANGELOG.md").read_text() == "mine"
    again = fresh.json("init")
    assert again["written"] == []
    assert again["next"][:2] == ["git add .", "git commit -m 'Set up sfn-release'"]
    fresh.commit()
    assert fresh.json("init")["next"] == ["sfn-release publish 1.0.0"]  # hello doesn't exist


def test_init_outside_a_repository_says_to_make_one(tmp_path: Path) -> None:
    """`init` doesn't run `git init`, and says that you need to."""
    folder = tmp_path / "plain"
    folder.mkdir()
    ran = run("-C", str(folder), "init")
    assert (ran.code, "  git init\n" in ran.err) == (0, True)
    assert not (folder / ".git").exists()


def _client(project: Project) -> StepFunctions:
    workspace = open_workspace(project.root, system_runtime(ProgressDisplay()))
    return workspace.aws(workspace.environment(None)).stepfunctions


def _abandon(project: Project) -> None:
    """Make the last deployment look as if it were still running on another machine."""
    workspace = open_workspace(project.root, system_runtime(ProgressDisplay()))
    ledger = workspace.ledger
    state = ledger.deployments.state(ledger.branches.snapshot(), project.environment)
    assert state.record is not None
    now = datetime.now(UTC)
    started = replace(
        state.record,
        id=state.record.id + "-again",
        status="started",
        host="elsewhere",
        finished_at=None,
        expires_at=timestamp(now + timedelta(minutes=10)),
        lock=Lock("token", 1),
    )
    ledger.append(project.environment, state, started, at=now)
