"""The text of `sfn-release --help`, written without click: importing click takes most of the time.

    Usage, the summary of the program, its options, its commands by subject, its exit codes.

When you add a command, add its summary here, and its examples in `reference`.
`app` passes the same text to click, for ``sfn-release -C DIR --help``. The help of a
command comes from click; its first line is the summary here.
"""

from __future__ import annotations

from sfn_release.cli.exits import DIFFERENT, HUNG_UP, INTERRUPTED, TERMINATED
from sfn_release.cli.output.width import width

TYPE_CHECKING = False  # importing typing is slow
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_WIDEST = 100  # columns of help texts
_NARROWEST = 40
_SHORTEST = 8  # columns of a name, so that the texts of most sections are aligned

ABOUT = """\
Releases for AWS Step Functions that never change.

Made from Git, planned before they are applied, rolled back in one step.
Global options go before or after the command.
"""

GLOBAL_OPTIONS = {
    "-C DIR": "Run in this folder.",
    "--env NAME": "The environment. Default: the project's default_environment.",
    "--json": "Print the result as one JSON object.",
    "-v, --verbose": "Show more detail. -vv also logs each call to AWS and Git.",
    "-q, --quiet": "Show only the result, warnings, errors and questions.",
    "--no-pager": "Don't page long output.",
}
HELP_OPTIONS = {
    **GLOBAL_OPTIONS,
    "--version": "Show the version and exit.",
    "-h, --help": "Show this message and exit.",
}

COMMANDS = {
    # subject → command → summary
    "Start": {
        "init": "Create releases.toml and a first workflow. Overwrites nothing.",
        "demo": "Try every step in a temporary repository, without AWS.",
        "completion": "Print the completion script of a shell.",
    },
    "Write": {
        "import": "Turn an existing definition into a Python module.",
        "adopt": "Take over a state machine that another tool or project made.",
        "list": "List the workflows of the work tree with their digests.",
        "build": "Print the definitions of the work tree.",
        "check": "Check workflow definitions. Exits 1 on errors.",
        "test": "Run the tests beside the workflows. Exits 1 on failures.",
        "schema": "Print the JSON Schema of releases.toml or of *.tests.toml.",
        "graph": "Print a workflow's state graph as Mermaid, DOT or SVG.",
    },
    "Test": {
        "coverage": "Show which states and transitions were reached, by tests or in production.",
        "faults": "Show what happens when tasks of a workflow fail.",
        "replay": "Replay finished executions on a candidate. Exits 3 on differences.",
    },
    "Release": {
        "plan": "Show what a deployment would change.",
        "comment": "Show a plan as a comment on a pull request, and update it.",
        "next": "Propose the next version, with the reasons.",
        "publish": "Release the current commit and deploy it.",
        "deploy": "Deploy an existing release.",
        "promote": "Deploy the release that succeeded in another environment.",
        "rollback": "Go back to an earlier release, byte for byte.",
        "yank": "Block a release from being deployed.",
        "unyank": "Allow a yanked release to be deployed again.",
    },
    "See": {
        "status": "Show what is live in each environment, and drift.",
        "releases": "List the releases.",
        "history": "List the deployments to an environment.",
        "at": "Show what was live in an environment at a given time.",
        "show": "Show a release, or one of its definitions.",
        "blame": "Show which release last changed each state of a workflow.",
        "diff": "Compare releases, environments, or the work tree.",
        "report": "Write a static site about the project's releases and deployments.",
    },
    "Diagnose": {
        "verify": "Check that tags, ledger, definitions and records agree.",
        "attest": "Write an in-toto statement about a release or a deployment.",
        "env": "Check that environments are ready for a deployment.",
        "doctor": "Find problems with setup, refs and permissions.",
        "permissions": "Print the smallest IAM policy that each workflow's role needs.",
    },
    "Operate": {
        "execute": "Run a workflow and show how it ended.",
        "bisect": "Find the release that changed a workflow's result.",
        "which": "Show the release and the commit behind one execution.",
        "explain": "Explain one execution: its path, its times, and why it failed.",
        "delete": "Delete a workflow's state machine.",
        "handover": "Hand over a workflow's state machine to another project.",
        "acknowledge": "Accept state machine versions that no release made.",
        "prune": "Delete old state machine versions that nothing needs.",
        "unlock": "Close an abandoned deployment.",
    },
    "Step Functions on your machine": {
        "local": "Serve the local service over HTTP, or reset it.",
    },
}

EXAMPLES = {
    # line → its effect; those of the commands are in `cli.reference`
    "sfn-release init": "Set up a project in this folder.",
    "sfn-release plan": "Show the changes of a deployment.",
    "sfn-release publish 1.2.0": "Release the commit, and deploy it.",
    "sfn-release rollback --env prod": "Go back to the previous release.",
}

EXIT_CODES = {
    0: "success, also if there was nothing to do",
    1: "an error, or an execution that did not succeed",
    2: "invalid command line",
    DIFFERENT: "a difference was found"
    " (plan --exit-code, diff --exit-code, status --check, replay)",
    HUNG_UP: "ended by SIGHUP because the terminal was closed; handled like Ctrl-C",
    INTERRUPTED: "interrupted by Ctrl-C",
    TERMINATED: "ended by SIGTERM; handled like Ctrl-C",
}


def help_columns() -> int:
    """Return how wide a help text is: as the terminal, but short lines are easier to read."""
    return min(width(), _WIDEST)


def program_help(columns: int) -> str:
    """Return the program's help text, at most *columns* wide."""
    lines = [*_wrapped("Usage: sfn-release [OPTIONS] [COMMAND] [ARGS]...", columns, indent=0), ""]
    for text in ABOUT.splitlines():
        lines += _wrapped(text, columns, indent=2)
    lines += _section("Options", HELP_OPTIONS, columns)
    for subject, commands in COMMANDS.items():
        lines += _section(subject, commands, columns)
    exit_codes = {str(code): text for code, text in EXIT_CODES.items()}
    lines += _section("Exit codes", exit_codes, columns)
    lines += _examples(columns)
    return "\n".join(lines)


def _section(title: str, rows: Mapping[str, str], columns: int) -> Iterator[str]:
    """Yield a heading, and each name with its text beside it."""
    yield ""
    yield f"{title}:"
    beside = max(_SHORTEST, *(len(name) for name in rows)) + 4
    for name, text in rows.items():
        first, *rest = _wrapped(text, columns, indent=beside)
        yield f"  {name}".ljust(beside) + first.lstrip()
        yield from rest


def _examples(columns: int) -> Iterator[str]:
    """Yield the examples, each below its text as a comment: you can paste them into a shell."""
    yield ""
    yield "Examples:"
    for line, text in EXAMPLES.items():
        yield from (f"  # {part}" for part in _wrapped(text, columns - 4, indent=0))
        yield f"  {line}"


def _wrapped(text: str, columns: int, *, indent: int) -> list[str]:
    """Return the lines of one paragraph, each indented. At least one line."""
    lines = [""]
    for word in text.split():
        if lines[-1] and indent + len(lines[-1]) + 1 + len(word) > max(columns, _NARROWEST):
            lines.append("")
        lines[-1] += f" {word}" if lines[-1] else word
    return [(" " * indent + line).rstrip() for line in lines]
