"""The rows of a workflow's list of versions. Most are the same on each of its pages."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

from sfn_release.report import paths
from sfn_release.report.facts.report_facts import ReportFacts, WorkflowForm
from sfn_release.report.frame import render_part
from sfn_release.report.views.comparisons import ChangeGroup, Comparisons
from sfn_release.report.views.workflow_view import FormRow

_MOST = 60  # forms in the list
_ANY = "_"  # stands for the version in the path of a form: no version is written so


@dataclass(frozen=True)
class VersionRows:
    """The rows of one workflow, the newest form first. Each is written once for equal pages.

    *unlisted* counts the older forms, which aren't in the list.
    """

    facts: ReportFacts
    workflow: str
    rows: Sequence[FormRow]
    unlisted: int = 0
    _shared: dict[tuple[str, bool], Markup] = field(default_factory=dict, repr=False)

    @classmethod
    def of(
        cls,
        facts: ReportFacts,
        comparisons: Comparisons,
        workflow: str,
        forms: Sequence[WorkflowForm],
    ) -> VersionRows:
        """Return the rows of *forms*, which are in ascending order."""
        rows = [*_rows(facts, comparisons, workflow, forms[-_MOST:])]
        return cls(facts, workflow, rows[::-1], len(forms) - len(rows))

    def on(self, form: WorkflowForm, path: str) -> Markup:
        """Return the rows on the page of a *form* at *path*, which marks the form's own row."""
        newest = path == paths.workflow_path(self.workflow)
        return Markup("").join(
            self._written(row, path, is_current=True)
            if row.form.since == form.since
            else self._elsewhere(row, newest=newest)
            for row in self.rows
        )

    def _elsewhere(self, row: FormRow, *, newest: bool) -> Markup:
        key = (row.form.since, newest)
        if key not in self._shared:
            path = paths.workflow_path(self.workflow, None if newest else _ANY)
            self._shared[key] = self._written(row, path, is_current=False)
        return self._shared[key]

    def _written(self, row: FormRow, path: str, *, is_current: bool) -> Markup:
        return render_part(self.facts, path, "_version_row.html", row=row, is_current=is_current)


def _rows(
    facts: ReportFacts, comparisons: Comparisons, name: str, forms: Sequence[WorkflowForm]
) -> Iterator[FormRow]:
    for form in forms:
        release = facts.by_version[form.versions[0]]
        groups: tuple[ChangeGroup, ...] = ()
        if release.below is not None and form.since == release.version:
            found = comparisons.of_workflow(release.below, release.version, name)
            groups = found.groups if found is not None else ()
        served = (
            (environment.name, environment.serving.workflows.get(name))
            for environment in facts.environments
            if environment.serving is not None
        )
        live_in = tuple(where for where, it in served if it and it.version in form.versions)
        yield FormRow(form, release.below, groups, live_in)
