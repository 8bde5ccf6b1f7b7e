"""docs/how-to/from-step-functions-local.md: every command and every example of the page runs."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click
import pytest
import yaml

from sfn_release.cli.app import program
from support.command_line import CREDENTIALS
from support.places import ROOT
from support.serving import CLIENT, SERVED, serving

PAGE = (ROOT / "docs" / "how-to" / "from-step-functions-local.md").read_text(encoding="utf-8")
SERVE = "sfn-release local serve"
EMULATOR = re.compile(r"http://127\.0\.0\.1:(4566|5000)")  # LocalStack, moto's server
BIN = Path(sys.executable).parent


def sections() -> dict[str, str]:
    """Return the text below each heading."""
    parts = re.split(r"^## (.*)$", PAGE, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def blocks(language: str, text: str = PAGE) -> list[str]:
    """Return the code blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


SCRIPTS = {heading: blocks("sh", text) for heading, text in sections().items()}


@contextmanager
def served_by(line: str, folder: Path) -> Iterator[str]:
    """Start the service by the page's command line; yield its URL."""
    words = shlex.split(line)
    assert words[:3] == SERVE.split()
    with serving(folder, *words[3:], XDG_DATA_HOME=str(folder)) as printed:
        yield printed["endpoint_url"]


@pytest.mark.parametrize("heading", [heading for heading, script in SCRIPTS.items() if script])
def test_every_command_runs(heading: str, tmp_path: Path, other_services: str) -> None:
    """The commands of a section, in order; services of other emulators are played by moto."""
    inherited = {name: text for name, text in os.environ.items() if name not in SERVED}
    environment = inherited | CREDENTIALS | CLIENT | {"PATH": f"{BIN}:{os.environ['PATH']}"}
    said = ""
    with ExitStack() as services:
        url = ""
        for block in SCRIPTS[heading]:
            script = EMULATOR.sub(other_services, block)
            before, start, command = script.partition(SERVE)
            script = before.replace("http://127.0.0.1:8083", url)
            done = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", script],
                cwd=tmp_path,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stderr
            said += done.stdout
            if start:
                url = services.enter_context(served_by(start + command, tmp_path))
    shown = {
        "Step Functions Local": [r"TaskFailed\s", r'\\"charged\\":true', "SUCCEEDED"],
        "LocalStack": [r"^5 EUR$"],
        "moto": [],
    }
    for pattern in shown[heading]:
        assert re.search(pattern, said, re.MULTILINE), said


def test_every_example_runs(tmp_path: Path) -> None:
    """Each is a test module of its own, as a reader has it."""
    examples = blocks("py")
    for number, example in enumerate(examples):
        (tmp_path / f"test_{number}.py").write_text(example)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)],
        cwd=tmp_path,
        env=os.environ | {"PATH": f"{BIN}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert len(examples) == 4


def test_the_pipelines_start_the_service_with_options_that_it_has() -> None:
    """GitHub Actions and Docker Compose can't run here; their files are YAML with real options."""
    command = program.get_command(click.Context(program), "local")
    assert isinstance(command, click.Group)
    known = {option for parameter in command.commands["serve"].params for option in parameter.opts}
    pipelines = blocks("yaml")
    assert len(pipelines) == 2
    for text in pipelines:
        assert yaml.safe_load(text)
        (line,) = re.findall(rf"{SERVE}([^\n\"]*)", text)
        options = {word for word in line.split() if word.startswith("--")}
        assert options
        assert options <= known


def test_the_table_has_every_variable_of_step_functions_local() -> None:
    """With the option that each one has here."""
    table = sections()["Step Functions Local"]
    for name in (
        *("AWS_ACCOUNT_ID", "AWS_DEFAULT_REGION", "WAIT_TIME_SCALE", "SFN_MOCK_CONFIG"),
        *("LAMBDA_ENDPOINT", "BATCH_ENDPOINT", "DYNAMODB_ENDPOINT", "ECS_ENDPOINT"),
        *("GLUE_ENDPOINT", "SAGE_MAKER_ENDPOINT", "SQS_ENDPOINT", "SNS_ENDPOINT"),
        "STEP_FUNCTIONS_ENDPOINT",
    ):
        assert f"| `{name}` |" in table
