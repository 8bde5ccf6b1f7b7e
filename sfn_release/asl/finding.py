"""What is wrong with a definition, told so that it can be mended."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from sfn_release.errors import DefinitionError

_MOST = 1000  # words that one is compared with
_SHOWN = 200
Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, and where.

    An ``error`` is what Step Functions refuses; a ``warning`` is what it takes but hardly anyone
    means. *path* is the JSON path in the definition, *state* the id of the state ("" outside one).
    *wanted* is the type that the value there needs, in the words that releases.toml has for types
    of parameters ("" where the type isn't the problem).
    """

    rule: str
    severity: Severity
    path: str
    state: str
    message: str
    fix: str = ""
    wanted: str = ""

    def __str__(self) -> str:
        return f"{self.path}: {self.message}" + (f" {self.fix}" if self.fix else "")


def refuse(findings: Iterable[Finding], what: str) -> None:
    """Raise a DefinitionError that lists the errors among *findings*, if there are any.

    *what* begins the sentence: "The workflow", "The state machine 'orders'".
    """
    errors = [finding for finding in findings if finding.severity == "error"]
    if errors:
        count = "an error" if len(errors) == 1 else f"{len(errors)} errors"
        raise DefinitionError(
            f"{what} has {count} in its definition.", why="\n  ".join(str(one) for one in errors)
        )


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the sentence "Did you mean ...?", or nothing when no known word is near."""
    folded = {each.casefold(): each for each in known}
    if len(folded) > _MOST:  # comparing takes its time
        return ""
    close = get_close_matches(word.casefold(), list(folded), n=1, cutoff=0.6)
    return f'Did you mean "{folded[close[0]]}"?' if close else ""


def shown(text: str) -> str:
    """Return a text as a message shows it: its first 200 characters, if there are more."""
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
