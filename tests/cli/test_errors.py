"""Bad input: one clear error, exit 1 or 2, and nothing changed."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from sfn_release.aws.clients import Aws
from sfn_release.aws.stepfunctions import in_process
from support.command_line import ROLE, Project, run
from support.forging import forge
from support.git import run_git
from support.shop import Shop


def refs(project: Project) -> str:
    """Return every ref and the state of the work tree."""
    return project.git("for-each-ref") + project.git("status", "--porcelain")


@pytest.mark.parametrize(
    ("arguments", "exit_code", "code", "words"),
    [
        (["pubish", "1.0.0"], 2, "E_USAGE", ["There is no command 'pubish'", 'mean "publish"?']),
        (["nonsense"], 2, "E_USAGE", ["sfn-release --help"]),
        (["publish"], 2, "E_USAGE", ["VERSION", "sfn-release publish --help"]),
        (["publish", "1.0.0", "--no-deplo"], 2, "E_USAGE", ["Did you mean --no-deploy?"]),
        (["publish", "1.0.0", "--evn", "x"], 2, "E_USAGE", ["'--evn'.  E_", "--env or --reason?"]),
        (["history", "-n", "0"], 2, "E_USAGE", ["0"]),
        (["local", "serv"], 2, "E_USAGE", ["serv"]),
        (["status", "--env", "locl"], 1, "E_NOT_FOUND", ["'locl'", 'Did you mean "local"?']),
        (["history", "--env", "local", "--env", "prod"], 2, "E_USAGE", ["one --env"]),
        (["publish", "1.0"], 1, "E_VERSION", ["'1.0' is not a semantic version"]),
        (["publish", "1.0.0+build"], 1, "E_VERSION", ["build metadata"]),
        (["deploy", "9.9.9"], 1, "E_NOT_FOUND", ["no release 9.9.9", "The releases are: 1.0.0."]),
        (["rollback", "9.9.9"], 1, "E_NOT_FOUND", ["9.9.9"]),
        (["show", "9.9.9"], 1, "E_NOT_FOUND", ["no release 9.9.9"]),
        (["diff", "9.9.9"], 1, "E_NOT_FOUND", ["no release 9.9.9"]),
        (["diff", "@prod"], 1, "E_NOT_FOUND", ["'prod'"]),
        (["build", "hallo"], 1, "E_NOT_FOUND", ["no workflow 'hallo'", 'mean "hello"?']),
        (["execute", "hallo"], 1, "E_NOT_FOUND", ['mean "hello"?']),
        (["show", "1.0.0", "hallo"], 1, "E_NOT_FOUND", ["no workflow 'hallo'", 'mean "hello"?']),
        (["delete", "hallo", "--yes"], 1, "E_NOT_FOUND", ["'hallo'", 'mean "hello"?']),
        (["execute", "hello", "--input", "{'a': 1}"], 2, "E_USAGE", ["isn't JSON"]),
        (["execute", "hello", "--input", "@none.json"], 2, "E_USAGE", ["none.json"]),
        (["unlock", "--yes"], 1, "E_NOT_FOUND", ["isn't locked"]),
        (["-C", "nowhere", "status"], 2, "E_USAGE", ["nowhere is not a folder"]),
        (["rollback"], 1, "E_NOT_FOUND", ["There is no release before 1.0.0"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else str(value),
)
def test_a_wrong_command_line_is_refused(
    shop: Project, arguments: list[str], exit_code: int, code: str, words: list[str]
) -> None:
    """The error names the unknown value and the nearest known one, and nothing changes."""
    shop.publish("1.0.0")
    before = refs(shop)

    ran = shop.run(*arguments)

    assert (exit_code, "") == (ran.code, ran.out)
    first = ran.err.splitlines()[0]
    assert re.fullmatch(rf"error: .*  {code}", first), ran.err
    assert [word for word in words if word not in ran.err] == [], ran.err
    assert before == refs(shop)


def test_a_folder_that_was_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A current folder that was deleted is a usage error."""
    folder = tmp_path / "gone"
    folder.mkdir()
    monkeypatch.chdir(folder)
    folder.rmdir()
    ran = run("status")
    assert (ran.code, ran.out) == (2, "")
    assert "The current folder was deleted." in ran.err


def test_no_repository(tmp_path: Path) -> None:
    """Outside a repository, the error says to create one."""
    ran = run("-C", str(tmp_path), "status")
    assert ran.code == 1
    assert "is not in a Git repository" in ran.err
    assert "git init" in ran.err


