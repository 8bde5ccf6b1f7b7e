"""Roles as IAM has them, compared with what workflows need; IAM is moto's, over HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from sfn_release.aws.clients import Aws
from sfn_release.names import WorkflowName
from sfn_release.operations.diagnosis import iam as iam_policies
from sfn_release.operations.roles.compared_roles import compare_roles
from sfn_release.operations.roles.role_simulation import simulated
from sfn_release.permissions.iam_policy import trust_policy
from sfn_release.permissions.needed import Place
from sfn_release.permissions.role_comparison import RoleComparison, role_notes
from sfn_release.permissions.role_question import RoleAnswer, RoleQuestion
from sfn_release.project import parse_project
from sfn_release.release.rendering import Rendered
from support.faults import DENIED, FAULTS, NO_METADATA, THROTTLED, Fault
from support.faulty_client import Faulty
from support.services import ACCOUNT

REGION = "us-east-1"
PLACE = Place("aws", REGION, ACCOUNT)
ROLE = f"arn:aws:iam::{ACCOUNT}:role/app/shop"
TABLE = PLACE.arn("dynamodb", "table/orders")
CONFIG = f'[project]\nname = "shop"\n[environments.prod]\nregion = "{REGION}"\n'
ENVIRONMENT = parse_project(f'{CONFIG}account = "{ACCOUNT}"\n', path="r").environment("prod")
MISSING = 'orders: the role may not dynamodb:UpdateItem on table/orders (state "Reserve Item")'
RESERVE = {
    "Type": "Task",
    "Resource": "arn:aws:states:::dynamodb:updateItem",
    "Parameters": {"TableName": "orders", "Key": {"id": {"S": "1"}}},
    "End": True,
}


def rendered(workflow: str = "orders", state: Any = RESERVE, role: str = ROLE) -> Rendered:
    """Return a workflow with one state."""
    return Rendered(
        workflow=WorkflowName(workflow),
        name=WorkflowName(workflow),
        definition={"StartAt": "Reserve Item", "States": {"Reserve Item": state}},
        type="STANDARD",
        role=role,
        logging={"level": "OFF", "includeExecutionData": False},
        tracing={"enabled": False},
        encryption={"type": "AWS_OWNED_KEY"},
    )


def document(action: Any = "dynamodb:UpdateItem", **members: Any) -> str:
    """Return a policy that allows an action on the table."""
    statement = {"Effect": "Allow", "Action": action, "Resource": TABLE} | members
    return json.dumps({"Version": "2012-10-17", "Statement": statement})


@pytest.fixture
def iam(other_services: str) -> Any:
    """Return a client of IAM, which has the role without a policy."""
    import boto3

    client = boto3.client("iam", region_name=REGION, endpoint_url=other_services)
    trust = json.dumps(trust_policy(PLACE))
    client.create_role(RoleName="shop", Path="/app/", AssumeRolePolicyDocument=trust)
    return client


def compared(client: Any, *forms: Rendered) -> RoleComparison:
    """Compare the role of workflows, as a client of IAM answers."""
    aws = Aws.of(SimpleNamespace(), lambda _service: client)
    given = {form.workflow: form for form in forms or (rendered(),)}
    (found,) = compare_roles(aws, ENVIRONMENT, given)
    return found


def denied_simulation(client: Any, **answers: Callable[..., Any]) -> Faulty:
    """Return a client that may not simulate."""

    def deny(_: Any) -> Any:
        raise DENIED.error("SimulatePrincipalPolicy")

    return Faulty(client, **{"simulate_principal_policy": deny, **answers})


# The policies of the role, read and evaluated


def test_a_role_without_a_policy_lacks_what_a_state_needs(iam: Any) -> None:
    """The message names the workflow, the action, the resource and the state."""
    found = compared(denied_simulation(iam))
    assert (found.missing, found.unsure, found.unchecked) == ((MISSING,), (), "")


def test_policies_of_every_kind_count(iam: Any) -> None:
    """Inline ones, and the default version of attached ones."""
    client = denied_simulation(iam)
    iam.put_role_policy(RoleName="shop", PolicyName="own", PolicyDocument=document())
    assert compared(client).missing == ()
    iam.delete_role_policy(RoleName="shop", PolicyName="own")
    made = iam.create_policy(PolicyName="data", PolicyDocument=document("s3:*"))
    arn = made["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="shop", PolicyArn=arn)
    assert compared(client).missing == (MISSING,)
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=document("*"), SetAsDefault=True)
    assert compared(client).missing == ()
    deny = document(Effect="Deny")
    iam.put_role_policy(RoleName="shop", PolicyName="limits", PolicyDocument=deny)
    assert compared(client).missing == (f"{MISSING}: the policy limits denies it",)


def test_a_permissions_boundary_counts(iam: Any) -> None:
    """It may allow less than the role's policies."""
    iam.put_role_policy(RoleName="shop", PolicyName="own", PolicyDocument=document("*"))
    made = iam.create_policy(PolicyName="limit", PolicyDocument=document("dynamodb:GetItem"))
    arn = made["Policy"]["Arn"]
    iam.put_role_permissions_boundary(RoleName="shop", PermissionsBoundary=arn)
    (line,) = compared(denied_simulation(iam)).missing
    assert line == f"{MISSING}: the permissions boundary {arn} doesn't allow it"


