"""`replay`: executions of this repository's order workflow over HTTP, replayed on candidates."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from support.command_line import CREDENTIALS, Project
from support.sold_orders import change, order, order_shop

TOLD = """\
told = sfn.task.optimized(
    "sqs:sendMessage",
    {"QueueUrl": "https://example.com/queue", "MessageBody": "sold"},
    id="Tell Stock",
    result_path=None,
)
"""


@pytest.fixture(scope="session")
def sold(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """Yield a project whose orders ran six times in ``prod``, over HTTP."""
    with order_shop(tmp_path_factory.mktemp("sold")) as project:
        with patch.dict("os.environ", CREDENTIALS):
            project.ok("publish", "1.0.0")
            for number in range(6):
                order(project, number)
        yield project


@pytest.fixture
def orders(sold: Project, tmp_path: Path) -> Project:
    """Return a copy of the project, to change and to run commands in."""
    shutil.copytree(sold.root, tmp_path / "shop")
    return replace(sold, root=tmp_path / "shop")


def test_the_released_definition_answers_the_same(orders: Project) -> None:
    """Of the work tree and of the release, on one process or several."""
    for options in ([], ["--against", "1.0.0"], ["--jobs", "2"]):
        report = orders.json("replay", "orders", *options)
        assert report["schema"] == "sfn-release/replay/1"
        assert (report["executions"], report["same"]) == (6, 6)
        assert report["different"] == report["unanswered"] == report["unreplayable"] == []
    assert report["against"] is None
    out = orders.ok("replay", "orders", "--last", "2").out
    assert out == ("orders  2 executions of prod replayed on the work tree\n       2  same\n")


def test_a_difference_is_shown_where_it_is(orders: Project) -> None:
    """Grouped by state and kind, the first with its data; the exit code is 3."""
    change(orders, '"amount": path("$.total")', '"amount": path("$.order_id")')
    ran = orders.run("replay", "orders")
    assert ran.code == 3
    assert "6 executions: Charge is called with other arguments  [arguments]" in ran.out
    assert "       6  different" in ran.out
    assert "at           $.Payload.amount" in ran.out
    report = orders.run("--json", "replay", "orders")
    assert report.code == 3
    first = report.json["different"][0]
    assert (first["state"], first["what"]) == ("Charge", "arguments")
    assert (first["recorded"], first["candidate"]) == (100, "0")
    assert first["execution"].endswith(":orders:order-0")
    assert orders.run("replay", "orders", "--against", "1.0.0").code == 0


def test_a_job_gets_a_summary(orders: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """The differences are a table, by state and kind."""
    summary = orders.root / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    orders.run("replay", "orders")
    change(orders, '"amount": path("$.total")', '"amount": path("$.order_id")')
    assert orders.run("--json", "replay", "orders").code == 3
    same, different = summary.read_text(encoding="utf-8").split("###")[1:]
    assert same.strip() == (
        "Replay of `orders`: 6 of 6 executions answer the same on the work tree"
    )
    assert "0 of 6 executions answer the same" in different
    assert "| Executions | State | Difference | Recorded | Candidate |" in different
    (row,) = (line for line in different.splitlines() if "arguments" in line)
    assert row.startswith("| 6 | `Charge` | arguments |")


def test_a_missing_argument_is_nothing_rather_than_null(orders: Project) -> None:
    """The candidate calls it by another name."""
    change(orders, '"amount": path("$.total")', '"sum": path("$.total")')
    out = orders.run("replay", "orders").out
    assert "  at           $.Payload.amount\n  recorded     100\n  candidate    nothing\n" in out


def test_a_renamed_state_is_called_that(orders: Project) -> None:
    """A task that isn't called any more has its name still."""
    change(orders, 'id="Charge"', 'id="Take Money"')
    assert "6 executions: Charge has another name now  [path]" in orders.run("replay", "orders").out


