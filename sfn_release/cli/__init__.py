"""The command line, `sfn-release`: arguments in, text or JSON out, every decision elsewhere.

    main         runs a command line; answers --version and --help itself
    help         the text of --help: every command's summary, the exit codes
    app          finds the command, and catches errors in one place
    options      the options of every command
    session      the global options of one run; opens the project for a command
    reference/   every command as data: its texts and examples
    commands/    one file for each command, named as you type it
    deployments  runs a deployment in several environments and reports each result
    output/      tables, plans, records, progress, Markdown, errors
    files        the files that a command reads and writes
    signals      ends a command that is hung up or terminated
    call_log     -vv: each call to AWS and Git, with its time
    exits        the exit codes

Start-up is measured. A command's file is imported when that command runs, and ``--version`` and
``--help`` are answered before click is imported.
"""

from __future__ import annotations

from sfn_release.cli.main import main

__all__ = ["main"]
