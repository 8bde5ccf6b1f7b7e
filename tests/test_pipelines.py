"""The workflow file of GitHub Actions: valid, safe, and every command line in it works."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from conftest import ROLE, Project, Ran, run
from support import run_git

from sfn_release.project import parse_project
from sfn_release.scaffold.github import Stage, github_workflow, stages

FILE = ".github/workflows/sfn-release.yml"
CONFIG = """\
[project]
name = "shop"
"""


def environment(name: str, endpoint: str = "", **keys: str) -> str:
    """Return the table of an environment, on an endpoint if there is one."""
    text = f'\n[environments.{name}]\nregion = "us-east-1"\nrole_arn = "{ROLE}"\n'
    text += f'name = "{{workflow}}-pipeline-{name}"\n'
    if endpoint:
        text += f'endpoint_url = "{endpoint}"\n'
    return text + "".join(f"{key} = {value}\n" for key, value in keys.items())


def written(config: str, folder: str = "") -> tuple[str, Any]:
    """Return the path and the parsed content of the file for a releases.toml."""
    project = parse_project(config, path="releases.toml")
    path, text = github_workflow(project, folder, release="0.1.0")
    return path, yaml.safe_load(text)


def commands(job: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the command lines of a job with their steps."""
    yield from ((step["run"], step) for step in job["steps"] if "run" in step)


def test_the_file_is_a_workflow() -> None:
    """Three jobs, each with just the rights that it needs; actions by their major version."""
    path, file = written(CONFIG + environment("staging") + environment("prod"))
    assert path == FILE
    assert list(file["jobs"]) == ["plan", "publish", "promote-prod"]
    assert file["permissions"] == {}
    plan, publish, promote = file["jobs"].values()
    assert plan["permissions"]["contents"] == "read"
    for job in (publish, promote):
        assert job["permissions"] == {"contents": "write", "id-token": "write"}
        assert job["concurrency"]["cancel-in-progress"] is False
    assert (publish["environment"], promote["environment"]) == ("staging", "prod")
    assert promote["needs"] == "publish"
    for job in file["jobs"].values():
        used = {step["uses"]: step.get("with") for step in job["steps"] if "uses" in step}
        assert used["actions/checkout@v5"] == {"fetch-depth": 1}
        access = used["aws-actions/configure-aws-credentials@v5"]
        assert access is not None
        assert access["role-to-assume"].startswith("${{ vars.AWS_")
        assert access["aws-region"] == "us-east-1"


def test_nothing_from_outside_stands_in_a_command_line() -> None:
    """An expression there would be pasted into the shell; variables are not."""
    _, file = written(CONFIG + environment("staging") + environment("prod"))
    lines = [line for job in file["jobs"].values() for line, _ in commands(job)]
    assert [line for line in lines if "${{" in line] == []


def test_tags_start_it_by_the_projects_template() -> None:
    """PyYAML reads the key `on` as true, as YAML 1.1 has it; GitHub does not."""
    _, file = written(CONFIG + 'tag = "shop/v{version}+x"\n' + environment("staging"))
    events = file[True]
    assert events["push"]["tags"] == ["shop/v[0-9]*\\+x"]
    assert set(events) == {"pull_request", "push", "workflow_dispatch"}


def test_a_project_in_a_subfolder_has_a_file_of_its_own() -> None:
    """Which runs there, and for its changes alone."""
    path, file = written(CONFIG + environment("staging"), folder="teams/a: #[b] ${{ x }}")
    assert path == ".github/workflows/sfn-release-shop.yml"
    assert file["defaults"]["run"]["working-directory"] == "teams/a: #[b] ${{ '${{' }} x }}"
    assert file[True]["pull_request"]["paths"] == ["teams/a: #\\[b\\] ${{ '${{' }} x }}/**"]


@pytest.mark.parametrize("name", ["on", "null", "true", "no", "e1", "y"])
def test_names_that_yaml_has_other_ideas_of_stay_names(name: str) -> None:
    """`on` is a legal environment, and a truth to YAML."""
    _, file = written(CONFIG + environment("staging") + environment(name))
    assert file["jobs"][f"promote-{name}"]["environment"] == name


