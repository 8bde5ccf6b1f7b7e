"""The types of the authoring API. mypy checks this file; it is never run.

Correct use has no error. Each wrong use has the error that its `type: ignore` names. An unused
ignore is an error too, so that mypy reports a mistake that it no longer finds.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import assert_type

import sfn_release as sfn
from sfn_release import Catch, Context, Retry, States, Var, fn, path, q

# -- right: states, in both query languages -------------------------------------------------------

done = sfn.Succeed("Done", output=q.input)
sorry = sfn.Fail("Sorry", error=path("$.e"), cause=fn.format("Because of {}", path("$.why")))
sfn.Pass("P", result=None, result_path=None, assign={"a": path("$.b")}, query_language="JSONPath")
sfn.Wait(seconds=q.var("pause"))
sfn.Wait(timestamp=datetime(2026, 1, 31, tzinfo=UTC), next=done)
sfn.Task(
    "T",
    resource="arn:aws:states:::sns:publish",
    arguments=q.input,
    credentials={"RoleArn": Context.Execution.RoleArn},
    timeout_seconds=path("$.t"),
    retry=[Retry(States.Timeout, max_attempts=0), Retry.new().if_all_error().with_full_jitter()],
    catch=[Catch(States.ALL, sorry, result_path=None), Catch.new().next_then("Sorry")],
)
sfn.Map(
    item_processor=sfn.Pass("A") >> sfn.Pass("B"),
    processor_config=sfn.ProcessorConfig.distributed("EXPRESS"),
    item_reader=sfn.ItemReader.csv("bucket", path("$.key"), delimiter="TAB", max_items=5),
    item_batcher={"MaxItemsPerBatch": 10},
    result_writer=sfn.ResultWriter(writer_config=sfn.WriterConfig(transformation="COMPACT")),
    tolerated_failure_percentage=12.5,
)
sfn.Choice(
    choices=[
        (Var("$.a").is_null() & ~Var("$.b").numeric_equals(path("$.c"))).next_then(done),
        (q.input.total > 100).next_then("Done", output={"total": q.input.total}),
    ],
    default=sfn.Pass() >> sorry,
)
sfn.Pass(next=sfn.Pass() >> done)
sfn.Wait(seconds=timedelta(minutes=5))
sfn.Wait(seconds=sfn.parameter("Pause"))
sfn.Task(timeout_seconds=timedelta(hours=1), heartbeat_seconds=timedelta(seconds=30))
Retry("E", interval_seconds=timedelta(seconds=2), max_attempts=sfn.parameter("Attempts"))
sfn.Parallel(branches=[done, sfn.Pass() >> done, sfn.Workflow.of(done), lambda: sfn.Pass(end=True)])
sfn.Parallel(branches=done)
sfn.Map(item_processor=sfn.Pass)
sfn.Map(item_processor=sfn.Workflow(partition="${AWS::Partition}", timeout_seconds=timedelta(1)))
Catch("E", sfn.Pass() >> done)

# -- right: the types of expressions --------------------------------------------------------------

assert_type(path("$.a"), sfn.JsonPath)
assert_type(path("$.a")["b"][0], sfn.JsonPath)
assert_type(fn.uuid(), sfn.Intrinsic)
assert_type(q.input.order.id, sfn.Jsonata)
assert_type(q.input.a == 1, sfn.Jsonata)
assert_type(q.var("n") + 1, sfn.Jsonata)
assert_type(Context.Task.Token, sfn.Portable)
assert_type(Var("$.a") == "b", sfn.Condition)
assert_type(Var("$.a") < 3, sfn.Condition)
assert_type((Var("$.a") == 1) & ~(Var("$.b") != None) | Var("$.c").is_in("x", 2), sfn.Condition)  # noqa: E711
sfn.Pass(parameters={"a": Context.Execution.Input["id"], "b": Context.Execution.Input.order.id})
assert_type(sfn.Pass() >> sfn.Pass() >> done, sfn.Chain)
assert_type(sfn.Workflow.of(sfn.Pass() >> done), sfn.Workflow)
assert_type(sfn.Workflow().start_from(done).prefixed("a "), sfn.Workflow)
assert_type((sfn.Pass() >> done).prefixed("a "), sfn.Chain)
assert_type(sfn.task.lambda_invoke("f", payload={"a": path("$.a")}), sfn.Task)
assert_type(sfn.task.http("https://e", "POST", connection="arn:c", body={}), sfn.Task)
assert_type(sfn.and_(Var("$.a").is_null(), Var("$.b").is_null()), sfn.Condition)
assert_type(sfn.and_(q.input.a, q.input.b), sfn.Jsonata)
assert_type(Retry.new().if_timeout_error(), Retry)
assert_type(Catch.new().if_timeout_error(), Catch)

workflow = (
    sfn.Workflow(query_language="JSONata", timeout_seconds=60)
    .start_from(sfn.Pass())
    .parallel([sfn.Workflow.of(done), sfn.Pass() >> done], id="Both", retry=[Retry("E")])
    .map(sfn.Workflow.of(done), path("$.items"), max_concurrency=2, label="l")
    .wait("W", seconds=0, comment="none")
    .choice([q("true").next_then(done)], default=sorry, assign={"a": 1})
)

assert_type(sfn.Workflow().start_from_parallel([done], "Both", retry=[Retry("E")]), sfn.Workflow)
assert_type(sfn.Workflow().start_from_map(done, path("$.items"), 2, label="l"), sfn.Workflow)
assert_type(sfn.Workflow().start_from_choice([q("true").next_then(done)], sorry), sfn.Workflow)


class Ours(sfn.Workflow):
    """Verbs return the type of their workflow."""


assert_type(Ours().start_from_parallel(branches=done).next_then(sorry), Ours)

# -- wrong, and reported --------------------------------------------------------------------------

sfn.Pass(reslt=1)  # type: ignore[call-arg]
sfn.Pass(arguments={})  # type: ignore[call-arg]
sfn.Pass(query_language="JSONPATH")  # type: ignore[arg-type]
sfn.Pass(next=Var("$.a"))  # type: ignore[arg-type]
sfn.Pass(parameters=path("$.a"))  # type: ignore[arg-type]
sfn.Wait(seconds="5")  # type: ignore[arg-type]
sfn.Wait(seconds=1.5)  # type: ignore[arg-type]
sfn.Succeed("S", next=done)  # type: ignore[call-arg]
sfn.Fail("F", retry=[])  # type: ignore[call-arg]
sfn.Task(resource=path("$.a"))  # type: ignore[arg-type]
sfn.Task(timeout_seconds=None)  # type: ignore[arg-type]
sfn.Task(retry="E")  # type: ignore[arg-type]
sfn.Task(retry=[{"ErrorEquals": ["E"]}])  # type: ignore[list-item]
sfn.Choice(choices=[Var("$.a").is_null()])  # type: ignore[list-item]
sfn.Map(item_processor="A")  # type: ignore[arg-type]
sfn.Map(item_processor=id)  # type: ignore[arg-type]
sfn.Map(item_reader=sfn.ItemBatcher())  # type: ignore[arg-type]
sfn.Parallel(branches=["A"])  # type: ignore[list-item]
sfn.Wait(seconds=datetime(2026, 1, 31, tzinfo=UTC))  # type: ignore[arg-type]
Retry(States.Timout)  # type: ignore[attr-defined]
Retry("E", jitter_strategy="HALF")  # type: ignore[arg-type]
Retry("E", max_attempts="3")  # type: ignore[arg-type]
Catch("E", 5)  # type: ignore[arg-type]
Var("$.a").is_nul()  # type: ignore[attr-defined]
Var("$.a").numeric_equals("1")  # type: ignore[arg-type]
(Var("$.a") < None).to_asl()  # type: ignore[operator]
sfn.and_(Var("$.a").is_null(), q.input.a)  # type: ignore[call-overload]
_ = sfn.Pass() >> 5  # type: ignore[operator]
sfn.Workflow.of("A")  # type: ignore[arg-type]
sfn.Workflow(query_language="jsonata")  # type: ignore[arg-type]
workflow.wait(second=1)  # type: ignore[call-arg]
workflow.parallel([5])  # type: ignore[list-item]
workflow.start_from_parallel([5])  # type: ignore[list-item]
workflow.start_from_map(done, lable="l")  # type: ignore[call-arg]
workflow.start_from_choice()  # type: ignore[call-arg]
sfn.ItemReader.csv("b")  # type: ignore[call-arg]
sfn.ItemReader.csv("b", "k", delimiter=";")  # type: ignore[arg-type]
sfn.ReaderConfig(input_type="XML")  # type: ignore[arg-type]
sfn.ProcessorConfig(mode="PARALLEL")  # type: ignore[arg-type]
sfn.task.lambda_invoke("f", patern="sync")  # type: ignore[call-arg]
sfn.task.lambda_invoke("f", pattern="sync")  # type: ignore[arg-type]
sfn.task.sdk("s3:getObject", "bucket")  # type: ignore[arg-type]
sfn.task.http("https://e", "FETCH", connection="c")  # type: ignore[arg-type]
_ = Context.Execution.Idd  # type: ignore[attr-defined]
fn.array_length("text")  # type: ignore[arg-type]
fn.math_add("1", 2)  # type: ignore[arg-type]
path(5)  # type: ignore[arg-type]
_ = q.inputs  # type: ignore[attr-defined]
_ = q.var("n") + "x"  # type: ignore[operator]
_ = sfn.Worfklow  # type: ignore[attr-defined]
