"""The exit codes of each command. The program's own table is `help.EXIT_CODES`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sfn_release.cli.exits import DIFFERENT, FAILED
from sfn_release.cli.help import EXIT_CODES

_OWN: Final[Mapping[str, Mapping[int, str]]] = {
    # command → exit code → its meaning there; the others are the program's
    "bisect": {FAILED: "an error, or no release changed the result"},
    "check": {FAILED: "an error, or a finding: errors, with --strict warnings too"},
    "coverage": {FAILED: "an error, or the coverage is below --fail-under"},
    "diff": {DIFFERENT: "a difference was found, with --exit-code"},
    "doctor": {FAILED: "an error, or a problem was found"},
    "env check": {FAILED: "an error, or an environment has a problem"},
    "execute": {FAILED: "an error, or the execution did not succeed"},
    "faults": {FAILED: "an error, or an unhandled error that --require-handled names"},
    "plan": {DIFFERENT: "there is something to change, with --exit-code"},
    "replay": {DIFFERENT: "an execution would differ on the candidate"},
    "status": {
        FAILED: "an error, or an environment can't be reached",
        DIFFERENT: "a difference from the record, with --check",
    },
    "test": {FAILED: "an error, a failed test, or the coverage is below --fail-under"},
    "verify": {FAILED: "an error, or a problem was found"},
}
_GENERAL: Final = "an error"


def exit_codes_of(words: tuple[str, ...]) -> Mapping[int, str]:
    """Return the exit codes of a command with their meanings, in order; the program's for ()."""
    if not words:
        return EXIT_CODES
    own = _OWN.get(" ".join(words), {})
    codes = {code: text for code, text in EXIT_CODES.items() if code != DIFFERENT}
    return dict(sorted({**codes, FAILED: _GENERAL, **own}.items()))
