"""Writes the proof of what is live: a column for each link, and the first broken one explained."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sfn_release.cli.output import terminal
from sfn_release.cli.output.tables import write_table
from sfn_release.operations.proof.links import LINKS, first_broken
from sfn_release.plan.steps import names_text
from sfn_release.text import count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sfn_release.operations.proof.links import Link
    from sfn_release.operations.proof.proven import EnvironmentProof, Proof
    from sfn_release.operations.proof.rebuild_comparison import Rebuilt

_SHOWN = 20  # problems that are explained; -v and --json explain all


def write_proof(proof: Proof, when: Callable[[str], str], *, verbose: bool) -> None:
    """Write the chains of every environment, and whether all links hold.

    *when* returns a time with its age.
    """
    for environment in proof.environments:
        _write_environment(environment, when, verbose=verbose)
    broken = sum(not link.ok for found in proof.environments for link in found.links)
    if broken:
        terminal.write(count(broken, "broken link"), style="red")
    elif not proof.ok:
        terminal.write("not proven", style="red")
    else:
        terminal.write("proven: every link is ok", style="green")


def _write_environment(
    environment: EnvironmentProof, when: Callable[[str], str], *, verbose: bool
) -> None:
    parts: list[str] = [terminal.Styled(environment.label, "bold")]
    parts += [f"  {environment.version}"] if environment.version else []
    record = environment.record
    if record is not None:
        who = record.actor.partition(" <")[0]
        parts.append(
            f"  ({record.action} by {who}, {when(record.finished_at or record.started_at)})"
        )
    terminal.write_parts(*parts)
    by_workflow: dict[str, dict[str, Link]] = {}
    for link in environment.links:
        by_workflow.setdefault(link.workflow, {})[link.link] = link
    names = [name for name in LINKS if any(name in found for found in by_workflow.values())]
    rows = [
        [workflow, *(_word(found.get(name)) for name in names)]
        for workflow, found in by_workflow.items()
    ]
    if rows:
        write_table(["WORKFLOW", *(name.upper() for name in names)], rows, indent=2)
    if verbose:
        for link in environment.links:
            _write_link(link.workflow, link)
    else:
        _write_broken(environment.links)
        _write_common(environment.links)
    for note in environment.notes:
        terminal.write(f"  {note}")


def _write_broken(links: Iterable[Link]) -> None:
    """Write the first broken link of each workflow; workflows with the same problem together."""
    same: dict[tuple[str, str, str], list[Link]] = {}
    for link in first_broken(links).values():
        same.setdefault((link.link, link.text, link.fix), []).append(link)
    for number, group in enumerate(same.values()):
        if number == _SHOWN:
            terminal.write(f"  … and {len(same) - _SHOWN} more problems (-v)")
            break
        _write_link(names_text([link.workflow for link in group]), group[0])


def _write_common(links: Iterable[Link]) -> None:
    """Write the texts of the tags, commits and rebuilds that hold, each once."""
    shown = ("tag", "commit", "rebuild", "signature")
    texts = dict.fromkeys((link.link, link.text) for link in links if link.ok)
    for name, text in texts:
        if name in shown:
            terminal.write(f"  {name}: {text}")


def _word(link: Link | None) -> str:
    if link is None:
        return "-"
    return terminal.Styled("ok", "green") if link.ok else terminal.Styled("BROKEN", "red")


def _write_link(workflows: str, link: Link) -> None:
    word = "" if link.ok else " is broken"
    first, *lines = link.text.split("\n")
    terminal.write(f"  {workflows}: {link.link}{word}: {first}")
    for line in [*lines, *link.fix.split("\n")]:
        if line.strip():
            terminal.write(f"    {line.strip()}")


def write_rebuilt(rebuilt: Iterable[Rebuilt]) -> None:
    """Write whether each release's commit builds to the released digest."""
    found = list(rebuilt)
    for release in found:
        error = release.error
        if error is None:
            terminal.write_parts(
                terminal.Styled("OK", "green"), f"  {release.version}: {release.text}"
            )
            continue
        terminal.write_parts(
            terminal.Styled(error.code, "red"), f"  {release.version}: {error.message}"
        )
        for line in [*error.why.split("\n"), *error.fix.split("\n")]:
            if line.strip():
                terminal.write(f"    {line.strip()}")
    wrong = sum(not release.ok for release in found)
    if wrong:
        terminal.write(f"{wrong} of {count(len(found), 'release')} not rebuilt", style="red")
    elif found:
        terminal.write(f"rebuilt: {count(len(found), 'release')} OK", style="green")
    else:
        terminal.write("There is no release to rebuild.")
