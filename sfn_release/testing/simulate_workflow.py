"""Simulates a workflow for a test: a StateMachine, a Workflow, a definition or a file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Unpack, get_args

from sfn_release.asl.placeholders import WORKFLOW, references_in
from sfn_release.authoring.declaration import Declaration, StateMachineType
from sfn_release.authoring.state_machine import StateMachine
from sfn_release.authoring.workflow import Workflow
from sfn_release.checks.checker import check_definition
from sfn_release.checks.finding import refuse
from sfn_release.errors import UsageError
from sfn_release.project import fill
from sfn_release.project.modules.single_file import is_file, read_workflows
from sfn_release.simulator import ContextSeed, Mocks
from sfn_release.testing.answers import ask_function
from sfn_release.testing.condition_checks import refuse_faulty_parameters
from sfn_release.testing.own_frames import hide_own_frames
from sfn_release.testing.run import Run
from sfn_release.testing.scenario import Conditions, Runnable, run_scenario
from sfn_release.text import shorten

Subject = Workflow | StateMachine | Declaration | Mapping[str, Any] | Path | str
"""Everything that can be simulated without a project."""

REGION, ACCOUNT = "us-east-1", "000000000000"
_GIVEN = {"AWS::Region": REGION, "AWS::AccountId": ACCOUNT, "AWS::Partition": "aws"}


def simulate(
    workflow: Subject,
    input: Any = {},  # noqa: B006 - never changed
    *,
    parameters: Mapping[str, Any] | None = None,
    type: StateMachineType | None = None,
    **conditions: Unpack[Conditions],
) -> Run:
    """Run *workflow* on *input* in this process, in virtual time, and return the run.

    A workflow is a StateMachine, a Workflow, a definition, or the path of a file with one workflow.
    *parameters* fill its ``${Placeholders}``. Its *type* is STANDARD, unless it's declared as
    EXPRESS. The other arguments are `Conditions`. Only their *mocks* answer tasks.

    The pytest fixture of the same name also takes the name of a workflow of your project. Its
    parameters and tasks are then those of `local`.

    An execution that fails is a Run too. Raises DefinitionError for a definition that Step
    Functions would refuse, UsageError for missing parameters, and the errors of `run_scenario`.
    """
    __tracebackhide__ = True  # pytest's own mark
    try:
        found = declaration_of(workflow, type)
        return run_scenario(runnable_of(found, parameters), input, conditions, stacklevel=2)
    except Exception as error:
        hide_own_frames(error, ask_function)
        raise


def declaration_of(workflow: Subject, type: StateMachineType | None = None) -> Declaration:
    """Return the declaration of a workflow. Raises DefinitionError, and the errors of files."""
    match workflow:
        case StateMachine():
            declared = workflow.declare()
            return declared if type is None else _checked(declared, type)
        case Workflow():
            return StateMachine("workflow", workflow, type=type or "STANDARD").declare()
        case Declaration():
            return _checked(workflow, type)
        case Path():
            return _checked(_of_file(workflow), type)
        case str() if is_file(workflow):
            return _checked(_of_file(Path(workflow)), type)
        case str():
            raise UsageError(
                f"simulate() can't find a workflow by its name, {workflow!r}.",
                why="A name needs a project, which the pytest fixture `simulate` looks for.",
                fix="Take `simulate` as an argument of your test, or pass the StateMachine.",
            )
        case Mapping():
            return _checked(Declaration("definition", workflow), type)
        case _:
            raise UsageError(
                f"simulate() can't run {workflow!r}.",
                fix="Pass a StateMachine, a Workflow, a definition or the path of a file.",
            )


def _of_file(file: Path) -> Declaration:
    found = read_workflows(file)
    if len(found) != 1:
        names = ", ".join(declaration.name for declaration in found) or "none"
        raise UsageError(
            f"{file} must have one workflow to be simulated, and has {len(found)}: {names}.",
            fix="Import the module, and pass one of its StateMachines.",
        )
    return found[0]


def _checked(declaration: Declaration, type: StateMachineType | None) -> Declaration:
    if type not in (None, *get_args(StateMachineType)):
        raise UsageError(f"type must be STANDARD or EXPRESS, not {shorten(repr(type))}.")
    declared = declaration if type is None else replace(declaration, type=type)
    findings = check_definition(declared.definition, type=declared.type)
    refuse(findings, "The workflow")
    return declared


def runnable_of(declaration: Declaration, parameters: Mapping[str, Any] | None) -> Runnable:
    """Return a declaration that is ready to run. Raises UsageError for missing *parameters*."""

    def context(name: str, started: datetime) -> ContextSeed:
        start = f"arn:aws:states:{REGION}:{ACCOUNT}"
        return ContextSeed(
            execution_arn=f"{start}:execution:{declaration.name}:{name}",
            execution_name=name,
            role_arn=declaration.role or f"arn:aws:iam::{ACCOUNT}:role/{declaration.name}",
            state_machine_arn=f"{start}:stateMachine:{declaration.name}",
            state_machine_name=declaration.name,
            started_at=started,
            type=declaration.type,
        )

    mocks = Mocks(file="the test's mocks")
    return Runnable(declaration.name, _filled(declaration, parameters), context, mocks.fresh)


def _filled(declaration: Declaration, parameters: Mapping[str, Any] | None) -> Mapping[str, Any]:
    refuse_faulty_parameters(parameters)
    names = references_in(declaration.definition)
    workflows = {
        name: f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{name.removeprefix(WORKFLOW)}"
        for name in names
        if name.startswith(WORKFLOW)
    }
    known = {**_GIVEN, **workflows, **(parameters or {})}
    missing = sorted(names - known.keys())
    if missing:
        example = ", ".join(f'"{name}": ...' for name in missing)
        raise UsageError(
            f"{declaration.name} has parameters without a value: {', '.join(missing)}.",
            why="Only a workflow of your project, by its name, has the parameters of `local`.",
            fix=f"Pass parameters={{{example}}}.",
        )
    filled: Mapping[str, Any] = fill(declaration.definition, known, where=declaration.name)
    return filled
