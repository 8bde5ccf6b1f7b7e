"""Fields and values in the two query languages: how they are written, and wrong ones."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

import sfn_release as sfn
from sfn_release import Context, fn, path, q
from sfn_release.asl.fields import CATCHER, FIELDS, RETRIER
from sfn_release.authoring.json_values import asl_key
from sfn_release.errors import DefinitionError

PROCESSOR = {"StartAt": "I", "States": {"I": {"Type": "Pass", "End": True}}}


def body(state: sfn.State, language: str) -> dict[str, Any]:
    """Return *state* as a workflow of *language* writes it, without its type and end."""
    workflow = sfn.Workflow(query_language=language).add(state)  # type: ignore[arg-type]
    (written,) = workflow.to_asl(_Names())["States"].values()
    return {key: value for key, value in written.items() if key != "Type"}


class _Names:
    def id_of(self, state: sfn.State | str) -> str:
        """Return the id."""
        return state if isinstance(state, str) else state.id or "unnamed"


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (sfn.Pass(parameters={"a": path("$.x")}), {"Parameters": {"a.$": "$.x"}}),
        (sfn.Pass(parameters={"a.$": path("$.x")}), {"Parameters": {"a.$": "$.x"}}),
        (sfn.Pass(parameters={"a": "$.x"}), {"Parameters": {"a": "$.x"}}),
        (sfn.Pass(parameters={"a.$": "$.x"}), {"Parameters": {"a.$": "$.x"}}),
        (
            sfn.Pass(parameters={"a": [{"b": fn.uuid()}]}),
            {"Parameters": {"a": [{"b.$": "States.UUID()"}]}},
        ),
        (sfn.Pass(parameters={"a": Context.State.Name}), {"Parameters": {"a.$": "$$.State.Name"}}),
        (sfn.Pass(result="$.x"), {"Result": "$.x"}),
        (sfn.Pass(assign={"a": path("$.x"), "b": 1}), {"Assign": {"a.$": "$.x", "b": 1}}),
        (sfn.Pass(input_path=path("$.x")), {"InputPath": "$.x"}),
        (sfn.Pass(output_path=None, result_path=None), {"ResultPath": None, "OutputPath": None}),
        (sfn.Pass(result_path=path("$.x")), {"ResultPath": "$.x"}),
        (sfn.Pass(extra={"New": {"a": path("$.x")}}), {"New": {"a.$": "$.x"}}),
        (sfn.Task(result_selector={"a": path("$.x")}), {"ResultSelector": {"a.$": "$.x"}}),
        (sfn.Task(timeout_seconds=path("$.x")), {"TimeoutSecondsPath": "$.x"}),
        (sfn.Task(timeout_seconds_path="$.x"), {"TimeoutSecondsPath": "$.x"}),
        (sfn.Task(heartbeat_seconds=path("$.x")), {"HeartbeatSecondsPath": "$.x"}),
        (
            sfn.Task(credentials={"RoleArn": path("$.role")}),
            {"Credentials": {"RoleArn.$": "$.role"}},
        ),
        (sfn.Wait(seconds=0), {"Seconds": 0}),
        (sfn.Wait(seconds=path("$.x")), {"SecondsPath": "$.x"}),
        (sfn.Wait(timestamp=path("$.x")), {"TimestampPath": "$.x"}),
        (sfn.Fail(error=path("$.e")), {"ErrorPath": "$.e"}),
        (
            sfn.Fail(cause=fn.format("Because of {}", path("$.e"))),
            {"CausePath": "States.Format('Because of {}', $.e)"},
        ),
        (sfn.Fail(cause=Context.Execution.Id), {"CausePath": "$$.Execution.Id"}),
        (sfn.Map(items_path=path("$.x")), {"ItemsPath": "$.x"}),
        (sfn.Map(items=path("$.x")), {"ItemsPath": "$.x"}),
        (sfn.Map(max_concurrency=path("$.x")), {"MaxConcurrencyPath": "$.x"}),
        (sfn.Map(tolerated_failure_count=path("$.x")), {"ToleratedFailureCountPath": "$.x"}),
        (
            sfn.Map(tolerated_failure_percentage=path("$.x")),
            {"ToleratedFailurePercentagePath": "$.x"},
        ),
        (
            sfn.Map(item_selector={"i": Context.Map.Item.Value}),
            {"ItemSelector": {"i.$": "$$.Map.Item.Value"}},
        ),
    ],
)
def test_a_jsonpath_state_is_written(state: sfn.State, expected: dict[str, Any]) -> None:
    """A path selects its key or field, and a text stays a text."""
    assert expected == body(state, "JSONPath")


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (sfn.Pass(output={"a": q.input.x}), {"Output": {"a": "{% $states.input.x %}"}}),
        (sfn.Pass(output=q.input), {"Output": "{% $states.input %}"}),
        (sfn.Pass(output=[q.input, "$.x"]), {"Output": ["{% $states.input %}", "$.x"]}),
        (sfn.Pass(output=None), {"Output": None}),
        (sfn.Pass(output="{% $a %}"), {"Output": "{% $a %}"}),
        (sfn.Pass(output=q("{%$a%}")), {"Output": "{%$a%}"}),
        (
            sfn.Pass(assign={"a": Context.Execution.Id}),
            {"Assign": {"a": "{% $states.context.Execution.Id %}"}},
        ),
        (sfn.Task(arguments={"a": q.var("x")}), {"Arguments": {"a": "{% $x %}"}}),
        (sfn.Task(arguments=q("$x")), {"Arguments": "{% $x %}"}),
        (sfn.Task(timeout_seconds=q.input.t), {"TimeoutSeconds": "{% $states.input.t %}"}),
        (sfn.Task(heartbeat_seconds=q.input.t), {"HeartbeatSeconds": "{% $states.input.t %}"}),
        (
            sfn.Task(credentials={"RoleArn": q.input.role}),
            {"Credentials": {"RoleArn": "{% $states.input.role %}"}},
        ),
        (sfn.Wait(seconds=q.var("s")), {"Seconds": "{% $s %}"}),
        (sfn.Wait(timestamp=q.var("t")), {"Timestamp": "{% $t %}"}),
        (
            sfn.Fail(error=q.input.e, cause="$.c"),
            {"Error": "{% $states.input.e %}", "Cause": "$.c"},
        ),
        (sfn.Parallel(branches=[], arguments={"a": 1}), {"Branches": [], "Arguments": {"a": 1}}),
        (sfn.Map(items=q.input.items), {"Items": "{% $states.input.items %}"}),
        (sfn.Map(items=[1, q("2")]), {"Items": [1, "{% 2 %}"]}),
        (sfn.Map(max_concurrency=q("5")), {"MaxConcurrency": "{% 5 %}"}),
        (sfn.Map(item_selector=q("$x")), {"ItemSelector": "{% $x %}"}),
        (sfn.Succeed(output=q.input), {"Output": "{% $states.input %}"}),
        (
            sfn.Choice(
                choices=[(q.input.a > 1).next_then("A", assign={"b": q.input.b}, output=q.input)],
                assign={"c": 1},
                output=1,
            ),
            {
                "Choices": [
                    {
                        "Condition": "{% $states.input.a > 1 %}",
                        "Assign": {"b": "{% $states.input.b %}"},
                        "Output": "{% $states.input %}",
                        "Next": "A",
                    }
                ],
                "Assign": {"c": 1},
                "Output": 1,
            },
        ),
        (
            sfn.Task(catch=[sfn.Catch("E", "A", output=q.error_output, assign={"e": q("1")})]),
            {
                "Catch": [
                    {
                        "ErrorEquals": ["E"],
                        "Assign": {"e": "{% 1 %}"},
                        "Output": "{% $states.errorOutput %}",
                        "Next": "A",
                    }
                ]
            },
        ),
    ],
)
def test_a_jsonata_state_is_written(state: sfn.State, expected: dict[str, Any]) -> None:
    """Expressions are written in ``{% %}`` in every field."""
    assert expected == body(state, "JSONata")


@pytest.mark.parametrize(
    ("state", "language", "message"),
    [
        (sfn.Pass("P", output={"a": path("$.x")}), "JSONata", "is JSONPath"),
        (sfn.Pass("P", output=fn.uuid()), "JSONata", "is JSONPath"),
        (sfn.Pass("P", parameters={"a": q.input}), "JSONPath", "is JSONata"),
        (sfn.Pass("P", parameters={"a": [path("$.x")]}), "JSONPath", "array can't hold"),
        (sfn.Pass("P", parameters=path("$.x")), "JSONPath", "doesn't take a path"),  # type: ignore[arg-type]
        (sfn.Pass("P", parameters={"a.$": "$", "a": path("$")}), "JSONPath", "given twice"),
        (sfn.Pass("P", result=path("$.x")), "JSONPath", "doesn't take a path"),
        (sfn.Pass("P", result={"a": [path("$.x")]}), "JSONPath", "it would stay text"),
        (sfn.Pass("P", result={"a": q.input}), "JSONPath", "is JSONata"),
        (sfn.Task("T", resource=path("$.x")), "JSONPath", "doesn't take a path"),  # type: ignore[arg-type]
        (sfn.Pass("P", output=path("$.x")), "JSONPath", "doesn't take a path"),
    ],
)
def test_a_value_of_the_other_language_is_refused(
    state: sfn.State, language: str, message: str
) -> None:
    """An error names the state of a value that its language or field can't hold."""
    with pytest.raises(DefinitionError, match=message):
        body(state, language)
    workflow = sfn.Workflow(query_language=language)  # type: ignore[arg-type]
    (finding,) = workflow.start_from(state).diagnostics()
    assert (finding.state, finding.path) == (state.id, f"$.States.{state.id}")


