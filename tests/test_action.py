"""The action at the root: its steps, run as the runner of GitHub Actions would."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.command_line import Project
from support.places import ROOT
from support.review_server import TOKEN, Reviews, serving_reviews

ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS = ACTION["runs"]["steps"]
EXPRESSION = re.compile(r"\$\{\{ ?(.*?) ?\}\}")
PYTHON = """\
#!/bin/sh
# Makes an environment without the network: its pip only writes down what it would install.
mkdir -p "$3/bin"
cp "{stub}" "$3/bin/pip"
cp "{stub}" "$3/bin/uv"
ln -s "{tool}" "$3/bin/sfn-release"
"""


def value(expression: str, context: Mapping[str, str]) -> str:
    """Return the value of ``inputs.x``, ``steps.x.outputs.y`` or ``github.x``."""
    return context.get(expression, "")


def filled(text: str, context: Mapping[str, str]) -> str:
    """Return a text with its expressions evaluated."""
    return EXPRESSION.sub(lambda at: value(at[1], context), text)


def holds(condition: str, context: Mapping[str, str]) -> bool:
    """Return whether an ``if`` of the file holds: comparisons and startsWith, joined by &&."""
    for part in " ".join(condition.split()).split(" && "):
        if found := re.fullmatch(r"startsWith\((\S+), '(.*)'\)", part):
            good = value(found[1], context).startswith(found[2])
        else:
            name, sign, expected = re.fullmatch(r"(\S+) (==|!=) '(.*)'", part).groups()  # type: ignore[union-attr]
            good = (value(name, context) == expected) is (sign == "==")
        if not good:
            return False
    return True


def runner_outputs(path: Path) -> dict[str, str]:
    """Return the outputs in a step's file, in both of their forms."""
    found, lines = {}, iter(path.read_text(encoding="utf-8").splitlines())
    for line in lines:
        if match := re.fullmatch(r"([\w-]+)<<(.*)", line):
            inside = []
            for below in lines:
                if below == match[2]:
                    break
                inside.append(below)
            found[match[1]] = "\n".join(inside)
        else:
            name, _, text = line.partition("=")
            found[name] = text
    return found


@dataclass
class Ran:
    """A finished run: the exit code of its last step, its log, outputs, and job summary."""

    code: int = 0
    log: str = ""
    outputs: dict[str, str] = field(default_factory=dict)
    installed: list[str] = field(default_factory=list)
    summary: str = ""


class Runner:
    """Runs the action for a project, in a job for pull request 7."""

    def __init__(self, project: Path, folder: Path, reviews: Reviews) -> None:
        self.project, self.folder, self.reviews = project, folder, reviews
        self.runs = 0

    def run(self, *, event: str = "pull_request", **inputs: str) -> Ran:
        """Run the action with *inputs*; underscores stand for hyphens."""
        self.runs += 1
        temp = self.folder / f"run-{self.runs}"
        (temp / "bin").mkdir(parents=True)
        tool = Path(sys.executable).with_name("sfn-release")
        python = temp / "bin" / "python"
        stub = temp / "stub"
        stub.write_text(f'#!/bin/sh\necho "$(basename "$0") $*" >> "{temp}/pip.log"\n')
        python.write_text(PYTHON.format(stub=stub, tool=tool), encoding="utf-8")
        for script in (stub, python):
            script.chmod(0o755)
        given = {name.replace("_", "-"): text for name, text in inputs.items()}
        context = {"github.event_name": event, "github.action_path": str(ROOT)}
        for name, declared in ACTION["inputs"].items():
            context[f"inputs.{name}"] = given.pop(name, filled(str(declared["default"]), context))
        assert given == {}
        return self._steps(temp, context)

    def _steps(self, temp: Path, context: dict[str, str]) -> Ran:
        ran, path = Ran(), f"{temp / 'bin'}:{os.environ['PATH']}"
        files = {name: temp / name.lower() for name in ("GITHUB_STEP_SUMMARY", "GITHUB_PATH")}
        for number, step in enumerate(STEPS):
            if "if" in step and not holds(step["if"], context):
                continue
            if "uses" in step:
                ran.log += f"uses {step['uses']}\n"
                continue
            files["GITHUB_OUTPUT"] = temp / f"output-{number}"
            for file in files.values():
                file.touch()
            environ = {**os.environ, **self.reviews.variables("github"), "PATH": path}
            environ |= {name: str(file) for name, file in files.items()}
            environ |= {name: filled(text, context) for name, text in step["env"].items()}
            script = temp / "step.sh"
            script.write_text(step["run"], encoding="utf-8")
            done = subprocess.run(
                ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
                cwd=self.project / filled(step.get("working-directory", "."), context),
                env=environ | {"RUNNER_TEMP": str(temp)},
                capture_output=True,
                text=True,
                check=False,
            )
            ran.code, ran.log = done.returncode, ran.log + done.stdout + done.stderr
            path = ":".join([*files["GITHUB_PATH"].read_text().split(), path])
            for name, text in runner_outputs(files["GITHUB_OUTPUT"]).items():
                context[f"steps.{step.get('id')}.outputs.{name}"] = text
            if ran.code:
                break
        ran.outputs = {
            name: filled(output["value"], context) for name, output in ACTION["outputs"].items()
        }
        log = temp / "pip.log"
        ran.installed = log.read_text().splitlines() if log.exists() else []
        ran.summary = files["GITHUB_STEP_SUMMARY"].read_text(encoding="utf-8")
        return ran


