"""The workflow files of GitHub Actions: valid, safe, and every command line in them works."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from sfn_release.operations.scaffold.github.pipeline_files import github_files
from sfn_release.operations.scaffold.github.stages import Stage, stages
from sfn_release.operations.scaffold.installation import Install
from sfn_release.project import parse_project
from support.command_line import ROLE, Project, Ran, run
from support.git import run_git
from support.review_server import TOKEN, Reviews, serving_reviews

FOLDER = ".github/workflows"
FILE = f"{FOLDER}/sfn-release.yml"
CONFIG = """\
[project]
name = "shop"
"""
PINNED = re.compile(r"[\w-]+/[\w-]+@[0-9a-f]{40}")
SOAKED = """\
[project]
name = "shop"

[environments.staging]
region = "eu-west-1"

[environments.prod]
region = "us-east-1"
requires = ["staging"]
soak = "2h"

[environments.asia]
region = "us-east-1"
requires = ["prod"]
"""


def environment(name: str, endpoint: str = "", **keys: str) -> str:
    """Return the table of an environment, on an endpoint if there is one."""
    text = f'\n[environments.{name}]\nregion = "us-east-1"\nrole_arn = "{ROLE}"\n'
    text += f'name = "{{workflow}}-pipeline-{name}"\n'
    if endpoint:
        text += f'endpoint_url = "{endpoint}"\n'
    return text + "".join(f"{key} = {value}\n" for key, value in keys.items())


def texts(config: str, folder: str = "", tests: tuple[str, ...] = ()) -> dict[str, str]:
    """Return the files for a releases.toml, by path."""
    project = parse_project(config, path="releases.toml")
    line = ("pip install sfn-release==0.1.0",)
    install = Install(line, apart=line)
    return github_files(project, folder, install=install, tests=tests, python="3.12")


def written(config: str, folder: str = "", name: str = "") -> Any:
    """Return the parsed content of one of the files: of the main one, or ``-nightly``."""
    found = {path: yaml.safe_load(text) for path, text in texts(config, folder).items()}
    return next(file for path, file in found.items() if path.endswith(f"{name or 'e'}.yml"))


def commands(job: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the command lines of a job with their steps."""
    yield from ((step["run"], step) for step in job["steps"] if "run" in step)


