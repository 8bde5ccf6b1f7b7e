"""Recognizes files of other tools that hold a state machine; the error leads to a way in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sfn_release.errors import DefinitionError

SITE: Final = "https://sfn-release.github.io/sfn-release/"
"""The project's documentation."""


@dataclass(frozen=True)
class ForeignTemplate:
    """A kind of file: its *noun*, the *page* about migrating, and *marks* in its text."""

    noun: str
    page: str
    marks: re.Pattern[str]

    @property
    def fix(self) -> str:
        """How to get the state machine out of it."""
        return (
            "Take the state machine in as it is in AWS:  sfn-release adopt ARN --env NAME\n"
            f"How to migrate: {SITE}how-to/{self.page}/"
        )


TERRAFORM: Final = ForeignTemplate(
    "a Terraform file", "from-terraform", re.compile(r"\baws_sfn_state_machine\b")
)
FOREIGN: Final = (
    ForeignTemplate(
        "a file of the AWS CDK",
        "from-cdk",
        re.compile(r"aws:cdk:path|CDKMetadata|\baws:cloudformation:stack\b|aws-cdk-lib"),
    ),
    ForeignTemplate(
        "an AWS SAM template",
        "from-sam",
        re.compile(r"AWS::Serverless-2016-10-31|AWS::Serverless::"),
    ),
    ForeignTemplate(
        "a CloudFormation template",
        "from-sam",
        re.compile(r"AWSTemplateFormatVersion|AWS::StepFunctions::StateMachine"),
    ),
    ForeignTemplate(
        "a file of the Serverless Framework",
        "from-serverless-step-functions",
        re.compile(r"(?m)^[ \t{]*[\"']?(?:stepFunctions|serverless-step-functions)[\"']?\s*:"),
    ),
    TERRAFORM,
)
_OF_A_DEFINITION: Final = re.compile(r"(?m)^[\"']?(?:StartAt|States)[\"']?[ \t]*:")


def refuse_template(content: bytes, definition: Mapping[str, Any] | None) -> None:
    """Raise DefinitionError if *content* is a file of another tool, and not a definition.

    *definition* is the object in it, None if it can't be read: a template in YAML has tags such as
    ``!GetAtt``.
    """
    if definition is not None and not definition.keys().isdisjoint({"StartAt", "States"}):
        return
    text = content.decode(errors="replace")
    if definition is None and _OF_A_DEFINITION.search(text):
        return
    for template in FOREIGN:
        if template.marks.search(text):
            raise DefinitionError(
                f"This is {template.noun}, not a definition in the Amazon States Language.",
                fix=template.fix,
            )
