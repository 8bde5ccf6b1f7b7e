"""The options of coverage: ``--sfn-coverage`` and its companions."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from sfn_release.pytest_plugin.session_coverage import Report

_BARE: Final = "--sfn-coverage"
_FORMATS: Final = ("json", "markdown")
_MOST: Final = 100


def add_options(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("sfn-release", "coverage of workflows")
    group.addoption(
        _BARE,
        action="append",
        nargs="?",
        const="",
        metavar="WORKFLOW,...",
        dest="sfn_coverage",
        help="Show which states and transitions of the workflows no test reached."
        " Default: of all workflows of the project.",
    )
    group.addoption(
        "--sfn-coverage-report",
        action="append",
        type=_report,
        metavar="FORMAT:FILE",
        dest="sfn_coverage_report",
        help="Write the coverage to a file: json:FILE or markdown:FILE.",
    )
    group.addoption(
        "--sfn-fail-under",
        type=_percent,
        metavar="PERCENT",
        dest="sfn_fail_under",
        help="Fail if less of the points of the workflows was reached.",
    )
    group.addoption(
        "--sfn-coverage-append",
        action="store_true",
        dest="sfn_coverage_append",
        help="Add to the coverage data of the last run.",
    )


def complete(early_config: pytest.Config, parser: pytest.Parser, args: list[str]) -> None:
    """Give the bare ``--sfn-coverage`` an empty value, so that it doesn't take the next argument.

    *args* are changed in place, before pytest reads them for good.
    """
    if _BARE in args:
        args[:] = [f"{_BARE}=" if arg == _BARE else arg for arg in args]
        known = parser.parse_known_args(args)
        early_config.known_args_namespace.sfn_coverage = known.sfn_coverage
        early_config.known_args_namespace.file_or_dir = known.file_or_dir


def start(config: pytest.Config) -> None:
    """Measure the coverage of this session, if an option asks for it."""
    options = config.option
    given = (options.sfn_coverage, options.sfn_coverage_report, options.sfn_coverage_append)
    if (not any(given) and options.sfn_fail_under is None) or options.collectonly:
        return
    from sfn_release.pytest_plugin.session_coverage import Settings, measure

    names = [name.strip() for text in options.sfn_coverage or () for name in text.split(",")]
    measure(
        config,
        Settings(
            workflows=tuple(dict.fromkeys(filter(None, names))),
            reports=tuple(options.sfn_coverage_report or ()),
            fail_under=options.sfn_fail_under,
            append=options.sfn_coverage_append,
        ),
    )


def _report(text: str) -> Report:
    format_, _, file = text.partition(":")
    if format_ not in _FORMATS or not file:
        raise argparse.ArgumentTypeError(f"{text!r} is neither json:FILE nor markdown:FILE")
    return format_, file


def _percent(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = -1
    if not 0 <= number <= _MOST:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 to {_MOST}")
    return number