def test_a_condition_on_the_request_leaves_it_open(iam: Any) -> None:
    """We don't guess what a request will be like."""
    condition = {"StringEquals": {"aws:SourceVpce": "vpce-1"}}
    policy = document(Condition=condition)
    iam.put_role_policy(RoleName="shop", PolicyName="own", PolicyDocument=policy)
    found = compared(denied_simulation(iam))
    assert found.missing == ()
    (line,) = found.unsure
    assert line.startswith("orders: it can't be known whether the role may dynamodb:UpdateItem")
    assert "aws:SourceVpce meets StringEquals" in line


@pytest.mark.parametrize(
    ("trust", "missing", "unsure"),
    [
        ({"Principal": {"Service": "states.amazonaws.com"}}, 0, 0),
        ({"Principal": {"Service": ["a.com", f"states.{REGION}.amazonaws.com"]}}, 0, 0),
        ({"Principal": {"Service": "lambda.amazonaws.com"}}, 1, 0),
        (
            {
                "Principal": {"Service": "states.amazonaws.com"},
                "Condition": {"StringEquals": {"aws:SourceAccount": "222222222222"}},
            },
            1,
            0,
        ),
        (
            {
                "Principal": {"Service": "states.amazonaws.com"},
                "Condition": {"StringEquals": {"aws:SourceOrgID": "o-1"}},
            },
            0,
            1,
        ),
        (
            {
                "Principal": {"Service": "states.amazonaws.com"},
                "Condition": {
                    "ArnLike": {"aws:SourceArn": PLACE.arn("states", "stateMachine:or*")}
                },
            },
            0,
            0,
        ),
    ],
)
def test_step_functions_must_be_trusted(
    iam: Any, trust: Mapping[str, Any], missing: int, unsure: int
) -> None:
    """Else no execution starts at all."""
    whole = {"Effect": "Allow", "Action": "sts:AssumeRole", **trust}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [whole]})
    iam.update_assume_role_policy(RoleName="shop", PolicyDocument=policy)
    iam.put_role_policy(RoleName="shop", PolicyName="own", PolicyDocument=document())
    found = compared(denied_simulation(iam))
    assert (len(found.missing), len(found.unsure)) == (missing, unsure)
    for line in (*found.missing, *found.unsure):
        assert "assume the role" in line


def test_workflows_that_share_a_role_are_compared_at_once(iam: Any) -> None:
    """Each gap names its workflow, and IAM reads the role once."""
    client = denied_simulation(iam)
    found = compared(client, rendered(), rendered("refunds"))
    assert [line.partition(":")[0] for line in found.missing] == ["orders", "refunds"]
    assert client.calls.count("get_role") == 1
    assert client.calls.count("simulate_principal_policy") == 1


# IAM's own simulation


def test_iam_itself_is_asked_first() -> None:
    """Its answers have reasons that policies alone don't show."""
    details: list[tuple[dict[str, Any], tuple[str, ...]]] = [
        ({"EvalResourceDecision": "allowed"}, ()),
        ({"EvalResourceDecision": "implicitDeny"}, (MISSING,)),
        (
            {
                "EvalResourceDecision": "explicitDeny",
                "MatchedStatements": [{"SourcePolicyId": "limits"}],
            },
            (f"{MISSING}: the policy limits denies it",),
        ),
        (
            {
                "EvalResourceDecision": "implicitDeny",
                "PermissionsBoundaryDecisionDetail": {"AllowedByPermissionsBoundary": False},
            },
            (f"{MISSING}: its permissions boundary doesn't allow it",),
        ),
        (
            {"EvalResourceDecision": "implicitDeny", "organization": False},
            (f"{MISSING}: a service control policy of the organization doesn't allow it",),
        ),
    ]
    for part, missing in details:
        assert compared(Simulating(part)).missing == missing
    found = compared(
        Simulating({"EvalResourceDecision": "implicitDeny", "MissingContextValues": ["aws:VpcId"]})
    )
    assert found.missing == ()
    assert found.unsure[0].endswith("a policy depends on aws:VpcId")


