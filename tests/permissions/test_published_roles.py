"""Roles of published templates (aws-samples/step-functions-workflows-collection) beside our needs.

A row has the Tasks of one workflow, and the actions that its template gives the role for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from sfn_release.authoring.declaration import Declaration
from sfn_release.permissions.needed import Place
from sfn_release.permissions.workflow_needs import declared_permissions

PLACE = Place("aws", "us-east-1", "123456789012")
IMAGE = {"Image": {"S3Object": {"Bucket.$": "$.bucket", "Name.$": "$.key"}}}
FILE = {"Bucket.$": "$.bucket", "Key.$": "$.key"}
Calls = tuple[tuple[str, Mapping[str, Any]], ...]

ROLES: Mapping[str, tuple[Calls, set[str]]] = {
    "celebrity-identifier-sam": (
        (
            ("aws-sdk:rekognition:recognizeCelebrities", IMAGE),
            ("dynamodb:putItem", {"TableName": "${Table}", "Item": {}}),
        ),
        {"rekognition:RecognizeCelebrities", "s3:GetObject", "dynamodb:PutItem"},
    ),
    "moderated-image-catalog": (
        (
            ("aws-sdk:rekognition:detectModerationLabels", IMAGE),
            ("aws-sdk:rekognition:detectLabels", IMAGE),
            ("aws-sdk:rekognition:detectText", IMAGE),
            ("dynamodb:updateItem", {"TableName": "${CatalogTable}", "Key": {}}),
            ("sns:publish", {"TopicArn": "${ModeratorSNSTopic}", "Message.$": "$"}),
        ),
        {
            "rekognition:DetectModerationLabels",
            "rekognition:DetectLabels",
            "rekognition:DetectText",
            "s3:GetObject",
            "dynamodb:UpdateItem",
            "sns:Publish",
        },
    ),
    "tts-converter": (
        (
            ("aws-sdk:s3:getObject", FILE),
            (
                "aws-sdk:polly:startSpeechSynthesisTask",
                {"OutputS3BucketName": "results", "OutputS3KeyPrefix": "audio", "VoiceId": "Amy"},
            ),
            ("aws-sdk:polly:getSpeechSynthesisTask", {"TaskId.$": "$.id"}),
        ),
        {
            "s3:GetObject",
            "s3:PutObject",
            "polly:StartSpeechSynthesisTask",
            "polly:GetSpeechSynthesisTask",
        },
    ),
    "s3-glacier-multi-file-restore-sam": (
        (
            ("aws-sdk:s3:headObject", FILE),
            ("lambda:invoke.waitForTaskToken", {"FunctionName": "${restoreFunctionArn}"}),
        ),
        {"s3:GetObject", "lambda:InvokeFunction"},
    ),
    "eventbridge-rules-to-schedules": (
        (
            ("lambda:invoke", {"FunctionName": "${ProcessRulesFunctionArn}"}),
            (
                "aws-sdk:scheduler:createSchedule",
                {"Name.$": "$.Name", "Target.$": "$.Target", "GroupName.$": "$.GroupName"},
            ),
            ("aws-sdk:eventbridge:disableRule", {"Name.$": "$.RuleName"}),
            ("aws-sdk:eventbridge:enableRule", {"Name.$": "$.RuleName"}),
        ),
        {
            "lambda:InvokeFunction",
            "scheduler:CreateSchedule",
            "iam:PassRole",
            "events:DisableRule",
            "events:EnableRule",
        },
    ),
    "dynamodb-transfer": (
        (
            ("aws-sdk:dynamodb:scan", {"TableName": "${SourceTableName}"}),
            ("lambda:invoke", {"FunctionName": "${TransferFunctionArn}"}),
            ("dynamodb:putItem", {"TableName": "${TargetTableName}", "Item.$": "$"}),
        ),
        {"dynamodb:Scan", "dynamodb:PutItem", "lambda:InvokeFunction"},
    ),
}


@pytest.mark.parametrize("template", ROLES)
def test_ours_has_the_actions_of_the_published_role(template: str) -> None:
    """Either in the policy, or reported with the reason why its resource is unknown."""
    calls, role = ROLES[template]
    states = {
        f"S{number}": {
            "Type": "Task",
            "Resource": f"arn:aws:states:::{resource}",
            "Parameters": dict(parameters),
            **({"End": True} if number == len(calls) - 1 else {"Next": f"S{number + 1}"}),
        }
        for number, (resource, parameters) in enumerate(calls)
    }
    needed = declared_permissions(Declaration("orders", {"StartAt": "S0", "States": states}), PLACE)
    ours = {action for item in needed.permissions for action in item.actions}
    assert role == ours | {action for item in needed.unknown for action in item.actions}
