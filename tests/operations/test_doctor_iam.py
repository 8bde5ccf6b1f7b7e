"""doctor --iam: the least policies, from releases.toml and the workflows alone."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from sfn_release.authoring.declaration import Declaration
from sfn_release.aws.stepfunctions import StepFunctions
from sfn_release.operations.diagnosis import iam
from sfn_release.project import Environment, parse_project
from support.command_line import Project

ROLE = "arn:aws:iam::111122223333:role/w"
HEAD = '[project]\nname = "shop"\n[environments.prod]\nregion = "eu-west-1"\n'
ORDERS = Declaration("orders", {}, role="arn:aws:iam::111122223333:role/orders")


def there(text: str = f'role_arn = "{ROLE}"\n') -> Environment:
    """Return the environment prod with these keys."""
    return parse_project(HEAD + text, path="releases.toml").environment("prod")


def statements(
    environment: Environment, role: str = "deploy", *declarations: Declaration
) -> dict[str, Any]:
    """Return the statements of a role by their id."""
    made = iam.role_policies(environment, declarations or [ORDERS], None)
    policy = next(plan.policy for plan in made if plan.role == role)
    return {statement["Sid"]: statement for statement in policy["Statement"]}


def test_every_operation_that_we_use_is_in_one_list() -> None:
    """An operation that is added to the client has to be placed."""
    listed = [*iam.READS, *iam.WRITES, *iam.EVERYWHERE, *iam.COUNTED, *iam.BY_HAND]
    used = StepFunctions.__annotations__
    assert sorted(listed) == sorted(
        "".join(word.capitalize() for word in name.split("_")) for name in used
    )


def test_the_role_that_plans_changes_nothing() -> None:
    """Its actions only describe, list, get and validate."""
    full = there(
        f'role_arn = "{ROLE}"\npins = "resolve"\nencryption = {{ type = "CUSTOMER_MANAGED_KMS_KEY",'
        ' kmsKeyId = "alias/shop" }\nparameters = { A = { ssm = "/shop/a:3" } }\n'
        'strategy = { type = "canary", percent = 10, interval = "5m", alarms = ["a"],'
        " max_failures = 0 }\n"
    )
    planned = statements(full, "plan")
    actions = [action for statement in planned.values() for action in statement["Action"]]
    verbs = ("Describe", "List", "Get", "Validate", "Decrypt", "Simulate")
    assert [action for action in actions if not action.partition(":")[2].startswith(verbs)] == []
    assert planned["ReadParameters"]["Resource"] == [
        "arn:aws:ssm:eu-west-1:111122223333:parameter/shop/a"
    ]
    assert planned["ReadEncrypted"]["Condition"] == {
        "StringEquals": {"kms:ViaService": "states.eu-west-1.amazonaws.com"}
    }
    assert {"CountFailures", "ReadAlarms", "ReadFunctions"} <= set(planned)
    assert {"CountFailures", "ReadAlarms", "ReadFunctions"}.isdisjoint(statements(there(), "plan"))


def test_a_policy_that_replays_reads_executions_and_histories() -> None:
    """Of the environment itself; another one's are read with that environment's role."""
    own = there(f'role_arn = "{ROLE}"\nreplay = {{ environment = "prod" }}\n')
    found = statements(own, "plan")
    assert found["ListExecutions"]["Action"] == ["states:ListExecutions"]
    assert found["ReadHistories"]["Resource"] == [
        "arn:aws:states:eu-west-1:111122223333:execution:orders:*"
    ]
    assert "ReadLogs" not in found
    logged = statements(own, "plan", dataclasses.replace(ORDERS, type="EXPRESS"))["ReadLogs"]
    assert logged["Action"] == ["logs:FilterLogEvents"]
    assert "ReadHistories" not in statements(there(), "plan")


def test_the_role_that_deploys_has_the_projects_machines_alone() -> None:
    """Each with its versions and aliases, under the name that it has there."""
    named = there(f'role_arn = "{ROLE}"\nname = "{{workflow}}-prod"\n')
    machine = "arn:aws:states:eu-west-1:111122223333:stateMachine:orders-prod"
    assert statements(named)["ChangeStateMachines"]["Resource"] == [machine, f"{machine}:*"]


def test_a_role_is_handed_over_to_step_functions_alone() -> None:
    """The environment's, or the workflow's own where the environment has none."""
    handed = statements(there())["HandOverRoles"]
    assert handed["Resource"] == [ROLE]
    assert handed["Condition"] == {"StringEquals": {"iam:PassedToService": "states.amazonaws.com"}}
    assert statements(there('account = "111122223333"\n'))["HandOverRoles"]["Resource"] == [
        ORDERS.role
    ]
    filled = there('role_arn = "arn:aws:iam::111122223333:role/${A}-${B}"\n'
                   'parameters = { A = "shop", B = { env = "B" } }\n')  # fmt: skip
    assert statements(filled)["HandOverRoles"]["Resource"] == [
        "arn:aws:iam::111122223333:role/shop-*"
    ]


def test_many_workflows_are_named_by_a_pattern() -> None:
    """So that the policy stays below the 6,144 characters that IAM allows."""
    few = [Declaration("w" * 60 + str(number), {}) for number in range(10)]
    for declarations in (few, [*few, ORDERS]):
        for made in iam.role_policies(there(), declarations, None):
            assert len(json.dumps(made.policy, separators=(",", ":"))) <= 6144
    many = statements(there(), "deploy", *few, ORDERS)
    assert many["ChangeStateMachines"]["Resource"] == [
        "arn:aws:states:eu-west-1:111122223333:stateMachine:*",
        "arn:aws:states:eu-west-1:111122223333:stateMachine:*:*",
    ]


@pytest.mark.parametrize(
    ("url", "subject"),
    [
        ("git@github.com:acme/shop.git", "repo:acme/shop:environment:"),
        ("https://github.com/acme/shop", "repo:acme/shop:environment:"),
        ("https://me:secret@github.com/acme/shop.git", "repo:acme/shop:environment:"),
        ("ssh://git@github.com/acme/shop.git", "repo:acme/shop:environment:"),
        ("https://notgithub.com/acme/shop", None),
        ("https://gitlab.example/acme/shop.git", None),
        (None, None),
    ],
)
def test_the_trust_policy_names_one_environment_of_the_repository(
    url: str | None, subject: str | None
) -> None:
    """Each role its own, so that a pull request can't deploy."""
    plan, deploy = iam.role_policies(there(), [ORDERS], url)
    assert (plan.trust is None) is (subject is None)
    if plan.trust and deploy.trust and subject:
        for policy, end in ((plan.trust, "prod-plan"), (deploy.trust, "prod")):
            (statement,) = policy["Statement"]
            condition = statement["Condition"]["StringEquals"]
            assert condition["token.actions.githubusercontent.com:sub"] == subject + end
            assert "secret" not in str(policy)


