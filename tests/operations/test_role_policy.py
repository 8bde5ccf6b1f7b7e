"""Roles in plans, checks and policies: IAM answers in this process, the rest is real."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sfn_release.cli.output.plan_markdown import plan_markdown
from sfn_release.cli.output.plans import plan_lines
from sfn_release.operations import check, check_environments, plan_version
from sfn_release.operations.diagnosis.role_permissions import examine_roles
from sfn_release.operations.role_findings import with_role_findings
from sfn_release.operations.verbs.plan import plan_rollback
from sfn_release.permissions.iam_policy import trust_policy
from sfn_release.permissions.needed import Place
from support.errors import refused
from support.shop import ALONE, Shop, make_shop

ACCOUNT = "000000000000"
LOCAL = "http://127.0.0.1:1"
PLACE = Place("aws", "eu-west-1", ACCOUNT)


def definition(table: str, action: str = "updateItem") -> dict[str, Any]:
    """Return a workflow with one task."""
    state = {
        "Type": "Task",
        "Resource": f"arn:aws:states:::dynamodb:{action}",
        "Parameters": {"TableName": table, "Key": {"id": {"S": "1"}}},
        "End": True,
    }
    return {"StartAt": "Reserve Item", "States": {"Reserve Item": state}}


class Iam:
    """IAM with one role, which may do what *allowed* names: actions with the end of an ARN."""

    def __init__(self, *allowed: tuple[str, str], denies: bool = False) -> None:
        self.allowed = {*allowed}
        self.denies = denies

    def get_role(self, **_: Any) -> dict[str, Any]:
        """Answer with a role that trusts Step Functions."""
        self._refuse("GetRole")
        return {"Role": {"AssumeRolePolicyDocument": trust_policy(PLACE)}}

    def simulate_principal_policy(self, **request: Any) -> dict[str, Any]:
        """Answer about each action and resource."""
        self._refuse("SimulatePrincipalPolicy")
        results = [
            {
                "EvalActionName": action,
                "EvalDecision": "implicitDeny",
                "ResourceSpecificResults": [
                    {
                        "EvalResourceName": arn,
                        "EvalResourceDecision": self._decision(action, arn),
                    }
                    for arn in request["ResourceArns"]
                ],
            }
            for action in request["ActionNames"]
        ]
        return {"EvaluationResults": results, "IsTruncated": False}

    def _decision(self, action: str, arn: str) -> str:
        known = (action, arn.rpartition("/")[2]) in self.allowed
        return "allowed" if known else "implicitDeny"

    def _refuse(self, operation: str) -> None:
        if self.denies:
            error = {"Code": "AccessDenied", "Message": f"not authorized: iam:{operation}"}
            raise ClientError({"Error": error}, operation)


MISSING = 'orders: the role may not dynamodb:UpdateItem on table/orders (state "Reserve Item")'


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Return a shop with the workflow, whose role lacks a permission."""
    made = make_shop(tmp_path / "shop", config=ALONE, workflows={})
    write(made, definition("orders"))
    made.others["iam"] = Iam()
    caller = {"Account": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:user/ann"}
    made.others["sts"] = SimpleNamespace(get_caller_identity=lambda: caller)
    return made


def write(shop: Shop, content: Mapping[str, Any], policy: str = "") -> None:
    """Commit the workflow, and releases.toml with a policy."""
    shop.write("workflows/orders.asl.json", json.dumps(content))
    shop.write("releases.toml", ALONE + (f'permissions = "{policy}"\n' if policy else ""))
    shop.git("add", "--all")
    shop.git("commit", "--quiet", "--message", "orders")


def test_a_lacking_permission_is_a_note_of_the_plan(shop: Shop) -> None:
    """By default it stops nothing; with "off", IAM isn't asked."""
    assert plan_version(shop.workspace(), environment="prod").notes == (MISSING,)
    found = check_environments(shop.workspace(), environments=["prod"])
    assert not found.problems
    assert [check.text for check in found.checks if check.warning] == [MISSING]
    assert "may not" not in found.checks[-1].text
    write(shop, definition("orders"), "off")
    assert plan_version(shop.workspace(), environment="prod").notes == ()
    write(shop, definition("orders"), "warn")
    shop.publish("1.0.0", "prod")
    assert plan_version(shop.workspace(), environment="prod").notes == ()  # nothing changes


def test_the_policy_refuses_and_can_be_overridden(shop: Shop) -> None:
    """Before a version is taken, and in every verb but a rollback, which warns."""
    shop.others["iam"] = Iam(("dynamodb:UpdateItem", "orders"))
    write(shop, definition("orders"), "required")
    shop.publish("1.0.0", "prod")
    write(shop, definition("refunds"), "required")
    line = MISSING.replace("table/orders", "table/refunds")
    with refused("E_POLICY", line, "sfn-release permissions --env prod"):
        shop.publish("1.1.0", "prod")
    workspace = shop.workspace()
    assert workspace.ledger.releases.versions(workspace.snapshot()) == ["1.0.0"]
    plan = plan_version(shop.workspace(), environment="prod")
    assert [refusal.rule for refusal in plan.refusals] == ["permissions"]
    assert line in plan.refusals[0].message
    problems = check_environments(shop.workspace(), environments=["prod"]).problems
    assert [problem.text for problem in problems] == [line]
    assert [problem.error.fix for problem in problems if problem.error] == [
        "The policy that it needs:  sfn-release permissions --env prod"
    ]
    shop.publish("1.1.0", "prod", override="a bucket policy allows it")
    assert shop.record().override == "a bucket policy allows it"
    shop.others["iam"] = Iam()
    (note,) = plan_rollback(shop.workspace(), environment="prod").notes
    assert note == MISSING
    done = shop.rollback(environment="prod")
    assert done is not None
    assert done.version == "1.0.0"
    assert f"warning: {MISSING}" in shop.watcher.said


def test_a_role_that_could_not_be_compared_is_refused_too(shop: Shop) -> None:
    """A check that is left out in silence protects nothing."""
    shop.others["iam"] = Iam(denies=True)
    (note,) = plan_version(shop.workspace(), environment="prod").notes
    assert "isn't checked: AWS denied" in note
    write(shop, definition("orders"), "required")
    with refused("E_POLICY", "isn't checked", "sfn-release doctor --iam"):
        shop.publish("1.0.0", "prod")


def test_an_emulator_without_iam_compares_nothing_and_says_so(shop: Shop) -> None:
    """In one line of the plan, of `publish`, and of both checks."""
    shop.others.clear()
    write(shop, definition("orders"), "required")
    toml = (shop.root / "releases.toml").read_text(encoding="utf-8")
    shop.write("releases.toml", toml + f"endpoint_url = {{ stepfunctions = {LOCAL!r} }}\n")
    shop.git("commit", "--quiet", "--all", "--message", "emulator")
    line = 'permissions = "required": no role was compared, because prod has no IAM'
    (note,) = plan_version(shop.workspace(), environment="prod").notes
    assert note.startswith(line)
    found = check_environments(shop.workspace(), environments=["prod"])
    assert not found.problems
    assert [check.text for check in found.checks if check.warning] == [note]
    checked = replace(check([], shop.root, stdin=bytes, environ={}), findings=())
    (finding,) = with_role_findings(shop.workspace(), "prod", checked).findings
    assert finding.finding.message == f"{note}."
    shop.publish("1.0.0", "prod")
    assert shop.watcher.plans[-1].notes == (note,)


def test_a_plan_shows_how_the_needs_change(shop: Shop) -> None:
    """On a terminal, in Markdown and in JSON, whatever the role may do."""
    write(shop, definition("orders"), "off")
    shop.publish("1.0.0", "prod")
    write(shop, definition("orders", "getItem"), "off")
    plan = plan_version(shop.workspace(), environment="prod")
    more = (
        'the role needs 1 more permission: dynamodb:GetItem on table/orders (state "Reserve Item")'
    )
    less = (
        "the role no longer needs 1 permission: dynamodb:UpdateItem on table/orders"
        ' (state "Reserve Item")'
    )
    lines = [line.strip() for line in plan_lines(plan, label="prod")]
    assert {more, less} <= {*lines}
    shown = plan_markdown({"prod": plan}, labels={"prod": "prod"})
    assert f"orders: {more}" in shown
    for text in ("\n".join(lines), shown):  # each is shown once
        assert (text.count("dynamodb:GetItem"), text.count("dynamodb:UpdateItem")) == (1, 1)
    said = [change.text for flow in plan.workflows for change in flow.semantic_changes]
    assert any(text.startswith("the role needs") and "${AWS" not in text for text in said)
    assert [change["kind"] for change in plan.to_json()["permission_changes"]["orders"]] == [
        "added",
        "removed",
    ]
    local = plan_version(shop.workspace(), environment="local")
    assert local.to_json()["permission_changes"] == {}


def test_doctor_names_what_the_roles_lack(shop: Shop) -> None:
    """A warning, and a problem where permissions are required; "off" asks nothing."""

    def diagnoses() -> list[tuple[str, str, str]]:
        workspace = shop.workspace()
        environment = workspace.environment("prod")
        found = examine_roles(workspace, environment, workspace.aws(environment))
        return [(diagnosis.subject, diagnosis.verdict, diagnosis.message) for diagnosis in found]

    assert diagnoses() == [("role", "warning", MISSING)]
    write(shop, definition("orders"), "required")
    assert diagnoses() == [("role", "problem", MISSING)]
    shop.others["iam"] = Iam(("dynamodb:UpdateItem", "orders"))
    ((_, verdict, message),) = diagnoses()
    assert verdict == "ok"
    assert message.endswith("has all needed permissions of 2 workflows")
    shop.others["iam"] = Iam(denies=True)
    ((_, verdict, message),) = diagnoses()
    assert verdict == "problem"
    assert "isn't checked" in message
    write(shop, {"StartAt": "Nowhere", "States": {}}, "required")
    ((_, verdict, _),) = diagnoses()
    assert verdict == "warning"
    write(shop, definition("orders"), "off")
    assert diagnoses() == []


def test_check_names_what_the_roles_of_an_environment_lack(shop: Shop) -> None:
    """A warning, and an error where permissions are required; nothing for `local`."""

    def findings(environment: str) -> Iterator[tuple[str, str, str, str]]:
        checked = check([], shop.root, stdin=bytes, environ={})
        checked = replace(checked, findings=())
        for found in with_role_findings(shop.workspace(), environment, checked).findings:
            finding = found.finding
            yield found.workflow, finding.rule, finding.severity, finding.message

    text = 'The role may not dynamodb:UpdateItem on table/orders (state "Reserve Item").'
    assert [*findings("prod")] == [("orders", "role-permission", "warning", text)]
    checked = replace(check([], shop.root, stdin=bytes, environ={}), findings=())
    (lacking,) = with_role_findings(shop.workspace(), "prod", checked).findings
    assert lacking.finding.fix.endswith("sfn-release permissions orders --env prod")
    write(shop, definition("orders"), "required")
    assert [*findings("prod")] == [("orders", "role-permission", "error", text)]
    assert [*findings("local")] == []
    shop.others["iam"] = Iam(denies=True)
    ((_, rule, severity, message),) = findings("prod")
    assert (rule, severity) == ("role-unchecked", "warning")
    assert "isn't checked" in message