def test_a_condition_elsewhere_does_not_hide_a_missing_permission(iam: Any) -> None:
    """IAM names the conditions of statements that don't matter; the policies themselves decide."""

    def doubt(request: Any) -> dict[str, Any]:
        results = [
            {
                "EvalActionName": action,
                "EvalResourceName": resource,
                "EvalDecision": "implicitDeny",
                "MissingContextValues": ["iam:PassedToService"],
            }
            for action in request["ActionNames"]
            for resource in request["ResourceArns"]
        ]
        return {"EvaluationResults": results}

    condition = {"StringEquals": {"iam:PassedToService": "glue.amazonaws.com"}}
    policy = document("iam:PassRole", Resource="*", Condition=condition)
    iam.put_role_policy(RoleName="shop", PolicyName="own", PolicyDocument=policy)
    client = Faulty(iam, simulate_principal_policy=doubt)
    assert compared(client).missing == (MISSING,)
    condition = {"StringEquals": {"aws:SourceVpce": "vpce-1"}}
    policy = document(Condition=condition)
    iam.put_role_policy(RoleName="shop", PolicyName="own", PolicyDocument=policy)
    found = compared(client)
    assert (found.missing, len(found.unsure)) == ((), 1)


def test_a_role_that_disappears_while_it_is_compared_is_named(iam: Any) -> None:
    """Its policies aren't read then, and it isn't called a role without permissions."""

    def delete(_: Any) -> Any:
        iam.delete_role(RoleName="shop")
        raise iam.exceptions.NoSuchEntityException(
            {"Error": {"Code": "NoSuchEntity", "Message": "gone"}}, "SimulatePrincipalPolicy"
        )

    client = Faulty(iam, simulate_principal_policy=delete)
    found = compared(client)
    assert found.uncheckable == f"orders: the role {ROLE} doesn't exist"
    assert found.missing == ()
    assert "list_attached_role_policies" not in client.calls


class Simulating:
    """IAM with one role; each answer of a simulation has the members *part*."""

    def __init__(self, part: Mapping[str, Any], *, pages: bool = False) -> None:
        self._part = dict(part)
        self._pages = pages
        self.requests: list[dict[str, Any]] = []

    def get_role(self, **_: Any) -> dict[str, Any]:
        """Answer with a role that trusts Step Functions."""
        return {"Role": {"AssumeRolePolicyDocument": trust_policy(PLACE)}}

    def list_attached_role_policies(self, **_: Any) -> Any:
        """Refuse: the caller may only simulate."""
        raise DENIED.error("ListAttachedRolePolicies")

    def simulate_principal_policy(self, **request: Any) -> dict[str, Any]:
        """Answer about each action, and each of its resources; with *pages*, one at a time."""
        self.requests.append(request)
        part = {key: value for key, value in self._part.items() if key != "organization"}
        results = [
            {
                "EvalActionName": action,
                "EvalResourceName": "*",
                "EvalDecision": part["EvalResourceDecision"],
                "ResourceSpecificResults": [
                    {"EvalResourceName": resource, **part} for resource in request["ResourceArns"]
                ],
            }
            for action in request["ActionNames"]
        ]
        if "organization" in self._part:
            for result in results:
                result["OrganizationsDecisionDetail"] = {"AllowedByOrganizations": False}
        if not self._pages:
            return {"EvaluationResults": results, "IsTruncated": False}
        start = int(request.get("Marker", 0))
        more = start + 1 < len(results)
        return {
            "EvaluationResults": results[start : start + 1],
            "IsTruncated": more,
            **({"Marker": str(start + 1)} if more else {}),
        }


def test_questions_are_asked_in_few_calls_and_all_pages_are_read() -> None:
    """Resources that need the same actions go together, with what the request's context is."""
    client: Any = Simulating({"EvalResourceDecision": "allowed"}, pages=True)
    passed = (("iam:PassedToService", ("glue.amazonaws.com",)),)
    questions = [
        *(RoleQuestion("lambda:InvokeFunction", f"arn:f:{number}") for number in range(60)),
        *(RoleQuestion(f"s3:{action}", "arn:b") for action in ("Get", "Put", "List")),
        RoleQuestion("iam:PassRole", "arn:r", passed),
    ]
    answers = simulated(client, ROLE, questions)
    assert {*answers} == {*questions}
    assert {answer.decision for answer in answers.values()} == {"allowed"}
    first = [request for request in client.requests if "Marker" not in request]
    assert len(first) == 5  # 60 functions, 25 a call; the bucket; the role
    assert first[-1]["ContextEntries"] == [
        {
            "ContextKeyName": "iam:PassedToService",
            "ContextKeyValues": ["glue.amazonaws.com"],
            "ContextKeyType": "string",
        }
    ]