def test_with_assume_role_the_caller_may_take_it_on_and_nothing_else() -> None:
    """The policy is then for the assumed role."""
    arn = "arn:aws:iam::222222222222:role/deployer"
    caller, deploy = iam.role_policies(there(f'assume_role = "{arn}"\n'), [ORDERS], None)
    assert (caller.role, deploy.role) == ("caller", "deploy")
    (statement,) = caller.policy["Statement"]
    assert (statement["Action"], statement["Resource"]) == (["sts:AssumeRole"], [arn])
    assert ":222222222222:stateMachine:orders" in str(deploy.policy)


def test_an_unknown_account_is_said(shop: Project) -> None:
    """The output says so for each environment on AWS; `local` needs no role."""
    assert "no IAM role is needed" in shop.ok("doctor", "--iam").out
    shop.write("releases.toml", HEAD + '[environments.cn]\nregion = "cn-north-1"\n')
    ran = shop.ok("doctor", "--iam", "--env", "cn")
    assert "cn: the role that deploys" in ran.out
    assert "ACCOUNT_ID" in ran.out
    assert "arn:aws-cn:states:cn-north-1:ACCOUNT_ID:stateMachine:hello" in ran.out
    told = shop.json("doctor", "--iam")["roles"]
    assert [(entry["environment"], entry["role"]) for entry in told] == [
        ("prod", "plan"),
        ("prod", "deploy"),
        ("cn", "plan"),
        ("cn", "deploy"),
    ]
