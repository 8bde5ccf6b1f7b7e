"""The suite for real AWS, on the local service and moto: it runs, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from live.__main__ import main
from live.lab import begun, machines, new_run
from live.questions import QUESTIONS
from live.report import Answer, Step, redacted, report
from live.settings import PREFIX, SettingsError, read_settings
from live.story import STEPS
from live.sweep import left_behind, sweep
from support.places import ROOT

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/shop-live"
SLOW = {"execution-names"}  # which needs real time, and this service has none


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch, local_server: str) -> Any:
    """Set the variables of a run on the local service; return a client."""
    for name, value in {
        "SFN_RELEASE_LIVE": "default",
        "SFN_RELEASE_LIVE_REGION": "eu-west-1",
        "SFN_RELEASE_LIVE_ROLE": ROLE,
        "SFN_RELEASE_LIVE_ENDPOINT": local_server,
        "SFN_RELEASE_LIVE_CANARY": "1s",
    }.items():
        monkeypatch.setenv(name, value)
    settings = read_settings(os.environ)
    assert settings is not None
    return settings.client()


def ours(client: Any) -> list[str]:
    """Return the names of the state machines that runs made."""
    return [name for name, _ in machines(client) if name.startswith(PREFIX)]


def test_nothing_runs_unless_you_ask(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line says so; a wrong variable is named."""
    monkeypatch.delenv("SFN_RELEASE_LIVE", raising=False)
    assert main([]) == 0
    assert capsys.readouterr().out.startswith("skipped: SFN_RELEASE_LIVE is not set")
    monkeypatch.setenv("SFN_RELEASE_LIVE", "default")
    assert main([]) == 2
    assert "SFN_RELEASE_LIVE_REGION" in capsys.readouterr().err
    with pytest.raises(SettingsError, match="SFN_RELEASE_LIVE_ROLE"):
        read_settings({"SFN_RELEASE_LIVE": "x", "SFN_RELEASE_LIVE_REGION": "eu-west-1"})


