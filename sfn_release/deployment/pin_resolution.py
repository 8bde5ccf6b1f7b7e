"""Resolve pins: find the exact version of everything that a target's definitions refer to.

Only reads. AWS is asked once for each distinct reference. A workflow of the same release is pinned
to the version that the deployment itself makes or reuses: `workflow_pins.bound` fills that in once
the version is known. Recorded pins aren't resolved again; they only have to exist still.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sfn_release.deployment.version_lookup import AccountScope, FoundVersion, look_up_versions
from sfn_release.deployment.workflow_pins import without_circles
from sfn_release.errors import AwsError, ConfigError, NotFoundError
from sfn_release.plan import Target, TargetWorkflow
from sfn_release.release.pins import Reference, ResourceName, exact_name, pin, references
from sfn_release.release.serving import RecordedState

if TYPE_CHECKING:
    from sfn_release.deployment.site import Site

_FEW = 6  # names in one line
_ROLE_PARTS = 6  # arn:aws:iam::account:role/name


def resolve_pins(site: Site, state: RecordedState, target: Target) -> Target:
    """Return *target* with its references pinned as the environment's ``pins`` asks.

    A reference that can't be pinned gets a note, or is left to the policy where pins are required.

    Raises NotFoundError for a missing function or machine, AccessError for a missing permission. A
    rollback is stopped by one thing only: a recorded version that was deleted, which is a
    NotFoundError.
    """
    mode, rollback = site.environment.pins, target.action == "rollback"
    pinning = _Pinning(site, _home(site, state, target), target)
    notes = target.notes
    fresh = {name: workflow for name, workflow in target.workflows.items() if not workflow.recorded}
    found = {name: references(workflow.rendered.definition) for name, workflow in fresh.items()}
    workflows = dict(target.workflows)
    if mode == "off":
        notes = (*notes, *_pins_off_note(site, found))
    else:
        answers = pinning.look_up(found, tolerant=rollback)
        for name, refers in found.items():
            workflows[name] = pinning.pinned(fresh[name], refers, answers)
        if mode == "required" and not rollback:
            workflows |= {
                name: replace(workflows[name], unpinned=workflows[name].notes, notes=())
                for name in fresh
            }
        notes = (*notes, *_no_lambda_note(site, found))
    recorded = {
        name: workflow
        for name, workflow in target.workflows.items()
        if workflow.recorded and workflow.pins
    }
    workflows |= pinning.restored(recorded)
    target = replace(target, workflows=workflows, notes=notes)
    return without_circles(target) if rollback else target


@dataclass(frozen=True)
class _Pinning:
    """Pins the workflows of one target."""

    site: Site
    home: AccountScope
    target: Target

    def look_up(
        self, found: Mapping[str, Collection[Reference]], *, tolerant: bool
    ) -> Mapping[ResourceName, FoundVersion]:
        """Ask AWS for every distinct reference; raises NotFoundError with the missing ones."""
        asked = {
            reference.name
            for refers in found.values()
            for reference in refers
            if reference.name
            and self._has_service(reference)
            and not self._reason(reference)
            and not self._child(reference.name)
        }
        answers = self._answers(asked, tolerant=tolerant)
        missing = [
            f"{reference.written} of {workflow} ({reference.where}):"
            f" {answers[reference.name].problem}{self._workflow_hint(reference.name)}"
            for workflow, refers in sorted(found.items())
            for reference in refers
            if reference.name and reference.name in answers and answers[reference.name].gone
        ]
        if missing and not tolerant:
            raise NotFoundError(
                f"Workflows refer to something that doesn't exist in {self.site.name}:",
                why="\n  ".join(missing),
                fix="Create it first, or correct the name, or the parameter that it comes from.",
            )
        return answers

    def _answers(
        self, asked: Collection[ResourceName], *, tolerant: bool
    ) -> Mapping[ResourceName, FoundVersion]:
        """Ask AWS. An emulator that has no Lambda gets an error with the way out."""
        try:
            return look_up_versions(self.site.aws, asked, self.home, tolerant=tolerant)
        except (AwsError, ConfigError) as error:
            environment = self.site.environment
            functions = sorted(str(name) for name in asked if name.kind == "function")
            if (
                not functions
                or not environment.on_this_machine
                or "lambda" in environment.endpoints
            ):
                raise
            raise ConfigError(
                f"Can't look up the versions of the Lambda functions that {self.site.name} pins:"
                f" {', '.join(functions)}.",
                why=f"{error.message} {error.why}".strip(),
                fix='Not every emulator has Lambda. Set  pins = "off"  in'
                f" [environments.{self.site.name}], or give the URL of one that has it:"
                '  endpoint_url = { stepfunctions = "…", lambda = "…" }',
            ) from error

    def pinned(
        self,
        workflow: TargetWorkflow,
        refers: Collection[Reference],
        answers: Mapping[ResourceName, FoundVersion],
    ) -> TargetWorkflow:
        """Return one workflow pinned as far as it can be, with notes on the rest."""
        pins: dict[str, str] = {}
        awaits: dict[str, str] = {}
        notes: dict[str, None] = {}
        for reference in filter(self._has_service, refers):
            child = self._child(reference.name) if reference.name else None
            problem = self._reason(reference)
            if not problem and child:
                awaits[reference.written] = child
                pins[reference.written] = reference.written
                continue
            if not problem and reference.name and reference.name in answers:
                problem, arn = answers[reference.name].problem, answers[reference.name].arn
                if arn:
                    pins[reference.written] = arn
            if problem:
                name = workflow.rendered.workflow
                notes[
                    f"{reference.written} of {name} isn't pinned ({reference.where}): {problem}"
                ] = None
        unversioned = {
            reference.written: pins[reference.written]
            for reference in refers
            if reference.written in pins and reference.name and not reference.name.exact
        }
        form = workflow.rendered
        return replace(
            workflow,
            rendered=replace(form, definition=pin(form.definition, unversioned)),
            pins=pins,
            awaits=awaits,
            notes=(*workflow.notes, *notes),
        )

    def restored(self, recorded: Mapping[str, TargetWorkflow]) -> dict[str, TargetWorkflow]:
        """Return workflows as they were sent before, once their pinned versions are found.

        Raises NotFoundError for versions that were deleted since, and only for that: when they
        can't be checked, a note says so.
        """
        result = {}
        asked: dict[ResourceName, set[str]] = {}
        for name, workflow in recorded.items():
            awaits = {}
            for text, arn in workflow.pins.items():
                exact = exact_name(arn)
                child = self._child(exact, exact_too=True)
                if child and text != arn:
                    awaits[arn] = child
                elif exact.kind != "function" or self.site.environment.backend.has("lambda"):
                    asked.setdefault(exact, set()).add(name)
            result[name] = replace(workflow, awaits=awaits)
        answers = look_up_versions(self.site.aws, asked, self.home, tolerant=True)
        gone = [
            f"{exact} ({', '.join(sorted(asked[exact]))}): {answer.problem}"
            for exact, answer in sorted(answers.items(), key=lambda item: str(item[0]))
            if answer.gone
        ]
        if gone:
            raise NotFoundError(
                f"{self.target.version} was pinned to versions that have been deleted:",
                why="\n  ".join(gone),
                fix="To pin to today's versions instead:  sfn-release rollback"
                f" {self.target.version} --env {self.site.name} --rerender",
            )
        for exact, answer in answers.items():
            for name in asked[exact] if answer.problem else ():
                note = f"can't check that {exact}, which {name} is pinned to, still exists:"
                notes = (*result[name].notes, f"{note} {answer.problem}")
                result[name] = replace(result[name], notes=notes)
        return result

    def _has_service(self, reference: Reference) -> bool:
        """Return whether the environment has the service; an emulator may have no Lambda."""
        return reference.kind != "function" or self.site.environment.backend.has("lambda")

    def _reason(self, reference: Reference) -> str:
        """Return why a reference can't be pinned, before asking AWS; "" when it can."""
        if reference.name is None:
            return reference.problem
        if reference.foreign and reference.name.account is None:
            return "the state assumes another role, which may belong to another account"
        if reference.name.region and reference.name.region != self.home.region:
            return f"it is in {reference.name.region}, and {self.site.name} in {self.home.region}"
        return ""

    def _workflow_hint(self, name: ResourceName) -> str:
        """Return this environment's name of a workflow that has another name elsewhere."""
        child = self.target.workflows.get(name.name)
        if name.kind == "function" or child is None or child.rendered.name == name.name:
            return ""
        is_named = f"; in {self.site.name}, the workflow {name.name} is {child.rendered.name}"
        return f"{is_named}: write ${{workflow:{name.name}}}"

    def _child(self, name: ResourceName, *, exact_too: bool = False) -> str | None:
        """Return the workflow of the target that this is: without a version, or by our alias."""
        if name.kind != "state machine" or not self.home.holds(name):
            return None
        if not exact_too and name.qualifier not in {None, self.site.environment.alias}:
            return None
        names = {workflow.rendered.name: key for key, workflow in self.target.workflows.items()}
        return names.get(name.name)


