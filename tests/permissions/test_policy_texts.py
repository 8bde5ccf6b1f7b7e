"""Least policies as Terraform and CloudFormation: other programs read what we meant."""

from __future__ import annotations

import json
import re
from typing import Any

import hcl2
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from sfn_release.permissions.iam_policy import LeastPolicy, least_policy
from sfn_release.permissions.needed import (
    NeededPermission,
    NeededPermissions,
    Place,
    UnknownPermission,
)
from sfn_release.permissions.policy_identifiers import logical_id, terraform_name
from sfn_release.permissions.policy_statements import policy_document
from sfn_release.permissions.policy_texts import cloudformation, notes, terraform

PLACE = Place("aws", "eu-west-1", "111111111111")
ROLE = "arn:aws:iam::111111111111:role/shop"
NEEDED = NeededPermission(("s3:GetObject",), ("arn:aws:s3:::shop/*",), ("Read",))
EVIL = 'a"b\\c${d}%{e}\n#f\u2028\x7f\x85'


def policy(name: str, *permissions: NeededPermission, unknown: str = "") -> LeastPolicy:
    """Return a least policy."""
    reasons = (UnknownPermission("Send\n}", unknown),) if unknown else ()
    return least_policy(NeededPermissions(name, permissions, reasons), ROLE, PLACE)


ORDERS = policy(
    "orders",
    NeededPermission(("dynamodb:GetItem", "dynamodb:PutItem"), ("arn:a", "arn:b"), ("Look",)),
    NeededPermission(
        ("iam:PassRole",),
        (f"arn:{EVIL}",),
        (EVIL,),
        {"StringEquals": {"iam:PassedToService": ["a.amazonaws.com", "b.amazonaws.com"]}},
    ),
    unknown="The queue\nis computed.",
)
MANY = policy(
    "many",
    NeededPermission(
        ("lambda:InvokeFunction",),
        tuple(PLACE.arn("lambda", f"function:{'x' * 60}{number}") for number in range(150)),
    ),
)


def unquoted(value: Any) -> Any:
    """Return what a parsed Terraform string means: the parser leaves quotes and escapes."""
    if isinstance(value, str):
        text = value if value.startswith('"') else f'"{value}"'
        return json.loads(text).replace("$${", "${").replace("%%{", "%{")
    return [unquoted(item) for item in value] if isinstance(value, list) else value


def documents(text: str) -> dict[str, Any]:
    """Return the policy documents in Terraform text, as IAM would get them."""
    found = {}
    for block in hcl2.loads(text).get("data", []):
        for kind, named in block.items():
            assert unquoted(kind) == "aws_iam_policy_document"
            for name, content in named.items():
                found[unquoted(name)] = content
    return found


def test_terraform_says_what_the_document_says() -> None:
    """Whatever a name holds: quotes, line breaks, and what Terraform itself would replace."""
    text = terraform([ORDERS])
    found = documents(text)
    assert set(found) == {"orders", "orders_trust"}
    said = []
    for statement in found["orders"]["statement"]:
        conditions: dict[str, Any] = {}
        for condition in statement.get("condition", []):
            key = {unquoted(condition["variable"]): unquoted(condition["values"])}
            conditions.setdefault(unquoted(condition["test"]), {}).update(key)
        said.append(
            {
                "Sid": unquoted(statement["sid"]),
                "Effect": "Allow",
                "Action": unquoted(statement["actions"]),
                "Resource": unquoted(statement["resources"]),
            }
            | ({"Condition": conditions} if conditions else {})
        )
    assert said == ORDERS.document["Statement"]
    (trust,) = found["orders_trust"]["statement"]
    assert unquoted(trust["principals"][0]["identifiers"]) == ["states.amazonaws.com"]
    comment = "# a permission can't be read from the definition: "
    assert f'{comment}state "Send }}": The queue is computed.' in text
    assert "value = aws_iam_role.orders.arn" in text


def test_cloudformation_says_what_the_document_says() -> None:
    """The template is one that cfn-lint takes without an error."""
    text = cloudformation([ORDERS, MANY, policy("nothing")])
    template = loaded(text)
    resources = template["Resources"]
    written = resources["ordersPolicy"]["Properties"]["PolicyDocument"]
    assert written == ORDERS.document
    role = resources["ordersRole"]["Properties"]
    assert role["AssumeRolePolicyDocument"] == ORDERS.trust
    assert role["ManagedPolicyArns"] == [{"Ref": "ordersPolicy"}]
    parts = [policy_document(part) for part in MANY.parts]
    assert len(parts) > 1
    assert [
        resources[f"manyPolicy{number}"]["Properties"]["PolicyDocument"]
        for number, _ in enumerate(parts, 1)
    ] == parts
    assert "ManagedPolicyArns" not in resources["nothingRole"]["Properties"]
    assert template["Outputs"]["ordersRoleArn"] == {"Value": {"Fn::GetAtt": ["ordersRole", "Arn"]}}


