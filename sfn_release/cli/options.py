"""The options of every command, before and after its name, and options that several share."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial, wraps
from typing import Any, TypeVar

import click

from sfn_release.cli.call_log import call_log
from sfn_release.cli.help import GLOBAL_OPTIONS
from sfn_release.cli.output import terminal
from sfn_release.cli.session import LOG_CALLS, Session
from sfn_release.errors import UsageError

GLOBAL = {"-C", "--env", "--json", "--verbose", "--quiet", "--no-pager", "--help"}
"""The options of every command, before and after its name."""
Decorated = TypeVar("Decorated", bound=Callable[..., Any])


adopt_option = click.option(
    "--adopt", is_flag=True, help="Take over a state machine that another tool or ledger made."
)
override_option = click.option(
    "--override", metavar="REASON", help="Skip the policies. The reason is recorded."
)
reason_option = click.option("--reason", metavar="TEXT", help="The reason, for the record.")


def global_options(function: Decorated) -> Decorated:
    """Add the global options, such as ``-C`` and ``-v``, whose values go to the Session."""
    option = partial(click.option, expose_value=False, is_eager=True)
    folder, environment, as_json, verbose, quiet, no_pager = GLOBAL_OPTIONS.values()
    for decorate in (
        option("--no-pager", is_flag=True, callback=_no_pager, help=no_pager),
        option("-q", "--quiet", is_flag=True, callback=_quiet, help=quiet),
        option("-v", "--verbose", count=True, callback=_verbose, help=verbose),
        option("--json", is_flag=True, callback=_json, help=as_json),
        option("--env", multiple=True, metavar="NAME", callback=_environments, help=environment),
        option("-C", "directories", multiple=True, metavar="DIR", callback=_directory, help=folder),
    ):
        function = decorate(function)
    return function


class Command(click.Command):
    """A command whose help shows its own options first and the global ones last.

    An empty argument or option is refused. In a script, it is a variable that isn't set; the
    default could be the wrong environment or release.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the command line; raises BadParameter for an empty text."""
        rest = super().parse_args(ctx, args)
        for parameter in self.get_params(ctx):
            _refuse_empty(ctx, parameter, ctx.params.get(parameter.name or ""))
        return rest

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples at the end, where you see them above the prompt."""
        _write_examples(ctx, formatter)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options in two sections."""
        own: list[tuple[str, str]] = []
        shared: list[tuple[str, str]] = []
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None and isinstance(parameter, click.Option):
                (shared if GLOBAL & {*parameter.opts} else own).append(record)
        for title, records in (("Options", own), ("Global options", shared)):
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)


class CommandGroup(click.Group):
    """A command with further commands, whose help ends with examples."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples."""
        _write_examples(ctx, formatter)


def command(name: str) -> Callable[[Callable[..., Any]], click.Command]:
    """Make a command of a function that takes the Session first and returns its exit code."""

    def decorate(function: Callable[..., Any]) -> click.Command:
        @click.pass_obj
        @wraps(function)
        def run(session: Session, *arguments: Any, **options: Any) -> Any:
            session.command = name
            if session.quiet and session.verbose:
                raise UsageError("--quiet can't be combined with --verbose.", fix="Remove one.")
            with (
                call_log(wanted=session.verbosity >= LOG_CALLS),
                terminal.quiet(wanted=session.quiet),
            ):
                return function(session, *arguments, **options)

        return click.command(name, cls=Command)(global_options(run))

    return decorate


def group(name: str) -> Callable[[Callable[[], None]], click.Group]:
    """Make a command that has further commands, and shows its help without one."""

    def decorate(function: Callable[[], None]) -> click.Group:
        @click.pass_context
        def show_help(context: click.Context) -> int:
            if context.invoked_subcommand is None:
                click.echo(context.get_help(), err=True)
                return UsageError.exit_code
            return 0

        described = click.group(
            name, cls=CommandGroup, invoke_without_command=True, help=function.__doc__
        )
        return described(global_options(show_help))

    return decorate


def _write_examples(context: click.Context, formatter: click.HelpFormatter) -> None:
    from sfn_release.cli.reference.help_examples import write_examples

    write_examples(context, formatter)


def _refuse_empty(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    if "" in (value if isinstance(value, tuple) else (value,)):
        raise click.BadParameter(
            "it is empty. In a script, check that the variable is set.", context, parameter
        )


def _session(context: click.Context) -> Session:
    return context.ensure_object(Session)


def _verbose(context: click.Context, _: click.Parameter, value: int) -> None:
    _session(context).verbosity += value


def _quiet(context: click.Context, _: click.Parameter, value: bool) -> None:
    _session(context).quiet |= value


def _no_pager(context: click.Context, _: click.Parameter, value: bool) -> None:
    _session(context).pages &= not value


def _json(context: click.Context, _: click.Parameter, value: bool) -> None:
    _session(context).as_json |= value


def _environments(
    context: click.Context, parameter: click.Parameter, value: tuple[str, ...]
) -> None:
    _refuse_empty(context, parameter, value)
    _session(context).environments += value


def _directory(context: click.Context, _: click.Parameter, value: tuple[str, ...]) -> None:
    session = _session(context)
    for folder in value:  # like git: each -C is relative to the previous
        session.folder = os.path.join(session.folder, folder)  # noqa: PTH118 - pathlib loads slowly