def _pins_off_note(site: Site, found: Mapping[str, Collection[Reference]]) -> Iterator[str]:
    """Yield the note on code that a rollback doesn't restore."""
    names = sorted({_reference_text(reference) for reference in _unversioned(found)})
    if names and site.environment.backend.has("lambda"):
        few = ", ".join(names[:_FEW]) + (f" and {len(names) - _FEW} more" * (len(names) > _FEW))
        yield (f"pins are off: a rollback restores definitions, not the code they call: {few}")


def _no_lambda_note(site: Site, found: Mapping[str, Collection[Reference]]) -> Iterator[str]:
    """Yield a note if functions can't be pinned because the environment has no Lambda."""
    if not site.environment.backend.has("lambda") and any(
        reference.kind == "function" for reference in _unversioned(found)
    ):
        yield f"Lambda functions aren't pinned: {site.name} has no Lambda"


def _unversioned(found: Mapping[str, Collection[Reference]]) -> Iterator[Reference]:
    for refers in found.values():
        for reference in refers:
            if reference.name is None or not reference.name.exact:
                yield reference


def _reference_text(reference: Reference) -> str:
    return str(reference.name) if reference.name else reference.written


def _home(site: Site, state: RecordedState, target: Target) -> AccountScope:
    """Return where the environment's state machines are, as far as that is known beforehand.

    On AWS, a state machine and its role are of one account.
    """
    served = state.serving.workflows.values() if state.serving else ()
    accounts = {machine.state_machine_arn.split(":")[4] for machine in served}
    environment = site.environment
    if environment.backend.account:
        accounts = {environment.backend.account}
    if not accounts and environment.account:
        accounts = {environment.account}
    if not accounts and not environment.endpoints:
        roles = [workflow.rendered.role.split(":") for workflow in target.workflows.values()]
        accounts = {role[4] for role in roles if len(role) == _ROLE_PARTS}
    return AccountScope(environment.given["AWS::Region"], frozenset(accounts))
