"""Every example of the reference runs in a project, or is parsed where it can't run here."""

from __future__ import annotations

import contextlib
import json
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from sfn_release.cli.app import program
from sfn_release.cli.reference import Example, read_pages
from sfn_release.cli.session import Session
from support.command_line import Project, run
from support.git import run_git

CONFIG = """\
[project]
name = "shop"
remote = ""

[environments.staging]
backend = "local"
name = "{workflow}-staging"
role_arn = "arn:aws:iam::111111111111:role/shop"

[environments.prod]
backend = "local"
name = "{workflow}-prod"
role_arn = "arn:aws:iam::111111111111:role/shop"
requires = ["staging"]
"""
ORDERS = {
    "StartAt": "Charge",
    "States": {
        "Charge": {"Type": "Pass", "Result": "paid", "Next": "Paid"},
        "Paid": {"Type": "Succeed"},
    },
}
TESTS = '[[test]]\nname = "an order is paid"\n[test.expect]\nstatus = "SUCCEEDED"\n'
NO_ACCOUNT = "it needs an execution or a state machine in an account of AWS"
ASKS = "it asks on a terminal"
ARN = "arn:aws:states:eu-west-1:111111111111:execution:orders:a1"
NOT_RUN = {
    # line → why it's only parsed
    "sfn-release local serve": "it serves until Ctrl-C",
    "sfn-release local serve --port 0 --in-memory": "it serves until Ctrl-C",
    "sfn-release local serve --handler charge=app.charge:handler": "it serves until Ctrl-C",
    "sfn-release local serve --endpoint '*=http://127.0.0.1:4566'": "it serves until Ctrl-C",
    "sfn-release report --serve": "it serves until Ctrl-C",
    "sfn-release comment plan.md --if-possible": "it needs a pull request",
    "sfn-release comment notes.md --name notes": "it needs a pull request",
    "sfn-release demo": "it takes long, and has tests of its own",
    "sfn-release demo --testing": "it takes long, and has tests of its own",
    "sfn-release demo --keep": "it takes long, and has tests of its own",
    'sfn-release import "$ARN" --env prod': NO_ACCOUNT,
    'sfn-release which "$ARN" --json': NO_ACCOUNT,
    f"sfn-release which {ARN}": NO_ACCOUNT,
    f"sfn-release explain {ARN}": NO_ACCOUNT,
    "sfn-release delete refunds --env staging": ASKS,
    "sfn-release handover refunds --to billing --env prod": ASKS,
    "sfn-release local reset": ASKS,
    "sfn-release prune --env prod": ASKS,
    "sfn-release deploy --resume --env prod": "no deployment is unfinished",
    "sfn-release unlock --env prod": "no deployment is unfinished",
    'sfn-release unlock --env prod --yes --reason "runner died"': "no deployment is unfinished",
}
CODES = {"bisect": {0, 1}}  # 1: all releases answer alike
CHANGING = {
    # commands that get a copy of the project
    "",  # the program's own examples publish and roll back
    *("init", "import", "adopt", "publish", "deploy", "promote", "rollback", "yank", "unyank"),
    *("delete", "handover", "acknowledge", "prune", "unlock", "local reset", "test", "coverage"),
}
EXAMPLES = [
    pytest.param(" ".join(page.words), example, id=example.line)
    for page in read_pages()
    for example in page.examples
]


def words_of(example: Example) -> list[str]:
    """Return the arguments of the first command on a line."""
    words = shlex.split(example.line.removeprefix('eval "$(').removesuffix(')"'))
    ends = [place for place, word in enumerate(words) if word in {"|", ">"}]
    return words[1 : min(ends, default=len(words))]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a project with two releases in staging and prod, and a change."""
    root = tmp_path_factory.mktemp("shop")
    shop = Project(root)
    run_git(root, "init", "-q")
    run_git(root, "config", "user.name", "Ann")
    run_git(root, "config", "user.email", "ann@example.com")
    definition = json.dumps(ORDERS)
    for name, text in {
        "releases.toml": CONFIG,
        "workflows/orders.asl.json": definition,
        "workflows/refunds.asl.json": definition,
        "workflows/orders.tests.toml": TESTS,
        "checkout.asl.json": definition,
        "order.json": '{"order": 7}',
        "services/billing/README.md": "",
        "workflows/refunds.tests.toml": TESTS,
        "plan.md": "# Plan",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    for version, result in (("1.0.0", "paid"), ("1.1.0", "charged")):
        file = root / "workflows" / "orders.asl.json"
        file.write_text(definition.replace('"paid"', json.dumps(result)), encoding="utf-8")
        run_git(root, "add", ".")
        run_git(root, "commit", "-qm", f"Answer {result}")
        shop.ok("publish", version, "--env", "staging")
        shop.ok("promote", "--from", "staging", "--to", "prod")
    (root / "workflows" / "refunds.asl.json").write_text(
        definition.replace("Paid", "Refunded"), encoding="utf-8"
    )
    run_git(root, "commit", "-qam", "Rename a state")
    shop.ok("deploy", "1.0.0", "--env", "local")
    shop.ok("deploy", "1.1.0", "--env", "local")
    shop.ok("execute", "orders", "--env", "prod")
    shop.ok("replay", "orders", "--env", "prod", "--save", "histories")
    [history] = (root / "histories").rglob("*.json")
    shutil.copy(history, root / "history.json")
    shop.ok("test", "--coverage")
    return root


@contextlib.contextmanager
def project_for(command: str, published: Path, tmp_path: Path) -> Iterator[Path]:
    """Yield the project, or a copy for a command that changes it."""
    if command not in CHANGING:
        yield published
        return
    shutil.copytree(published, tmp_path / "shop", symlinks=True)
    yield tmp_path / "shop"


def parse(words: list[str]) -> None:
    """Parse a command line without running it; raises click's error for a faulty one."""
    command: click.Command = program
    context = click.Context(program, obj=Session())
    while isinstance(command, click.Group):
        first, *words = words
        found = command.get_command(context, first)
        assert found is not None, first
        command = found
    command.make_context("sfn-release", words, parent=context)


def test_what_is_only_parsed_is_an_example() -> None:
    """An example that changes or goes takes its reason with it."""
    assert NOT_RUN.keys() <= {example.line for page in read_pages() for example in page.examples}


@pytest.mark.parametrize(("command", "example"), EXAMPLES)
def test_an_example_works(command: str, example: Example, published: Path, tmp_path: Path) -> None:
    """It ends as it should in a project with two releases."""
    words = words_of(example)
    if example.line in NOT_RUN:
        parse(words)
        return
    with project_for(command, published, tmp_path) as root:
        if "--version-from-tag" in words:
            run_git(root, "tag", "v1.2.0")
        ran = run("-C", str(root), *words)
    assert ran.code in CODES.get(command, {0, 3}), ran.out + ran.err
