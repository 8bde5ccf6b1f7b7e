"""`verify --env`, `verify --rebuild` and `which`, as people and scripts see them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from support.command_line import Project, Ran, config
from support.git import run_git


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return a project whose local environment serves 1.0.0 of two workflows."""
    project = Project(tmp_path / "shop")
    project.root.mkdir()
    project.git("init", "--quiet", "--initial-branch=main")
    project.write("releases.toml", config("local", ""))
    project.publish("1.0.0", hello="one", Größe="x")
    return project


def test_a_proof_is_a_table_of_links(project: Project) -> None:
    """Each link has a column; -v has the text of each, and --json everything."""
    commit = project.git("rev-parse", "HEAD")[:12]
    ran = project.ok("verify", "--env", "local")
    lines = [" ".join(line.split()) for line in ran.out.splitlines()]
    assert re.search(r"\(publish by .*, \d{4}-\d\d-\d\d \d\d:\d\dZ, .*(ago|now)\)$", lines[0])
    assert lines[1:4] == [
        "WORKFLOW LIVE RECORD RELEASE TAG COMMIT",
        "Größe ok ok ok ok ok",
        "hello ok ok ok ok ok",
    ]
    assert f"tag: v1.0.0 in this clone is on {commit} and carries its digest" in lines
    assert lines[-1] == "proven: every link is ok"
    verbose = project.ok("verify", "1.0.0", "--env", "local", "--rebuild", "-v").out
    assert "hello: live: the alias live points at :1; :1 is " in verbose
    assert f"hello: rebuild: {commit} builds to " in verbose
    members = project.json("verify", "--env", "local")
    assert (members["schema"], members["ok"]) == ("sfn-release/verify/1", True)
    assert members["links"][0].keys() == {"environment", "workflow", "link", "ok", "text"}
    names = ["live", "record", "release", "tag", "commit"]
    assert [link["link"] for link in members["links"]] == names * 2


def test_a_broken_link_is_explained_and_fails(project: Project) -> None:
    """Workflows with the same problem are named together."""
    project.git("tag", "--delete", "v1.0.0")
    ran = project.run("verify", "--env", "local")
    assert ran.code == 1
    text = "Größe, hello: tag is broken: The tag v1.0.0 is not in this clone."
    assert text in ran.out
    assert "    Put it back:  git checkout " in ran.out
    assert " && sfn-release publish 1.0.0 --no-deploy" in ran.out
    assert ran.out.splitlines()[-1] == "2 broken links"
    other = project.run("--json", "verify", "1.1.0", "--env", "local")
    links = [link for link in other.json["links"] if link["link"] == "release"]
    assert links[0]["text"] == "It is 1.0.0, and you asked for 1.1.0."
    assert other.code == 1


def test_nothing_deployed_is_not_proven(project: Project) -> None:
    """A command that proves nothing doesn't succeed."""
    project.ok("local", "reset", "--yes")
    ran = project.run("verify", "--env", "local")
    assert (ran.code, ran.out.splitlines()[-1]) == (1, "not proven")
    assert "Nothing was ever deployed here" in ran.out


def test_releases_are_rebuilt(project: Project) -> None:
    """One, or all; a lost commit fails."""
    ran = project.ok("verify", "--rebuild")
    assert ran.out.splitlines()[-1] == "rebuilt: 1 release OK"
    members = project.json("verify", "1.0.0", "--rebuild")
    (rebuilt,) = members["rebuilt"]
    assert (rebuilt["version"], rebuilt["ok"], members["verified"]) == ("1.0.0", True, True)
    assert rebuilt["digest"] == rebuilt["released_digest"]
    tree = project.git("rev-parse", "HEAD^{tree}")
    (project.root / ".git" / "objects" / tree[:2] / tree[2:]).unlink()
    ran = project.run("verify", "--rebuild")
    assert (ran.code, ran.out.splitlines()[-1]) == (1, "1 of 1 release not rebuilt")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--toolchain", "here"), "--toolchain needs --rebuild"),
        (("--env", "local", "--accept-rewrite"), "don't go together"),
        (("--rebuild", "--toolchain", "other"), "Invalid value for '--toolchain'"),
    ],
)
def test_options_that_do_not_fit(arguments: tuple[str, ...], words: str, project: Project) -> None:
    """Exit 2."""
    ran = project.run("verify", *arguments)
    assert (ran.code, words in ran.err) == (2, True)


def test_which(project: Project) -> None:
    """The release of an execution, for people and for scripts."""
    arn = project.json("execute", "hello")["execution_arn"]
    members = project.json("which", arn)
    wanted = {"execution_arn", "workflow", "version", "commit", "author", "environment"}
    assert members.keys() >= wanted | {"deployed_by", "deployed_at"}
    assert [members[name] for name in ("execution_arn", "workflow", "version", "environment")] == [
        *(arn, "hello", "1.0.0", "local"),
    ]
    assert members["commit"] == project.git("rev-parse", "HEAD")
    out = project.ok("which", arn).out
    assert out.startswith("hello 1.0.0  in local (not AWS)\n")
    assert f"commit:      {members['commit']}" in out
    failed: Ran = project.run("which", "arn:aws:s3:::x")
    assert (failed.code, "is not the ARN of an execution" in failed.err) == (2, True)


def test_output_is_safe(project: Project) -> None:
    """An author's name with control characters is escaped."""
    run_git(project.root, "config", "user.name", "Eve\x1b[31m")
    project.publish("1.1.0", hello="two", Größe="x")
    assert "\x1b" not in project.ok("verify", "--env", "local").out
    assert json.loads(project.ok("--json", "verify", "--env", "local").out)["ok"]