def test_stages_follow_what_they_require() -> None:
    """Wherever they stand in the file; two may come from the same one."""
    config = (
        CONFIG
        + environment("eu", requires='["staging"]')
        + environment("us", requires='["staging", "eu"]')
        + environment("staging")
        + environment("asia", requires='["staging"]')
    )
    assert [
        Stage("staging", "us-east-1"),
        Stage("eu", "us-east-1", "staging"),
        Stage("us", "us-east-1", "eu"),
        Stage("asia", "us-east-1", "staging"),
    ] == stages(parse_project(config, path="releases.toml"))
    _, file = written(config)
    assert file["jobs"]["promote-us"]["needs"] == "promote-eu"
    assert file["jobs"]["promote-asia"]["needs"] == "publish"


def test_without_requires_the_order_of_the_file_counts() -> None:
    """`local` is nobody's stage."""
    project = parse_project(
        CONFIG + environment("one") + "[environments.local]\n" + environment("two"), path="x.toml"
    )
    assert [stage.source for stage in stages(project)] == [None, "one"]


def test_without_environments_the_usual_ones_are_named(repository: Path) -> None:
    """And init says that they are missing."""
    ran = run("-C", str(repository), "init", "--ci", "github")
    assert (ran.code, f"wrote  {FILE}" in ran.out) == (0, True)
    assert "add [environments.staging]" in ran.err
    assert "add [environments.prod]" in ran.err
    file = yaml.safe_load((repository / FILE).read_text(encoding="utf-8"))
    assert list(file["jobs"]) == ["plan", "publish", "promote-prod"]


def test_init_overwrites_nothing(shop: Project) -> None:
    """The file is theirs once it is written."""
    shop.write(FILE, "theirs")
    ran = shop.ok("init", "--ci", "github")
    assert f"kept   {FILE}" in ran.out
    assert (shop.root / FILE).read_text(encoding="utf-8") == "theirs"


def test_init_tells_of_profiles(shop: Project) -> None:
    """A runner has none, and would fail with it."""
    shop.write("releases.toml", CONFIG + environment("staging", profile='"me"'))
    assert "staging names the profile me" in shop.ok("init", "--ci", "github").err


def test_a_broken_releases_toml_stops_it_first(shop: Project) -> None:
    """Nothing is written for environments that are not known."""
    shop.write("releases.toml", "[project]\n")
    (shop.root / "workflows" / "hello.asl.json").unlink()
    ran = shop.run("init", "--ci", "github")
    assert (ran.code, "E_CONFIG" in ran.err) == (1, True)
    assert not (shop.root / ".github").exists()
    assert not (shop.root / "CHANGELOG.md").exists()


def test_init_in_a_subfolder_writes_at_the_repositorys_root(repository: Path) -> None:
    """GitHub looks nowhere else."""
    (repository / "shop").mkdir()
    ran = run("-C", str(repository / "shop"), "init", "--ci", "github")
    assert "wrote  ../.github/workflows/sfn-release-shop.yml" in ran.out
    assert (repository / ".github/workflows/sfn-release-shop.yml").is_file()


