"""Values that fields take beside plain ones: durations, parameters, context members, partitions."""

from __future__ import annotations

import copy
from datetime import timedelta
from typing import Any

import pytest

import sfn_release as sfn
from sfn_release.asl.intrinsic_functions import compact
from sfn_release.asl.intrinsics import parse
from sfn_release.asl.paths import Path as ParsedPath
from sfn_release.authoring.diagrams.captions import detail
from sfn_release.errors import DefinitionError
from sfn_release.release.pins import references
from sfn_release.simulator.mocks import Mocks
from sfn_release.simulator.task_protocol import TaskCall, TaskResult


def test_a_timedelta_stands_wherever_seconds_do() -> None:
    """A timedelta is accepted in every field of seconds."""
    minute = timedelta(minutes=1)
    retry = sfn.Retry("E", interval_seconds=timedelta(seconds=2), max_delay_seconds=minute)
    task = sfn.Task(
        "T",
        resource="arn:aws:states:eu-west-1:111122223333:activity:a",
        timeout_seconds=timedelta(hours=1),
        heartbeat_seconds=minute,
        retry=[retry, sfn.Retry.new().if_timeout_error().with_interval_seconds(minute)],
    )
    workflow = sfn.Workflow(timeout_seconds=timedelta(days=1)).start_from(task)
    workflow.wait("W", seconds=timedelta(0)).end()
    written = workflow.serialize()
    states = written["States"]
    assert written["TimeoutSeconds"] == 24 * 3600
    assert states["W"]["Seconds"] == 0
    assert (states["T"]["TimeoutSeconds"], states["T"]["HeartbeatSeconds"]) == (3600, 60)
    assert [rule["IntervalSeconds"] for rule in states["T"]["Retry"]] == [2, 60]
    assert states["T"]["Retry"][0]["MaxDelaySeconds"] == 60
    pause = sfn.Wait("W", seconds=minute, query_language="JSONata")
    assert sfn.Workflow.of(pause).serialize()["States"]["W"]["Seconds"] == 60


@pytest.mark.parametrize(
    "workflow",
    [
        sfn.Workflow.of(sfn.Wait("W", seconds=timedelta(milliseconds=1500))),
        sfn.Workflow.of(sfn.Pass("P"), timeout_seconds=timedelta(seconds=1.5)),
    ],
)
def test_half_a_second_is_refused(workflow: sfn.Workflow) -> None:
    """Step Functions counts whole seconds."""
    with pytest.raises(DefinitionError, match="whole number of seconds"):
        workflow.serialize()


def test_a_timedelta_elsewhere_is_refused() -> None:
    """JSON has no durations, so other fields refuse a timedelta."""
    with pytest.raises(DefinitionError, match="isn't allowed here"):
        sfn.Workflow.of(sfn.Pass("P", parameters={"a": timedelta(seconds=1)})).serialize()


def test_a_parameter_stands_in_a_field_of_any_type() -> None:
    """It is only the placeholder, which an environment fills with a number."""
    wait = sfn.Wait("W", seconds=sfn.parameter("Pause"))
    assert sfn.Workflow.of(wait).serialize()["States"]["W"]["Seconds"] == "${Pause}"
    assert sfn.parameter("AWS::Region") == "${AWS::Region}"
    for wrong in ("", "a b", "${a}", "1"):
        with pytest.raises(DefinitionError, match="not a valid parameter name"):
            sfn.parameter(wrong)


def test_the_executions_input_is_data() -> None:
    """Attributes and brackets go into the input, in both query languages."""
    given = sfn.Context.Execution.Input
    one = {"a": given.order.id, "b": given["order"]["id"], "c": given["a b"], "d": given.lines[0]}
    jsonpath = sfn.Workflow.of(sfn.Pass("P", parameters=one)).serialize()["States"]["P"]
    order, context = "$$.Execution.Input.order.id", "$states.context.Execution.Input"
    assert jsonpath["Parameters"] == {
        "a.$": order,
        "b.$": order,
        "c.$": "$$.Execution.Input['a b']",
        "d.$": "$$.Execution.Input.lines[0]",
    }
    states = sfn.Workflow.of(sfn.Pass("P", output=one), query_language="JSONata").serialize()
    assert states["States"]["P"]["Output"]["a"] == f"{{% {context}.order.id %}}"
    assert copy.deepcopy(given) == given
    assert sfn.Context.Map.Item.Value.id.jsonpath == "$$.Map.Item.Value.id"


def test_the_template_of_a_text_may_be_in_the_input() -> None:
    """A template may be a path, whose number of values is only known when it runs."""
    text = sfn.fn.format(sfn.path("$.template"), sfn.path("$.name"), 1).text
    assert text == "States.Format($.template, $.name, 1)"
    assert isinstance(parse(text).arguments[0], ParsedPath)
    assert sfn.fn.format(sfn.Context.Execution.Name).text == "States.Format($$.Execution.Name)"


