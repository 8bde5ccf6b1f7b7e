"""Rendering: a declaration, filled for one environment."""

from __future__ import annotations

import json

import pytest

from sfn_release.authoring.declaration import Declaration
from sfn_release.errors import ConfigError, DefinitionError
from sfn_release.project import Environment
from sfn_release.project.backends import AWS as AWS_BACKEND
from sfn_release.project.backends import EMBEDDED
from sfn_release.release.rendering import (
    MAX_DEFINITION,
    normal_encryption,
    normal_logging,
    normal_tracing,
    render,
)

DEFINITION = {"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}
ROLE = "arn:aws:iam::111111111111:role/own"
OTHER = "arn:aws:iam::222222222222:role/theirs"
AWS = Environment("staging", backend=AWS_BACKEND, region="eu-west-1")


def test_defaults_of_aws_are_spelled_out() -> None:
    """AWS's defaults are always sent, so that they can be compared."""
    rendered = render(Declaration("hello", DEFINITION, role=ROLE), AWS)
    request = rendered.request()
    assert json.loads(request.pop("definition")) == DEFINITION
    assert request == {
        "roleArn": ROLE,
        "loggingConfiguration": {"level": "OFF", "includeExecutionData": False},
        "tracingConfiguration": {"enabled": False},
        "encryptionConfiguration": {"type": "AWS_OWNED_KEY"},
    }


@pytest.mark.parametrize(
    ("declared", "environments", "expected"),
    [
        (ROLE, None, ROLE),
        (ROLE, OTHER, OTHER),
        (None, OTHER, OTHER),
        ("arn:aws:iam::${Account}:role/x", OTHER, "arn:aws:iam::333333333333:role/x"),
    ],
    ids=["own", "environment-wins", "environment", "parameter-wins"],
)
def test_a_literal_role_yields_to_the_environment(
    declared: str | None, environments: str | None, expected: str
) -> None:
    """The environment's role wins over a literal one, not over one with parameters."""
    environment = Environment(
        "staging",
        backend=AWS_BACKEND,
        region="eu-west-1",
        role_arn=environments,
        parameters={"Account": "333333333333"},
    )
    assert render(Declaration("hello", DEFINITION, role=declared), environment).role == expected


def test_a_role_is_needed_on_aws_and_not_on_this_machine() -> None:
    """Without a role, AWS refuses; the local service assumes none."""
    declaration = Declaration("hello", DEFINITION)
    with pytest.raises(ConfigError, match="Workflow hello has no role in staging"):
        render(declaration, AWS)
    local = render(declaration, Environment("local", EMBEDDED))
    assert local.role == "arn:aws:iam::000000000000:role/local"


def test_what_the_workflow_says_wins_over_the_environment() -> None:
    """Logging, tracing, encryption and tags are the workflow's where it says them."""
    environment = Environment(
        "staging",
        backend=AWS_BACKEND,
        region="eu-west-1",
        role_arn=OTHER,
        logging={"level": "ERROR"},
        tracing={"enabled": True},
        tags={"team": "shop", "tier": "gold"},
    )
    silent = render(Declaration("hello", DEFINITION), environment)
    assert (silent.logging["level"], silent.tracing, silent.tags) == (
        "ERROR",
        {"enabled": True},
        {"team": "shop", "tier": "gold"},
    )
    telling = render(
        Declaration("hello", DEFINITION, logging={"level": "ALL"}, tags={"tier": "iron"}),
        environment,
    )
    assert telling.logging["level"] == "ALL"
    assert telling.tags == {"team": "shop", "tier": "iron"}


def test_a_definition_is_sent_indented_unless_that_is_too_long() -> None:
    """People read the definition in the console; AWS counts its bytes."""
    short = render(Declaration("hello", DEFINITION, role=ROLE), AWS)
    assert "\n  " in short.request()["definition"]
    rows = [[[number]] for number in range(90_000)]
    long = {"StartAt": "Rows", "States": {"Rows": {"Type": "Pass", "Result": rows, "End": True}}}
    sent = render(Declaration("hello", long, role=ROLE), AWS).request()["definition"]
    assert len(sent.encode()) <= MAX_DEFINITION
    assert json.loads(sent) == long


def test_parameters_can_make_a_definition_too_large() -> None:
    """The limit applies to the rendered definition, not to the declared one."""
    declared = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": "${X}", "End": True}}}
    environment = Environment(
        "staging",
        backend=AWS_BACKEND,
        region="eu-west-1",
        role_arn=ROLE,
        parameters={"X": "x" * MAX_DEFINITION},
    )
    with pytest.raises(DefinitionError, match="has 1,048,"):
        render(Declaration("hello", declared), environment)


def test_what_aws_reads_back_is_equal_to_what_was_sent() -> None:
    """Defaults that AWS fills in make no difference."""
    assert normal_logging({"level": "OFF", "destinations": []}) == normal_logging(None)
    assert normal_tracing({}) == normal_tracing(None)
    key = {"type": "CUSTOMER_MANAGED_KMS_KEY", "kmsKeyId": "alias/shop"}
    assert normal_encryption({**key, "kmsDataKeyReusePeriodSeconds": 300}) == normal_encryption(key)
