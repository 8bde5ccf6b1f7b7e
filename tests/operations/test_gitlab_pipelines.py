"""The pipeline files of GitLab CI: valid, safe, and every command line in them works."""

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

from sfn_release.cli.output.gitlab import dotenv_lines
from sfn_release.operations.scaffold.gitlab.install_commands import install_commands
from sfn_release.operations.scaffold.gitlab.pipeline_files import gitlab_files
from sfn_release.operations.scaffold.installation import Install
from sfn_release.project import parse_project
from support.command_line import ROLE, Project, run
from support.git import run_git
from support.review_server import TOKEN, Reviews, serving_reviews

FILE = ".gitlab/sfn-release.yml"
SOAKED = """\
[project]
name = "shop"
tag = "shop/v{version}"

[environments.staging]
region = "eu-west-1"

[environments.on]
region = "cn-north-1"
requires = ["staging"]

[environments.prod]
region = "us-east-1"
requires = ["on"]
soak = "2h"
"""
SCHEMA = ("--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci")
MERGE_REQUEST = {
    "CI_PIPELINE_SOURCE": "merge_request_event",
    "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "12",
    "CI_MERGE_REQUEST_PROJECT_ID": "12",
}


class Loader(yaml.SafeLoader):
    """Reads GitLab's ``!reference`` as a tuple."""


Loader.add_constructor(
    "!reference",
    lambda loader, node: tuple(loader.construct_sequence(node)),  # type: ignore[arg-type]
)


class Pipeline:
    """The jobs of a file, with `extends` and `!reference` filled in."""

    def __init__(self, text: str) -> None:
        self.file = yaml.load(text, Loader)  # noqa: S506 - a SafeLoader
        self.jobs = {
            name: self.merged(name)
            for name, job in self.file.items()
            if isinstance(job, dict) and "stage" in job and not name.startswith(".")
        }

    def merged(self, name: str) -> dict[str, Any]:
        """Return a job with the members of the jobs that it extends; maps are merged."""
        job = dict(self.file[name])
        base = self.merged(job.pop("extends")) if "extends" in job else {}
        variables = {**base.get("variables", {}), **job.get("variables", {})}
        return {**base, **job, "variables": variables}

    def lines(self, job: Mapping[str, Any]) -> Iterator[str]:
        """Yield the lines of a job's scripts, which share one shell."""
        for item in (*job["before_script"], *job["script"]):
            if isinstance(item, tuple):
                yield from self.file[item[0]][item[1]]
            else:
                yield item

    def started(self, **values: str) -> dict[str, str]:
        """Return the jobs of a pipeline with these variables: each with ``when``."""
        found = {}
        for name, job in self.jobs.items():
            rule = next((rule for rule in job["rules"] if holds(rule["if"], values)), None)
            if rule is not None:
                found[name.removeprefix("sfn-release-")] = rule.get("when", "on_success")
        return found


def holds(rule: str, values: Mapping[str, str]) -> bool:
    """Return whether an expression of GitLab's rules holds."""
    text = re.sub(r"(\S+) =~ /(.*)/", lambda at: f"bool(search({at[2]!r}, {at[1]}))", rule)
    text = re.sub(r"\$(\w+)", r'value("\1")', text).replace("&&", " and ").replace("||", " or ")
    names = {"value": lambda name: values.get(name, ""), "search": re.search}
    return bool(eval(" ".join(text.split()), names))  # noqa: S307 - our own file


def pipeline(config: str, folder: str = "", tests: tuple[str, ...] = ()) -> Pipeline:
    """Return the pipeline of a releases.toml."""
    project = parse_project(config, path="releases.toml")
    line = ("pip install sfn-release==0.1.0",)
    install = Install(line, apart=line)
    made = gitlab_files(project, folder, install=install, tests=tests, python="3.12")
    return Pipeline(next(iter(made.values())))


def test_projects_of_one_repository_start_by_variables_of_their_own() -> None:
    """GitLab merges their files: a rollback of one starts no job of the other."""
    one, other = (
        pipeline(SOAKED.replace('"shop"', f'"{name}"'), name) for name in ("shop", "my.depot")
    )
    assert not {*one.file["variables"]} & {*other.file["variables"]}
    assert not {*one.file} & {*other.file} - {"variables"}
    names = {"SFN_RELEASE_SHOP_ACTION": "rollback", "SFN_RELEASE_SHOP_ENVIRONMENT": "prod"}
    assert [*one.started(CI_PIPELINE_SOURCE="web", **names)] == ["shop-rollback-prod"]
    assert other.started(CI_PIPELINE_SOURCE="web", **names) == {}
    text = str([*other.jobs.values()])
    assert "SFN_RELEASE_MY_DEPOT_VERSION" in text
    assert "SFN_RELEASE_MY_DEPOT_REASON" in text


