"""Process an order: reserve its items, charge the customer, and confirm, or send an apology.

This is one of the two sample workflows of this repository. ``${ChargeFunction}``,
``${OrdersTable}`` and ``${OrdersTopic}`` are parameters: each environment in releases.toml sets its
own function, table and topic. On ``local``, orders.mocks.json answers the tasks.
"""

import sfn_release as sfn
from sfn_release import Catch, Context, Retry, States, Var, fn, path

HOUR = 3600

busy_table = Retry(
    ("DynamoDB.ProvisionedThroughputExceededException", "DynamoDB.ThrottlingException"),
    interval_seconds=1,
    max_attempts=5,
    backoff_rate=2,
    jitter_strategy="FULL",
)

# The ends of an order.

order_complete = sfn.Succeed("Order Complete")
order_failed = sfn.Fail(
    "Order Failed", error=path("$.problem.Error"), cause=path("$.problem.Cause")
)
nothing_ordered = sfn.Fail(
    "Nothing Ordered", error="EmptyOrder", cause="The order has no items: there is nothing to do."
)
tell_customer = sfn.task.optimized(
    "sns:publish",
    {
        "TopicArn": "${OrdersTopic}",
        "Subject": "Your order could not be completed",
        "Message": fn.format("Order {} failed: {}", path("$.order_id"), path("$.problem.Error")),
    },
    id="Tell Customer",
    result_path=None,
    next=order_failed,
)
then_tell_customer = Catch(States.ALL, tell_customer, result_path="$.problem")

# The tasks of an order.

accept = sfn.Pass(
    "Accept Order",
    parameters={
        "order_id": path("$.order_id"),
        "items": path("$.items"),
        "total": path("$.total"),
        "execution": Context.Execution.Id,
    },
)
reserve_item = sfn.task.optimized(
    "dynamodb:updateItem",
    {
        "TableName": "${OrdersTable}",
        "Key": {"id": {"S": fn.format("stock#{}", path("$.sku"))}},
        "UpdateExpression": "SET available = available - :quantity",
        "ConditionExpression": "available >= :quantity",
        "ExpressionAttributeValues": {":quantity": {"N": fn.format("{}", path("$.quantity"))}},
    },
    id="Reserve Item",
    result_selector={"reserved": True},
    retry=[busy_table],
)
reserve_items = sfn.Map(
    "Reserve Items",
    items_path="$.items",
    item_processor=sfn.Workflow.of(reserve_item),
    max_concurrency=5,
)
record_order = sfn.task.optimized(
    "dynamodb:putItem",
    {
        "TableName": "${OrdersTable}",
        "Item": {
            "id": {"S": fn.format("order#{}", path("$.order_id"))},
            "total": {"N": fn.format("{}", path("$.total"))},
            "execution": {"S": path("$.execution")},
        },
    },
    id="Record Order",
    result_path=None,
    retry=[busy_table],
)
prepare = sfn.Parallel(
    "Prepare",
    branches=[sfn.Workflow.of(reserve_items), sfn.Workflow.of(record_order)],
    result_path=None,
    catch=[then_tell_customer],
)
charge = sfn.task.lambda_invoke(
    "${ChargeFunction}",
    id="Charge",
    comment="Asked again about a pending order, the function tells how its payment stands.",
    payload={"order_id": path("$.order_id"), "amount": path("$.total")},
    timeout_seconds=30,
    result_selector={"answer": path("$.Payload")},
    result_path="$.payment",
    catch=[then_tell_customer],
)
mark_paid = sfn.task.optimized(
    "dynamodb:updateItem",
    {
        "TableName": "${OrdersTable}",
        "Key": {"id": {"S": fn.format("order#{}", path("$.order_id"))}},
        "UpdateExpression": "SET charge_id = :charge",
        "ExpressionAttributeValues": {":charge": {"S": path("$.payment.answer.charge_id")}},
    },
    id="Mark Paid",
    result_path=None,
    retry=[busy_table],
)
confirm = sfn.task.optimized(
    "sns:publish",
    {
        "TopicArn": "${OrdersTopic}",
        "Subject": "Your order is confirmed",
        "Message": fn.format("Order {} is paid and on its way.", path("$.order_id")),
    },
    id="Confirm Order",
    result_path=None,
)

# Decisions and waits.

cool_off = sfn.Wait("Cool Off", seconds=24 * HOUR, next=accept)
wait_for_bank = sfn.Wait("Wait For Bank", seconds=60, next=charge)
is_it_an_order = sfn.Choice(
    "Is It An Order",
    choices=[
        (~Var("$.items[0]").is_present()).next_then(nothing_ordered),
        Var("$.total").numeric_greater_than(1000).next_then(cool_off),
    ],
    default=accept,
)
is_it_paid = sfn.Choice(
    "Is It Paid",
    choices=[
        Var("$.payment.answer.status").string_equals("PAID").next_then(mark_paid),
        Var("$.payment.answer.status").string_equals("PENDING").next_then(wait_for_bank),
    ],
    default=sfn.Pass(
        "Declined",
        result={"Error": "CardDeclined", "Cause": "The bank has declined the payment."},
        result_path="$.problem",
        next=tell_customer,
    ),
)

# The links between the states.

workflow = sfn.Workflow(comment="Reserve, charge and confirm an order", timeout_seconds=48 * HOUR)
workflow.start_from(is_it_an_order)
workflow.continue_from(accept).next_then(prepare).next_then(charge).next_then(is_it_paid)
workflow.continue_from(mark_paid).next_then(confirm).next_then(order_complete)

orders = sfn.StateMachine(
    name="orders",
    workflow=workflow,
    role_arn="arn:aws:iam::111122223333:role/workflows",
    tags={"Team": "shop"},
    tracing=True,
)
