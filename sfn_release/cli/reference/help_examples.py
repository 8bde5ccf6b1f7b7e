"""Writes a command's examples below its help text."""

from __future__ import annotations

import click
from click.formatting import wrap_text

from sfn_release.cli.reference.command_examples import examples_of


def write_examples(context: click.Context, formatter: click.HelpFormatter) -> None:
    """Write the examples of a context's command, each with its sentence as a comment above it.

    You can paste a whole section into a shell.
    """
    formatter.write_paragraph()
    formatter.write_heading("Examples")
    with formatter.indentation():
        indent = " " * formatter.current_indent
        comment = f"{indent}# "
        for number, example in enumerate(examples_of(_words(context))):
            if number:
                formatter.write_paragraph()
            text = wrap_text(example.text, formatter.width, comment, comment)
            formatter.write(f"{text}\n{indent}{example.line}\n")


def _words(context: click.Context) -> tuple[str, ...]:
    """Return the name of a context's command: the parents' words and its own."""
    parent = context.parent
    return () if parent is None else (*_words(parent), context.info_name or "")
