"""Data from outside is only ever text to a terminal, a runner or a page.

Names, messages, reasons, tags, definitions, identities, paths, and output of AWS and git: each
holds escape sequences, marks that reorder text, line ends, workflow commands and HTML.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sfn_release.cli.output import terminal
from sfn_release.cli.output.terminal import escapes
from sfn_release.operations.workspace import Workspace
from support.command_line import Project, Ran, config, run

EVIL = (
    "\x1b[31mred\x1b]0;title\x07\x9b2J\u202eevil\u2066\u200e\ufeff\x7f\r\n"
    "::error::evil\n  ::add-mask::x ##[error]y | `code` <img src=x onerror=alert(1)> @everyone"
)
UNSAFE = re.compile(escapes._UNSAFE)
MODES = ("verbose", "json", "actions")


@pytest.fixture
def hostile(repository: Path) -> Project:
    """Return a project whose texts are all hostile."""
    made = Project(repository)
    made.git("config", "user.name", "Ann\x1b[31m\u202e")
    made.write("releases.toml", config("local", "") + f"tags = {{ team = 'a: b' }}\n# {EVIL!r}\n")
    made.write("CHANGELOG.md", f"## [1.0.0]\n\n{EVIL}\n")
    made.write("workflows/hello.mocks.json", json.dumps({"T": [{"error": EVIL, "cause": EVIL}]}))
    name = EVIL[:70]
    states = {
        "Only": {"Type": "Pass", "Result": EVIL, "Comment": EVIL, "Next": name},
        name: {"Type": "Fail", "Error": EVIL, "Cause": EVIL},
    }
    whole = {"Comment": EVIL, "StartAt": "Only", "States": states}
    made.write("workflows/hello.asl.json", json.dumps(whole))
    made.commit()
    return made


def ways(project: Project, *words: str) -> Iterator[tuple[str, Ran, str]]:
    """Run a command line in each mode; yield the mode, the result and the job's files."""
    for mode in MODES:
        files = [project.root.parent / name for name in ("summary", "output")]
        for file in files:
            file.unlink(missing_ok=True)
        with pytest.MonkeyPatch.context() as patch:
            if mode == "actions":
                patch.setenv("GITHUB_ACTIONS", "true")
                patch.setenv("GITHUB_STEP_SUMMARY", str(files[0]))
                patch.setenv("GITHUB_OUTPUT", str(files[1]))
            options = {"verbose": ["-v"], "json": ["--json"]}.get(mode, [])
            ran = project.run(*options, *words)
        told = "".join(file.read_text(encoding="utf-8") for file in files if file.exists())
        yield mode, ran, told


def check(project: Project, *words: str) -> str:
    """Run a command line in each mode, check everything that it writes, and return the text."""
    text = ""
    for mode, ran, told in ways(project, *words):
        for part in (ran.out, ran.err, told):
            assert UNSAFE.findall(part) == [], (mode, words, part)
        if mode == "json":
            assert isinstance(ran.json, dict)
        if mode == "actions":
            said = ran.out + ran.err
            assert re.findall(r"(?m)^\s*::(?:error|add-mask)::.*", said) == [], (words, said)
            assert "##[" not in said, (words, said)
            outside = re.sub(r"(?ms)^(`{3,})text$.*?^\1$|(`+)[^\n]*?[^`]\2(?!`)", "", told)
            assert "<img" not in outside, (words, told)
            assert "@everyone" not in outside, (words, told)
        text = text or ran.out + ran.err
    return text


READING = [
    *(["list"], ["build"], ["build", "hello"], ["check"], ["graph", "hello"]),
    *(["graph", "hello", "--format", "dot"], ["plan"], ["plan", "--format", "markdown"]),
    *(["status"], ["releases"], ["releases", "--format", "toml"], ["history"], ["show", "1.0.0"]),
    *(["show", "1.0.0", "hello"], ["diff", "1.0.0", "1.1.0"], ["diff", "1.0.0"], ["doctor"]),
    *(["plan", "1.0.0"], ["diff", "@local", "1.0.0"]),
]
WRONG = [
    *([EVIL], ["deploy", EVIL], ["publish", EVIL], ["--env", EVIL, "status"]),
    *(["show", "1.0.0", EVIL], ["plan", "--format", EVIL], ["import", EVIL]),
    *(["diff", EVIL], ["execute", EVIL], ["execute", "hello", "--input", EVIL], ["build", EVIL]),
    *(["check", EVIL], ["graph", EVIL], ["delete", EVIL, "--yes"], ["-C", EVIL[:200], "status"]),
    *(["deploy", "1.0.0", f"--{EVIL}"], ["execute", "hello", "--name", EVIL]),
    ["execute", "hello", "--input", f"@{EVIL}"],
]


def test_what_is_read_is_text(hostile: Project) -> None:
    """Every command that shows project data escapes it, before and after a change."""
    hostile.ok("publish", "1.0.0", "--reason", EVIL)
    hostile.workflow("hello", EVIL[::-1])
    hostile.commit()
    hostile.ok("publish", "1.1.0", "--reason", EVIL)
    hostile.workflow("other", EVIL)
    for words in READING:
        check(hostile, *words)
    hostile.git("config", "user.name", "B\x9b\xad\ufffb\U000e0041")
    hostile.publish("1.2.0")
    check(hostile, "releases", "--format", "toml")
    document = tomllib.loads(hostile.ok("releases", "--format", "toml").out)
    authors = [release["author"].partition(" <")[0] for release in document["releases"]]
    assert authors == ["B\x9b\xad\ufffb\U000e0041", *["Ann\x1b[31m\u202e"] * 2]