class Runner:
    """A runner of GitHub Actions: checks out as it does, and runs the steps of a job in bash."""

    def __init__(self, remote: Path, folder: Path) -> None:
        self.remote = remote
        self.folder = folder
        self.bin = folder / "bin"
        self.bin.mkdir(parents=True)
        (self.bin / "sfn-release").symlink_to(Path(sys.executable).with_name("sfn-release"))
        for name in ("pip", "gh"):  # the world: recorded, not reached
            script = f'#!/bin/sh\necho "{name} $*" >> "{folder}/world"\n'
            (self.bin / name).write_text(script, encoding="utf-8")
            (self.bin / name).chmod(0o755)

    def checkout(self, ref: str) -> Path:
        """Clone as actions/checkout does: one commit, detached, no tags, no identity."""
        work = self.folder / f"work-{len(list(self.folder.glob('work-*')))}"
        run_git(self.folder, "init", "--quiet", str(work))
        run_git(work, "remote", "add", "origin", f"file://{self.remote}")
        run_git(work, "fetch", "--quiet", "--no-tags", "--depth=1", "origin", ref)
        run_git(work, "checkout", "--quiet", "--detach", "FETCH_HEAD")
        assert run_git(work, "tag") == ""
        return work

    def job(self, job: Mapping[str, Any], ref: str, event: str, **values: str) -> dict[str, str]:
        """Run a job's command lines; return its outputs."""
        work = self.checkout(ref)
        for line, step in commands(job):
            if "if" in step and event not in step["if"]:
                continue
            environ = {**os.environ, **values, "PATH": f"{self.bin}:{os.environ['PATH']}"}
            environ |= {name: values[name] for name in step.get("env", {})}
            done = subprocess.run(
                ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", line],
                cwd=work,
                env=environ | {"GITHUB_OUTPUT": f"{work}.out", "RUNNER_TEMP": str(self.folder)},
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
        lines = Path(f"{work}.out").read_text(encoding="utf-8").splitlines()
        names = (line.partition("<<")[0] for line in lines[::3])
        return dict(zip(names, lines[1::3], strict=True))


def test_every_command_line_works_on_a_runner(
    repository: Path, local_server: str, tmp_path: Path
) -> None:
    """In shallow, detached clones without tags: plan, publish by a tag and by hand, promote."""
    config = CONFIG + environment("staging", local_server)
    shop = Project(repository)
    shop.write("releases.toml", config + environment("prod", local_server, requires='["staging"]'))
    shop.workflow("hello", "Hello Alice")
    assert f"wrote  {FILE}" in shop.ok("init", "--ci", "github").out
    shop.commit()
    remote = tmp_path / "remote.git"
    run_git(tmp_path, "init", "--quiet", "--bare", str(remote))
    shop.git("remote", "add", "origin", str(remote))
    shop.git("push", "--quiet", "origin", "HEAD:main")
    jobs = yaml.safe_load((repository / FILE).read_text(encoding="utf-8"))["jobs"]
    runner = Runner(remote, tmp_path / "runner")

    told = runner.job(jobs["plan"], "main", "pull_request", GH_TOKEN="t", PULL_REQUEST="7")
    assert told["changes"] == "true"
    world = (tmp_path / "runner" / "world").read_text(encoding="utf-8").splitlines()
    assert world[0].startswith("pip install sfn-release==")
    assert world[1].startswith("gh pr comment 7 ")
    plan = (tmp_path / "runner" / "plan.md").read_text(encoding="utf-8")
    assert "| `hello` | created |" in plan

    shop.git("tag", "v1.2.0")
    shop.git("push", "--quiet", "origin", "v1.2.0")
    told = runner.job(jobs["publish"], "refs/tags/v1.2.0", "push")
    assert (told["version"], told["environment"]) == ("1.2.0", "staging")
    told = runner.job(jobs["promote-prod"], "refs/tags/v1.2.0", "push", VERSION="1.2.0")
    assert (told["version"], told["environment"]) == ("1.2.0", "prod")

    shop.commit(hello="Hello Bob")
    shop.git("push", "--quiet", "origin", "HEAD:main")
    told = runner.job(jobs["publish"], "refs/heads/main", "workflow_dispatch", VERSION="1.3.0")
    assert (told["version"], told["tag"]) == ("1.3.0", "v1.3.0")
    live: Ran = shop.run("--json", "status", "--env", "staging")
    assert live.json["environments"][0]["version"] == "1.3.0"


def test_jobs_set_the_variables_that_parameters_are_read_from() -> None:
    """Each job those of its environment, from the variables that the header tells to make."""
    config = CONFIG + environment("staging") + "parameters = { Charge = { env = 'CHARGE_ARN' } }\n"
    config += environment("prod", requires='["staging"]', soak='"2h"')
    config += "parameters = { Ship = { env = 'SHIP' }, Charge = { env = 'CHARGE_ARN' } }\n"
    text = github_workflow(parse_project(config, path="x"), "", release="0.1.0")[1]
    plan, publish, promote = yaml.safe_load(text)["jobs"].values()
    charge = {"CHARGE_ARN": "${{ vars.CHARGE_ARN }}"}
    assert (plan["env"], publish["env"]) == (charge, charge)
    assert promote["env"] == {**charge, "SHIP": "${{ vars.SHIP }}"}
    assert "#   prod: CHARGE_ARN, SHIP\n" in text
    assert "# Refused until staging has served the release for 2h: then run" in text


def test_where_there_are_releases_no_first_one_is_advised(shop: Project) -> None:
    """What is next is to commit what was written."""
    shop.publish("1.4.0")
    told = shop.json("init", "--ci", "github")["next"]
    assert [step for step in told if "sfn-release" in step and "git" not in step] == []
    assert len(told) == 2
