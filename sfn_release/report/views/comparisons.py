"""Compares releases workflow by workflow: each pair of contents once, however often it's shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from sfn_release.authoring.declaration import Declaration
from sfn_release.comparison.release_changes import WorkflowSet, release_changes
from sfn_release.comparison.semantic_change import (
    CLASS_TEXTS,
    CLASSES,
    ChangeClass,
    SemanticChange,
)
from sfn_release.comparison.semantic_changes import semantic_changes
from sfn_release.comparison.version_bump import Bump, needed_bump
from sfn_release.release.release import declaration_of

if TYPE_CHECKING:
    from sfn_release.report.facts.report_facts import ReportFacts

CLASS_WORDS: Final[Mapping[ChangeClass, str]] = CLASS_TEXTS
_WORST_FIRST: Final = CLASSES[::-1]


def change_text(change: SemanticChange) -> str:
    """Return the text of a change without the state's name, which you see before it on a page.

    >>> change = SemanticChange("o", "Charge", "timeout", "safe", 'state "Charge": x 1 → 2', "")
    >>> change_text(change)
    'x 1 → 2'
    """
    text = change.text
    if change.state:
        for start in (f'state "{change.state}": ', f'state "{change.state}" '):
            text = text.removeprefix(start)
        text = text.removesuffix(f' (state "{change.state}")')
    return text


@dataclass(frozen=True)
class ChangeGroup:
    """The changes of one class. *words* are the class for people."""

    change_class: ChangeClass
    words: str
    changes: tuple[SemanticChange, ...]


@dataclass(frozen=True)
class WorkflowComparison:
    """One workflow in two releases; None for a side that lacks it. *was* is its former name."""

    name: str
    old: Declaration | None
    new: Declaration | None
    changes: tuple[SemanticChange, ...]
    was: str = ""

    @property
    def groups(self) -> tuple[ChangeGroup, ...]:
        """The changes by class; the class that asks most of people comes first."""
        return grouped(self.changes)

    @property
    def worst(self) -> ChangeClass:
        """The class that asks most of people."""
        return self.groups[0].change_class if self.changes else "safe"


@dataclass(frozen=True)
class ReleaseComparison:
    """Two releases: the workflows that differ, those with the worst change first."""

    older: str
    newer: str
    workflows: tuple[WorkflowComparison, ...]

    @property
    def counts(self) -> tuple[ChangeGroup, ...]:
        """The changes of all workflows by class."""
        return grouped(change for workflow in self.workflows for change in workflow.changes)

    @property
    def bump(self) -> Bump:
        """The part of the version that the changes ask to raise."""
        changes = (change for workflow in self.workflows for change in workflow.changes)
        return needed_bump(changes, self.older)


def grouped(
    changes: Iterator[SemanticChange] | Sequence[SemanticChange],
) -> tuple[ChangeGroup, ...]:
    """Return changes by class; the class that asks most of people comes first."""
    by_class: dict[ChangeClass, list[SemanticChange]] = {}
    for change in changes:
        by_class.setdefault(change.change_class, []).append(change)
    return tuple(
        ChangeGroup(name, CLASS_WORDS[name], tuple(by_class[name]))
        for name in _WORST_FIRST
        if name in by_class
    )


def _worst_first(workflow: WorkflowComparison) -> tuple[int, str]:
    return _WORST_FIRST.index(workflow.worst), workflow.name


@dataclass(frozen=True)
class Comparisons:
    """The comparisons of a report's releases, kept by the digests of both sides."""

    facts: ReportFacts
    _releases: dict[tuple[str, str], ReleaseComparison] = field(default_factory=dict, repr=False)
    _changes: dict[tuple[str, ...], tuple[SemanticChange, ...]] = field(
        default_factory=dict, repr=False
    )

    def between(self, older: str, newer: str) -> ReleaseComparison:
        """Return how the release *newer* differs from *older*. Both must be in the report."""
        found = self._releases.get((older, newer))
        if found is None:
            workflows = sorted(self._compare(older, newer), key=_worst_first)
            found = ReleaseComparison(older, newer, tuple(workflows))
            self._releases[older, newer] = found
        return found

    def of_workflow(self, older: str, newer: str, name: str) -> WorkflowComparison | None:
        """Return how one workflow of *newer* differs from *older*; None if it doesn't."""
        sides = [self.facts.by_version[version].manifest.workflows for version in (older, newer)]
        if all(name in workflows for workflows in sides):
            return self._pair(name, (older, newer))
        found = self.between(older, newer).workflows
        return next((workflow for workflow in found if workflow.name == name), None)

    def declaration(self, version: str, workflow: str) -> Declaration:
        """Return a workflow as a release froze it."""
        entry = self.facts.by_version[version].manifest.workflows[workflow]
        return declaration_of(workflow, entry, self.facts.definition(version, workflow))

    def _compare(self, older: str, newer: str) -> Iterator[WorkflowComparison]:
        old = self.facts.by_version[older].manifest.workflows
        new = self.facts.by_version[newer].manifest.workflows
        for name in old.keys() & new.keys():
            if (pair := self._pair(name, (older, newer))) is not None:
                yield pair
        gone = {name: self.declaration(older, name) for name in old if name not in new}
        came = {name: self.declaration(newer, name) for name in new if name not in old}
        if not gone and not came:
            return
        found = release_changes(
            WorkflowSet(gone, {name: self.facts.schema(older, name) for name in gone}),
            WorkflowSet(came, {name: self.facts.schema(newer, name) for name in came}),
            first_names=self.facts.first_names,
        )
        for name, changes in found.items():
            was = next((it.was for it in changes if it.kind == "renamed" and not it.state), "")
            yield WorkflowComparison(name, gone.get(was or name), came.get(name), changes, was)

    def _pair(self, name: str, versions: tuple[str, str]) -> WorkflowComparison | None:
        """Compare a workflow that both releases have; None if it is the same in both."""
        releases = [self.facts.by_version[version] for version in versions]
        digests = [release.manifest.workflows[name].digest for release in releases]
        blobs = [release.schemas.get(name, "") for release in releases]
        if digests[0] == digests[1] and blobs[0] == blobs[1]:
            return None
        key = (name, *digests, *blobs)
        old, new = (self.declaration(version, name) for version in versions)
        if key not in self._changes:
            schemas = [self.facts.schema(version, name) for version in versions]
            self._changes[key] = semantic_changes(
                old, new, workflow=name, old_schema=schemas[0], new_schema=schemas[1]
            )
        return WorkflowComparison(name, old, new, self._changes[key])
