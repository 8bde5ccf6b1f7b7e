"""The keyword arguments of verbs and makers are the fields of the states that they make.

Type checkers can't derive the one from the other, so both are written down, and compared here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from inspect import signature
from typing import Any

import pytest

import sfn_release as sfn
from sfn_release.authoring import state_keywords as keywords
from sfn_release.errors import DefinitionError

RENAMED = {"item_processor", "parameters", "arguments", "resource"}
"""The fields that verbs and makers take under another name, or fill in themselves."""


def keyword_types(kind: Any) -> Mapping[str, str]:
    """Return the annotations of a TypedDict, the inherited ones included."""
    return {name: hint.__forward_arg__ for name, hint in kind.__annotations__.items()}


@pytest.mark.parametrize(
    ("verb", "more", "state"),
    [
        (sfn.Workflow.parallel, keywords.ParallelFields, sfn.Parallel),
        (sfn.Workflow.map, keywords.MapFields, sfn.Map),
        (sfn.Workflow.choice, keywords.ChoiceFields, sfn.Choice),
        (sfn.Workflow.wait, keywords.StepFields, sfn.Wait),
        (sfn.Workflow.succeed, keywords.DataFields, sfn.Succeed),
        (sfn.Workflow.fail, keywords.FailFields, sfn.Fail),
        (sfn.task.optimized, keywords.TaskFields, sfn.Task),
        (sfn.task.sdk, keywords.TaskFields, sfn.Task),
        (sfn.task.lambda_invoke, keywords.TaskFields, sfn.Task),
        (sfn.task.http, keywords.TaskFields, sfn.Task),
        (sfn.task.activity, keywords.TaskFields, sfn.Task),
    ],
)
def test_a_verb_takes_every_field_of_its_state(
    verb: Callable[..., Any], more: Any, state: type[Any]
) -> None:
    """The types are equal, and a new field of a state must be a keyword too."""
    declared = {field.name: field.type for field in fields(state)}
    taken = keyword_types(more)
    assert taken == {name: declared[name] for name in taken}
    assert declared.keys() - taken.keys() - signature(verb).parameters.keys() <= RENAMED


def test_of_takes_the_fields_of_a_workflow() -> None:
    """`Workflow` and `Workflow.of` accept all fields."""
    names = set(signature(sfn.Workflow).parameters)
    assert names == keyword_types(keywords.WorkflowFields).keys()


@pytest.mark.parametrize("verb", ["parallel", "map", "choice"])
def test_a_workflow_starts_with_the_arguments_that_continue_it(verb: str) -> None:
    """`start_from_map` is `map`, on a workflow that has not started."""
    start = getattr(sfn.Workflow, f"start_from_{verb}")
    assert signature(start) == signature(getattr(sfn.Workflow, verb))
    assert start.__name__ == f"start_from_{verb}"
    workflow = sfn.Workflow().start_from(sfn.Pass("First"))
    with pytest.raises(DefinitionError, match='already starts from "First"'):
        start(workflow, [])
