"""The tests that a release needs: `tests = "required"` in [project] of releases.toml.

`publish` runs the tests of the commit: its built definitions, and its files of tests, mocks and
handlers, exported from Git. `plan` and `env check` run the tests of the work tree.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sfn_release.authoring.declaration import Declaration
from sfn_release.ledger.git.export import export_commit
from sfn_release.operations.local_settings import with_defaults
from sfn_release.operations.workspace import Workspace
from sfn_release.plan.policy import Refusal, refused_release, untested_refusal
from sfn_release.project import LOCAL
from sfn_release.release.manifest import ReleaseTests, WorkflowTests
from sfn_release.release.release import Release
from sfn_release.text import listing

if TYPE_CHECKING:  # the simulator takes time to import, and most releases need no tests
    from sfn_release.testing.declared.declared_report import DeclaredReport, DeclaredResult


def untested(workspace: Workspace, declarations: Mapping[str, Declaration]) -> tuple[Refusal, ...]:
    """Return the refusal of the work tree, if the project needs tests and they don't pass."""
    if workspace.project.tests != "required":
        return ()
    return tuple(
        untested_refusal([*_problems(_report(workspace, declarations, workspace.project.root))])
    )


def with_tests(
    workspace: Workspace, release: Release, standing: Release | None, override: str | None
) -> tuple[Release, bool]:
    """Return a release with the record of its tests, and whether it needed the *override*.

    A *standing* release was tested when it was published. Raises PolicyError if the project needs
    tests, and they fail or don't exist.
    """
    if workspace.project.tests != "required" or standing is not None:
        return release, False
    workspace.runtime.watcher.say("running the tests")
    with tempfile.TemporaryDirectory(prefix="sfn-release-") as folder:
        root = Path(folder).resolve() / "project"
        export_commit(workspace.git.repository, release.manifest.commit, workspace.folder, [root])
        report = _report(workspace, release.declarations, root)
    found = tuple(untested_refusal([*_problems(report)]))
    if found and override is None:
        raise refused_release(release.version, found)
    for refusal in found:
        workspace.runtime.watcher.say(f"overridden: {refusal.message}")
    tests = _summary(report, release.declarations, override if found else None)
    manifest = replace(release.manifest, tests=tests)
    return replace(release, manifest=manifest), bool(found)


def _report(
    workspace: Workspace, declarations: Mapping[str, Declaration], root: Path
) -> DeclaredReport:
    """Run all tests of *declarations*, whose files are in *root*."""
    from sfn_release.operations.declared_runs import DeclaredRuns, find_tests, mock_cases
    from sfn_release.operations.work_tree import workflows_in
    from sfn_release.testing.declared.declared_report import DeclaredReport

    local = workspace.environment(LOCAL)
    local = replace(local, tasks=with_defaults(root, local.tasks))
    tree = workflows_in(workspace, local, declarations, {}, root=root)
    cases = mock_cases(tree)
    found = find_tests(tree, cases)
    with closing(tree):
        results = tuple(DeclaredRuns(tree, cases).results(found.tests))
    return DeclaredReport(results, found.unread, found.untested(declarations))


def _problems(report: DeclaredReport) -> Iterator[str]:
    """Yield a line for each reason against a release."""
    if report.untested:
        have = "has no test" if len(report.untested) == 1 else "have no tests"
        yield f"{listing(report.untested)} {have}."
    for unread in report.unread:
        yield unread.error.message
    for result in report.results:
        if result.status == "failed":
            first, *_ = (result.difference or "").splitlines()
            yield f"{result.test} failed: {' '.join(first.split())}"


def _summary(
    report: DeclaredReport, declarations: Mapping[str, Declaration], override: str | None
) -> ReleaseTests:
    """Return the record of a release's tests."""
    of: dict[str, list[DeclaredResult]] = {name: [] for name in sorted(declarations)}
    for result in report.results:
        of[result.test.workflow].append(result)
    workflows = {}
    for name, results in of.items():
        passed = sum(result.status == "passed" for result in results)
        workflows[name] = WorkflowTests(passed, len(results) - passed)
    return ReleaseTests(report.passed, report.failed, workflows, override)