def test_a_linter_of_cloudformation_finds_no_error() -> None:
    """Of the documents too: it knows IAM's grammar."""
    from cfnlint.api import lint_all  # slow

    real = policy(
        "orders",
        NeededPermission(("dynamodb:GetItem",), (PLACE.arn("dynamodb", "table/orders"),), ("A",)),
        NeededPermission(
            ("iam:PassRole",),
            (f"{ROLE}-task",),
            condition={"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
        ),
    )
    found = lint_all(cloudformation([real, MANY]))
    errors = [match.rule.id for match in found if not match.rule.id.startswith("I")]
    assert errors == []  # ids of mere information begin with I


ALIKE = ("a-b", "a_b", "A-B", "Bücher", "日本", "2nd", "日本語", "grüße", "größe", "a b")
ENDINGS = ("orders", "Orders", "orders_trust", "orders_1", "ordersPolicy", "ordersRole")


@pytest.mark.parametrize("write", [terraform, cloudformation])
def test_the_names_of_a_workflow_do_not_depend_on_other_workflows(write: Any) -> None:
    """Otherwise the tool gives a live role the permissions of another workflow."""
    together: set[str] = set()
    names = [*ALIKE, *ENDINGS, "x" * 200, "x" * 201]
    for name in names:
        alone = declared(write([policy(name, NEEDED)]))
        assert not alone & together, name
        together |= alone
    every = [policy(name, NEEDED) for name in names]
    assert declared(write(every)) == declared(write(every[::-1])) == together


@given(st.lists(st.text("abAB12_-. ü", min_size=1, max_size=6), unique=True, max_size=30))
def test_different_names_get_different_identifiers(names: list[str]) -> None:
    """Each is an identifier of its tool."""
    for make, form in ((terraform_name, r"[A-Za-z]\w*"), (logical_id, r"[A-Za-z][A-Za-z0-9]*")):
        made = [make(name) for name in names]
        assert len(set(made)) == len(made)
        assert all(re.fullmatch(form, name, re.ASCII) for name in made)


def test_a_plain_name_is_its_own_identifier() -> None:
    """So that you recognize your workflow."""
    assert terraform_name("ship_orders") == "ship_orders"
    assert logical_id("shipOrders") == "shipOrders"
    assert re.fullmatch("gr_e_[0-9a-f]{8}", terraform_name("grüße"))


def test_comments_stand_above_the_policies() -> None:
    """They're about all of them."""
    assert terraform([ORDERS], ["Shared\nrole."]).startswith("# Shared role.\n\n# orders: ")
    assert cloudformation([ORDERS], ["Shared."]).startswith("# Shared.\nAWSTemplate")


def declared(text: str) -> set[str]:
    """Return the addresses and outputs of Terraform's text, or the logical ids of a template."""
    if "AWSTemplate" in text:
        template = loaded(text)
        return {*template["Resources"], *(f"output {name}" for name in template["Outputs"])}
    found = re.findall(r'^(data|resource|output) ("\w+")(?: ("\w+"))? \{$', text, re.MULTILINE)
    assert len(set(found)) == len(found)
    return {" ".join(parts) for parts in found}


def test_a_policy_that_no_role_can_hold_is_told() -> None:
    """IAM attaches ten managed policies to a role."""
    functions = tuple(PLACE.arn("lambda", f"function:{'x' * 60}{number}") for number in range(900))
    (divided, roles) = notes(
        policy("many", NeededPermission(("lambda:InvokeFunction",), functions))
    )
    assert "IAM allows 6,144 (10,240 in inline policies), so it is divided into" in divided
    assert roles.startswith("IAM attaches 10 managed policies to a role")
    (short,) = notes(MANY)
    assert "so it is divided into" in short


def test_nothing_is_written_for_nothing() -> None:
    """No empty template."""
    assert (terraform([]), cloudformation([])) == ("", "")


def loaded(text: str) -> Any:
    """Return a template with CloudFormation's short forms written out."""

    class Loader(yaml.SafeLoader):
        pass

    def reference(_: Loader, node: yaml.ScalarNode) -> Any:
        return {"Ref": node.value}

    def attribute(_: Loader, node: yaml.ScalarNode) -> Any:
        return {"Fn::GetAtt": node.value.split(".")}

    Loader.add_constructor("!Ref", reference)
    Loader.add_constructor("!GetAtt", attribute)
    return yaml.load(text, Loader)  # noqa: S506 - a safe loader with two forms more


@settings(max_examples=40)
@given(
    st.lists(
        st.builds(
            NeededPermission,
            st.just(("s3:GetObject",)),
            st.lists(st.text(max_size=6), min_size=1, max_size=3).map(tuple),
            st.lists(st.text(max_size=6), max_size=2).map(tuple),
        ),
        max_size=3,
    )
)
def test_any_text_arrives_in_a_template_as_it_is(permissions: list[NeededPermission]) -> None:
    """Comments hold the states' names and never break the template."""
    made = policy("orders", *permissions)
    resources = loaded(cloudformation([made]))["Resources"]
    if permissions:
        assert resources["ordersPolicy"]["Properties"]["PolicyDocument"] == made.document