def test_no_git_on_the_path(shop: Project) -> None:
    """Without git, the error says where to get it."""
    bare = {"PATH": "/nonexistent", "HOME": str(shop.root)}
    for command in (["status"], ["demo"]):
        done = subprocess.run(
            [sys.executable, "-m", "sfn_release", *command],
            cwd=shop.root,
            env=bare | {"PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stdout) == (1, "")
        assert "error: git was not found on this machine.  E_GIT" in done.stderr
        assert "https://git-scm.com/" in done.stderr


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["releases.toml", "[project]"]),
        ("[project\nname = 1", ["releases.toml:1"]),
        ('[project]\nname = "shop"\nrol_arn = "x"\n', ["releases.toml:3", "rol_arn"]),
        (
            '[project]\nname = "shop"\n[environments.prod]\nregion = "eu-west-1"\nrol_arn = "x"\n',
            ["releases.toml:5", "rol_arn", "role_arn"],
        ),
        ("[project]\nname = 7\n", ["releases.toml:2", "name"]),
    ],
    ids=["empty", "broken", "unknown key", "unknown key of an environment", "wrong type"],
)
def test_a_wrong_releases_toml(shop: Project, text: str, words: list[str]) -> None:
    """The error names the file, line and key, and the nearest known key."""
    shop.write("releases.toml", text)
    ran = shop.run("status")
    assert (ran.code, ran.out) == (1, "")
    assert "E_CONFIG" in ran.err
    assert [word for word in words if word not in ran.err] == [], ran.err


def test_an_undeclared_parameter(shop: Project) -> None:
    """The error names the parameter, and nothing is released."""
    shop.commit(hello="${Whoo}")
    ran = shop.run("publish", "1.0.0")
    assert (ran.code, ran.out) == (1, "")
    assert "E_CONFIG" in ran.err
    assert "workflow hello (workflows/hello.asl.json), environment local" in ran.err
    assert "[environments.local.parameters]\n    Whoo = " in ran.err
    assert shop.git("tag", "--list") == ""


MACHINE = """\
import sfn_release as sfn

workflow = sfn.Workflow()
workflow.start_from(sfn.Pass(id="Only", result={result!r})).end()
machine = sfn.StateMachine(name={name!r}, workflow=workflow, role_arn="arn:aws:iam::1:role/r")
"""


@pytest.mark.parametrize(
    ("files", "words"),
    [
        (
            {
                "a.py": MACHINE.format(name="twin", result=1),
                "b.py": MACHINE.format(name="twin", result=2),
            },
            ["twin", "workflows/a.py", "workflows/b.py"],
        ),
        ({"empty.py": "x = 1\n"}, ["workflows/empty.py", "_"]),
        ({"bad.py": MACHINE.format(name="two words", result=1)}, ["two words"]),
        ({"big.py": MACHINE.format(name="big", result="x" * 1_100_000)}, ["big"]),
        (
            {"raises.py": "def f():\n    raise KeyError('mine')\nf()\n"},
            ["raises.py", "mine", "f()"],
        ),
    ],
    ids=["two of one name", "no workflow", "invalid name", "too large", "raises"],
)
def test_a_wrong_workflow(shop: Project, files: dict[str, str], words: list[str]) -> None:
    """The error names the module and its fault, and nothing is released."""
    for name, text in files.items():
        shop.write(f"workflows/{name}", text)
    shop.commit()
    before = refs(shop)

    ran = shop.run("publish", "1.0.0")

    assert (ran.code, ran.out) == (1, "")
    assert [word for word in words if word not in ran.err] == [], ran.err
    assert "sfn_release/" not in ran.err
    assert before == refs(shop)


def test_what_a_module_prints_is_not_our_output(shop: Project) -> None:
    """A module's own output isn't mixed with the result."""
    shop.write("workflows/loud.py", "print('LOUD')\n" + MACHINE.format(name="loud", result=1))
    assert [workflow["name"] for workflow in shop.json("list")["workflows"]] == ["hello", "loud"]


def test_a_dirty_tree_prints_the_git_commands(shop: Project) -> None:
    """Uncommitted files aren't released, and the error shows how to commit them."""
    shop.workflow("hello", "changed")
    ran = shop.run("publish", "1.0.0")
    assert ran.code == 1
    assert "E_DIRTY" in ran.err
    assert "workflows/hello.asl.json" in ran.err
    assert "git add --all && git commit" in ran.err


def test_a_version_with_other_content(shop: Project) -> None:
    """The error shows the difference and the version to use instead."""
    shop.publish("1.0.0")
    shop.commit(hello="Hello Bob")
    ran = shop.run("publish", "1.0.0")
    assert ran.code == 1
    assert "error: 1.0.0 is already released with different content.  E_IMMUTABLE" in ran.err
    assert 'hello: state "Only": Result "Hello Alice" → "Hello Bob"' in ran.err
    assert "sfn-release publish 1.1.0" in ran.err


