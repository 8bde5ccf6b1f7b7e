"""The members of requests that the local service honours, by the shape of AWS's model.

A member that a newer botocore knows, and this table doesn't, is refused by name: a request is never
carried out in part. Implement the member, then add it here.
"""

from __future__ import annotations

_MEMBERS = {
    "CloudWatchLogsLogGroup": "logGroupArn",
    "CreateActivityInput": "name tags encryptionConfiguration",
    "CreateStateMachineAliasInput": "description name routingConfiguration",
    "CreateStateMachineInput": (
        "name definition roleArn type loggingConfiguration tags tracingConfiguration "
        "publish versionDescription encryptionConfiguration"
    ),
    "DeleteActivityInput": "activityArn",
    "DeleteStateMachineAliasInput": "stateMachineAliasArn",
    "DeleteStateMachineInput": "stateMachineArn",
    "DeleteStateMachineVersionInput": "stateMachineVersionArn",
    "DescribeActivityInput": "activityArn",
    "DescribeExecutionInput": "executionArn includedData",
    "DescribeMapRunInput": "mapRunArn",
    "DescribeStateMachineAliasInput": "stateMachineAliasArn",
    "DescribeStateMachineForExecutionInput": "executionArn includedData",
    "DescribeStateMachineInput": "stateMachineArn includedData",
    "EncryptionConfiguration": "kmsKeyId kmsDataKeyReusePeriodSeconds type",
    "GetActivityTaskInput": "activityArn workerName",
    "GetExecutionHistoryInput": (
        "executionArn maxResults reverseOrder nextToken includeExecutionData"
    ),
    "ListActivitiesInput": "maxResults nextToken",
    "ListExecutionsInput": (
        "stateMachineArn statusFilter maxResults nextToken mapRunArn redriveFilter"
    ),
    "ListMapRunsInput": "executionArn maxResults nextToken",
    "ListStateMachineAliasesInput": "stateMachineArn nextToken maxResults",
    "ListStateMachineVersionsInput": "stateMachineArn nextToken maxResults",
    "ListStateMachinesInput": "maxResults nextToken",
    "ListTagsForResourceInput": "resourceArn",
    "LogDestination": "cloudWatchLogsLogGroup",
    "LoggingConfiguration": "level includeExecutionData destinations",
    "MockErrorOutput": "error cause",
    "MockInput": "result errorOutput fieldValidationMode",
    "PublishStateMachineVersionInput": "stateMachineArn revisionId description",
    "RedriveExecutionInput": "executionArn clientToken",
    "RoutingConfigurationListItem": "stateMachineVersionArn weight",
    "SendTaskFailureInput": "taskToken error cause",
    "SendTaskHeartbeatInput": "taskToken",
    "SendTaskSuccessInput": "taskToken output",
    "StartExecutionInput": "stateMachineArn name input traceHeader",
    "StartSyncExecutionInput": "stateMachineArn name input traceHeader includedData",
    "StopExecutionInput": "executionArn error cause",
    "Tag": "key value",
    "TagResourceInput": "resourceArn tags",
    "TestStateConfiguration": (
        "retrierRetryCount errorCausedByState mapIterationFailureCount mapItemReaderData"
    ),
    "TestStateInput": (
        "definition roleArn input inspectionLevel revealSecrets variables stateName mock "
        "context stateConfiguration"
    ),
    "TracingConfiguration": "enabled",
    "UntagResourceInput": "resourceArn tagKeys",
    "UpdateMapRunInput": (
        "mapRunArn maxConcurrency toleratedFailurePercentage toleratedFailureCount"
    ),
    "UpdateStateMachineAliasInput": "stateMachineAliasArn description routingConfiguration",
    "UpdateStateMachineInput": (
        "stateMachineArn definition roleArn loggingConfiguration tracingConfiguration "
        "publish versionDescription encryptionConfiguration"
    ),
    "ValidateStateMachineDefinitionInput": "definition type severity maxResults",
}


def supported_members(shape: str) -> frozenset[str]:
    """Return the members of a request's structure that the service honours."""
    return frozenset(_MEMBERS.get(shape, "").split())