@pytest.mark.parametrize(
    "nonsense",
    [
        {},
        {"EvaluationResults": []},
        {"EvaluationResults": [{}]},
        {"EvaluationResults": [{"EvalActionName": "a", "EvalDecision": "perhaps"}]},
        {"EvaluationResults": [], "IsTruncated": True, "Marker": "again"},
    ],
)
def test_nonsense_leaves_a_permission_open(iam: Any, nonsense: Any) -> None:
    """An emulator may answer anything."""
    found = compared(Faulty(iam, simulate_principal_policy=lambda _: nonsense))
    assert found.missing == ()
    assert len(found.unsure) == 1


# Faults


CALLS = (
    "get_role",
    "simulate_principal_policy",
    "list_attached_role_policies",
    "get_policy",
    "get_policy_version",
    "list_role_policies",
    "get_role_policy",
)


@pytest.mark.parametrize("fault", [*FAULTS[:-1], NO_METADATA], ids=str)
@pytest.mark.parametrize("operation", CALLS)
def test_a_fault_ends_in_one_line(iam: Any, operation: str, fault: Fault) -> None:
    """Comparing a role never raises, and never says that all is well."""
    made = iam.create_policy(PolicyName="data", PolicyDocument=document("s3:*"))
    iam.attach_role_policy(RoleName="shop", PolicyArn=made["Policy"]["Arn"])
    iam.put_role_policy(RoleName="shop", PolicyName="own", PolicyDocument=document())

    def strike(_: Any) -> Any:
        raise fault.error(operation)

    found = compared(denied_simulation(iam, **{operation: strike}))
    lines = [*found.missing, *found.unsure, *([found.uncheckable] if found.unchecked else [])]
    if operation == "simulate_principal_policy" and fault in (DENIED, THROTTLED, NO_METADATA):
        assert lines == []  # its policies could be read
    else:
        (line,) = lines
        assert "\n" not in line
        assert not found.missing
        assert found.fix or found.unsure


def test_a_role_that_does_not_exist_is_named(iam: Any) -> None:
    """Its account may be right and its name wrong."""
    found = compared(iam, rendered(role=f"{ROLE}s"))
    assert found.uncheckable == f"orders: the role {ROLE}s doesn't exist"


def test_without_iam_nothing_is_compared() -> None:
    """On an emulator of Step Functions alone, on `local`, and where releases.toml says so."""
    aws = Aws.of(SimpleNamespace())
    forms = {"orders": rendered()}
    assert compare_roles(aws, ENVIRONMENT, forms) == ()
    for text in ('endpoint_url = "http://127.0.0.1:9"\n', 'permissions = "off"\n'):
        environment = parse_project(CONFIG + text, path="r").environment("prod")
        assert compare_roles(aws, environment, forms) == ()
    local = parse_project('[project]\nname = "shop"\n', path="r").environment("local")
    assert compare_roles(aws, local, forms) == ()


def test_the_deployers_policies_allow_every_call() -> None:
    """`doctor --iam` names what a comparison calls."""
    named = {*iam_policies.ROLE_READS, *iam_policies.ROLE_POLICY_READS}
    assert named == {"".join(word.capitalize() for word in name.split("_")) for name in CALLS}


def test_many_lines_are_counted() -> None:
    """A plan stays readable."""
    forms = [rendered(f"w{number}") for number in range(30)]
    found = compared(Simulating({"EvalResourceDecision": "implicitDeny"}), *forms)
    notes = role_notes([found], refused=False)
    assert len(notes) == 11
    assert notes[-1] == "and 20 more permissions: sfn-release doctor"


def test_actions_that_lack_alike_share_a_line() -> None:
    """A `.sync` task needs several actions on one rule."""
    job = RESERVE | {
        "Resource": "arn:aws:states:::states:startExecution.sync:2",
        "Parameters": {"StateMachineArn": PLACE.arn("states", "stateMachine:child")},
    }
    found = compared(Simulating({"EvalResourceDecision": "implicitDeny"}), rendered(state=job))
    (line,) = [line for line in found.missing if "events:" in line]
    assert line == (
        "orders: the role may not events:DescribeRule, events:PutRule, events:PutTargets on"
        ' rule/StepFunctionsGetEventsForStepFunctionsExecutionRule (state "Reserve Item")'
    )


def test_an_answer_about_another_case_is_found() -> None:
    """IAM doesn't mind the case of an action, and may send it back in another."""

    def answer(_: Any) -> dict[str, Any]:
        result = {
            "EvalActionName": "S3:get",
            "EvalResourceName": "arn:b",
            "EvalDecision": "allowed",
        }
        return {"EvaluationResults": [result]}

    client: Any = Faulty(SimpleNamespace(meta=None), simulate_principal_policy=answer)
    question = RoleQuestion("s3:Get", "arn:b")
    assert simulated(client, ROLE, [question]) == {question: RoleAnswer("allowed")}