def test_the_language_is_the_workflow_s_unless_the_state_has_its_own() -> None:
    """Branches have the language of the workflow around them."""
    inner = sfn.Task("T", resource="arn:x", parameters={"a": path("$.x")})
    own = sfn.Pass("P", output=q.input, query_language="JSONata")
    outer = sfn.Parallel("L", branches=[sfn.Workflow.of(inner)], query_language="JSONata")
    definition = sfn.Workflow.of(own, outer).serialize()
    states = definition["States"]
    assert states["P"]["QueryLanguage"] == states["L"]["QueryLanguage"] == "JSONata"
    assert states["L"]["Branches"][0]["States"]["T"]["Parameters"] == {"a.$": "$.x"}
    jsonata = sfn.Workflow.of(
        sfn.Parallel("L", branches=[sfn.Workflow.of(sfn.Pass("I", output=q.input))])
    )
    jsonata.query_language = "JSONata"
    assert jsonata.serialize()["QueryLanguage"] == "JSONata"
    by_extra = sfn.Pass("P", extra={"QueryLanguage": "JSONata", "Output": q.input}, end=True)
    assert body(by_extra, "JSONPath")["Output"] == "{% $states.input %}"


def test_the_language_of_a_piece_is_written_in_its_states() -> None:
    """AWS refuses a language in a branch, so it is written in each state."""
    deep = sfn.Parallel("Deep", branches=[sfn.Workflow.of(sfn.Pass("D", output=q.input))])
    piece = sfn.Workflow.of(sfn.Pass("I", output=q.input), deep, query_language="JSONata")
    plain = sfn.Workflow.of(sfn.Pass("P", parameters={"a": path("$.x")}))
    outer = sfn.Workflow.of(sfn.Parallel("L", branches=[piece, plain]))
    first, second = outer.serialize()["States"]["L"]["Branches"]
    assert list(first) == ["StartAt", "States"]
    inner = first["States"]["Deep"]["Branches"][0]["States"]["D"]
    said = [first["States"]["I"], first["States"]["Deep"], inner]
    assert [body["QueryLanguage"] for body in said] == ["JSONata"] * 3
    assert "QueryLanguage" not in second["States"]["P"]
    outer.query_language = "JSONata"
    outer.states[0].branches = [piece]  # type: ignore[attr-defined]
    (branch,) = outer.serialize()["States"]["L"]["Branches"]
    assert "QueryLanguage" not in str(branch)


