"""Preconditions, pure: each condition that AWS sets is named before a request is sent."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sfn_release.authoring.declaration import Declaration
from sfn_release.checks.finding import Finding
from sfn_release.checks.silence import Silence
from sfn_release.errors import ConfigError, DefinitionError, SfnReleaseError
from sfn_release.plan.preconditions import CONDITIONS, Submission, refusal, unmet
from sfn_release.plan.rendered_checks import FilledChecks
from sfn_release.release.rendering import Rendered
from support.shop import ROLE
from support.values import definition

GROUP = "arn:aws:logs:eu-west-1:111111111111:log-group:/shop"
FORM = Rendered(
    workflow="hello",
    name="hello",
    definition=definition("one"),
    type="STANDARD",
    role=ROLE,
    logging={"level": "OFF", "includeExecutionData": False},
    tracing={"enabled": False},
    encryption={"type": "AWS_OWNED_KEY"},
)


def sending(**members: Any) -> Submission:
    """Return a submission that meets every condition, with these *members* of its form replaced."""
    return Submission("prod", replace(FORM, **members), "live", {"a": "b"}, ["sfn-release 1.0.0"])


OWN_KEY = {"type": "CUSTOMER_MANAGED_KMS_KEY", "kmsDataKeyReusePeriodSeconds": 300}
TO = {"cloudWatchLogsLogGroup": {"logGroupArn": f"{GROUP}:*"}}


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (sending(name="a b"), "can't be the name of a state machine"),
        (sending(definition=definition("x" * 1_100_000)), "Step Functions allows 1,048,576"),
        (sending(role="Alice"), "can't be the role"),
        (
            sending(logging={**FORM.logging, "level": "LOUD", "destinations": [TO]}),
            "logs at the level 'LOUD'",
        ),
        (sending(logging={**FORM.logging, "level": "ALL"}), "has no destination"),
        (sending(logging={**FORM.logging, "destinations": [TO, TO]}), "logs to 2 places"),
        (sending(logging={**FORM.logging, "destinations": "there"}), "isn't a log group"),
        (sending(logging={**FORM.logging, "includeExecutionData": "no"}), "is 'no'"),
        (sending(tracing={"enabled": "false"}), "`enabled` of hello is 'false'"),
        (sending(encryption={"type": "MINE"}), "is of the type 'MINE'"),
        (sending(encryption={**OWN_KEY, "kmsKeyId": ""}), "'' can't be the KMS key"),
        (
            sending(
                encryption={
                    **OWN_KEY,
                    "kmsKeyId": "alias/shop",
                    "kmsDataKeyReusePeriodSeconds": 59,
                }
            ),
            "kmsDataKeyReusePeriodSeconds of hello is 59",
        ),
        (sending(tags={"aws:x": "y"}), "'aws:x' can't be in a tag"),
        (sending(tags={"x": "y" * 257}), "can't be in a tag"),
        (replace(sending(), tags={f"t{n}": "" for n in range(51)}), "would have 51 tags"),
        (replace(sending(), tags={"sfn-release:version": "1" * 257}), "tag sfn-release:version"),
        (replace(sending(), alias="12"), "'12' can't be the alias"),
        (replace(sending(), descriptions=["x" * 257]), "has 257 characters"),
        (replace(sending(), versions=1001), "hello has 1000 versions"),
        (replace(sending(), aliases=101), "hello has 100 aliases"),
    ],
)
def test_each_condition(sent: Submission, words: str) -> None:
    """Each unmet condition is reported in one sentence, and alone."""
    (found,) = unmet(sent)
    assert words in str(found)
    assert isinstance(refusal("prod", [found]), SfnReleaseError)


@pytest.mark.parametrize(
    "key",
    [
        "1234abcd-12ab-34cd-56ef-1234567890ab",
        "mrk-1234abcd12ab34cd56ef1234567890ab",
        "alias/shop",
        "arn:aws:kms:eu-west-1:111111111111:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        "arn:aws-cn:kms:cn-north-1:111111111111:alias/shop/key",
    ],
)
def test_every_form_of_a_key_is_taken(key: str) -> None:
    """An id or an ARN, of a key or an alias (EncryptionConfiguration, ``kmsKeyId``)."""
    assert unmet(sending(encryption={**OWN_KEY, "kmsKeyId": key})) == ()


def test_all_problems_are_shown_at_once() -> None:
    """The error says how to fix each problem, and has the type of the first."""
    sent = replace(
        sending(role="Alice", tracing={"enabled": 1}),
        findings=[Finding("wrong-value", "error", "$.StartAt", "", "It is missing.")],
    )
    error = refusal("prod", unmet(sent))
    assert isinstance(error, DefinitionError)
    assert "3 problems prevent a deployment to prod." in str(error)
    assert all(word in str(error) for word in ("$.StartAt", "'Alice'", "`enabled`"))
    many = refusal("prod", [*unmet(sending(role="Alice"))] * 25)
    assert isinstance(many, ConfigError)
    assert "… and 5 more" in str(many)


def test_there_are_conditions_for_every_part_of_a_request() -> None:
    """Name, size and content of the definition, role, settings, tags, alias, texts, quotas."""
    assert len(CONDITIONS) == len({condition.__name__ for condition in CONDITIONS}) == 11


def test_what_may_be_silenced_refuses_neither_what_is_silenced_nor_what_is_released() -> None:
    """A rule may be newer than the release, because the language keeps growing."""
    declared = Declaration(
        "hello",
        {"StartAt": "A", "States": {"A": {"Type": "Succeed", "Comment": "${Note}", "New": 1}}},
    )
    states = {"A": {"Type": "Succeed", "Comment": "filled", "New": 1}}
    form = replace(FORM, definition={"StartAt": "A", "States": states})
    (found,) = FilledChecks().errors(declared, form, released=False, environment="prod")
    assert (found.rule, found.path) == ("unknown-field", "$.States.A.New")
    assert FilledChecks().errors(declared, form, released=True, environment="prod") == ()
    silenced = FilledChecks([Silence("unknown-field", "AWS has it")])
    assert silenced.errors(declared, form, released=False, environment="prod") == ()
