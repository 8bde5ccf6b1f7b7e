"""Mistakes of people who don't check types: each error has a place and a fix."""

from __future__ import annotations

from typing import Any

import pytest

import sfn_release as sfn
from sfn_release.errors import DefinitionError


def reported(state: sfn.State) -> tuple[str, str, str]:
    """Return the path, the state and the message of the one error."""
    findings = sfn.Workflow.of(state).diagnostics(services=False)
    (found,) = [finding for finding in findings if finding.severity == "error"]
    return found.path, found.state, found.message


@pytest.mark.parametrize(
    ("state", "path", "words"),
    [
        (
            sfn.Task(
                "A", resource="arn:x", catch=[sfn.Catch("E", sfn.Succeed("B")), sfn.Catch("F")]
            ),
            "$.States.A.Catch[1]",
            "has no next state",
        ),
        (
            sfn.Task("A", resource="arn:x", retry=["E"]),  # type: ignore[list-item]
            "$.States.A.Retry[0]",
            "Expected sfn.Retry(...)",
        ),
        (
            sfn.Choice("A", choices=[sfn.Var("$.a").is_null()], default="A"),  # type: ignore[list-item]
            "$.States.A.Choices[0]",
            "Expected a rule of a Choice",
        ),
        (
            sfn.Map("A", item_processor="I"),  # type: ignore[arg-type]
            "$.States.A",
            "An item processor can't be 'I'.",
        ),
        (
            sfn.Pass("A", result=1, extra={"Result": 2}),
            "$.States.A",
            "Result is given twice",
        ),
    ],
)
def test_what_cannot_be_written_is_told_where_it_is(
    state: sfn.State, path: str, words: str
) -> None:
    """The path leads to the rule, or else to the state."""
    where, name, message = reported(state)
    assert (path, "A", True) == (where, name, words in message)


@pytest.mark.parametrize(
    "task",
    [
        sfn.Task("A", resource="arn:x", retry=sfn.task.HTTP_RETRY),
        sfn.task.optimized("sns:publish", id="A", retry=sfn.task.HTTP_RETRY),
        sfn.task.lambda_invoke("f", id="A", retry=sfn.task.HTTP_RETRY),
    ],
)
def test_one_rule_needs_no_list(task: sfn.Task) -> None:
    """A single Retry is the list of it, and so is a single Catch."""
    task.catch = sfn.Catch("E", sfn.Succeed("B"))
    body = sfn.Workflow.of(task).serialize()["States"]["A"]
    assert [sfn.task.HTTP_RETRY.to_asl()] == body["Retry"]
    assert body["Catch"] == [{"ErrorEquals": ["E"], "Next": "B"}]


def test_a_raw_state_that_goes_on_says_where() -> None:
    """A Raw state with a Next can't be followed by another state."""
    with pytest.raises(DefinitionError, match='"A" goes to "C" already and can\'t go to "B" too'):
        sfn.Workflow.of(sfn.Raw("A", {"Type": "Pass", "Next": "C"}), sfn.Pass("B"))


@pytest.mark.parametrize(
    "value", [sfn.path("$.a"), sfn.fn.uuid(), sfn.Context.Execution.Id], ids=str
)
def test_a_value_of_the_run_is_no_part_of_an_f_string(value: Any) -> None:
    """An f-string would send its path as text; `fn.format` inserts the value."""
    with pytest.raises(DefinitionError, match="can't be used in an f-string") as raised:
        f"hi {value}"
    assert "fn.format" in raised.value.fix


def test_a_template_counts_its_places_in_plain_words() -> None:
    """Numbers and nouns agree."""
    with pytest.raises(DefinitionError, match=r"has 2 places .*, but got 1 value"):
        sfn.fn.format("{} {}", sfn.path("$.a"))


def test_a_processor_config_that_stands_twice_is_read_as_it_is() -> None:
    """A state that no class can write stays a Raw, and nothing is lost."""
    inner = {"StartAt": "I", "States": {"I": {"Type": "Pass", "End": True}}}
    config = {"Mode": "INLINE"}
    body: dict[str, Any] = {"Type": "Map", "ItemProcessor": inner | {"ProcessorConfig": config}}
    body |= {"ProcessorConfig": config, "End": True}
    workflow = sfn.Workflow.from_dict({"StartAt": "A", "States": {"A": body}})
    assert {"A": body} == workflow.draft()[0]["States"]
