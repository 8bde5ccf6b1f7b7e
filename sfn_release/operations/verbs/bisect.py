"""bisect: find the release that changed a workflow's result for an input.

    releases of the ledger → definitions → simulated runs → the change, its commit and differences

The definitions are the released ones: no old Python code runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Any

from sfn_release.canonical import loads
from sfn_release.deployment.parameter_lookup import account_of
from sfn_release.errors import ConfigError, DefinitionError, NotFoundError, UsageError
from sfn_release.operations.bisected_answers import Bisected, ReleaseAnswer, ReleaseChange
from sfn_release.operations.open_site import site_of
from sfn_release.operations.verbs.execute import checked_input
from sfn_release.operations.work_tree import execution_seed, workflows_in
from sfn_release.operations.workflow_releases import BisectedRelease, WorkflowReleases
from sfn_release.operations.workspace import Workspace
from sfn_release.project import LOCAL, Environment
from sfn_release.release.differences import Difference, differences
from sfn_release.release.version import parse_version
from sfn_release.simulator import Mocks
from sfn_release.testing.bisection import Bisection, Candidate, find_changes
from sfn_release.testing.declared.declared_test import STARTED, Expectation
from sfn_release.testing.declared.run_differences import run_differences
from sfn_release.testing.run import Run
from sfn_release.testing.run_definition import run_definition
from sfn_release.text import count


def bisect(
    workspace: Workspace,
    workflow: str,
    *,
    input: str = "{}",
    expected: Expectation,
    good: str | None = None,
    bad: str | None = None,
    environment: str | None = None,
    mocks: Mocks | None = None,
) -> Bisected:
    """Return the release that changed the result of *workflow* for an *input*.

    A result is good if it is as *expected*. All releases that have the workflow are tried, in the
    order of versions, and then the work tree if its definition differs. *good* and *bad* set the
    first and the last release to try. The releases run in this process, with the parameters of
    *environment* (`local` by default) and the mocks of the work tree. *mocks* answer first.

    Raises NotFoundError for an unknown workflow or release, and UsageError for input that isn't
    JSON.
    """
    given = loads(checked_input(input))
    chosen = _with_account(workspace, workspace.environment(environment or LOCAL))
    history = WorkflowReleases(workspace, workflow, workspace.snapshot())
    candidates = history.candidates(good, bad)
    runner = _Runner(history, chosen, given, mocks, candidates)
    _check_claim(runner, good, expected, meets=True)
    _check_claim(runner, bad, expected, meets=False)

    def meets(release: BisectedRelease) -> bool | None:
        answer = runner.run(release)
        return None if answer is None else not run_differences(expected, answer)

    return _result(runner, expected, find_changes(candidates, meets))


class _Runner:
    """Runs releases on one input, each content once, and keeps their answers."""

    def __init__(
        self,
        history: WorkflowReleases,
        environment: Environment,
        input: Any,
        mocks: Mocks | None,
        candidates: Sequence[Candidate[BisectedRelease]],
    ) -> None:
        self.history = history
        self.candidates = candidates
        self._environment = environment
        self._input = input
        self._mocks = mocks
        self._keys = {candidate.item.version: candidate.key for candidate in candidates}
        self._runs: dict[str, Run | None] = {}
        self._workflows = workflows_in(history.workspace, environment, history.every_workflow(), {})

    def run(self, release: BisectedRelease) -> Run | None:
        """Return the run of a release; None if its definition can't run in the environment."""
        key = self._keys[release.version]
        if key not in self._runs:
            try:
                self._runs[key] = self._run(release.version)
            except (ConfigError, DefinitionError, NotFoundError) as error:
                self.history.notes.append(f"{release.label} was left out: {error.message}")
                self._runs[key] = None
        return self._runs[key]

    def answer(self, release: BisectedRelease) -> ReleaseAnswer | None:
        """Return the answer of a release that was run; None for any other."""
        run = self._runs.get(self._keys[release.version])
        return None if run is None else ReleaseAnswer.of(run)

    def _run(self, version: str | None) -> Run:
        history = self.history
        tree = self._workflows.with_workflows(history.declarations(version))
        form = tree.rendered(history.workflow)
        seed = execution_seed(form, self._environment, "bisect", STARTED)
        mocks = self._mocks.fresh() if self._mocks else None
        with closing(tree.open_tasks()) as workflows:
            tasks = workflows.tasks(form.name, given=mocks)
            return run_definition(form.definition, self._input, tasks=tasks, context=seed)


def _with_account(workspace: Workspace, environment: Environment) -> Environment:
    """Return *environment* with the account of its ARNs."""
    if "AWS::AccountId" in environment.given:
        return environment
    return replace(environment, account=account_of(site_of(workspace, environment)))


def _check_claim(
    runner: _Runner, version: str | None, expected: Expectation, *, meets: bool
) -> None:
    """Raise UsageError if a release that was named as good or bad isn't."""
    if version is None:
        return
    release = next(
        candidate.item
        for candidate in runner.candidates
        if candidate.item.version == parse_version(version)
    )
    run = runner.run(release)
    if run is None or meets is not bool(run_differences(expected, run)):
        return
    answered = ReleaseAnswer.of(run)
    raise UsageError(
        f"{release.version} isn't {'good' if meets else 'bad'}: its result"
        f" is {'not ' if meets else ''}as expected.",
        why=f"It ends {answered}",
        fix=f"Leave out {'--good' if meets else '--bad'}, or name another release.",
    )


def _result(runner: _Runner, expected: Expectation, result: Bisection[BisectedRelease]) -> Bisected:
    changes = list(_changes(runner, result))
    notes = list(runner.history.notes)
    if result.unexplored:
        notes.append(f"{count(result.unexplored, 'release')} weren't run.")
    workflow, latest = runner.history.workflow, changes[0] if changes else None
    ran = [runner.answer(candidate.item) for candidate in runner.candidates]
    newest = next((answer for answer in reversed(ran) if answer is not None), None)
    return Bisected(
        workflow,
        _wanted(expected),
        latest,
        tuple(changes[1:]),
        _differences(runner.history, latest) if latest else (),
        latest.after if latest else newest,
        "" if latest else _why_none(runner.candidates, result),
        len(runner.candidates),
        result.runs,
        tuple(notes),
    )


def _changes(runner: _Runner, result: Bisection[BisectedRelease]) -> Iterator[ReleaseChange]:
    """Yield the changes, the newest first."""
    meets = bool(result.newest)
    for change in reversed(result.changes):
        before, after = runner.answer(change.before), runner.answer(change.after)
        if before is not None and after is not None:
            yield ReleaseChange(change.before, change.after, meets, before, after, change.gap)
        meets = not meets


def _differences(history: WorkflowReleases, change: ReleaseChange) -> tuple[Difference, ...]:
    old, new = (
        history.declarations(release.version)[history.workflow]
        for release in (change.previous, change.release)
    )
    return differences(old, new)


def _why_none(
    candidates: Sequence[Candidate[BisectedRelease]], result: Bisection[BisectedRelease]
) -> str:
    if result.newest is None:
        return "None of the releases could be run."
    expected = "as expected" if result.newest else "not as expected"
    if len(candidates) == 1:
        return f"Only {candidates[0].item.label} has the workflow, and its result is {expected}."
    return f"The results of all {len(candidates)} releases are {expected}."


def _wanted(expected: Expectation) -> dict[str, Any]:
    members: dict[str, Any] = {}
    if expected.status is not None:
        members["status"] = expected.status
    if expected.error is not None:
        members["error"] = expected.error
    if expected.output is not None:
        members["output"] = expected.output[0]
    return members