def test_no_network(shop: Project) -> None:
    """The error names an endpoint that nothing listens on, and nothing is released."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    shop.write(
        "releases.toml",
        (shop.root / "releases.toml").read_text()
        + f'\n[environments.far]\nregion = "us-east-1"\nendpoint_url = "http://127.0.0.1:{port}"\n'
        + f'role_arn = "{ROLE}"\n',
    )
    shop.commit()
    ran = shop.run("publish", "1.0.0", "--env", "far")
    assert ran.code == 1
    assert "E_NETWORK" in ran.err
    assert f"http://127.0.0.1:{port}" in ran.err
    assert shop.git("tag", "--list") == ""


def test_a_folder_that_cannot_be_written(shop: Project) -> None:
    """`init` and `build --out` name the file and the reason."""
    shop.write("file", "")
    for ran in (
        shop.run("build", "--out", "file/below"),
        shop.run("build", "--out", "file"),
    ):
        assert (ran.code, ran.out) == (1, "")
        assert "E_FILE" in ran.err


def test_a_git_folder_that_cannot_be_written(shop: Project) -> None:
    """The error names the path, and nothing is released."""
    in_the_way = shop.root / ".git" / "sfn-release"  # root writes where modes forbid it
    in_the_way.write_text("")
    ran = shop.run("publish", "1.0.0")
    assert ran.code == 1
    assert str(in_the_way) in ran.err
    assert "E_LOCAL" in ran.err
    assert shop.git("tag", "--list") == ""


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_read_only_repository(shop: Project) -> None:
    """The error shows git's message, and nothing is released."""
    objects = shop.root / ".git" / "objects"
    objects.chmod(0o500)
    try:
        ran = shop.run("publish", "1.0.0")
    finally:
        objects.chmod(0o700)
    assert ran.code == 1
    assert "E_GIT" in ran.err
    assert shop.git("tag", "--list") == ""


def test_a_ledger_of_nonsense(shop: Project) -> None:
    """A branch that was edited by hand is E_TAMPERED with its ref, and nothing is deployed."""
    shop.publish("1.0.0")
    ref = "refs/heads/sfn-release/shop/releases"
    message = run_git(shop.root, "log", "-1", "--format=%B", ref)
    forge(Shop(shop.root), ref, {"manifest.json": "nonsense"}, message)
    for command in (["show", "1.0.0"], ["releases"], ["deploy", "1.0.0"]):
        ran = shop.run(*command)
        assert ran.code == 1, command
        assert "E_TAMPERED" in ran.err, command
        assert ref in ran.err, command
        assert "git log" in ran.err, command


def test_errors_as_json(shop: Project) -> None:
    """--json prints the error as an object on stdout; stderr still has the text."""
    for arguments in (["--json", "show", "1.0.0"], ["show", "1.0.0", "--json"], ["--json", "sho"]):
        ran = shop.run(*arguments)
        assert ran.code in {1, 2}
        found = json.loads(ran.out)
        assert found["schema"] == "sfn-release/error/1"
        assert {"code", "message", "why", "fix"} == set(found["error"])
        assert found["error"]["message"] in ran.err


def test_verbose_shows_the_cause(shop: Project) -> None:
    """-v adds the traceback of an error's cause; without -v there is no traceback."""
    plain = shop.run("execute", "hello", "--input", "{")
    assert "Traceback" not in plain.err
    assert "  | Traceback" in shop.run("-v", "execute", "hello", "--input", "{").err


def test_a_bug_keeps_its_traceback(shop: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception that isn't an SfnReleaseError isn't caught."""

    def broken(_: Path) -> Path:
        raise ZeroDivisionError

    monkeypatch.setattr("sfn_release.operations.workspace.find_project", broken)
    with pytest.raises(ZeroDivisionError):
        shop.run("status")


def test_no_credentials(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says where credentials are searched, and nothing is released."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    ran = project.run("publish", "1.0.0")
    if project.environment == "local":  # needs none
        assert ran.code == 0
        return
    assert (ran.code, ran.out) == (1, "")
    assert "E_ACCESS" in ran.err
    assert project.git("tag", "--list") == ""


@pytest.mark.parametrize("environment", ["aws"], indirect=True)
@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (
            {
                "__type": "AccessDeniedException",
                "message": "User: arn:aws:iam::1:user/u is not authorized to perform:"
                " states:ListStateMachines on resource: *",
            },
            ["states:"],
        ),
        (
            {"__type": "ExpiredTokenException", "message": "The security token is expired"},
            ["expired"],
        ),
    ],
    ids=["access denied", "expired credentials"],
)
def test_aws_refuses(
    project: Project, monkeypatch: pytest.MonkeyPatch, answer: dict[str, str], words: list[str]
) -> None:
    """The error names the permission or the credentials, and nothing is released."""

    def handle(*_: object) -> tuple[int, dict[str, str], bytes]:
        return 400, {"Content-Type": "application/x-amz-json-1.0"}, json.dumps(answer).encode()

    client = in_process(handle, region="us-east-1")
    monkeypatch.setattr("sfn_release.aws.clients.connect", lambda *_: Aws.of(client))

    ran = project.run("publish", "1.0.0")

    assert (ran.code, ran.out) == (1, "")
    assert "E_ACCESS" in ran.err
    assert [word for word in words if word not in ran.err] == [], ran.err
    assert project.git("tag", "--list") == ""