def test_every_state_that_can_not_be_written_is_told_with_its_place() -> None:
    """All errors are reported together, including the ones in branches."""
    inner = sfn.Workflow.of(sfn.Pass("Inner", parameters={"a": q.input}))
    both = sfn.Parallel("Both", branches=[inner])
    findings = sfn.Workflow.of(both, sfn.Pass("After", result=path("$.x"))).diagnostics()
    assert [finding.path for finding in findings] == [
        "$.States.Both.Branches[0].States.Inner",
        "$.States.After",
    ]


READERS: list[tuple[sfn.ItemReader, str, dict[str, Any]]] = [
    (sfn.ItemReader.objects("b"), "listObjectsV2", {}),
    (
        sfn.ItemReader.objects("b", "p", load="JSON", max_items=5),
        "listObjectsV2",
        {"InputType": "JSON", "Transformation": "LOAD_AND_FLATTEN", "MaxItems": 5},
    ),
    (
        sfn.ItemReader.csv("b", "k"),
        "getObject",
        {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"},
    ),
    (
        sfn.ItemReader.csv("b", "k", headers=["x"], delimiter="PIPE"),
        "getObject",
        {
            "InputType": "CSV",
            "CSVHeaderLocation": "GIVEN",
            "CSVHeaders": ["x"],
            "CSVDelimiter": "PIPE",
        },
    ),
    (
        sfn.ItemReader.json("b", "k", pointer="/items"),
        "getObject",
        {"InputType": "JSON", "ItemsPointer": "/items"},
    ),
    (sfn.ItemReader.jsonl("b", "k", version_id="v"), "getObject", {"InputType": "JSONL"}),
    (sfn.ItemReader.parquet("b", "k"), "getObject", {"InputType": "PARQUET"}),
    (sfn.ItemReader.inventory("b", "k"), "getObject", {"InputType": "MANIFEST"}),
    (
        sfn.ItemReader.athena("b", "k", "JSONL"),
        "getObject",
        {"InputType": "JSONL", "ManifestType": "ATHENA_DATA"},
    ),
]


@pytest.mark.parametrize(("reader", "action", "config"), READERS)
def test_a_reader_fits_both_languages(
    reader: sfn.ItemReader, action: str, config: dict[str, Any]
) -> None:
    """The reader is written in Parameters or Arguments, and its format in ReaderConfig."""
    for language, key in (("JSONPath", "Parameters"), ("JSONata", "Arguments")):
        written = body(sfn.Map(item_reader=reader), language)["ItemReader"]
        assert written["Resource"] == f"arn:aws:states:::s3:{action}"
        assert written[key]["Bucket"] == "b"
        assert config == written.get("ReaderConfig", {})


def test_the_parts_of_a_distributed_map_are_written() -> None:
    """Parts are typed or plain objects, and may have values of the run."""
    typed = sfn.Map(
        item_processor=PROCESSOR,
        processor_config=sfn.ProcessorConfig.distributed("EXPRESS"),
        item_reader=sfn.ItemReader.csv(path("$.b"), "k", max_items=path("$.n")),
        item_batcher=sfn.ItemBatcher(
            max_items_per_batch=path("$.n"),
            max_input_bytes_per_batch=1024,
            batch_input={"id": Context.Execution.Id},
            extra={"New": None},
        ),
        result_writer=sfn.ResultWriter.s3("b", "p"),
        label="x",
    )
    expected: dict[str, Any] = {
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject",
            "Parameters": {"Bucket.$": "$.b", "Key": "k"},
            "ReaderConfig": {
                "InputType": "CSV",
                "CSVHeaderLocation": "FIRST_ROW",
                "MaxItemsPath": "$.n",
            },
        },
        "ItemBatcher": {
            "MaxItemsPerBatchPath": "$.n",
            "MaxInputBytesPerBatch": 1024,
            "BatchInput": {"id.$": "$$.Execution.Id"},
            "New": None,
        },
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"},
            **PROCESSOR,
        },
        "Label": "x",
        "ResultWriter": {
            "Resource": "arn:aws:states:::s3:putObject",
            "Parameters": {"Bucket": "b", "Prefix": "p"},
        },
    }
    assert expected == body(typed, "JSONPath")
    plain = sfn.Map(
        item_reader=expected["ItemReader"],
        item_batcher=expected["ItemBatcher"],
        result_writer=expected["ResultWriter"],
        item_processor=expected["ItemProcessor"],
        label="x",
    )
    assert expected == body(plain, "JSONPath")


