"""-q: the result, warnings, errors and questions, and nothing else; for every command."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest

from sfn_release.cli.app import program
from sfn_release.cli.help import COMMANDS
from sfn_release.cli.output.progress import ProgressDisplay
from support.command_line import Project
from support.screens import start_on_screen

NAMES = sorted(name for commands in COMMANDS.values() for name in commands)
READING = [
    ["list"],
    ["build"],
    ["check"],
    ["test"],
    ["graph", "hello"],
    ["faults", "hello"],
    ["plan"],
    ["plan", "1.0.0"],
    ["next"],
    ["status"],
    ["releases"],
    ["history"],
    ["history", "--graph"],
    ["at", "0s"],
    ["show", "1.0.0"],
    ["blame", "hello"],
    ["diff", "1.0.0"],
    ["verify"],
    ["env", "check"],
    ["doctor"],
    ["execute", "hello"],
    ["coverage"],
]


def _commands(group: click.Group, name: str) -> Iterator[click.Command]:
    context = click.Context(group)
    command = group.get_command(context, name)
    assert command is not None
    if isinstance(command, click.Group):
        for inner in command.list_commands(context):
            yield from _commands(command, inner)
    else:
        yield command


@pytest.mark.parametrize("name", NAMES)
def test_every_command_takes_quiet_and_no_pager(name: str) -> None:
    """Global options go before or after the command."""
    assert isinstance(program, click.Group)
    for command in _commands(program, name):
        options = {word for parameter in command.params for word in parameter.opts}
        assert {"-q", "--quiet", "--no-pager"} <= options


@pytest.mark.parametrize("place", ["before", "after"])
def test_quiet_and_verbose_exclude_each_other(shop: Project, place: str) -> None:
    """They ask for opposite things: a usage error."""
    ran = shop.run("-q", "-v", "list") if place == "before" else shop.run("-q", "list", "-v")
    assert (ran.code, ran.out) == (2, "")
    assert "--quiet can't be combined with --verbose." in ran.err


def test_commands_that_change_something_say_only_what_they_did(shop: Project) -> None:
    """No plan, no progress, no table: a line for the release and one for each environment."""
    shop.commit(hello="one")
    first = shop.ok("-q", "publish", "1.0.0")
    assert first.err == ""
    released, deployed = first.out.splitlines()
    assert released.startswith(("1.0.0 is a local trial", "1.0.0 released"))
    assert deployed == "deployed 1.0.0 to local (not AWS): hello created"
    shop.commit(hello="two")
    for arguments in (
        ("publish", "1.1.0"),
        ("rollback", "--yes"),
        ("deploy", "1.1.0"),
        ("delete", "hello", "--yes"),
    ):
        ran = shop.ok("-q", *arguments)
        assert (ran.err, ran.out != "") == ("", True), arguments


def test_warnings_stay(shop: Project) -> None:
    """Somebody has to act on them."""
    shop.publish("1.0.0")
    ran = shop.ok("-q", "yank", "1.0.0", "--reason", "bad")
    assert ran.err.startswith("warning: the contents of 1.0.0 are live in local (not AWS).")
    assert shop.ok("-q", "unyank", "1.0.0").err == ""


def test_commands_that_read_have_the_same_result(shop: Project) -> None:
    """The result is on stdout already: -q only leaves out what goes to stderr."""
    shop.publish("1.0.0")
    for arguments in READING:
        loud, quiet = shop.run(*arguments), shop.run("-q", *arguments)
        assert quiet.code == loud.code, arguments
        if quiet.code == 0:
            assert quiet.err == "", arguments
        if arguments[0] not in {"execute", "doctor", "test", "faults", "verify"}:  # times and ids
            assert quiet.out == loud.out, arguments


def test_errors_are_never_quiet(shop: Project) -> None:
    """An error keeps its message, reason and fix."""
    ran = shop.run("-q", "show", "9.9.9")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("error: There is no release 9.9.9.")


def test_a_question_comes_with_its_plan(shop: Project) -> None:
    """You can't answer without the plan. With --yes there is no question, and no plan."""
    shop.publish("1.0.0")
    screen = start_on_screen(shop.root, "-q", "delete", "hello")
    screen.until(lambda seen: "[y/N]" in seen.text)
    assert "plan: delete hello from local (not AWS)" in screen.text
    screen.press("n\n")
    assert screen.end() == 1


def test_warnings_of_a_deployment_stay(capsys: pytest.CaptureFixture[str]) -> None:
    """They come through the display of its progress, whose other lines are left out."""
    display = ProgressDisplay(quiet=True)
    display.say("building")
    display.say("warning: Interrupted.\n  hello: put back")
    display.say("overridden: soak")
    assert capsys.readouterr().err == "warning: Interrupted.\n  hello: put back\noverridden: soak\n"
