"""next: propose the next version, with the reasons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sfn_release.cli.options import command
from sfn_release.cli.output import terminal
from sfn_release.cli.session import Session
from sfn_release.text import count

if TYPE_CHECKING:
    from sfn_release.operations.version_proposal import VersionProposal

_SHOWN = 20  # reasons, unless -v shows all


@command("next")
def run(session: Session) -> None:
    """Propose the next version, with the reasons.

    Compares the work tree with the highest release that isn't yanked. A change that breaks callers
    needs a major version. A change of results or permissions needs a minor version, and a safe
    change needs a patch. Below 1.0.0, a breaking change raises the minor version. `publish --bump
    auto` uses the proposal.
    """
    from sfn_release.operations.verbs.next import next_version

    found = next_version(session.workspace())
    session.show("next", found.to_json(), lambda: _write(found, verbose=session.verbose))


def _write(found: VersionProposal, *, verbose: bool) -> None:
    words = {
        "first": "the first release",
        "none": "is released, and nothing changed since",
    }
    about = words.get(found.bump, f"{found.bump}, after {found.last}")
    gap = " " if found.bump == "none" else "  "  # that one is a sentence
    terminal.write_parts(terminal.Styled(found.version, "bold"), gap, about)
    if not found.changes:
        return
    shown = found.reasons if verbose else found.reasons[:_SHOWN]
    for reason in shown:
        terminal.write(terminal.one_line(f"  {reason}"))
    if len(shown) < len(found.reasons):
        more = count(len(found.reasons) - len(shown), "more reason")
        terminal.write(f"  … {more}; -v shows all")