def test_what_is_done_is_text(hostile: Project) -> None:
    """Deployments escape their reasons, and executions their errors."""
    for words in (
        ["publish", "1.0.0", "--reason", EVIL],
        ["execute", "hello"],
        ["history"],
        ["deploy", "1.0.0", "--reason", EVIL],
        ["delete", "hello", "--yes", "--reason", EVIL],
        ["deploy", "1.0.0", "--reason", EVIL, "--override", EVIL],
        ["yank", "1.0.0", "--reason", EVIL],
        ["releases"],
        ["status"],
        ["deploy", "1.0.0"],
        ["rollback"],
    ):
        check(hostile, *words)


@pytest.mark.parametrize("words", WRONG, ids=lambda words: " ".join(words)[:12])
def test_a_hostile_command_line_is_text(hostile: Project, words: list[str]) -> None:
    """An error escapes the command line that it quotes."""
    check(hostile, *words)


@pytest.mark.parametrize(
    "path", ["releases.toml", "workflows/bad.asl.json", "workflows/bad.py", "CHANGELOG.md"]
)
def test_a_hostile_file_is_text(hostile: Project, path: str) -> None:
    """Errors escape the keys, values and exceptions that they quote."""
    content = {
        "releases.toml": f"[project]\nname = {json.dumps(EVIL[:9])}\n{json.dumps(EVIL)} = 1\n",
        "workflows/bad.asl.json": json.dumps({"StartAt": EVIL, "States": {EVIL: {"Type": EVIL}}}),
        "workflows/bad.py": f"print({EVIL!r})\nraise RuntimeError({EVIL!r})\n",
        "CHANGELOG.md": f"## [{EVIL}]\n",
    }[path]
    hostile.write(path, content)
    for words in (["list"], ["check"], ["plan"], ["doctor"]):
        check(hostile, *words)
    hostile.commit()
    check(hostile, "publish", "1.0.0")


def test_hostile_paths_and_refs_are_text(hostile: Project) -> None:
    """Names of changed files, branches, tags and remotes are escaped."""
    hostile.ok("publish", "1.0.0")
    hostile.write("workflows/\x1b[31m\u202e\n::error::evil.asl.json", "{}")
    check(hostile, "publish", "1.1.0")
    check(hostile, "list")
    hostile.git("add", "--all")
    hostile.git("commit", "--quiet", "--message", EVIL)
    check(hostile, "publish", "1.1.0")
    hostile.git("tag", "v\u202eevil")
    check(hostile, "publish", "--version-from-tag")
    hostile.git("config", "remote.origin.url", f"/nowhere/{EVIL}")
    for words in (["status"], ["publish", "1.2.0"], ["doctor"]):
        check(hostile, *words)


@pytest.mark.parametrize("name", ["a\x1b[31m\u202e ::error::evil", "a\n::error::evil"])
def test_a_hostile_folder_is_text(hostile: Project, name: str) -> None:
    """The name of the project's folder is escaped."""
    folder = hostile.root.parent / name
    folder.mkdir()
    hostile.root.rename(folder / "shop")
    project = Project(folder / "shop")
    for words in (["publish", "1.0.0"], ["doctor"], ["init"], ["init", "--ci", "github"]):
        check(project, *words)
    empty = Project(folder)
    for words in (["status"], ["doctor"], ["init"]):
        check(empty, *words)


def test_a_hostile_actor_is_text(hostile: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """The name of a CI run's actor may hold any characters."""
    monkeypatch.setenv("GITHUB_ACTOR", EVIL)
    check(hostile, "publish", "1.0.0")
    for words in (["history"], ["status"], ["releases"], ["doctor"]):
        check(hostile, *words)


def test_awss_words_are_text(hostile: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS's messages quote input of callers, and a proxy can return any text."""

    def refuse(**_: Any) -> Any:
        raise ClientError({"Error": {"Code": EVIL, "Message": EVIL}}, "DescribeStateMachine")

    class Refusing:
        meta = type("Meta", (), {"region_name": "us-east-1", "endpoint_url": "http://x"})

        def __getattr__(self, _: str) -> Any:
            return refuse

    hostile.ok("publish", "1.0.0")
    hostile.commit(hello=EVIL[:20])
    from sfn_release.aws.clients import Aws

    monkeypatch.setattr(Workspace, "reach", lambda *_: Aws.of(Refusing()))
    monkeypatch.setattr(Workspace, "aws", lambda *_: Aws.of(Refusing()), raising=False)
    for words in (["status"], ["plan"], ["publish", "1.1.0"], ["rollback"], ["execute", "hello"]):
        check(hostile, *words)


@pytest.mark.parametrize("line", ["::error::x", "  ::error::x", "a ##[error]x", "##[group]"])
def test_a_runner_takes_no_command_from_data(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runner commands are broken up on GitHub Actions only; elsewhere the text is unchanged."""
    assert terminal.safe(line) == line
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert re.search(r"(?m)^\s*::|##\[", terminal.safe(f"one\n{line}")) is None
    assert "##[" not in terminal.json_text(line)
    assert json.loads(terminal.json_text(line)) == line


def test_unknown_commands_before_any_project(tmp_path: Path) -> None:
    """An unknown command is escaped outside a repository too."""
    assert UNSAFE.findall(run("-C", str(tmp_path), EVIL).err) == []