def test_a_result_writer_may_have_a_writer_config_alone() -> None:
    """Results then stay in the output, in the configured form."""
    config = sfn.WriterConfig(transformation="FLATTEN", output_type="JSON")
    written = body(sfn.Map(result_writer=sfn.ResultWriter(writer_config=config)), "JSONPath")
    assert written["ResultWriter"] == {
        "WriterConfig": {"Transformation": "FLATTEN", "OutputType": "JSON"}
    }


def test_every_part_has_its_fields_for_what_no_maker_makes() -> None:
    """Each field of the language is an attribute, even if no maker has it."""
    config = sfn.ReaderConfig(
        input_type="MANIFEST",
        manifest_type="S3_INVENTORY",
        transformation="NONE",
        max_items_path="$.n",
    )
    reader = sfn.ItemReader(resource="arn:x", arguments={"Bucket": "b"}, reader_config=config)
    assert reader.to_asl("JSONata") == {
        "Resource": "arn:x",
        "Arguments": {"Bucket": "b"},
        "ReaderConfig": {
            "InputType": "MANIFEST",
            "Transformation": "NONE",
            "ManifestType": "S3_INVENTORY",
            "MaxItemsPath": "$.n",
        },
    }


CLASSES: dict[str, type[sfn.State]] = {
    state.type: state
    for state in (
        *(sfn.Pass, sfn.Task, sfn.Choice, sfn.Wait),
        *(sfn.Succeed, sfn.Fail, sfn.Parallel, sfn.Map),
    )
}


@pytest.mark.parametrize("type", sorted(FIELDS))
def test_every_field_of_the_language_is_an_attribute(type: str) -> None:
    """A state's other attributes are only for building."""
    attributes = {asl_key(field.name) for field in dataclasses.fields(CLASSES[type])}
    assert set(FIELDS[type]) - {"Type"} <= attributes
    ours = {"Id", "Extra", "ProcessorConfig"}
    assert attributes - ours <= set(FIELDS[type])


@pytest.mark.parametrize(
    ("part", "known"), [(sfn.Retry, RETRIER), (sfn.Catch, CATCHER)], ids=["Retry", "Catch"]
)
def test_every_field_of_a_rule_is_an_attribute(part: Any, known: dict[str, Any]) -> None:
    """Every field of retriers and catchers is an attribute too."""
    attributes = {asl_key(field.name) for field in dataclasses.fields(part)} - {"Extra"}
    assert set(known) == attributes
