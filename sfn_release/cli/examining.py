"""doctor: what is wrong, each thing on a line with what to do."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING

from sfn_release.cli import terminal
from sfn_release.cli.options import command
from sfn_release.cli.session import Session

if TYPE_CHECKING:
    from sfn_release.operations.doctor.diagnosis import Diagnosis

_WIDE = 15  # columns of a subject
_STYLES = {"ok": "green", "warning": "yellow", "problem": "red"}


@command("doctor")
def doctor(session: Session) -> int:
    """Find what is wrong with set-up, refs and permissions.

    Of git, releases.toml, the ledger, and of every environment, or of those that --env names: its
    account, each IAM action, role, log groups, alarms, state machines. Nothing is changed. Exits 1
    when there is a problem; -v tells each permission.
    """
    from sfn_release.operations.doctor import doctor as examine

    names = list(dict.fromkeys(session.environments))
    page = _Page(verbose=session.verbose)
    found: list[Diagnosis] = []
    for one in examine(session.directory, session.around(), environments=names):
        found.append(one)
        if not session.as_json:
            page.write(one)
    counted = Counter[str](one.verdict for one in found)

    def text() -> None:
        page.end()
        terminal.write()
        if counted["problem"] or counted["warning"]:
            terminal.write(f"{_count(counted, 'problem')}, {_count(counted, 'warning')}")
        else:
            terminal.write("all is well", style="green")

    members = {"diagnoses": [one.to_json() for one in found]}
    session.show("doctor", {"problems": counted["problem"], **members}, text)
    return 1 if counted["problem"] else 0


def _count(counted: Counter[str], what: str) -> str:
    return f"{counted[what]} {what}{'' if counted[what] == 1 else 's'}"


class _Page:
    """Writes each line when it comes; permissions that are there are counted unless *verbose*."""

    def __init__(self, *, verbose: bool) -> None:
        self._verbose = verbose
        self._area = ""
        self._allowed = 0

    def write(self, one: Diagnosis) -> None:
        """Write what was found."""
        quiet = (one.subject, one.verdict) == ("permission", "ok") and not self._verbose
        if quiet and one.area == self._area:
            self._allowed += 1
            return
        self.end()
        if one.area != self._area:
            self._area = one.area
            terminal.write(one.area, style="bold")
        if quiet:
            self._allowed = 1
        else:
            self._line(one.verdict, one.subject, one.message, one.fix)

    def end(self) -> None:
        """Write how many permissions there are since the last line."""
        if self._allowed:
            count = "1 permission is" if self._allowed == 1 else f"{self._allowed} permissions are"
            self._allowed = 0
            self._line("ok", "permission", f"{count} there", "")

    @staticmethod
    def _line(verdict: str, subject: str, message: str, fix: str) -> None:
        word = terminal.Styled(f"  {verdict:<8} ", _STYLES[verdict])
        terminal.write_parts(word, f"{terminal.one_line(subject):<{_WIDE}} ", message)
        for line in fix.splitlines():
            terminal.write(f"{' ' * (12 + _WIDE)}{line.strip()}")
        sys.stdout.flush()


COMMANDS = {"doctor": doctor}
