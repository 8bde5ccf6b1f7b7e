"""The reference of the command line: one model, from which help, man pages and documents are made.

    command_page           a command as data: its texts, arguments, options, examples
    page_reader            reads the pages from click's commands and the tables below
    start_examples         examples: init, demo, the shell and the editor
    writing_examples       examples: the work tree, tests
    releasing_examples     examples: plans, releases, deployments
    seeing_examples        examples: reading the ledger, proofs, diagnosis
    operating_examples     examples: executions, upkeep, the local service
    command_examples       finds the examples of a command
    exit_meanings          the exit codes of a command
    environment_variables  the variables that a command reads
    related_commands       the commands to read about next
    help_examples          writes the examples into click's help texts
    man_page               writes a page as a man page

Every example is run by a test in a scratch project. `read_pages` returns all pages.
"""

from __future__ import annotations

from sfn_release.cli.reference.command_page import (
    CommandArgument,
    CommandOption,
    CommandPage,
    EnvironmentVariable,
    Example,
    Subcommand,
)
from sfn_release.cli.reference.page_reader import read_page, read_pages

__all__ = [
    "CommandArgument",
    "CommandOption",
    "CommandPage",
    "EnvironmentVariable",
    "Example",
    "Subcommand",
    "read_page",
    "read_pages",
]