def test_the_service_answers_as_we_assume(
    account: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every question has an answer, and the report has no account number."""
    file = tmp_path / "report.json"
    asked = [question.id for question in QUESTIONS if question.id not in SLOW]
    assert main(["--only", ",".join(asked), "--report", str(file)]) == 0, capsys.readouterr().out
    text = file.read_text()
    found = json.loads(text)
    assert [answer["question"] for answer in found["answers"]] == asked
    assert {answer["verdict"] for answer in found["answers"]} == {"agrees"}
    assert not re.search(r"(?<!\d)\d{12}(?!\d)|shop-live", text)
    assert ours(account) == []


def test_the_story_is_told_by_the_command_line(
    account: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of it; what it made is deleted."""
    monkeypatch.chdir(tmp_path)
    assert main(["--only", "story"]) == 0
    found = json.loads((tmp_path / "sfn-release-live.json").read_text())
    assert [step["ok"] for step in found["story"]] == [True] * len(STEPS)
    assert ours(account) == []


@pytest.mark.parametrize(
    ("only", "moment"), [("questions", "tracing-revision"), ("publish,canary", "publish 1.0.0")]
)
def test_what_a_killed_run_left_is_swept(
    only: str, moment: str, account: Any, tmp_path: Path
) -> None:
    """A run that is killed for real; younger ones than an hour are left alone without --all."""
    command = [sys.executable, "-m", "tests.live", "--report", str(tmp_path / "r.json")]
    running = subprocess.Popen(
        [*command, "--only", only],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    assert running.stdout is not None
    for line in running.stdout:
        if moment in line:
            break
    running.send_signal(signal.SIGKILL)
    running.wait()
    running.stdout.close()
    made = ours(account)
    assert made
    assert main(["--sweep"]) == 0
    assert ours(account) == made
    later = datetime.now(UTC) + timedelta(minutes=61)
    deleted, left = sweep(account, now=later)
    assert (sorted(deleted), left) == (sorted(made), [])
    assert ours(account) == []


def test_a_sweep_deletes_the_folder_of_a_story(
    account: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And no other folder."""
    folder = tmp_path / "tmp"
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    old = f"{PREFIX}{new_run(datetime.now(UTC) - timedelta(hours=2))}-scratchabc"
    others = [f"{PREFIX}mine-scratch", f"{PREFIX}{new_run(datetime.now(UTC))}-scratchabc", "x"]
    for name in (old, *others):
        (folder / name / "a").mkdir(parents=True)
    assert sweep(account) == ([], [])
    assert sorted(path.name for path in folder.iterdir()) == sorted(others)


def test_what_cannot_be_deleted_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    """The others are deleted all the same."""
    from botocore.exceptions import ClientError

    from live.__main__ import _sweep

    names = [f"{PREFIX}{new_run(datetime(2026, 1, 1, tzinfo=UTC))}-{number}" for number in "12"]

    class Client:
        def list_state_machines(self, **_: Any) -> Any:
            return {"stateMachines": [{"name": name, "stateMachineArn": name} for name in names]}

        def delete_state_machine(self, **request: Any) -> None:
            if request["stateMachineArn"] == names[0]:
                raise ClientError({"Error": {"Code": "AccessDeniedException"}}, "X")

    assert _sweep(Client(), timedelta(hours=1)) == 1
    shown = capsys.readouterr()
    assert names[1] in shown.out
    assert f"not deleted: {names[0]}" in shown.err


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("SFN_RELEASE_LIVE", "nobody", "error: The config profile (nobody) could not be found"),
        ("SFN_RELEASE_LIVE_ENDPOINT", "http://127.0.0.1:9", "error: Could not connect"),
    ],
)
def test_an_account_that_cannot_be_reached_is_one_error(
    name: str,
    value: str,
    words: str,
    account: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Of the run and of the sweep."""
    assert ours(account) == []
    monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    for arguments in ([], ["--sweep"]):
        assert main(arguments) == 2
        assert capsys.readouterr().err.startswith(words)


def test_where_no_execution_ends_only_one_is_started(
    other_services: str,
    account: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """As on moto, which runs none; what needs no execution is still asked."""
    assert ours(account) == []
    monkeypatch.setenv("SFN_RELEASE_LIVE_ENDPOINT", other_services)
    monkeypatch.setattr("live.lab.LONGEST", 0.1)
    file = tmp_path / "r.json"
    asked = "missing-field,list-length,execution-names,description-without-publish"
    assert main(["--only", asked, "--report", str(file)]) == 1
    assert "executions don't end here" in capsys.readouterr().out
    found = {item["question"]: item for item in json.loads(file.read_text())["answers"]}
    observed = {found[id]["observed"] for id in ("missing-field", "list-length", "execution-names")}
    assert observed == {"executions don't end here"}
    assert found["description-without-publish"]["verdict"] != "unanswered"


def test_a_run_that_is_stopped_cleans_up(account: Any, tmp_path: Path) -> None:
    """By Ctrl-C or SIGTERM: it deletes, and writes the report so far."""
    file = tmp_path / "r.json"
    command = [sys.executable, "-m", "tests.live", "--report", str(file), "--only", "questions"]
    running = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert running.stdout is not None
    for line in running.stdout:
        if "missing-field" in line:
            break
    running.send_signal(signal.SIGTERM)
    running.stdout.read()
    assert running.wait() == 130
    running.stdout.close()
    assert json.loads(file.read_text())["interrupted"] is True
    assert ours(account) == []


def test_a_sweep_knows_its_own_machines(other_services: str) -> None:
    """By name, on any service: here moto's."""
    import boto3

    client = boto3.client("stepfunctions", "eu-west-1", endpoint_url=other_services)
    now = datetime(2026, 1, 31, 12, tzinfo=UTC)
    old, new = (new_run(now - timedelta(minutes=minutes)) for minutes in (61, 59))
    names = [f"{PREFIX}{old}-a", f"{PREFIX}{new}-a", "orders", f"{PREFIX}mine", f"x{PREFIX}{old}-a"]
    definition = '{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}'
    for name in names:
        client.create_state_machine(name=name, definition=definition, roleArn=ROLE)
    assert [name for name, _ in left_behind(client, timedelta(hours=1), now)] == names[:1]
    assert begun(f"{PREFIX}20261399000000-abcd-x") is None
    assert sweep(client, now=now) == (names[:1], [])
    assert sorted(name for name, _ in machines(client)) == sorted(names[1:])
    earlier = now - timedelta(days=1)  # a clock that was ahead
    assert sweep(client, now=earlier) == ([], [])
    assert sweep(client, older_than=None, now=earlier) == (names[1:2], [])
    assert sorted(name for name, _ in machines(client)) == sorted(names[2:])


def test_a_policy_allows_our_prefix_only(account: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """Two reads can't be limited to a resource; the role may only be passed to Step Functions."""
    assert ours(account) == []
    assert main(["--policy"]) == 0
    *limited, everywhere, passed = json.loads(capsys.readouterr().out)["Statement"]
    resources = [resource for statement in limited for resource in statement["Resource"]]
    assert all(f":{ACCOUNT}:" in resource and PREFIX in resource for resource in resources)
    assert everywhere["Action"] == [
        "states:ListStateMachines",
        "states:ValidateStateMachineDefinition",
    ]
    assert passed["Resource"] == [ROLE]


@pytest.mark.parametrize("role", ["", "nonsense", ROLE])
def test_the_policy_and_the_list_are_shown_before_there_are_credentials(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], role: str
) -> None:
    """You need the policy to get them. What isn't set is a placeholder."""
    for name in ("SFN_RELEASE_LIVE", "SFN_RELEASE_LIVE_REGION", "SFN_RELEASE_LIVE_ROLE"):
        monkeypatch.delenv(name, raising=False)
    if role:
        monkeypatch.setenv("SFN_RELEASE_LIVE", "default")
        monkeypatch.setenv("SFN_RELEASE_LIVE_ROLE", role)
    assert main(["--policy"]) == 0
    shown = capsys.readouterr()
    limited, *_, passed = json.loads(shown.out)["Statement"]
    account = ACCOUNT if role == ROLE else "ACCOUNT"
    assert limited["Resource"] == [f"arn:aws:states:REGION:{account}:stateMachine:{PREFIX}*"]
    assert passed["Resource"] == [ROLE if role == ROLE else "arn:aws:iam::ACCOUNT:role/ROLE"]
    assert ("SFN_RELEASE_LIVE_REGION" in shown.err) == bool(role)
    assert main(["--list"]) == 0


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        (f"arn:aws:states:eu:{ACCOUNT}:stateMachine:x", "arn:aws:states:eu:ACCOUNT:stateMachine:x"),
        (f"sts::{ACCOUNT}:assumed-role/admin/ann is", "sts::ACCOUNT:assumed-role/ROLE/SESSION is"),
        (f"arn:aws:iam::{ACCOUNT}:role/team/x", "arn:aws:iam::ACCOUNT:role/ROLE"),
        ("key AKIAIOSFODNN7EXAMPLE.", "key KEY."),
        ("user AIDAJ45Q7YFFAREXAMPLE", "user KEY"),
        ('File "/home/ann/shop/a.py"', 'File "PATH"'),
        ("ann@example.com on ann-laptop", "EMAIL on HIDDEN"),
        ("http://192.168.1.7:8083", "http://HOST"),
        ("https://proxy.shop.example:3128/x is", "https://HOST/x is"),
        ("https://states.eu-west-1.amazonaws.com/", "https://states.eu-west-1.amazonaws.com/"),
        ("https://amazonaws.com.shop.example/", "https://HOST/"),
        ("file:///home/ann/shop/a.py", "file://PATH"),
        ("C:\\Users\\ann\\a.py", "PATH"),
        ("from 2001:db8:0:1::7 at 12:30:59", "from ADDRESS at 12:30:59"),
        ("1111-2222-3333 and %20222222222222", "ACCOUNT and ACCOUNT"),
        (f"x{ACCOUNT}7", "xACCOUNT7"),
        ("AROAIOSFODNN7EXAMPLE:ann", "KEY"),
        ("222222222222:federated-user/ann", "ACCOUNT:federated-user/USER"),
        ("arn:aws:iam::222222222222:policy/team/x", "arn:aws:iam::ACCOUNT:policy/NAME"),
        ("policy/o-a1b2c3d4e5/p", "policy/ORGANIZATION/p"),
        ("me@ann-mac: no, member", "EMAIL: no, member"),
        ("key wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY, kept", "key SECRET, kept"),
        ("YXJuOmF3czpzdGF0ZXM6ZXUtd2VzdC0xOjEyMzQ1Njc4OTAxMjp4==", "SECRET"),
        ("live-20260131120000-ab12-hello-and-more", "live-20260131120000-ab12-hello-and-more"),
        ("request 1b4e28ba-2fa1-11d2-883f-0016d3cca427", "request ID"),
        ("run 20260131120000-ab12", "run 20260131120000-ab12"),
        ("sha256 and $.items[5]", "sha256 and $.items[5]"),
    ],
)  # fmt: skip
def test_a_report_names_no_account(text: str, safe: str) -> None:
    """Neither in values nor in keys, also deep inside."""
    hidden = ["ann-laptop", ACCOUNT, "me"]
    assert redacted(text, hidden) == safe
    answer = Answer("q", "t", None, {text: [text]}, "differs")
    found = report([answer], [Step("s", ok=False, problem=text)], {}, hidden)
    assert found["answers"][0]["observed"] == {safe: [safe]}
    assert found["story"][0]["problem"] == safe
    assert text == safe or text not in json.dumps(found)


def test_a_user_may_have_any_name() -> None:
    """Also a word of the report itself; a number is hidden as a text is."""
    hidden = ["answers", "story", "text", "agrees", "live"]
    answer = Answer("live", "story", 1, [int(ACCOUNT), 3, True, "live"], "agrees")
    found = report([answer], [], {}, hidden)
    assert found["answers"][0] == {
        "question": "live",
        "text": "story",
        "assumed": 1,
        "observed": ["ACCOUNT", 3, True, "HIDDEN"],
        "verdict": "agrees",
        "source": "guess",
    }


def test_each_question_has_its_own_name() -> None:
    """And a text."""
    assert len({question.id for question in QUESTIONS}) == len(QUESTIONS) >= 40