@pytest.fixture
def reviews() -> Iterator[Reviews]:
    """Serve a pull request without comments."""
    with serving_reviews() as served:
        yield served


@pytest.fixture
def runner(shop: Project, tmp_path: Path, reviews: Reviews) -> Runner:
    """Be on a runner that has checked out the shop."""
    return Runner(shop.root, tmp_path / "runner", reviews)


def test_the_file_is_valid() -> None:
    """By GitHub's schema, with actions by commit id, and no expression in a script."""
    for step in STEPS:
        assert "${{" not in step.get("run", "")
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", step.get("uses", f"a/b@{'0' * 40}"))
    tool = Path(sys.executable).with_name("check-jsonschema")
    if not tool.exists():
        pytest.skip("check-jsonschema is not installed")
    words = [str(tool), "--builtin-schema", "vendor.github-actions", str(ROOT / "action.yml")]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_a_plan_is_a_comment_a_summary_and_outputs(runner: Runner) -> None:
    """The comment of the next run takes the place of the first one."""
    for _ in range(2):
        ran = runner.run(command="plan", environment="local", comment="true", token=TOKEN)
        assert (ran.code, ran.outputs["exit-code"], ran.outputs["changes"]) == (0, "0", "true")
    (comment,) = runner.reviews.bodies
    assert comment.startswith("<!-- sfn-release plan of shop for local -->\n### Plan: ")
    assert Path(ran.outputs["plan"]).read_text(encoding="utf-8").strip() == comment.strip()
    assert "### Plan: deploy the work tree to `local`" in ran.summary
    assert ran.log.startswith("uses actions/setup-python@")


def test_a_release_has_its_version_and_digest(runner: Runner, shop: Project) -> None:
    """And a run of another event writes no comment."""
    shop.commit()
    ran = runner.run(command="publish", arguments="1.2.0", event="push", token=TOKEN)
    assert (ran.code, ran.outputs["version"], ran.outputs["tag"]) == (0, "1.2.0", "v1.2.0")
    assert ran.outputs["release-digest"].startswith("sha256:")
    assert ran.outputs["status"] == "succeeded"
    again = runner.run(
        command="plan", arguments="--exit-code", environment="local", event="push", token=TOKEN
    )
    assert (again.code, again.outputs["changes"]) == (0, "false")
    assert runner.reviews.comments == []