# -- partitions -----------------------------------------------------------------------------------


def _everywhere() -> list[sfn.State]:
    """Return states with integrations in all places."""
    inner = sfn.task.sdk("s3:getObject", {"Bucket": "b", "Key": "arn:aws:states:::s"}, id="Get")
    rows = sfn.Map(
        "Rows",
        processor_config=sfn.ProcessorConfig.distributed(),
        item_reader=sfn.ItemReader.json("b", "k"),
        item_processor=inner,
        result_writer=sfn.ResultWriter.s3("b", "p"),
    )
    publish = sfn.task.optimized("sns:publish", {"TopicArn": "t", "Message": "m"}, id="Publish")
    both = sfn.Parallel("Both", branches=[publish])
    ours = sfn.Task("Ours", resource="arn:aws:lambda:eu-west-1:111122223333:function:f")
    return [rows, both, sfn.task.lambda_invoke("f", id="Call"), ours]


def test_integrations_are_those_of_the_environments_partition() -> None:
    """Integrations are changed everywhere in a definition, and nothing else is."""
    written = sfn.Workflow.of(*_everywhere(), partition="${AWS::Partition}").serialize()["States"]
    place = "arn:${AWS::Partition}:states:::"
    rows = written["Rows"]
    get = rows["ItemProcessor"]["States"]["Get"]
    assert rows["ItemReader"]["Resource"] == f"{place}s3:getObject"
    assert rows["ResultWriter"]["Resource"] == f"{place}s3:putObject"
    assert get["Resource"] == f"{place}aws-sdk:s3:getObject"
    assert get["Parameters"]["Key"] == "arn:aws:states:::s"
    assert written["Both"]["Branches"][0]["States"]["Publish"]["Resource"] == f"{place}sns:publish"
    assert written["Call"]["Resource"] == f"{place}lambda:invoke"
    assert written["Ours"]["Resource"].startswith("arn:aws:lambda:")


def test_a_partition_changes_nothing_that_a_check_finds() -> None:
    """Checks have the same findings in each partition."""

    def found(**fields: Any) -> list[tuple[str, str, str]]:
        states: list[sfn.State] = _everywhere()
        states += [sfn.task.sdk("s3:getObjekt", id="A")]
        states += [sfn.task.optimized("sns:publish", {}, id="B")]
        states += [sfn.task.lambda_invoke("a b", id="C"), sfn.task.optimized("sns:pub", id="D")]
        workflow = sfn.Workflow.of(*states, **fields)
        return [(found.rule, found.severity, found.path) for found in workflow.diagnostics()]

    plain = found()
    assert len(plain) > 4
    assert plain == found(partition="aws-cn") == found(partition="aws-us-gov")
    assert plain == found(partition="${AWS::Partition}")


def test_only_a_partition_is_one() -> None:
    """An unknown partition is an error, so that a typo doesn't get into an ARN."""
    with pytest.raises(DefinitionError, match="not a partition"):
        sfn.Workflow.of(sfn.Pass("P"), partition="china").serialize()


def test_a_mock_is_for_an_integration_in_each_partition() -> None:
    """A mock's key is the Resource as written, or with AWS's usual partition."""
    call = TaskCall("Tell", "arn:aws:states:::sns:publish", {})
    key = "arn:${AWS::Partition}:states:::sns:publish"
    mocks = Mocks({key: {"return": {"MessageId": "1"}}})
    assert mocks.run(call) == TaskResult({"MessageId": "1"}, 0)
    assert mocks.unused([key]) == mocks.unused([call.resource]) == []


def test_pins_and_graphs_know_an_integration_in_each_partition() -> None:
    """A called function is pinned in each partition, and its box has the action's name."""
    call = sfn.task.lambda_invoke("orders", id="Call")
    definition = sfn.Workflow.of(call, partition="${AWS::Partition}").serialize()
    (reference,) = references(definition)
    assert (reference.kind, reference.written) == ("function", "orders")
    assert detail(definition["States"]["Call"]) == "lambda:invoke"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("é\u2028\n", '"é\u2028\\n"'),
        ({"a": [1, 1.5, True, None], "b": {}}, '{"a":[1,1.5,true,null],"b":{}}'),
        (float("inf"), "Infinity"),
        ((1, 2), "[1,2]"),
    ],
)
def test_data_is_written_without_blanks(value: Any, text: str) -> None:
    """Letters stay as they are."""
    assert compact(value) == text


def test_data_that_contains_itself_is_not_written() -> None:
    """It's like data that is nested too deeply."""
    circle: list[Any] = []
    circle.append(circle)
    with pytest.raises(RecursionError):
        compact(circle)
    assert compact([1]) == "[1]"