def test_each_event_starts_its_jobs() -> None:
    """A merge request, a tag, a schedule, and a pipeline that somebody starts."""
    found = pipeline(SOAKED)
    stages = ("staging", "on", "prod")
    readers = [f"{job}-{stage}" for stage in stages for job in ("plan", "comment")]
    assert found.started(**MERGE_REQUEST) == dict.fromkeys(("check", *readers), "on_success")
    fork = {**MERGE_REQUEST, "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "13"}
    assert [*found.started(**fork)] == ["check"]
    released = {"publish": "on_success", "promote-on": "manual"}
    assert found.started(CI_PIPELINE_SOURCE="push", CI_COMMIT_TAG="shop/v1.2.0") == released
    assert found.started(CI_PIPELINE_SOURCE="push", CI_COMMIT_TAG="v1.2.0") == {}
    by_hand = {"CI_PIPELINE_SOURCE": "web", "SFN_RELEASE_ENVIRONMENT": "on"}
    assert found.started(**by_hand, SFN_RELEASE_ACTION="publish") == released
    for action in ("rollback", "unlock"):
        assert [*found.started(**by_hand, SFN_RELEASE_ACTION=action)] == [f"{action}-on"]
    assert found.started(**by_hand) == {}


def test_the_job_with_the_token_has_nothing_of_the_merge_request() -> None:
    """No clone, no cache, and no variables of the job before: only the plan, as a file."""
    found = pipeline(SOAKED)
    for stage in ("staging", "on", "prod"):
        plan, job = (found.jobs[f"sfn-release-{name}-{stage}"] for name in ("plan", "comment"))
        assert "comment" not in str(plan["script"])
        assert "reports" not in plan["artifacts"]
        assert job["needs"] == [f"sfn-release-plan-{stage}"]
        assert (job["variables"]["GIT_STRATEGY"], job["cache"]) == ("none", [])
        assert job["environment"] == {"name": "sfn-release-comment", "action": "verify"}
        assert [*found.lines(job)][:2] == ['cd "$(mktemp -d)"', "pip install sfn-release==0.1.0"]
        assert f'--name "plan of shop for {stage}"' in job["script"][0]
    assert "scope sfn-release-comment)" in head_of(SOAKED)
    installed = gitlab_files(
        parse_project(SOAKED, path="releases.toml"), "", install=Install(("pip install ./tool",)),
        tests=(), python="3.12",
    )  # fmt: skip
    lines = str(Pipeline(next(iter(installed.values()))).jobs["sfn-release-comment-on"])
    assert "git checkout --quiet --force --detach FETCH_HEAD" in lines
    assert '"$CI_DEFAULT_BRANCH"' in lines


def test_a_merge_request_runs_the_jobs_of_the_projects_that_it_changes() -> None:
    """In a repository of several projects."""
    found = pipeline(SOAKED, "teams/a [b]")
    for name in ("check", "plan-on", "comment-on"):
        (rule,) = found.jobs[f"sfn-release-shop-{name}"]["rules"]
        assert rule["changes"] == ["teams/a \\[b\\]/**/*"], name
    assert "changes" not in str(pipeline(SOAKED).jobs)


def test_a_release_by_hand_comes_from_the_default_branch() -> None:
    """Unless releases.toml names the branches, which the command checks itself."""
    job = pipeline(SOAKED).jobs["sfn-release-publish"]
    script = job["script"][0].replace("sfn-release", "echo")
    for branch, code in (("main", 0), ("topic", 1)):
        environ = {**os.environ, "CI_COMMIT_BRANCH": branch, "CI_DEFAULT_BRANCH": "main"}
        done = subprocess.run(
            ["bash", "-ec", script], env=environ, capture_output=True, check=False
        )
        assert done.returncode == code
    guarded = SOAKED.replace('eu-west-1"', 'eu-west-1"\nbranches = ["main", "hotfix/*"]', 1)
    assert "CI_DEFAULT_BRANCH" not in str(pipeline(guarded).jobs["sfn-release-publish"])


def test_a_schedule_starts_the_jobs_that_its_variable_names() -> None:
    """A schedule that a team already has, for its own jobs, promotes nothing."""
    found = pipeline(SOAKED)
    scheduled = {"CI_PIPELINE_SOURCE": "schedule", "CI_DEFAULT_BRANCH": "main"}
    topic = found.started(**scheduled, SFN_RELEASE_SCHEDULE="promote", CI_COMMIT_BRANCH="topic")
    assert topic == {}
    scheduled["CI_COMMIT_BRANCH"] = "main"
    assert found.started(**scheduled) == {}
    assert found.started(**scheduled, SFN_RELEASE_SCHEDULE="other") == {}
    assert [*found.started(**scheduled, SFN_RELEASE_SCHEDULE="promote")] == ["promote-prod"]
    checked = [*found.started(**scheduled, SFN_RELEASE_SCHEDULE="check")]
    assert checked == ["status-staging", "status-on", "status-prod", "verify"]
    for name, job in found.jobs.items():
        for rule in job["rules"]:
            assert ('"schedule"' in rule["if"]) is ("_SCHEDULE ==" in rule["if"]), name


def test_the_head_names_each_schedule_with_its_variable() -> None:
    """The one that promotes only if an environment has a soak time."""
    head = head_of(SOAKED)
    assert "- SFN_RELEASE_SCHEDULE = check, every night." in head
    assert "- SFN_RELEASE_SCHEDULE = promote, every hour." in head
    assert "= promote" not in head_of(SOAKED.replace('soak = "2h"', ""))


def test_the_list_of_the_head_stands_together() -> None:
    """Its items have the numbers 1 to 6, and what follows is no item."""
    head = head_of(SOAKED, "Write the step.")
    lines = head.splitlines()
    numbered = [line for line in lines if re.match(r"# \d\. ", line)]
    assert [line[2] for line in numbered] == ["1", "2", "3", "4", "5", "6"]
    first, last = lines.index(numbered[0]), lines.index(numbered[-1])
    between = [line for line in lines[first:last] if line not in numbered]
    assert [line for line in between if not line.startswith("#    ")] == []


def head_of(config: str, note: str = "") -> str:
    """Return the comment on top of the file."""
    project = parse_project(config, path="releases.toml")
    install = Install(("x",), note=note)
    made = gitlab_files(project, "", install=install, tests=(), python="3.12")
    return next(iter(made.values())).partition("variables:")[0]


def test_jobs_that_deploy_wait_for_each_other() -> None:
    """Each environment has one, and jobs that only read use the role that only reads."""
    found = pipeline(SOAKED)
    for name, job in found.jobs.items():
        there = job.get("environment", {})
        deploys = job["stage"] == "deploy"
        assert ("resource_group" in job) is deploys, name
        assert str(there.get("name", "-plan")).endswith(("-plan", "-comment")) is not deploys, name
        assert ("id_tokens" in job) is (bool(there) and "-comment" not in name), name
        assert (there.get("action") == "verify") is (bool(there) and not deploys), name
        assert "timeout" in job, name
    on = found.jobs["sfn-release-promote-on"]
    assert on["environment"]["name"] == "on"
    assert on["environment"]["url"].startswith("https://cn-north-1.console.amazonaws.cn/states/")
    assert on["needs"] == ["sfn-release-publish"]


def test_the_files_are_valid(tmp_path: Path) -> None:
    """By GitLab's own schema, in a subfolder and with a chain of environments."""
    tool = Path(sys.executable).with_name("check-jsonschema")
    if not tool.exists():
        pytest.skip("check-jsonschema is not installed")
    project = parse_project(SOAKED, path="releases.toml")
    for folder in ("", "teams/a b"):
        made = gitlab_files(
            project, folder, install=Install(("x",)), tests=("sfn-release test",), python="3.12"
        )
        for number, text in enumerate(made.values()):
            (tmp_path / f"{len(folder)}-{number}.gitlab-ci.yml").write_text(text)
    done = subprocess.run(
        [tool, *SCHEMA, *sorted(tmp_path.glob("*.yml"))],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_commands_of_lock_files_share_one_shell() -> None:
    """PATH is set where the next line sees it, and no line leaves the folder."""
    uv = Install(
        ("cd .. && uv sync --locked", 'cd .. && echo "$PWD/.venv/bin" >> "$GITHUB_PATH"'), uv=True
    )
    first, *rest = install_commands(uv)
    assert re.fullmatch(r"pip install uv==[\d.]+", first)
    assert rest == ["(cd .. && uv sync --locked)", 'export PATH="$(cd .. && pwd)/.venv/bin:$PATH"']
    poetry = (
        "pipx install poetry==2.0.0",
        'echo "$(poetry env info --path)/bin" >> "$GITHUB_PATH"',
    )
    assert [*install_commands(Install(poetry))] == [
        "pip install poetry==2.0.0",
        'export PATH="$(poetry env info --path)/bin:$PATH"',
    ]
    plain = ('echo "$PWD/.venv/bin" >> "$GITHUB_PATH"', "echo '::error::Write it.'")
    assert [*install_commands(Install(plain))] == [
        'export PATH="$(pwd)/.venv/bin:$PATH"',
        "echo 'Write it.'",
    ]


def test_outputs_are_lines_that_a_shell_reads_too() -> None:
    """Several values are separated by commas; a value that isn't plain is left out."""
    record = {"id": "a", "environment": "eu", "version": "1.0.0", "status": "ok"}
    records = [record | {"commit": "c", "release_digest": "$(x)"}, record | {"commit": "d"}]
    records[1]["release_digest"] = "y"
    assert [*dotenv_lines("deploy", {"deployments": records})] == [
        "SFN_VERSION=1.0.0",
        "SFN_COMMIT=c,d",
        "SFN_DEPLOYED=true",
        "SFN_DEPLOYMENT_ID=a",
        "SFN_ENVIRONMENT=eu",
        "SFN_STATUS=ok",
    ]


class Runner:
    """A runner of GitLab CI: clones as it does, and runs a job's scripts in one shell."""

    def __init__(self, remote: Path, folder: Path, reviews: Reviews, made: Pipeline) -> None:
        self.remote, self.folder, self.reviews, self.pipeline = remote, folder, reviews, made
        self.bin, self.artifacts = folder / "bin", folder / "artifacts"
        self.bin.mkdir(parents=True)
        self.artifacts.mkdir()
        (self.bin / "sfn-release").symlink_to(Path(sys.executable).with_name("sfn-release"))
        (self.bin / "pip").write_text("#!/bin/sh\nmkdir -p .cache/pip && touch .cache/pip/x\n")
        (self.bin / "pip").chmod(0o755)

    def job(self, name: str, ref: str, **values: str) -> dict[str, str]:
        """Run a job; return its dotenv report."""
        job = self.pipeline.jobs[f"sfn-release-{name}"]
        work = self.folder / f"work-{len(list(self.folder.glob('work-*')))}"
        work.mkdir()
        if job["variables"].get("GIT_STRATEGY") != "none":
            run_git(self.folder, "init", "--quiet", str(work))
            run_git(work, "remote", "add", "origin", f"file://{self.remote}")
            run_git(work, "fetch", "--quiet", "--no-tags", "--depth=1", "origin", ref)
            run_git(work, "checkout", "--quiet", "--detach", "FETCH_HEAD")
        for needed in job.get("needs", ()) if name.startswith("comment-") else ():
            for path in self.pipeline.jobs[needed]["artifacts"]["paths"]:
                shutil.copy(self.artifacts / path, work / path)
        given = {
            name: text.replace("$CI_PROJECT_DIR", str(work))
            for name, text in job["variables"].items()
        }
        dotted = {"AWS_ROLE_ARN": ROLE, "SFN_RELEASE_ID_TOKEN": "jwt", "CI_JOB_ID": "5"}
        environ = {**os.environ, **self.reviews.variables("gitlab"), **dotted, **given, **values}
        environ |= {"CI_PROJECT_DIR": str(work), "PATH": f"{self.bin}:{os.environ['PATH']}"}
        environ |= {"TMPDIR": str(self.folder), "CI_DEFAULT_BRANCH": "main"}
        environ |= {"CI_COMMIT_BRANCH": "main"}
        done = subprocess.run(
            ["bash", "-eo", "pipefail", "-c", "\n".join(self.pipeline.lines(job))],
            cwd=work,
            env=environ,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{name}\n{done.stdout}{done.stderr}"
        for path in job.get("artifacts", {}).get("paths", ()):
            shutil.copy(work / path, self.artifacts / path)
        found = work / "sfn-release.env"
        lines = found.read_text().splitlines() if found.exists() else []
        return dict(line.split("=", 1) for line in lines)


def environments(endpoint: str) -> str:
    """Return a releases.toml with a chain of two, the second one after a soak time."""
    text = '[project]\nname = "shop"\n'
    for name, more in (("staging", ""), ("prod", 'requires = ["staging"]\nsoak = "1s"\n')):
        text += f'[environments.{name}]\nregion = "us-east-1"\nrole_arn = "{ROLE}"\n{more}'
        text += f'name = "{{workflow}}-gitlab-{name}"\n'
        text += f'endpoint_url = "{endpoint}"\n' if endpoint else ""
    return text


@pytest.fixture
def reviews() -> Iterator[Reviews]:
    """Serve a merge request without notes."""
    with serving_reviews() as served:
        yield served


def test_every_job_works_on_a_runner(
    repository: Path, local_server: str, tmp_path: Path, reviews: Reviews
) -> None:
    """Shallow, detached clones suffice, from a merge request's plan to a rollback."""
    shop = Project(repository)
    shop.write("releases.toml", environments(""))
    shop.workflow("hello", "Hello Alice")
    shop.write("requirements.txt", "sfn-release==0.2.0\n")
    told = shop.ok("init", "--ci", "gitlab")
    assert f"wrote  {FILE}" in told.out
    assert "lists what to set up on GitLab" in told.err
    shop.write("releases.toml", environments(local_server))
    shop.commit()
    remote = tmp_path / "remote.git"
    run_git(tmp_path, "init", "--quiet", "--bare", str(remote))
    shop.git("remote", "add", "origin", str(remote))
    shop.git("push", "--quiet", "origin", "HEAD:main")
    made = Pipeline((repository / FILE).read_text())
    runner = Runner(remote, tmp_path / "runner", reviews, made)

    runner.job("check", "main")
    assert runner.job("plan-staging", "main")["SFN_CHANGES"] == "true"
    runner.job("comment-staging", "main")  # without a token it only says so
    assert reviews.comments == []
    for _ in range(2):
        runner.job("comment-staging", "main", SFN_RELEASE_GITLAB_TOKEN=TOKEN)
    (note,) = reviews.bodies
    assert note.startswith("<!-- sfn-release comment: plan of shop for staging -->\n### Plan: ")

    shop.git("tag", "v1.2.0")
    shop.git("push", "--quiet", "origin", "v1.2.0")
    outputs = runner.job("publish", "refs/tags/v1.2.0", CI_COMMIT_TAG="v1.2.0")
    assert (outputs["SFN_VERSION"], outputs["SFN_STATUS"]) == ("1.2.0", "succeeded")
    while "SFN_STATUS" not in (outputs := runner.job("promote-prod", "main")):
        assert outputs["SFN_REFUSED"] == "true"
    for name in ("status-staging", "status-prod", "verify"):
        runner.job(name, "main")

    shop.commit(hello="Hello Bob")
    shop.git("push", "--quiet", "origin", "HEAD:main")
    runner.job("publish", "main", SFN_RELEASE_VERSION="1.3.0")
    outputs = runner.job("rollback-staging", "main", SFN_RELEASE_REASON="Bob's away")
    assert (outputs["SFN_VERSION"], outputs["SFN_STATUS"]) == ("1.2.0", "succeeded")


def test_a_push_token_is_used_for_pushes_alone(tmp_path: Path) -> None:
    """It stays in the environment of the job, not in the clone's configuration."""
    found = pipeline(SOAKED)
    lines = [*found.lines(found.jobs["sfn-release-publish"])]
    (line,) = (line for line in lines if "SFN_RELEASE_PUSH_TOKEN" in line)
    run_git(tmp_path, "init", "--quiet", ".")
    run_git(tmp_path, "remote", "add", "origin", "https://git.example/a/b.git")
    environ = {**os.environ, "SFN_RELEASE_PUSH_TOKEN": "t", "CI_SERVER_HOST": "git.example"}
    environ |= {"CI_SERVER_PORT": "443", "CI_PROJECT_PATH": "a/b"}
    script = f"{line}\ngit remote get-url origin; git remote get-url --push origin"
    done = subprocess.run(
        ["bash", "-e", "-c", script], cwd=tmp_path, env=environ, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert done.stdout.split() == [
        "https://git.example/a/b.git",
        "https://sfn-release:t@git.example:443/a/b.git",
    ]
    assert "t@" not in (tmp_path / ".git" / "config").read_text()


def test_an_existing_pipeline_is_kept(shop: Project) -> None:
    """You're told what to add to it."""
    shop.write(".gitlab-ci.yml", "theirs: {}\n")
    ran = shop.ok("init", "--ci", "gitlab")
    assert f"Add to .gitlab-ci.yml:  include: [{{local: {FILE}}}]" in ran.err
    assert (shop.root / ".gitlab-ci.yml").read_text() == "theirs: {}\n"


def test_a_project_in_a_subfolder_has_a_file_of_its_own(repository: Path) -> None:
    """Its jobs run in that folder."""
    (repository / "my shop").mkdir()
    ran = run("-C", str(repository / "my shop"), "init", "--ci", "gitlab")
    assert "wrote  ../.gitlab/sfn-release-my-shop.yml" in ran.out
    assert "git add :/.gitlab :/.gitlab-ci.yml ." in ran.err
    made = Pipeline((repository / ".gitlab/sfn-release-my-shop.yml").read_text())
    assert "cd 'my shop'" in made.lines(made.jobs["sfn-release-my-shop-check"])
