"""doctor --iam: the least policies, from releases.toml and the workflows alone."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from sfn_release.authoring.declaration import Declaration
from sfn_release.aws.stepfunctions import StepFunctions
from sfn_release.operations.diagnosis import iam
from sfn_release.operations.diagnosis.iam_trust import CiKind, trusted_ci
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


GITHUB = "token.actions.githubusercontent.com"


@pytest.mark.parametrize(
    ("url", "kind", "issuer"),
    [
        ("git@github.com:acme/shop.git", None, GITHUB),
        ("https://github.com/acme/shop", None, GITHUB),
        ("https://me:secret@github.com/acme/shop.git", None, GITHUB),
        ("ssh://git@github.com/acme/shop.git", None, GITHUB),
        ("https://acme.ghe.com/acme/shop", None, "token.actions.acme.ghe.com"),
        ("https://github.acme.com/acme/shop", None, "github.acme.com/_services/token"),
        ("git@code.acme.com:acme/shop.git", "github", "code.acme.com/_services/token"),
        ("https://gitlab.com/acme/shop.git", None, "gitlab.com"),
        ("https://oauth2:secret@gitlab.acme.com:8443/acme/shop", None, "gitlab.acme.com"),
        ("ssh://git@code.acme.com:2222/acme/shop.git", "gitlab", "code.acme.com"),
        ("https://notgithub.com/acme/shop", None, None),
        ("https://bitbucket.org/acme/shop", None, None),
        ("/srv/git/shop.git", None, None),
        (None, None, None),
    ],
)
def test_the_trust_policy_names_the_provider_of_the_remotes_host(
    url: str | None, kind: CiKind | None, issuer: str | None
) -> None:
    """The port is the remote's own, and IAM knows a provider without one."""
    found = trusted_ci(url, "v{version}", kind)
    roles = iam.role_policies(there(), [ORDERS], found)
    if issuer is None:
        assert [role.trust for role in roles] == [None, None]
        return
    for role in roles:
        assert role.trust is not None
        (statement,) = role.trust["Statement"]
        provider = f"arn:aws:iam::111122223333:oidc-provider/{issuer}"
        assert statement["Principal"] == {"Federated": provider}
        equal = statement["Condition"]["StringEquals"]
        assert equal[f"{issuer}:aud"] == "sts.amazonaws.com"
        assert "acme/shop:" in json.dumps(statement["Condition"])
        assert "secret" not in str(role)


def subjects(environment: Environment, url: str, tag: str = "v{version}") -> list[Any]:
    """Return the subjects that may assume the roles that plan and deploy."""
    found = []
    for role in iam.role_policies(environment, [ORDERS], trusted_ci(url, tag)):
        assert role.trust is not None
        ((_, values),) = [
            (test, value)
            for test, values in role.trust["Statement"][0]["Condition"].items()
            for key, value in values.items()
            if key.endswith(":sub") and test == ("StringLike" if "*" in str(value) else test)
        ]
        found.append(values)
    return found


def test_a_job_of_github_has_the_role_of_its_environment() -> None:
    """So that a pull request, whose job has another environment, can't deploy."""
    assert subjects(there(), "git@github.com:acme/shop.git") == [
        "repo:acme/shop:environment:prod-plan",
        "repo:acme/shop:environment:prod",
    ]


def test_a_job_of_gitlab_deploys_from_a_release_tag_or_the_branch() -> None:
    """Its token names no environment; a merge request runs on a branch, which may only read."""
    project = "project_path:acme/back/shop:ref_type"
    url = "git@gitlab.com:acme/back/shop.git"
    planned, deployed = subjects(there(), url, "shop/v{version}")
    assert planned == f"{project}:branch:ref:*"
    assert deployed == [f"{project}:tag:ref:shop/v*", f"{project}:branch:ref:main"]
    text = f'role_arn = "{ROLE}"\nbranches = ["release/*", "hot$fix"]\n'
    assert subjects(there(text), url)[1][1:] == [
        f"{project}:branch:ref:release/*",
        f"{project}:branch:ref:hot${{$}}fix",
    ]
    notes = [role.notes for role in iam.role_policies(there(), [], trusted_ci(url, "v{version}"))]
    assert all("Protect both on GitLab" in " ".join(texts) for texts in notes)


def test_a_host_that_you_name_needs_a_remote(shop: Project) -> None:
    """Without one, no trust policy can be made; without --iam, none is wanted."""
    shop.write("releases.toml", HEAD + f'role_arn = "{ROLE}"\n')
    shop.commit()
    ran = shop.run("doctor", "--iam", "--ci", "gitlab")
    assert (ran.code, "isn't a repository on a Git host" in ran.err) == (2, True), ran.err
    assert "--ci needs --iam" in shop.run("doctor", "--ci", "gitlab").err


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
