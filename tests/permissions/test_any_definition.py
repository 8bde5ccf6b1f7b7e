"""Any JSON as a definition ends in a result: permissions, or unknowns with a state and a reason."""

from __future__ import annotations

import csv
import json
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfn_release.asl.integrations import OPTIMIZED
from sfn_release.authoring.declaration import Declaration
from sfn_release.permissions.needed import NeededPermissions, Place
from sfn_release.permissions.optimized_calls import WAITS
from sfn_release.permissions.workflow_needs import declared_permissions
from support.places import CORPUS

PLACE = Place("aws", "eu-west-1", "111111111111")

_SDK = (
    *("s3:copyObject", "s3:deleteObjects", "dynamodb:transactWriteItems", "dynamodb:batchGetItem"),
    *("dynamodb:executeStatement", "apigateway:getRestApi", "ecs:runTask", "sns:publish"),
    *("eventbridge:putEvents", "ec2:runInstances", "bedrockruntime:converse", "kms:decrypt"),
    *("secretsmanager:getSecretValue", "sesv2:sendEmail", "cloudwatchlogs:putLogEvents"),
)
_RESOURCES = (
    *(f"{service}:{action}" for service, actions in OPTIMIZED.items() for action in actions),
    *(f"{service}:{action}.sync" for service, action in WAITS),
    *(f"aws-sdk:{call}" for call in _SDK),
)
_TEXTS = st.sampled_from(
    (
        *("orders", "$.x", "States.Format('a{}', $.b)", "States.Format('{}')", "States.UUID()"),
        *("{% $x %}", "{% 'a' & $b %}", "{% ( %}", "${Table}", "*", "arn:", "arn:aws:s3:::b", ""),
        *("arn:aws:states:eu-west-1:1:stateMachine:x:1", "s3://b/k", "s3://", "alias/x", "\x00"),
        *("https://sqs.eu-west-1.amazonaws.com/1/q", "SELECT * FROM", "$$.StateMachine.Id", "é"),
    )
)
_NAMES = st.sampled_from(
    (
        *("TableName", "Bucket", "Key", "FunctionName", "Qualifier", "QueueUrl", "TopicArn"),
        *("StateMachineArn", "RoleArn", "Cluster", "TaskDefinition", "Overrides", "Entries"),
        *("TransactItems", "RequestItems", "Delete", "Objects", "Statement", "CopySource"),
        *("ApiEndpoint", "Method", "Authentication", "ConnectionArn", "ResultConfiguration"),
        *("OutputLocation", "QueryExecutionContext", "Database", "ModelId", "Input", "S3Uri"),
        *("Prefix", "Resource", "EventBusName", "Put", "Name", "KeyId", "AuthType", "Stage"),
    )
)
_KEYS = st.one_of(_NAMES, _NAMES.map("{}.$".format))
_JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(0, 9), _TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_KEYS, inner, max_size=5)),
    max_leaves=12,
)
_RESOURCE = st.one_of(
    st.sampled_from(_RESOURCES).map("arn:aws:states:::{}".format), _TEXTS, st.none()
)
_STATE = st.fixed_dictionaries(
    {"Type": st.sampled_from(("Task", "Task", "Task", "Map", "Nope"))},
    optional={
        "Resource": _RESOURCE,
        "Parameters": _JSON,
        "Arguments": _JSON,
        "Credentials": _JSON,
        "QueryLanguage": st.sampled_from(("JSONata", "JSONPath")),
        "ItemReader": st.fixed_dictionaries(
            {"Resource": _RESOURCE}, optional={"Parameters": _JSON, "Arguments": _JSON}
        ),
        "ItemProcessor": st.just({"ProcessorConfig": {"Mode": "DISTRIBUTED"}, "States": {}}),
    },
)


def sound(needed: NeededPermissions, states: set[str]) -> None:
    """Check that every permission has actions and resources, and every unknown a reason."""
    for permission in needed.permissions:
        assert permission.actions
        assert permission.resources
        assert all(action.count(":") == 1 for action in permission.actions)
        assert {*permission.states} <= states
    for unknown in needed.unknown:
        assert unknown.state in states
        assert unknown.reason.endswith(".")


@given(_STATE, st.sampled_from(("STANDARD", "EXPRESS")))
def test_any_state_has_a_result(state: dict[str, Any], type: Any) -> None:
    """Nothing in it ends in a traceback; a wholly computed name is in no permission."""
    definition = {"StartAt": "A", "States": {"A": state}}
    needed = declared_permissions(Declaration("orders", definition, type), PLACE)
    sound(needed, {"A"})


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not here")
def test_real_definitions_have_known_permissions() -> None:
    """Most Tasks of published workflows are known whole; the data has nearly all actions."""
    with (CORPUS / "index.tsv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file, delimiter="\t") if row["basis"] == "published"]
    counts: Counter[str] = Counter()
    lacking: set[str] = set()
    for row in rows:
        definition = json.loads((CORPUS / row["path"]).read_bytes())
        needed = declared_permissions(Declaration("orders", definition), PLACE)
        sound(needed, states_in(definition))
        unknown = {item.state for item in needed.unknown}
        known = {state for permission in needed.permissions for state in permission.states}
        counts.update(unknown=len(unknown), known=len(known - unknown))
        lacking.update(
            item.reason.split()[3] for item in needed.unknown if "permissions of" in item.reason
        )
    assert counts["known"] > 2 * counts["unknown"]
    assert lacking <= {"lookoutvision:startModel", "lookoutvision:describeModel"}


def states_in(value: Any) -> set[str]:
    """Return the names of all states, in inner scopes too."""
    found: set[str] = set()
    queue = [value]
    while queue:
        item = queue.pop()
        if isinstance(item, dict):
            states = item.get("States")
            found.update(states if isinstance(states, dict) else ())
            queue.extend(item.values())
        elif isinstance(item, list):
            queue.extend(item)
    return found
