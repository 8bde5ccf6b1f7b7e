"""The README says what the program does: commands, options, exit codes, error codes, examples."""

from __future__ import annotations

import json
import re
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from sfn_release import errors, project
from sfn_release.build import build
from sfn_release.cli.app import COMMANDS, EXIT_CODES, program
from sfn_release.simulator import load_mocks

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """Return the README's code blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def table(heading: str) -> dict[str, str]:
    """Return the two columns of the table whose first heading is *heading*."""
    _, _, rest = README.partition(f"| {heading} | ")
    rows = rest.split("\n\n")[0].splitlines()[2:]
    cells = (row.strip("| ").split(" | ", 1) for row in rows)
    return {first.strip("`"): second for first, second in cells}


def commands() -> Iterator[tuple[str, click.Command]]:
    """Yield every command with its name."""
    context = click.Context(program)
    for name in program.list_commands(context):
        command = program.get_command(context, name)
        assert command is not None
        yield name, command


def test_the_first_screen_holds_the_two_commands() -> None:
    """Each is complete in itself and stands before anything has to be scrolled far."""
    screen = "\n".join(README.splitlines()[:30])
    venv = "python3 -m venv .venv && .venv/bin/pip install -e "
    assert f"\n{venv}. && .venv/bin/sfn-release demo\n" in screen
    assert f"\n{venv}'.[dev]' && .venv/bin/python -m pytest\n" in screen


def test_every_command_is_told_as_the_program_tells_it() -> None:
    """The table has the commands in the program's order, each with its own help line."""
    told = table("command")
    known = {name: text for rows in COMMANDS.values() for name, (_, text) in rows.items()}
    assert list(told) == list(known)
    assert {name: text for name, text in known.items() if not told[name].startswith(text)} == {}


def test_every_option_is_told() -> None:
    """Whatever option a command has stands in its row, and no row tells of another."""
    told = table("command")
    shared = {"-C", "--env", "--json", "-v", "--verbose", "-h", "--help"}
    for name, command in commands():
        inner = command.commands.values() if isinstance(command, click.Group) else [command]
        options = {
            max(parameter.opts, key=len)
            for one in inner
            for parameter in one.params
            if isinstance(parameter, click.Option)
        }
        written = set(re.findall(r"(?<![\w-])--?[a-z-]+", told[name]))
        assert written - shared == options - shared, name


def test_the_exit_codes_are_the_programs() -> None:
    """The table of exit codes is the one of --help."""
    assert table("exit code") == {str(code): text for code, text in EXIT_CODES.items()}


def test_the_error_codes_are_the_packages() -> None:
    """Every error of the tree has a row, and no row is without an error."""
    classes = [errors.SfnReleaseError]
    for one in classes:
        classes += one.__subclasses__()
    known = {one.code for one in classes if one.__module__ == errors.__name__}
    assert set(table("code")) == known - {"E_ERROR"}


def test_the_releases_toml_is_one() -> None:
    """The example is read, and names every key of [project]."""
    (text,) = blocks("toml")
    read = project.parse_project(text, path=ROOT / "releases.toml")
    assert list(read.environments) == ["local", "staging", "prod", "emulator"]
    assert read.environment("staging").confirm is True


def test_the_mocks_are_mocks() -> None:
    """The example of a mock file is accepted."""
    (text,) = blocks("json")
    load_mocks(text, file="orders.mocks.json")
    assert list(json.loads(text)) == ["Charge", "arn:aws:states:::sns:publish"]


@pytest.mark.parametrize("index", [0, 1])
def test_the_workflow_modules_build(index: int, tmp_path: Path) -> None:
    """The two modules that are shown are modules that a release can be made from."""
    (tmp_path / "workflows").mkdir()
    (tmp_path / "workflows" / "shown.py").write_text(blocks("python")[index])
    (declared,) = build(tmp_path, "workflows").declarations
    assert declared.name == ["hello", "charging"][index]


@pytest.mark.parametrize("index", range(3, len(blocks("python"))))
def test_the_examples_of_the_language_are_sound(index: int) -> None:
    """Each is a module by itself, and there is nothing to say against its workflow."""
    shown: dict[str, Any] = {}
    exec(compile(blocks("python")[index], f"README.md example {index}", "exec"), shown)  # noqa: S102 - ours
    assert shown["workflow"].diagnostics() == ()
    assert "StartAt" in shown["workflow"].serialize()


def test_the_documentation_page_runs(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """The page's statements run as they are written, on `sfn.local()`."""
    asked = "state_machine.execute(bsm, sync=True)"
    (tmp_path / "page.py").write_text(blocks("python")[2].replace(asked, f"print({asked})"))
    runpy.run_path(str(tmp_path / "page.py"))
    said = capsys.readouterr().out
    assert said.index("Hello Alice") < said.index("Hello Bob")


def test_every_command_line_is_one() -> None:
    """The commands in shell blocks exist, with the options that they are shown with."""
    context = click.Context(program)
    for line in "\n".join(blocks("sh")).splitlines():
        words = line.partition(" #")[0].replace('"', "").split()
        if words[:1] != ["sfn-release"]:
            continue
        command = program.get_command(context, words[1])
        assert command is not None, line
        known = {option for one in command.params for option in one.opts}
        given = {word for word in words[2:] if word.startswith("-")}
        assert given <= known, line


def test_links_lead_somewhere() -> None:
    """Links inside the README and the repository have a target."""
    anchors = {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.*)$", README, re.MULTILINE)
    }
    for target in re.findall(r"\]\(([^)]+)\)", README):
        if target.startswith("#"):
            assert target[1:] in anchors
        elif not target.startswith("http"):
            assert (ROOT / target).exists(), target
