"""Writes results to stdout and messages to stderr, with the control characters of data escaped.

A terminal gets tables and colour. A pipe gets plain aligned text, and rich is not imported. Colour
never carries information alone.
"""

from sfn_release.cli.output.terminal.escapes import (
    in_github_actions,
    json_text,
    one_line,
    safe,
    toml_text,
)
from sfn_release.cli.output.terminal.streams import (
    LACKING,
    OutputError,
    TolerantStream,
    checked_output,
)
from sfn_release.cli.output.terminal.styles import (
    Styled,
    coloured,
    on_terminal,
    paint,
    painted,
    state,
)
from sfn_release.cli.output.terminal.writing import (
    is_warning,
    quiet,
    say,
    say_always,
    send_to_runner,
    write,
    write_block,
    write_command,
    write_document,
    write_json,
    write_line,
    write_parts,
)

__all__ = [
    "LACKING",
    "OutputError",
    "Styled",
    "TolerantStream",
    "checked_output",
    "coloured",
    "in_github_actions",
    "is_warning",
    "json_text",
    "on_terminal",
    "one_line",
    "paint",
    "painted",
    "quiet",
    "safe",
    "say",
    "say_always",
    "send_to_runner",
    "state",
    "toml_text",
    "write",
    "write_block",
    "write_command",
    "write_document",
    "write_json",
    "write_line",
    "write_parts",
]
