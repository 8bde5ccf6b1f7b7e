"""How Step Functions spells services, actions and parameters: as the AWS SDK for Java v2 does.

Source: AWS's developer guide, "Learning to use AWS service SDK integrations in Step Functions".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

SERVICES: Final[Mapping[str, str]] = {
    "applicationdiscovery": "discovery",
    "cloudwatchlogs": "logs",
    "cognitoidentityprovider": "cognito-idp",
    "costandusagereport": "cur",
    "costexplorer": "ce",
    "databasemigration": "dms",
    "directory": "ds",
    "directoryservicedata": "ds-data",
    "elasticloadbalancing": "elb",
    "elasticloadbalancingv2": "elbv2",
    "elasticsearch": "es",
    "eventbridge": "events",
    "iotdataplane": "iot-data",
    "iotjobsdataplane": "iot-jobs-data",
    "lexmodelbuilding": "lex-models",
    "lexmodelsv2": "lexv2-models",
    "lexruntimev2": "lexv2-runtime",
    "marketplacemetering": "meteringmarketplace",
    "migrationhub": "mgh",
    "pinpointsmsvoice": "sms-voice",
    "serverlessapplicationrepository": "serverlessrepo",
    "sfn": "stepfunctions",
    "simpledb": "sdb",
}
"""SDK service ids whose botocore name is not the same without its dashes."""

UNSUPPORTED: Final[frozenset[tuple[str, str]]] = frozenset(
    {
        ("comprehendmedical", "detectEntities"),
        ("efs", "createTags"),
        ("emr", "describeJobFlows"),
        ("kinesis", "subscribeToShard"),
        ("lambda", "invokeAsync"),
        ("lambda", "invokeWithResponseStream"),
        ("lexruntimev2", "startConversation"),
        ("rds", "executeSql"),
        ("s3", "selectObjectContent"),
        ("shield", "deleteSubscription"),
    }
)
"""Actions that the guide names as not supported."""

_RENAMED: Final = {"equals": "EqualsValue", "NULL": "Nul"}  # Java has taken these names itself
_WORDS = re.compile(r"[A-Z]+(?![a-z])[0-9]*|[A-Z]?[a-z]+[0-9]*|[0-9]+")
_CAPITALS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]")


def sdk_parameter(member: str) -> str:
    """Return the name of a member of a model in an SDK integration.

    >>> [sdk_parameter(name) for name in ("stateMachineArn", "DBInstanceIdentifier", "ACL")]
    ['StateMachineArn', 'DbInstanceIdentifier', 'Acl']
    """
    return _RENAMED.get(member) or _RENAMED.get(member.lower()) or _capitalised(member)


def optimized_parameter(member: str) -> str:
    """Return the name of a member of a model in an optimized integration.

    >>> optimized_parameter("stateMachineArn")
    'StateMachineArn'
    """
    return member[:1].upper() + member[1:]


def action(operation: str) -> str:
    """Return the name of an operation of a model in a Resource.

    >>> action("DescribeDBInstances")
    'describeDBInstances'
    """
    return operation[:1].lower() + operation[1:]


def error_prefix(service_id: str) -> str:
    """Return how error names of a service begin in SDK integrations, by its model's ``serviceId``.

    >>> [error_prefix(id) for id in ("DynamoDB", "S3", "Secrets Manager", "SSM", "AWS Health")]
    ['DynamoDb', 'S3', 'SecretsManager', 'Ssm', 'Health']
    """
    words = _WORDS.findall(service_id)
    if words[0] in ("AWS", "Amazon") and len(words) > 1:
        del words[0]
    name = "".join(word.capitalize() for word in words)
    return name.removesuffix("Service") or name


def _capitalised(member: str) -> str:
    """Lower a leading run of capitals, except its first and the first of the next word."""
    found = _CAPITALS.match(member)
    run = len(found[0]) if found else 1
    return member[:1].upper() + member[1:run].lower() + member[run:]
