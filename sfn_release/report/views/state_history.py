"""The release that last changed each state of each form of a workflow, followed forward. Pure.

`comparison.state_origins` answers for one definition, from the newest back. A report shows every
form, so each form takes its origins from the one before, also from one under a former name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from sfn_release.comparison.placed_states import placed_scope, scopes_of
from sfn_release.comparison.state_matching import matched_states
from sfn_release.comparison.state_origins import is_changed
from sfn_release.release.former_names import under_its_names

if TYPE_CHECKING:
    from sfn_release.report.facts.report_facts import ReportFacts


@dataclass(frozen=True)
class StateChangedIn:
    """The release *version* brought a state its present form; *former* is its label before."""

    version: str
    former: str | None = None


Origins = Mapping[str, StateChangedIn]


def origins_of_forms(facts: ReportFacts, workflow: str) -> Iterator[Origins]:
    """Yield the origins of the states of each form of a workflow by label, the oldest form first.

    As in ``blame``, each form follows the one of the next lower release that has the workflow,
    under this name or a former one. Raises TamperedError for a definition that was edited.
    """
    last: _Form | None = None
    known: Origins = {}
    for form in facts.forms[workflow]:
        version = form.versions[0]
        below = _form_below(facts, workflow, version)
        if below is None:
            last, known = None, {}
        elif below != last:
            last, known = below, _origins_of(facts, below)
        old = facts.definition(last.version, last.name) if last else None
        known = next_origins(form.since, old, facts.definition(version, workflow), known)
        last = _Form(version, workflow)
        yield known


class _Form(NamedTuple):
    """A form by the lowest release that has it, and the name of the workflow there."""

    version: str
    name: str


def _origins_of(facts: ReportFacts, form: _Form) -> Origins:
    """Return the origins of one form, from all forms below it."""
    row = [form]
    while (below := _form_below(facts, row[-1].name, row[-1].version)) is not None:
        row.append(below)
    known: Origins = {}
    old: Any = None
    for version, name in reversed(row):
        new = facts.definition(version, name)
        known = next_origins(
            facts.by_version[version].manifest.workflows[name].since, old, new, known
        )
        old = new
    return known


def _form_below(facts: ReportFacts, workflow: str, version: str) -> _Form | None:
    """Return the form that a workflow had before release *version*; None for a new workflow."""
    lower = (facts.releases[at].manifest for at in range(facts.places[version] - 1, -1, -1))
    found = under_its_names(workflow, lower, lambda: facts.other_names(workflow))
    manifest, name = next(found, (None, workflow))
    if manifest is None:
        return None
    return _Form(facts.lowest[name, manifest.workflows[name].since], name)


def next_origins(version: str, old: Any, new: Any, known: Origins) -> Origins:
    """Return the origins of the states of *new*, which *version* brought.

    *known* are those of the definition *old* before it; None for none.
    """
    if not isinstance(old, Mapping) or not isinstance(new, Mapping):
        body = new if isinstance(new, Mapping) else {}
        labels = [state.label for scope in scopes_of(placed_scope(body)) for state in scope.states]
        return {label: StateChangedIn(version) for label in labels}
    pairs = [pair for pair in matched_states(old, new).pairs if pair.new]
    names = {pair.old.name: pair.new.name for pair in pairs if pair.old and pair.new}
    found: dict[str, StateChangedIn] = {}
    for pair in pairs:
        if pair.new is None:
            continue
        if pair.old is not None and not is_changed(pair, names) and pair.old.label in known:
            found[pair.new.label] = known[pair.old.label]
        else:
            elsewhere = pair.old is not None and (pair.renamed or pair.moved)
            former = pair.old.label if pair.old is not None and elsewhere else None
            found[pair.new.label] = StateChangedIn(version, former)
    return found
