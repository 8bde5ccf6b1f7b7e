"""Finds the examples of a command. Each is a real line for the sample project of the tests."""

from __future__ import annotations

from collections.abc import Mapping

from sfn_release.cli.reference.command_page import Example


def examples_of(words: tuple[str, ...]) -> tuple[Example, ...]:
    """Return the examples of a command: of ``("env", "check")``, of the program for ()."""
    return tuple(Example(line, text) for line, text in _all().get(" ".join(words), {}).items())


def _all() -> Mapping[str, Mapping[str, str]]:
    """Return the examples of every command: its name → line → text."""
    from sfn_release.cli.help import EXAMPLES
    from sfn_release.cli.reference.operating_examples import OPERATING
    from sfn_release.cli.reference.releasing_examples import RELEASING
    from sfn_release.cli.reference.seeing_examples import SEEING
    from sfn_release.cli.reference.start_examples import START
    from sfn_release.cli.reference.writing_examples import WRITING

    return {"": EXAMPLES, **START, **WRITING, **RELEASING, **SEEING, **OPERATING}