def test_a_difference_or_an_error_ends_the_job_after_the_comment(runner: Runner) -> None:
    """The outputs have the exit code, whatever it is."""
    ran = runner.run(command="plan", arguments="--exit-code", comment="true", token=TOKEN)
    assert (ran.code, ran.outputs["exit-code"], len(runner.reviews.comments)) == (3, "3", 1)
    ran = runner.run(command="deploy", arguments="9.9.9", token=TOKEN)
    assert (ran.code, "::error title=E_NOT_FOUND" in ran.log) == (1, True)
    ran = runner.run(command="plan", arguments="9.9.9", comment="true", token=TOKEN)
    assert (ran.code, len(runner.reviews.comments)) == (1, 1)


def test_without_a_token_that_may_write_the_plan_stays(runner: Runner) -> None:
    """A fork's job says so and goes on; you can also do without the comment."""
    runner.reviews.denied = True
    ran = runner.run(command="plan", comment="true", token=TOKEN)
    assert (ran.code, "no comment on acme/shop#7" in ran.log) == (0, True)
    assert "the job has no token" in runner.run(command="plan", comment="true", token="").log
    assert "no comment" not in runner.run(command="plan", token=TOKEN).log


def test_inputs_are_never_code(runner: Runner, tmp_path: Path) -> None:
    """An argument is one argument, and nothing in an input is run by a shell."""
    evil = f'"; touch {tmp_path}/evil; $(touch {tmp_path}/evil) `touch {tmp_path}/evil` *'
    for inputs in (
        {"command": "plan", "arguments": evil},
        {"command": evil},
        {"command": "plan", "environment": evil},
        {"command": "plan", "arguments": f"9.9.9\n::set-output name=plan::{evil}"},
        {"command": "plan", "version": evil},
    ):
        assert runner.run(token=TOKEN, **inputs).code != 0
    assert not (tmp_path / "evil").exists()
    ran = runner.run(command="plan", environment="local  local", arguments="\r\n-v\r\n")
    assert ran.code == 0


@pytest.mark.parametrize(
    ("files", "version", "installed"),
    [
        ({}, "", [f"pip install --quiet {ROOT}"]),
        ({}, "0.2.0", ["pip install --quiet sfn-release==0.2.0"]),
        (
            {"requirements-dev.txt": "boto3\nsfn_release == 0.3.0\n"},
            "",
            ["pip install --quiet --requirement requirements-dev.txt"],
        ),
        ({"requirements.txt": "sfn-release>=0.3\n"}, "", [f"pip install --quiet {ROOT}"]),
        (
            {"poetry.lock": '[[package]]\nname = "sfn-release"\nversion = "0.4.0"\n'},
            "",
            ["pip install --quiet sfn-release==0.4.0"],
        ),
        (
            {"poetry.lock": '[[package]]\nname = "sfn-release"\nversion = "0.4.0"\n'},
            "0.5.0",
            ["pip install --quiet sfn-release==0.5.0"],
        ),
        (
            {"uv.lock": '[[package]]\nname = "other"\nversion = "1"\n'},
            "",
            [f"pip install --quiet {ROOT}"],
        ),
    ],
)
def test_the_locked_version_is_installed(
    runner: Runner, shop: Project, files: Mapping[str, str], version: str, installed: list[str]
) -> None:
    """The input wins, then the lock file, then the version of the action itself."""
    for path, text in files.items():
        shop.write(path, text)
    assert runner.run(version=version).installed == installed


def test_a_lock_file_of_uv_installs_the_projects_packages(runner: Runner, shop: Project) -> None:
    """Workflow modules import them."""
    shop.write("uv.lock", '[[package]]\nname = "sfn-release"\nversion = "0.4.0"\n')
    uv, export, install = runner.run().installed
    assert re.fullmatch(r"pip install --quiet uv==[\d.]+", uv)
    assert export.startswith("uv export --quiet --locked --no-emit-project --output-file ")
    assert install.startswith("pip install --quiet --requirement ")


def test_every_output_and_input_is_described() -> None:
    """The reference of the action is made of them."""
    members: list[Mapping[str, Any]] = [*ACTION["inputs"].values(), *ACTION["outputs"].values()]
    assert all(member["description"].strip().endswith(".") for member in members)