def every_job(config: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every job of every file, with the name of the file and its own."""
    for path, text in texts(config).items():
        for name, job in yaml.safe_load(text)["jobs"].items():
            yield f"{path}: {name}", job


def test_init_writes_a_file_for_each_purpose() -> None:
    """Releases, nightly checks, promotions by the clock, and a button each for two verbs."""
    assert [
        f"{FOLDER}/sfn-release{end}.yml" for end in ("", "-nightly", "-rollback", "-unlock")
    ] == [*texts(CONFIG + environment("staging") + environment("prod"))]
    assert f"{FOLDER}/sfn-release-promote.yml" in texts(SOAKED)


def test_the_main_file_is_a_workflow() -> None:
    """Each job has just the rights that it needs."""
    file = written(CONFIG + environment("staging") + environment("prod"))
    assert list(file["jobs"]) == ["check", "plan", "comment", "publish", "promote-prod"]
    check, plan, comment, publish, promote = file["jobs"].values()
    assert check["permissions"] == {"contents": "read"}
    assert plan["permissions"] == {"contents": "read", "id-token": "write"}
    assert comment["permissions"] == {"pull-requests": "write"}
    for job in (publish, promote):
        assert job["permissions"] == {"contents": "write", "id-token": "write"}
        assert job["concurrency"]["cancel-in-progress"] is False
    assert (publish["environment"], promote["environment"]) == ("staging", "prod")
    assert promote["needs"] == "publish"


@pytest.mark.parametrize("config", [SOAKED, CONFIG + environment("staging")])
def test_jobs_end_and_run_only_pinned_actions(config: str) -> None:
    """Every job has a timeout, no rights by default, and actions by commit id."""
    assert all(yaml.safe_load(text)["permissions"] == {} for text in texts(config).values())
    for name, job in every_job(config):
        assert 0 < job["timeout-minutes"] <= 360, name
        used = [step["uses"] for step in job["steps"] if "uses" in step]
        assert [action for action in used if not PINNED.fullmatch(action)] == [], name
        checkouts = [action for action in used if action.startswith("actions/checkout@")]
        assert len(checkouts) == (not name.endswith(": comment"))


def test_jobs_that_only_read_take_on_the_role_that_only_reads() -> None:
    """Plans, nightly checks and the look before a promotion run in NAME-plan on GitHub."""
    for name, job in every_job(SOAKED):
        writes = job["permissions"].get("contents") == "write"
        there = job.get("environment")
        if there is not None:
            assert str(there).endswith("-plan") is not writes, name
        assert (there is None) is ("id-token" not in job["permissions"]), name


@pytest.mark.parametrize("folder", ["", "shop"])
def test_the_job_with_the_token_has_nothing_of_the_pull_request(folder: str) -> None:
    """It alone may write there. It finds its comment by a name that the plan doesn't choose."""
    made = texts(CONFIG + environment("staging") + environment("prod"), folder)
    jobs = yaml.safe_load(next(iter(made.values())))["jobs"]
    found = [name for name, job in jobs.items() if "GH_TOKEN" in str(job)]
    may_write = [name for name, job in jobs.items() if "pull-requests" in job["permissions"]]
    assert found == may_write == ["comment"]
    job = jobs["comment"]
    assert "checkout" not in str(job["steps"])
    assert next(commands(job))[0] == "pip install sfn-release==0.1.0\n"
    assert "--name" in job["steps"][-1]["run"]
    assert job["steps"][-1]["env"]["NAME"] == "plan of shop for ${{ matrix.environment }}"
    assert job["strategy"]["matrix"]["environment"] == ["staging", "prod"]
    assert ("defaults" in job) is bool(folder)  # the project's folder isn't there


def test_a_program_in_the_repository_comes_from_the_default_branch() -> None:
    """Then the job checks out, but nothing that the pull request changed."""
    project = parse_project(CONFIG + environment("staging"), path="releases.toml")
    install = Install(("pip install ./tool",))
    made = github_files(project, "", install=install, tests=(), python="3.12")
    job = yaml.safe_load(made[FILE])["jobs"]["comment"]
    assert job["permissions"] == {"contents": "read", "pull-requests": "write"}
    assert job["steps"][0]["with"]["ref"] == "${{ github.event.repository.default_branch }}"


def test_nothing_from_outside_stands_in_a_command_line() -> None:
    """GitHub would paste an expression into the shell; variables are safe."""
    lines = [line for _, job in every_job(SOAKED) for line, _ in commands(job)]
    assert [line for line in lines if "${{" in line] == []


def test_every_environment_is_planned() -> None:
    """Each has a job; the token for the comment isn't there, because code of the project runs."""
    plan = written(SOAKED)["jobs"]["plan"]
    assert plan["strategy"]["matrix"]["include"] == [
        {"environment": "staging", "region": "eu-west-1"},
        {"environment": "prod", "region": "us-east-1"},
        {"environment": "asia", "region": "us-east-1"},
    ]
    assert "GH_TOKEN" not in str(plan)


def test_findings_are_annotations_and_tests_run() -> None:
    """This works for a fork's pull request too, which gets no credentials."""
    made = texts(SOAKED, tests=("pip install pytest==8.3.0", "python -m pytest"))
    check = yaml.safe_load(made[FILE])["jobs"]["check"]
    assert [line for line, _ in commands(check)][1:] == [
        "sfn-release check --strict --format github",
        "pip install pytest==8.3.0",
        "python -m pytest",
    ]


def test_a_soak_time_waits_by_schedule() -> None:
    """A job looks every hour; a stage after it follows there. Nothing red, no job that waits."""
    assert list(written(SOAKED)["jobs"]) == ["check", "plan", "comment", "publish"]
    file = written(SOAKED, name="-promote")
    assert file[True]["schedule"] == [{"cron": "41 * * * *"}]
    assert list(file["jobs"]) == ["ready-prod", "promote-prod", "ready-asia", "promote-asia"]
    ready, promote = file["jobs"]["ready-prod"], file["jobs"]["promote-prod"]
    assert [line for line, _ in commands(ready)][-1] == "sfn-release plan --from staging --env prod"
    assert promote["if"] == "needs.ready-prod.outputs.promote == 'true'"
    assert (ready["environment"], promote["environment"]) == ("prod-plan", "prod")


def test_an_approval_is_asked_for_once() -> None:
    """A job enters the environment if a promotion is due; later runs wait for this one."""
    file = written(SOAKED, name="-promote")
    assert file["concurrency"] == {"group": "sfn-release-promote", "cancel-in-progress": False}
    for name, job in file["jobs"].items():
        asks = not job["environment"].endswith("-plan")
        assert asks is name.startswith("promote-")
        assert ("outputs.promote == 'true'" in job.get("if", "")) is asks


def test_a_release_by_hand_comes_from_the_default_branch() -> None:
    """Unless releases.toml names the branches, which the command checks itself."""
    config = CONFIG + environment("staging")
    names = [step.get("name") for step in written(config)["jobs"]["publish"]["steps"]]
    assert names.index("Refuse another branch") == len(names) - 3
    ready = written(SOAKED, name="-promote")["jobs"]["ready-prod"]["steps"]
    names = [step.get("name") for step in ready]
    assert names.index("Refuse another branch") == names.index("Install sfn-release") + 1
    guarded = CONFIG + environment("staging", branches='["main", "hotfix/*"]')
    assert "Refuse another branch" not in str(written(guarded)["jobs"]["publish"])


def test_a_job_lasts_as_long_as_its_shift() -> None:
    """Its credentials too, which live an hour unless the job asks for more."""
    shift = environment("prod", strategy='{ type = "linear", percent = 25, interval = "30m" }')
    job = written(CONFIG + shift)["jobs"]["publish"]
    assert job["timeout-minutes"] == 3 * 30 + 30
    (access,) = (step for step in job["steps"] if "configure-aws" in step.get("uses", ""))
    assert access["with"]["role-duration-seconds"] == 120 * 60
    short = written(CONFIG + environment("prod"))["jobs"]["publish"]
    assert "role-duration-seconds" not in str(short)


def test_init_warns_of_a_shift_that_no_job_can_finish(shop: Project) -> None:
    """GitHub's own runners end a job after six hours."""
    strategy = '{ type = "canary", percent = 10, interval = "7h" }'
    shop.write("releases.toml", CONFIG + environment("prod", strategy=strategy))
    assert "can take 450 minutes" in shop.ok("init", "--ci", "github").err


def test_tags_start_it_by_the_projects_template() -> None:
    """PyYAML reads the key `on` as true, as YAML 1.1 has it; GitHub does not."""
    events = written(CONFIG + 'tag = "shop/v{version}+x"\n' + environment("staging"))[True]
    assert events["push"]["tags"] == ["shop/v[0-9]*\\+x"]
    assert set(events) == {"pull_request", "push", "workflow_dispatch"}


def test_a_project_in_a_subfolder_has_files_of_its_own() -> None:
    """They run there; a pull request starts them for the project's changes alone."""
    made = texts(CONFIG + environment("staging"), folder="teams/a: #[b] ${{ x }}")
    assert all(path.startswith(f"{FOLDER}/sfn-release-shop") for path in made)
    for text in made.values():
        folder = yaml.safe_load(text)["defaults"]["run"]["working-directory"]
        assert folder == "teams/a: #[b] ${{ '${{' }} x }}"
    events = yaml.safe_load(made[f"{FOLDER}/sfn-release-shop.yml"])[True]
    assert events["pull_request"]["paths"] == ["teams/a: #\\[b\\] ${{ '${{' }} x }}/**"]


@pytest.mark.parametrize("name", ["on", "null", "true", "no", "e1", "y"])
def test_names_that_yaml_has_other_ideas_of_stay_names(name: str) -> None:
    """`on` is a legal environment, and a truth to YAML."""
    config = CONFIG + environment("staging") + environment(name)
    assert written(config)["jobs"][f"promote-{name}"]["environment"] == name
    inputs = written(config, name="-rollback")[True]["workflow_dispatch"]["inputs"]
    assert inputs["environment"]["options"] == ["staging", name]


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
    jobs = written(config)["jobs"]
    assert jobs["promote-us"]["needs"] == "promote-eu"
    assert jobs["promote-asia"]["needs"] == "publish"


def test_an_emulator_on_this_machine_is_no_stage() -> None:
    """A runner can't reach it."""
    emulator = environment("emulator", "http://127.0.0.1:8083", requires='["prod"]')
    project = parse_project(CONFIG + environment("prod") + emulator, path="x.toml")
    assert [stage.name for stage in stages(project)] == ["prod"]


def test_without_requires_the_order_of_the_file_counts() -> None:
    """`local` isn't a stage of a pipeline."""
    project = parse_project(
        CONFIG + environment("one") + "[environments.local]\n" + environment("two"), path="x.toml"
    )
    assert [stage.source for stage in stages(project)] == [None, "one"]


def test_without_environments_the_usual_ones_are_named(repository: Path) -> None:
    """The next steps name each place where they are missing: the file, IAM, and the Git host."""
    ran = run("-C", str(repository), "init", "--ci", "github")
    assert (ran.code, f"wrote  {FILE}" in ran.out) == (0, True)
    names = "staging, staging-plan, prod and prod-plan"
    steps = [line.strip() for line in ran.err.partition("Next:\n")[2].splitlines()]
    assert steps[:2] == [
        "# In releases.toml: add [environments.staging] and [environments.prod]",
        "git add .",
    ]
    assert steps[-2:] == [
        "sfn-release doctor --iam",
        f"# On GitHub: create the environments {names}, and set AWS_ROLE_ARN for each",
    ]
    again = run("-C", str(repository), "init", "--ci", "github").err
    assert ("On GitHub: create" in again, "In releases.toml: add" in again) == (False, True)
    file = yaml.safe_load((repository / FILE).read_text(encoding="utf-8"))
    assert list(file["jobs"]) == ["check", "plan", "comment", "publish", "promote-prod"]


def test_init_overwrites_nothing(shop: Project) -> None:
    """The file is theirs once it is written."""
    shop.write(FILE, "theirs")
    ran = shop.ok("init", "--ci", "github")
    assert f"kept   {FILE}" in ran.out
    assert (shop.root / FILE).read_text(encoding="utf-8") == "theirs"


def test_init_warns_of_profiles(shop: Project) -> None:
    """A runner has none, and would fail with it."""
    shop.write("releases.toml", CONFIG + environment("staging", profile='"me"'))
    assert "staging uses the profile me" in shop.ok("init", "--ci", "github").err


def test_a_broken_releases_toml_stops_it_first(shop: Project) -> None:
    """Without known environments no file is written."""
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
        self.artifacts = folder / "artifacts"
        self.bin.mkdir(parents=True)
        self.artifacts.mkdir()
        (self.bin / "sfn-release").symlink_to(Path(sys.executable).with_name("sfn-release"))
        self._script("pip", f'#!/bin/sh\necho "pip $*" >> "{folder}/world"\n')

    def _script(self, name: str, text: str) -> None:
        (self.bin / name).write_text(text, encoding="utf-8")
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

    @staticmethod
    def _path(temp: Path, step: Mapping[str, Any]) -> Path:
        return Path(step["with"]["path"].replace("${{ runner.temp }}", str(temp)))

    @staticmethod
    def _name(step: Mapping[str, Any], values: Mapping[str, str]) -> str:
        name: str = step["with"]["name"]
        return name.replace("${{ matrix.environment }}", values["ENVIRONMENT"])

    def job(self, job: Mapping[str, Any], ref: str, event: str, **values: str) -> dict[str, str]:
        """Run a job's command lines; return its outputs."""
        work, temp = self.checkout(ref), self.folder / "temp"
        shutil.rmtree(temp, ignore_errors=True)  # each job has a machine of its own
        temp.mkdir()
        for step in job["steps"]:
            if step.get("uses", "").startswith("actions/download-artifact@"):
                path = self._path(temp, step)
                path.mkdir()
                shutil.copy(self.artifacts / self._name(step, values), path / "plan.md")
        values = {"GITHUB_REPOSITORY": "acme/shop"} | values
        for line, step in commands(job):
            if "if" in step and event not in step["if"]:
                continue
            if "default_branch" in step.get("if", "") and ref == "refs/heads/main":
                continue
            environ = {**os.environ, **values, "PATH": f"{self.bin}:{os.environ['PATH']}"}
            environ |= {name: values[name] for name in step.get("env", {})}
            done = subprocess.run(
                ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", line],
                cwd=work,
                env=environ | {"GITHUB_OUTPUT": f"{work}.out", "RUNNER_TEMP": str(temp)},
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
        for step in job["steps"]:
            if step.get("uses", "").startswith("actions/upload-artifact@"):
                shutil.copy(self._path(temp, step), self.artifacts / self._name(step, values))
        found = Path(f"{work}.out")
        lines = found.read_text(encoding="utf-8").splitlines() if found.exists() else []
        names = (line.partition("<<")[0] for line in lines[::3])
        return dict(zip(names, lines[1::3], strict=True))


@pytest.fixture
def reviews() -> Iterator[Reviews]:
    """Serve a pull request without comments."""
    with serving_reviews() as served:
        yield served


def two_stages(endpoint: str) -> str:
    """Return a releases.toml with two environments, of which the second has a soak time."""
    prod = environment("prod", endpoint, requires='["staging"]', soak='"1s"')
    return CONFIG + environment("staging", endpoint) + prod


def test_every_command_line_works_on_a_runner(
    repository: Path, local_server: str, tmp_path: Path, reviews: Reviews
) -> None:
    """Shallow, detached clones without tags suffice, from a pull request's plan to a rollback."""
    shop = Project(repository)
    shop.write("releases.toml", two_stages(""))
    shop.workflow("hello", "Hello Alice")
    shop.write("requirements.txt", "sfn-release==0.2.0\n")
    assert f"wrote  {FILE}" in shop.ok("init", "--ci", "github").out
    shop.write("releases.toml", two_stages(local_server))  # the runner stands on this machine
    shop.commit()
    remote = tmp_path / "remote.git"
    run_git(tmp_path, "init", "--quiet", "--bare", str(remote))
    shop.git("remote", "add", "origin", str(remote))
    shop.git("push", "--quiet", "origin", "HEAD:main")
    jobs: dict[str, Any] = {}
    for path in sorted((repository / FOLDER).glob("*.yml")):
        jobs |= yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"]
    runner = Runner(remote, tmp_path / "runner")

    runner.job(jobs["check"], "main", "pull_request")
    reviews.add("Coverage: 97 %")
    for name in ("staging", "prod", "staging"):
        values = {"ENVIRONMENT": name, **reviews.variables("github")}
        told = runner.job(jobs["plan"], "main", "pull_request", **values)
        assert told["changes"] == "true"
        values |= {"GH_TOKEN": TOKEN, "NAME": f"plan of shop for {name}"}
        runner.job(jobs["comment"], "main", "pull_request", **values)
    assert [body.splitlines()[0] for body in reviews.bodies] == [
        "Coverage: 97 %",
        "<!-- sfn-release comment: plan of shop for staging -->",
        "<!-- sfn-release comment: plan of shop for prod -->",
    ]
    assert "| `hello` | created |" in reviews.bodies[1]

    ready = runner.job(jobs["ready-prod"], "main", "schedule")
    assert ready["changes"] == "false"
    shop.git("tag", "v1.2.0")
    shop.git("push", "--quiet", "origin", "v1.2.0")
    told = runner.job(jobs["publish"], "refs/tags/v1.2.0", "push")
    assert (told["version"], told["environment"]) == ("1.2.0", "staging")
    for name in ("staging", "prod"):
        runner.job(jobs["status"], "main", "schedule", ENVIRONMENT=name)
    runner.job(jobs["verify"], "main", "schedule")
    while True:
        ready = runner.job(jobs["ready-prod"], "main", "schedule")
        assert (ready["changes"], ready["version"]) == ("true", "1.2.0")
        if ready["refused"] == "false":
            break
    told = runner.job(jobs["promote-prod"], "main", "schedule", VERSION=ready["version"])
    assert (told["version"], told["environment"]) == ("1.2.0", "prod")
    assert runner.job(jobs["ready-prod"], "main", "schedule")["changes"] == "false"

    shop.commit(hello="Hello Bob")
    shop.git("push", "--quiet", "origin", "HEAD:main")
    told = runner.job(jobs["publish"], "refs/heads/main", "workflow_dispatch", VERSION="1.3.0")
    assert (told["version"], told["tag"]) == ("1.3.0", "v1.3.0")
    values = {"ENVIRONMENT": "staging", "VERSION": "", "REASON": "Bob is on holiday"}
    told = runner.job(jobs["rollback"], "main", "workflow_dispatch", **values)
    assert (told["version"], told["status"]) == ("1.2.0", "succeeded")
    live: Ran = shop.run("--json", "status", "--env", "staging")
    assert live.json["environments"][0]["version"] == "1.2.0"


def test_the_unlock_button_closes_an_abandoned_deployment(tmp_path: Path) -> None:
    """The program accepts its command line; unlocking itself is tested elsewhere."""
    (line,) = (
        line
        for line, _ in commands(written(SOAKED, name="-unlock")["jobs"]["unlock"])
        if "sfn-release unlock" in line
    )
    words = line.replace('"', "").replace("$ENVIRONMENT", "local").replace("$REASON", "why")
    ran = run("-C", str(tmp_path), *words.split()[1:])
    assert "E_USAGE" not in ran.err


def test_jobs_set_the_variables_that_parameters_are_read_from() -> None:
    """Each job sets the variables of its environment, which the header lists."""
    config = CONFIG + environment("staging") + "parameters = { Charge = { env = 'CHARGE_ARN' } }\n"
    config += environment("prod", requires='["staging"]')
    config += "parameters = { Ship = { env = 'SHIP' }, Charge = { env = 'CHARGE_ARN' } }\n"
    text = texts(config)[FILE]
    _, plan, _, publish, promote = yaml.safe_load(text)["jobs"].values()
    charge, ship = ({name: f"${{{{ vars.{name} }}}}"} for name in ("CHARGE_ARN", "SHIP"))
    assert publish["env"] == charge
    assert promote["env"] == {**charge, **ship}
    assert plan["env"] == {"ENVIRONMENT": "${{ matrix.environment }}", **charge, **ship}
    assert "#    prod: CHARGE_ARN, SHIP\n" in text


def test_where_there_are_releases_no_first_one_is_advised(shop: Project) -> None:
    """The next steps are to commit the new files, and to set up the roles."""
    shop.publish("1.4.0")
    told = shop.json("init", "--ci", "github")["next"]
    assert [step for step in told if step.startswith("sfn-release")] == ["sfn-release doctor --iam"]
