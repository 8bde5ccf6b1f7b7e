"""Write docs/reference/json.md: the members of each command's JSON, from real runs of a story.

python tools/write_json_reference.py            # write
python tools/write_json_reference.py --check    # exit 1 if a command has other members
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from unittest.mock import patch

from docs_reference.json_members import Shape
from docs_reference.markdown import fenced, link, page
from sfn_release.cli.app import run
from sfn_release.cli.reference import CommandPage, read_pages

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "json.md"
_NAMES = frozenset({"hello", "greet", "legacy"})  # the workflows of the scratch project
_PROJECT = """
[environments.staging]
backend = "local"
name = "{workflow}-staging"

[environments.prod]
backend = "local"
name = "{workflow}-prod"
requires = ["staging"]

[environments.shifting]
backend = "local"
name = "{workflow}-shifting"
strategy = { type = "canary", percent = 10, interval = "1h" }
"""
_GREET = (
    '{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Succeed"}}}'
)
_ON_A_HOST = ("GITHUB_", "GITLAB_", "CI")  # variables by which a command would find a pipeline
_ERROR = "sfn-release/error/1"
_FAULTY = "nonsense"  # the step that shows an error
_SERVER_ENDS = 30  # seconds
_PROGRAM = (sys.executable, "-m", "sfn_release")
_STORY = """
init|PROJECT|comment plan.md --name plan --if-possible|demo
list|check|build|test|test --coverage|graph hello|schema releases|completion bash
plan --env staging|publish 1.0.0 --env staging|promote 1.0.0 --from staging --to prod
execute greet --env staging|EXECUTION which|EXECUTION explain|CHANGE
plan --env staging|next|diff 1.0.0|publish --bump auto --env staging|status|releases|at 0s
history --env staging|show 1.1.0|blame hello|verify|verify --env staging|verify 1.0.0 --rebuild
attest 1.0.0|env check|doctor|permissions|faults greet|coverage --env staging
bisect hello --expect FAILED|replay greet --env staging|rollback --env staging
deploy 1.1.0 --env staging|prune --env staging --yes|acknowledge --env staging
yank 1.0.0 --reason bad|unyank 1.0.0|deploy 1.0.0 --env shifting|KILLED|unlock --env shifting --yes
import workflows/greet.asl.json|SERVED|adopt legacy --env staging
handover greet --to other --env staging --yes
delete hello --env prod --yes|report --out out|local reset --yes|nonsense
"""


def results() -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the JSON of every command that the story runs, with the schema's name."""
    kept = {key: text for key, text in os.environ.items() if not key.startswith(_ON_A_HOST)}
    with (
        patch.dict(os.environ, kept, clear=True),
        tempfile.TemporaryDirectory() as folder,
        contextlib.chdir(folder),
    ):
        _git("init", "--quiet")
        arn = ""
        for step in _STORY.strip().replace("\n", "|").split("|"):
            if step == "SERVED":
                value = _served()
                yield value["schema"], value
            elif step in _CHANGES:
                _CHANGES[step]()
            else:
                words = step.removeprefix("EXECUTION ")
                value = _json(f"{words} {arn if words != step else ''} --json")
                if value["schema"] == _ERROR and step != _FAULTY:
                    sys.exit(f"{words}: {value['error']['message']}")
                arn = value.get("execution_arn", arn)
                yield value["schema"], value


def _make_project() -> None:
    """Add a workflow and environments to a new project."""
    Path("workflows/greet.asl.json").write_text(_GREET, encoding="utf-8")
    Path("plan.md").write_text("# Plan\n", encoding="utf-8")
    with Path("releases.toml").open("a", encoding="utf-8") as file:
        file.write(_PROJECT)
    _commit()


def _change_module() -> None:
    module = Path("workflows/hello.py")
    module.write_text(module.read_text("utf-8").replace("Alice", "Bob"), "utf-8")
    _commit()


def _kill_deployment() -> None:
    """Begin a shift in a process of its own, and kill it."""
    command = (*_PROGRAM, "deploy", "1.1.0", "--env", "shifting")
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        for line in process.stderr or ():
            if "shifted" in line:
                break
        process.kill()


def _served() -> Mapping[str, Any]:
    """Serve for a moment; create a state machine there, as another tool would."""
    import boto3

    command = (*_PROGRAM, "local", "serve", "--port", "0", "--json")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        text = ""
        for line in process.stdout or ():
            text += line
            if line == "}\n":
                break
        value: Mapping[str, Any] = json.loads(text)
        client = boto3.client(
            "stepfunctions",
            endpoint_url=value["endpoint_url"],
            region_name="us-east-1",
            aws_access_key_id="x",
            aws_secret_access_key="x",  # noqa: S106 - the local service takes any key
        )
        role = "arn:aws:iam::111111111111:role/legacy"
        client.create_state_machine(name="legacy-staging", definition=_GREET, roleArn=role)
        process.terminate()  # a process in the background of a script ignores SIGINT
        process.wait(_SERVER_ENDS)
    return value


_CHANGES = {"PROJECT": _make_project, "CHANGE": _change_module, "KILLED": _kill_deployment}


def _git(*arguments: str) -> None:
    identity = ("-c", "user.name=Ann", "-c", "user.email=ann@example.com")
    subprocess.run(["git", *identity, *arguments], check=True)


def _commit() -> None:
    _git("add", "--all")
    _git("commit", "--quiet", "--message", "Change")


def _json(line: str) -> Mapping[str, Any]:
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        run(line.split())
    found: Mapping[str, Any] = json.loads(out.getvalue())
    return found


def json_page() -> str:
    """Return the page."""
    shapes: dict[str, Shape] = {}
    for schema, value in results():
        shapes.setdefault(schema, Shape()).add(value, _NAMES)
    commands = [command for command in read_pages() if command.json_schema]
    history = shapes["sfn-release/history/1"].members["deployments"]
    return page(
        "JSON",
        "With `--json`, a command prints one object on stdout, with"
        ' `"schema": "sfn-release/<command>/1"`. Members can be added, but none is renamed or'
        " removed. Progress goes to stderr, and the exit code is the same as without `--json`.",
        "Below, each member has its kind of value. `NAME` stands for a name from your data: of a"
        " workflow, a state, an environment, an ARN. A `definition`, a `policy`, an `output` and"
        " other documents are shown without their own members.",
        ", ".join(
            link(f"`{' '.join(command.words)}`", f"#{'-'.join(command.words)}")
            for command in commands
        ),
        "## error",
        "An error is an object on stdout too. [Error codes](error-codes.md) explains the codes.",
        _block(shapes[_ERROR]),
        "## record",
        "A deployment as the ledger records it: what happened to an environment, and how it ended.",
        _block(history.items or history),
        *(part for command in commands for part in _section(command, shapes)),
    )


def _section(command: CommandPage, shapes: Mapping[str, Shape]) -> Iterator[str]:
    words = command.words
    path = f"commands/{'-'.join(words)}.md"
    yield f"## {' '.join(words)}"
    yield f"{command.summary} See {link(f'`{command.name}`', path)}."
    yield _block(shapes[str(command.json_schema)])


def _block(shape: Shape) -> str:
    return fenced("\n".join(shape.lines()), "yaml")


if __name__ == "__main__":
    text = json_page().replace("write_reference.py", "write_json_reference.py", 1)
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(text, encoding="utf-8")
    elif text != PAGE.read_text(encoding="utf-8"):
        sys.exit("json.md is stale: run  python tools/write_json_reference.py")
