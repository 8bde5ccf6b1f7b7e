"""Pins among the workflows of one release: who waits for whom, and filling versions in. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter

from sfn_release.errors import ConflictError, DefinitionError
from sfn_release.plan import Target, TargetWorkflow
from sfn_release.release.pins import ResourceName, exact_name, pin
from sfn_release.release.rendering import Rendered


def waves(target: Target) -> list[list[str]]:
    """Return the workflows of *target* in groups, each after the workflows that it is pinned to.

    Raises DefinitionError that shows workflows that start each other in a circle.
    """
    return in_waves(
        {name: {*workflow.awaits.values()} for name, workflow in target.workflows.items()}
    )


def in_waves(needs: Mapping[str, Collection[str]]) -> list[list[str]]:
    """Return the keys of *needs* in groups, each after the groups that it needs.

    Raises DefinitionError that shows a cycle.
    """
    sorter = TopologicalSorter(needs)
    try:
        sorter.prepare()
    except CycleError as error:
        cycle = _from_the_first(error.args[1])
        raise DefinitionError(
            f"Workflows start each other in a circle: {' → '.join(cycle)}.",
            why="Each would have to be pinned to a version of the next that is not made yet.",
            fix="Take the ARN of one of them from the execution's input, which is not pinned, or"
            ' set  pins = "off".',
        ) from error
    waves = []
    while sorter.is_active():
        ready = sorter.get_ready()
        sorter.done(*ready)
        waves.append(sorted(ready))
    return waves


def without_circles(target: Target) -> Target:
    """Return *target* with the pins dropped that would make workflows wait for each other.

    A rollback is not stopped by them; a deployment is.
    """
    try:
        waves(target)
    except DefinitionError as error:
        workflows = {
            name: replace(
                workflow,
                pins={
                    text: arn for text, arn in workflow.pins.items() if arn not in workflow.awaits
                },
                awaits={},
                notes=(
                    *workflow.notes,
                    f"{name} is not pinned to other workflows: {error.message}",
                ),
            )
            if workflow.awaits and not workflow.recorded
            else workflow
            for name, workflow in target.workflows.items()
        }
        return replace(target, workflows=workflows)
    return target


def bound(workflow: TargetWorkflow, versions: Mapping[str, str | None]) -> TargetWorkflow:
    """Return *workflow* pinned to those *versions* of other workflows that it awaits. Pure.

    *versions* maps workflows to state machine versions, None where it is not known yet.
    """
    exact = _exact(workflow.awaits, versions)
    if not exact:
        return workflow
    moved = [
        f"{workflow.rendered.workflow} is pinned to {arn.rpartition('stateMachine:')[2]}:"
        f" {text.rpartition('stateMachine:')[2]}, which it was pinned to, isn't live any more"
        for text, arn in exact.items()
        if workflow.recorded and arn != text
    ]
    return replace(
        workflow,
        rendered=pinned_form(workflow.rendered, workflow.awaits, versions),
        pins={text: exact.get(arn, arn) for text, arn in workflow.pins.items()},
        awaits={text: name for text, name in workflow.awaits.items() if text not in exact},
        notes=(*workflow.notes, *moved),
    )


def pinned_form(
    form: Rendered, awaits: Mapping[str, str], versions: Mapping[str, str | None]
) -> Rendered:
    """Return *form* with those *versions* filled in that it *awaits*, as `bound` does."""
    return replace(form, definition=pin(form.definition, _exact(awaits, versions)))


def refuse_elsewhere(
    form: Rendered, awaits: Mapping[str, str], versions: Mapping[str, str | None]
) -> None:
    """Raise ConflictError when *form* refers to another state machine than its workflow's."""
    for text, arn in _exact(awaits, versions).items():
        if exact_name(arn) != replace(_machine(text), qualifier=exact_name(arn).qualifier):
            raise ConflictError(
                f"{form.workflow} refers to {text}, but the workflow {awaits[text]} is"
                f" {arn.rpartition(':')[0]}.",
                fix="Correct the ARN, or the parameter that it comes from.",
            )


def told_of_new(target: Target) -> Target:
    """Return *target* with a note for every recorded pin whose version has to be made again."""
    workflows = {
        name: replace(workflow, notes=(*workflow.notes, *_made_again(workflow)))
        if workflow.recorded
        else workflow
        for name, workflow in target.workflows.items()
    }
    return replace(target, workflows=workflows)


def _exact(awaits: Mapping[str, str], versions: Mapping[str, str | None]) -> dict[str, str]:
    """Return the exact version for each reference whose version is known."""
    return {text: arn for text, child in awaits.items() if (arn := versions.get(child))}


def _made_again(workflow: TargetWorkflow) -> Iterator[str]:
    for text, child in workflow.awaits.items():
        yield (
            f"{text.rpartition('stateMachine:')[2]}, which {workflow.rendered.workflow} was pinned"
            f" to, is gone: {child} is published again, and {workflow.rendered.workflow} is pinned"
            " to the new version"
        )


def _machine(text: str) -> ResourceName:
    """Return the state machine that an ARN is of, whichever version or alias it names."""
    parts = text.split(":")
    return replace(exact_name(":".join([*parts[:7], "1"])), qualifier=None)


def _from_the_first(cycle: list[str]) -> list[str]:
    """Return a cycle of needs as who starts whom, from the first name in order and back to it."""
    nodes = cycle[:0:-1]
    at = nodes.index(min(nodes))
    return [*nodes[at:], *nodes[:at], nodes[at]]
