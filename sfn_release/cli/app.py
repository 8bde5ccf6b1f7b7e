"""The program: finds the command, and catches errors in one place."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Sequence
from importlib import import_module
from keyword import iskeyword
from typing import Any

import click

from sfn_release import __version__
from sfn_release.cli.exits import INTERRUPTED, READER_GONE
from sfn_release.cli.help import COMMANDS, help_columns, program_help
from sfn_release.cli.options import global_options
from sfn_release.cli.output import terminal
from sfn_release.cli.session import Session
from sfn_release.cli.signals import Terminated, terminable
from sfn_release.errors import (
    FileError,
    InterruptedCommandError,
    SfnReleaseError,
    UsageError,
)

_NAME = "sfn-release"
_CLOSE = 0.9  # how alike options are when one is another with a letter left out
_DEPLOYING = frozenset({"publish", "deploy", "promote", "rollback", "delete", "adopt", "handover"})


class _Program(click.Group):
    """A group that imports a command when it runs."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return every command's name in the order of the help text."""
        return [name for commands in COMMANDS.values() for name in commands]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import the file with the command's name; None for an unknown command."""
        if not any(cmd_name in commands for commands in COMMANDS.values()):
            return None
        name = f"{cmd_name}_" if iskeyword(cmd_name) else cmd_name
        command: click.Command = import_module(f"sfn_release.cli.commands.{name}").run
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; raises UsageError that names the nearest."""
        name = args[0]
        if self.get_command(ctx, name) is None:
            from sfn_release.text import did_you_mean

            raise UsageError(
                f"There is no command {name!r}.",
                fix=did_you_mean(name, self.list_commands(ctx))
                or "See the commands:  sfn-release --help",
            )
        return super().resolve_command(ctx, args)

    def get_help(self, ctx: click.Context) -> str:
        """Return the program's help text."""
        return program_help(ctx.terminal_width or help_columns())


@click.group(
    cls=_Program,
    name=_NAME,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@global_options
@click.version_option(__version__, prog_name=_NAME, message="%(prog)s %(version)s")
@click.pass_context
def program(ctx: click.Context) -> int:
    """Run a command, or show the help text without one."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help(), err=True)
        return UsageError.exit_code
    return 0


def run(arguments: Sequence[str], *, reports: bool = True) -> int:
    """Run a command line and return its exit code; a bug keeps its traceback.

    With *reports*, a job of GitHub Actions gets summaries, outputs and annotations.
    """
    session = Session(as_json=_wants_json(arguments), reports=reports)
    try:
        with terminable(), terminal.checked_output():
            try:
                code = _run(arguments, session)
            finally:
                session.close()
    except BrokenPipeError:
        _discard_output()
        return READER_GONE
    except terminal.OutputError as error:
        _discard_output()
        terminal.say_always(f"error: {error}")
        return FileError.exit_code
    except Terminated as ended:
        terminal.say_always(_how(ended))
        return ended.exit_code
    except KeyboardInterrupt as stopped:
        terminal.say_always()  # the terminal has shown ^C
        terminal.say_always(_how(stopped))
        return INTERRUPTED
    return code


def _discard_output() -> None:
    """Redirect stdout to nowhere, or Python complains again when it flushes at exit."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _run(arguments: Sequence[str], session: Session) -> int:
    try:
        words, columns = list(arguments), help_columns()
        with program.make_context(_NAME, words, obj=session, terminal_width=columns) as context:
            code = program.invoke(context)
    except click.exceptions.Exit as done:  # --help, --version
        return done.exit_code
    except SfnReleaseError as error:
        session.close()
        _report(error, session, verbose=session.verbose)
        return error.exit_code
    except click.ClickException as error:
        _report(_usage(error), session, verbose=False)
        return UsageError.exit_code
    except click.Abort:  # click's name for Ctrl-C
        _interrupted(session, "")
        raise KeyboardInterrupt from None
    except KeyboardInterrupt as stopped:
        _interrupted(session, _how(stopped), unchanged=bool(_notes(stopped)))
        raise
    return code if isinstance(code, int) else 0


def _how(stopped: KeyboardInterrupt) -> str:
    """Return how a command ended, with what is known of its changes."""
    return ": ".join([str(stopped) or "interrupted", *_notes(stopped)])


def _notes(stopped: KeyboardInterrupt) -> list[str]:
    return [*getattr(stopped, "__notes__", [])]


def _interrupted(session: Session, how: str, *, unchanged: bool = False) -> None:
    """Write the JSON object of an interrupted command. `run` writes the message for people."""
    if not session.as_json or session.shown:
        return
    from sfn_release.cli.output.error_text import error_json

    deploys = session.command in _DEPLOYING and not unchanged
    stopped = InterruptedCommandError(
        f"The command was {how or 'interrupted'}.",
        why="If a deployment was running, stderr and `history` show what it put back."
        if deploys
        else "",
        fix="See the records:  sfn-release history" if deploys else "Run it again.",
    )
    terminal.write_json("error", {"error": error_json(stopped)})


def _report(error: SfnReleaseError, session: Session, *, verbose: bool) -> None:
    from sfn_release.cli.output.error_text import write_error

    write_error(error, as_json=session.as_json, verbose=verbose, aged=session.aged)
    if session.reports:
        from sfn_release.cli.output.github import report_error

        report_error(error)


def _usage(error: click.ClickException) -> UsageError:
    """Return click's error as ours."""
    context = getattr(error, "ctx", None)
    near: Any = getattr(error, "possibilities", None)
    path = context.command_path if context else _NAME
    message = error.format_message()
    if near and (given := getattr(error, "option_name", None)):
        from difflib import get_close_matches

        near = get_close_matches(given, near, cutoff=_CLOSE) or near
    if near:  # click's message ends with its suggestions, in brackets if there are several
        message = re.split(r" \(?Did you mean| \(Possible", message)[0]
    return UsageError(
        message,
        why=f"Did you mean {' or '.join(sorted(near))}?" if near else "",
        fix=f"See:  {path} --help",
    )


def _wants_json(arguments: Sequence[str]) -> bool:
    """Return whether the line has ``--json``, before click parses it: it may be invalid."""
    return "--json" in _options(arguments)


def _options(arguments: Sequence[str]) -> Iterator[str]:
    for argument in arguments:
        if argument == "--":
            return
        yield argument