def test_a_new_task_needs_an_answer_that_mocks_may_give(orders: Project) -> None:
    """Nothing is invented: the state and the resource are named."""
    change(orders, "# The tasks of an order.", TOLD)
    change(orders, ".next_then(confirm)", ".next_then(confirm).next_then(told)")
    ran = orders.run("--json", "replay", "orders")
    assert ran.code == 3
    waiting = ran.json["unanswered"]
    assert {item["state"] for item in waiting} == {"Tell Stock"}
    assert "sqs:sendMessage" in waiting[0]["resource"]
    ways = [(item["state"], item["candidate"]) for item in ran.json["different"]]
    assert ways == [("Confirm Order", "Tell Stock")] * len(waiting)
    assert ran.json["same"] == 6 - len(waiting)
    out = orders.run("replay", "orders").out
    assert "Tell Stock needs an answer that was never recorded" in out
    orders.write("answers.json", json.dumps({"Tell Stock": {"return": {"MessageId": "1"}}}))
    answered = orders.run("--json", "replay", "orders", "--mocks", "answers.json")
    assert answered.json["unanswered"] == []
    assert len(answered.json["different"]) == len(waiting)


def test_executions_are_kept_masked_and_replayed_without_credentials(
    orders: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder is complete: other candidates are replayed on it anywhere."""
    kept = orders.run("replay", "orders", "--save", "kept", "--redact", "$..email")
    assert kept.code == 0
    assert "saved 6 executions in kept" in kept.err
    files = sorted((orders.root / "kept").iterdir())
    assert len(files) == 6
    for file in files:
        text = file.read_text()
        assert "bob" not in text
        assert json.loads(text)["sfn_release"]["workflow"] == "orders"
        assert json.loads(text)["execution"]["status"]
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    report = orders.json("replay", "orders", "kept")
    assert (report["executions"], report["same"]) == (6, 6)
    assert orders.json("replay", "orders", "kept", "--jobs", "2")["same"] == 6
    assert orders.json("replay", "orders", "kept")["environment"] == "prod"
    config = (orders.root / "releases.toml").read_text()
    other = config.replace('default_environment = "prod"', 'default_environment = "local"')
    orders.write("releases.toml", other)
    assert orders.json("replay", "orders", "kept")["environment"] == "prod"
    assert orders.run("replay", "orders", "kept", "--env", "local").code == 3  # its ARNs differ
    (one,) = (file for file in files if file.name.startswith("order-1-"))
    assert orders.json("replay", "orders", f"kept/{one.name}")["executions"] == 1
    change(orders, '"PAID"', '"SETTLED"')
    assert orders.run("replay", "orders", "kept").code == 3


def test_a_path_that_matches_nothing_keeps_all_data_out_of_the_folder(orders: Project) -> None:
    """A misspelled path would leave the data in the files, so there are no files."""
    paths = "$.emial,$..email,$..crad"
    refused = orders.run("replay", "orders", "--save", "kept", "--redact", paths)
    assert refused.code == 2
    assert "--redact $.emial and $..crad matches nothing in 6 executions" in refused.err
    assert refused.out == ""
    assert not (orders.root / "kept").exists()
    last = orders.run("replay", "orders", "--save", "kept", "--redact", "$..email", "--last", "6")
    assert last.code == 0
    assert len([*orders.root.glob("kept/*")]) == 6


def test_files_of_another_workflow_are_left_out(orders: Project) -> None:
    """The file, or the ARN in it, names its workflow. A former name has to be given."""
    orders.ok("replay", "orders", "--save", "kept", "--last", "2")
    ran = orders.run("--json", "replay", "hello", "kept", "--env", "prod")
    assert ran.code == 1
    assert ran.json["different"] == []
    reason = ran.json["unreplayable"][0]["reason"]
    assert reason.startswith("It's an execution of orders, not of hello.")
    assert "--formerly orders" in reason
    formerly = orders.run("--json", "replay", "hello", "kept", "--formerly", "orders")
    assert (formerly.code, formerly.json["unreplayable"]) == (3, [])
    for file in (orders.root / "kept").iterdir():
        saved = json.loads(file.read_text())
        file.write_text(json.dumps({**saved, "sfn_release": {}}))
    assert len(orders.run("--json", "replay", "hello", "kept").json["unreplayable"]) == 2
    assert orders.json("replay", "orders", "kept")["same"] == 2


def test_a_mock_that_nothing_uses_is_a_warning(orders: Project) -> None:
    """A misspelled name would change nothing, silently."""
    orders.write("answers.json", json.dumps({"Chrage": {"return": {}}, "Charge": {"return": {}}}))
    err = orders.run("replay", "orders", "--mocks", "answers.json", "--last", "1").err
    assert 'warning: the mock "Chrage" is neither a state nor a Resource of orders.' in err
    assert 'Did you mean "Charge"?' in err
    assert err.count("warning") == 1


def test_nothing_is_overwritten(orders: Project) -> None:
    """The same history again is fine, another one under the same name isn't."""
    orders.ok("replay", "orders", "--save", "kept", "--last", "2")
    again = orders.ok("replay", "orders", "--save", "kept", "--last", "3")
    assert "saved 1 execution in kept, 2 were there already" in again.err
    file = next((orders.root / "kept").iterdir())
    file.write_text("mine")
    refused = orders.run("replay", "orders", "--save", "kept")
    assert refused.code == 1
    assert f"{file.name} exists, with other content" in refused.err
    assert file.read_text() == "mine"


def test_shards_are_joined_to_the_whole(orders: Project) -> None:
    """Each execution is in one shard, whichever job asks."""
    change(orders, '"amount": path("$.total")', '"amount": path("$.order_id")')
    names = []
    for index in range(1, 4):
        ran = orders.run("--json", "replay", "orders", "--shard", f"{index}/3")
        assert ran.code in {0, 3}
        orders.write(f"{index}.json", ran.out)
        names.append(f"{index}.json")
    merged = orders.run("--json", "replay", "--merge", *names)
    whole = orders.run("--json", "replay", "orders")
    assert merged.code == whole.code == 3
    assert merged.json == whole.json
    assert orders.run("replay", "--merge", *names).out == orders.run("replay", "orders").out


def test_shards_that_dont_belong_together_are_refused(orders: Project) -> None:
    """A missing, a double, a stopped or another replay's result would hide differences."""

    def kept(name: str, *options: str) -> dict[str, Any]:
        ran = orders.run("--json", "replay", "orders", *options)
        orders.write(name, ran.out)
        return dict(ran.json)

    first = kept("1.json", "--shard", "1/2")
    kept("2.json", "--shard", "2/2")
    kept("other.json", "--shard", "2/2", "--last", "3")
    kept("third.json", "--shard", "2/3")
    kept("whole.json")
    orders.write("stopped.json", json.dumps({**first, "stopped": True}))
    orders.write("edited.json", json.dumps({**first, "same": "all"}))
    orders.write("list.json", "[]")
    orders.write("broken.json", "{")
    copy = json.dumps(first)
    orders.write("copy.json", copy)
    for names, problem in (
        (["1.json"], "The result of shard 2/2 is missing"),
        (["1.json", "1.json"], "1.json is named twice"),
        (["1.json", "copy.json"], "1.json and copy.json are both of shard 1/2"),
        (["1.json", "other.json"], "different selections of executions"),
        (["1.json", "third.json"], "different splits: into 2 and into 3 shards"),
        (["1.json", "whole.json"], "whole.json is the result of a whole replay"),
        (["1.json", "stopped.json"], "stopped.json is incomplete"),
        (["edited.json"], "edited.json was edited"),
        (["list.json"], "list.json isn't the result of a replay"),
        (["broken.json"], "broken.json isn't JSON"),
        (["none.json"], "Can't read"),
        ([], "--merge needs the results"),
    ):
        ran = orders.run("replay", "--merge", *names)
        assert ran.code == 2, (names, ran.out, ran.err)
        assert problem in ran.err
    change(orders, '"amount": path("$.total")', '"amount": path("$.order_id")')
    kept("changed.json", "--shard", "2/2")
    ran = orders.run("replay", "--merge", "1.json", "changed.json")
    assert "different definitions of the candidate" in ran.err


@pytest.mark.parametrize(
    ("arguments", "code", "problem"),
    [
        ([], 2, "Name the workflow"),
        (["ordrs"], 1, 'Did you mean "orders"?'),
        (["orders", "--env", "local"], 1, "Nothing is deployed to local"),
        (["orders", "--version", "9.9.9"], 1, "9.9.9 of orders was never live in prod"),
        (["orders", "--against", "9.9.9"], 1, "There is no release 9.9.9"),
        (["orders", "--status", "ABORTED"], 1, "no finished execution of orders with status"),
        (["orders", "--since", "2030-01-01"], 1, "no finished execution of orders since 2030"),
        (["orders", "--since", "soon"], 2, "isn't a time"),
        (["orders", "--until", "99999999999d"], 2, "isn't a time"),
        (["orders", "--shard", "0/2"], 2, "isn't a shard"),
        (["orders", "--last", "0"], 2, "--last"),
        (["orders", "nowhere"], 1, "There is no file or folder"),
        (["orders", "workflows", "--last", "3"], 2, "Files can't be combined with --last"),
        (["orders", "releases.toml"], 1, "can't be read as the history"),
        (["orders", "releases.toml", "--jobs", "2"], 1, "can't be read as the history"),
        (["orders", "--save", "releases.toml"], 1, "Can't write"),
        (["orders", "--redact", "$..email"], 2, "--redact masks the files of --save"),
        (["orders", "--save", "x", "--redact", "email"], 2, "isn't a JSONPath"),
        (["orders", "--mocks", "none.json"], 2, "Correct the name of the file"),
        (["orders", "--mocks", "release.toml"], 2, 'Did you mean "releases.toml"?'),
        (["orders", "--formerly", "sales"], 2, "--formerly is about files"),
        (["--merge", "x", "--against", "1.0.0"], 2, "--merge can't be combined with --against"),
        (["hello"], 1, "includeExecutionData"),
    ],
)
def test_errors_say_what_to_do(
    orders: Project, arguments: list[str], code: int, problem: str
) -> None:
    """Nothing is replayed, so the exit code is never 0."""
    ran = orders.run("replay", *arguments)
    assert (ran.code, "Traceback" in ran.err) == (code, False), ran.err
    assert problem in ran.err
    assert ran.out == ""


def test_a_shard_without_an_execution_is_fine(orders: Project) -> None:
    """Another shard has it."""
    codes = {
        orders.run("replay", "orders", "--last", "1", "--shard", f"{index}/9").code
        for index in range(1, 10)
    }
    assert codes == {0}


def test_ctrl_c_before_the_first_execution_says_nothing_of_deployments(
    orders: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No command but those that deploy has something to put back."""
    from sfn_release.operations.verbs import replay

    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(replay, "candidate_of", stop)
    ran = orders.run("--json", "replay", "orders")
    assert ran.code == 130
    assert (ran.json["error"]["why"], ran.json["error"]["fix"]) == ("", "Run it again.")


def test_ctrl_c_shows_what_is_done(orders: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """The report covers the executions before, and the exit code is 130."""
    from sfn_release.operations.replaying import replay_work

    original = replay_work.ReplayWork.replay
    done: list[Any] = []

    def replay(self: Any, recording: Any) -> Any:
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(recording)
        return original(self, recording)

    monkeypatch.setattr(replay_work.ReplayWork, "replay", replay)
    ran = orders.run("--json", "replay", "orders")
    assert ran.code == 130
    assert (ran.json["executions"], ran.json["stopped"]) == (2, True)
    done.clear()
    assert "stopped" in orders.run("replay", "orders").out


def test_sigterm_shows_what_is_done_with_its_own_exit_code(
    orders: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cancelled job gets 143."""
    from sfn_release.operations.replaying import replay_work

    def replay(_self: Any, _recording: Any) -> Any:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(10)

    monkeypatch.setattr(replay_work.ReplayWork, "replay", replay)
    ran = orders.run("--json", "replay", "orders")
    assert ran.code == 143
    assert (ran.json["executions"], ran.json["stopped"]) == (0, True)
