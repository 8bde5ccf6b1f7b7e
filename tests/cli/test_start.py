"""Startup: the modules that each command imports, and a help text that needs no imports."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence

import click
import pytest

from sfn_release import __version__
from sfn_release.cli.app import program
from sfn_release.cli.help import COMMANDS, EXIT_CODES, HELP_OPTIONS, program_help
from support.command_line import Project, run

HEAVY = {"boto3", "botocore", "git", "rich", "semver", "tomli", "rfc8785", "tomli_w"}
NAMES = [name for commands in COMMANDS.values() for name in commands]


def imported(*arguments: str, directory: object = None) -> set[str]:
    """Return the top-level modules and the rooms of this package that a command line imports."""
    script = (
        "import sys, sfn_release.cli as cli\n"
        f"code = cli.main({list(arguments)!r})\n"
        "print(code, *sys.modules, file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=str(directory) if directory else None,
        capture_output=True,
        text=True,
        check=True,
    )
    code, *modules = done.stderr.splitlines()[-1].split()
    assert code == "0", done.stderr
    return {name.partition(".")[0] for name in modules} | set(modules)


def test_version_imports_nothing() -> None:
    """--version is answered before click is imported."""
    modules = imported("--version")
    assert HEAVY & modules == set()
    assert {"click", "typing", "re", "sfn_release.cli.app"} & modules == set()
    assert run("--version").out == f"sfn-release {__version__}\n"


def test_help_imports_its_text_alone() -> None:
    """--help is answered before click or a command is imported."""
    modules = imported("--help")
    assert HEAVY & modules == set()
    assert {"click", "typing", "re"} & modules == set()
    ours = {name for name in modules if name.startswith("sfn_release.")}
    assert ours == {
        "sfn_release.cli",
        "sfn_release.cli.exits",
        "sfn_release.cli.help",
        "sfn_release.cli.main",
        "sfn_release.cli.output",
        "sfn_release.cli.output.width",
    }


def test_help_is_one_text() -> None:
    """With other options, click prints the same text, and the text names click's options."""
    text = run("--help").out
    assert run("-h").out == run("-v", "--help").out == text
    context = click.Context(program)
    records = [option.get_help_record(context) for option in program.get_params(context)]
    options = dict(record for record in records if record is not None)
    assert {name: " ".join(text.split()) for name, text in HELP_OPTIONS.items()} == options


@pytest.mark.parametrize("columns", [1, 40, 63, 80, 200])
def test_help_fits_the_terminal(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines break between words, and have at most 100 columns on a wide terminal."""
    monkeypatch.setenv("COLUMNS", str(columns))
    text = run("--help").out
    assert max(map(len, text.splitlines())) <= max(40, min(columns, 100))
    assert " ".join(text.split()) == " ".join(program_help(80).split())


@pytest.mark.parametrize("arguments", [["history"], ["releases"], ["show", "1.0.0"]])
def test_a_git_only_command_imports_no_aws(shop: Project, arguments: Sequence[str]) -> None:
    """A command that only reads the ledger imports neither boto3 nor, in a pipe, rich."""
    shop.publish("1.0.0")
    modules = imported(*arguments, directory=shop.root)
    assert {"boto3", "botocore", "rich", "tomli_w", "sqlite3"} & modules == set()
    assert {
        "sfn_release.local_service",
        "sfn_release.simulator",
        "sfn_release.project.modules",
    } & modules == set()


@pytest.mark.parametrize("name", NAMES)
def test_the_table_tells_what_the_command_tells(name: str) -> None:
    """The line in --help is the first line of the command's own help."""
    context = click.Context(program)
    command = program.get_command(context, name)
    assert command is not None
    told = {key: text for commands in COMMANDS.values() for key, text in commands.items()}
    assert (command.help or "").partition("\n")[0] == told[name]
    assert command.name == name


@pytest.mark.parametrize("name", [*NAMES, "local serve", "local reset"])
def test_every_command_has_help_and_the_global_options(name: str) -> None:
    """--help and -h work everywhere, and every help lists -C, --env, --json and -v."""
    text = run(*name.split(), "--help").out
    assert text.startswith(f"Usage: sfn-release {name} ")
    assert [word for word in ("-C DIR", "--env NAME", "--json", "-v") if word not in text] == []
    assert run(*name.split(), "-h").out == text


def test_help_names_every_command_and_exit_code() -> None:
    """The program's help lists the commands by subject, and the exit codes."""
    text = run("--help").out
    assert [name for name in NAMES if f"  {name}" not in text] == []
    assert [code for code in EXIT_CODES if f"\n  {code} " not in text] == []
    assert max(len(line) for line in text.splitlines()) <= 80


def test_no_command_is_a_usage_error() -> None:
    """Without a command the help goes to stderr, and the exit code is 2."""
    for words in ([], ["local"]):
        ran = run(*words)
        assert (ran.code, ran.out) == (2, "")
        assert ran.err.startswith(" ".join(["Usage: sfn-release", *words]))


def test_global_options_stand_before_and_after_the_command(shop: Project) -> None:
    """`--json` and `--env` work on both sides; -C is relative to the -C before it."""
    before = run("-C", str(shop.root.parent), "-C", shop.root.name, "--json", "status")
    after = run("status", "-C", str(shop.root), "--env", "local", "--json")
    assert before.json == after.json


def test_a_shell_can_complete_commands(shop: Project) -> None:
    """The program answers without a command: the commands with the given prefix."""
    done = subprocess.run(
        [sys.executable, "-m", "sfn_release", "sfn-release pub", " "],
        cwd=shop.root,
        env=os.environ | {"_SFN_RELEASE_COMPLETE": "bash"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "publish \n")
