"""Where IAM calls an action, or a service, by another name than the API does.

Everything else is ``service:Operation``, if the data has it. Sources, of the Service Authorization
Reference where nothing else is said:

- S3: "Required permissions for Amazon S3 API operations" in its user guide.
- DynamoDB: "Using IAM with transactions", "IAM security policies with PartiQL".
- API Gateway: "Actions, resources, and condition keys for Amazon API Gateway Management": the
  actions are the HTTP methods.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

PREFIXES: Final[Mapping[str, str]] = {
    "apigatewayv2": "apigateway",
    "cloudcontrol": "cloudformation",
    "cloudwatch": "cloudwatch",
    "iot-data": "iot",
    "iot-jobs-data": "iotjobsdata",
    "iotsecuretunneling": "iot",
    "mturk": "mechanicalturk",
    "partnercentral-account": "partnercentral",
    "partnercentral-benefits": "partnercentral",
    "partnercentral-channel": "partnercentral",
    "partnercentral-marketing": "partnercentral",
    "partnercentral-selling": "partnercentral",
    "resourcegroupstaggingapi": "tag",
    "sso": "sso",
}
"""IAM's prefixes of services, by botocore's name, where they aren't the signing name."""

BY_METHOD: Final = "apigateway"
"""The service whose actions are HTTP methods on paths: ``apigateway:GET`` on ``/restapis``."""

_S3: Final[Mapping[str, str]] = {
    "CompleteMultipartUpload": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "DeleteBucketAnalyticsConfiguration": "PutAnalyticsConfiguration",
    "DeleteBucketCors": "PutBucketCORS",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketIntelligentTieringConfiguration": "PutIntelligentTieringConfiguration",
    "DeleteBucketInventoryConfiguration": "PutInventoryConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "DeleteBucketMetricsConfiguration": "PutMetricsConfiguration",
    "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
    "DeleteBucketReplication": "PutReplicationConfiguration",
    "DeleteBucketTagging": "PutBucketTagging",
    "DeleteObjects": "DeleteObject",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
    "GetBucketAnalyticsConfiguration": "GetAnalyticsConfiguration",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "GetBucketIntelligentTieringConfiguration": "GetIntelligentTieringConfiguration",
    "GetBucketInventoryConfiguration": "GetInventoryConfiguration",
    "GetBucketLifecycle": "GetLifecycleConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "GetBucketMetricsConfiguration": "GetMetricsConfiguration",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "GetBucketReplication": "GetReplicationConfiguration",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "HeadBucket": "ListBucket",
    "HeadObject": "GetObject",
    "ListBucketAnalyticsConfigurations": "GetAnalyticsConfiguration",
    "ListBucketIntelligentTieringConfigurations": "GetIntelligentTieringConfiguration",
    "ListBucketInventoryConfigurations": "GetInventoryConfiguration",
    "ListBucketMetricsConfigurations": "GetMetricsConfiguration",
    "ListBuckets": "ListAllMyBuckets",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListObjectVersions": "ListBucketVersions",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListParts": "ListMultipartUploadParts",
    "PutBucketAccelerateConfiguration": "PutAccelerateConfiguration",
    "PutBucketAnalyticsConfiguration": "PutAnalyticsConfiguration",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "PutBucketIntelligentTieringConfiguration": "PutIntelligentTieringConfiguration",
    "PutBucketInventoryConfiguration": "PutInventoryConfiguration",
    "PutBucketLifecycle": "PutLifecycleConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "PutBucketMetricsConfiguration": "PutMetricsConfiguration",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "PutBucketReplication": "PutReplicationConfiguration",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "UploadPart": "PutObject",
}

ACTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    **{f"s3:{operation}": (f"s3:{action}",) for operation, action in _S3.items()},
    "s3:CreateSession": ("s3express:CreateSession",),
    "s3:GetObjectAttributes": ("s3:GetObject", "s3:GetObjectAttributes"),
    "s3:ListDirectoryBuckets": ("s3express:ListAllMyDirectoryBuckets",),
    "s3:WriteGetObjectResponse": ("s3-object-lambda:WriteGetObjectResponse",),
    "access-analyzer:GetFindingV2": ("access-analyzer:GetFinding",),
    "access-analyzer:ListFindingsV2": ("access-analyzer:ListFindings",),
    "bedrock:Converse": ("bedrock:InvokeModel",),
    "bedrock:StartAsyncInvoke": ("bedrock:InvokeModel",),
    "cassandra:CreateKeyspace": ("cassandra:Create",),
    "cassandra:CreateTable": ("cassandra:Create",),
    "cassandra:DeleteKeyspace": ("cassandra:Drop",),
    "cassandra:DeleteTable": ("cassandra:Drop",),
    "cassandra:GetKeyspace": ("cassandra:Select",),
    "cassandra:GetTable": ("cassandra:Select",),
    "cassandra:ListKeyspaces": ("cassandra:Select",),
    "cassandra:ListTables": ("cassandra:Select",),
    "cassandra:UpdateKeyspace": ("cassandra:Alter",),
    "cassandra:UpdateTable": ("cassandra:Alter",),
    "cloudsearch:UploadDocuments": ("cloudsearch:document",),
    "execute-api:DeleteConnection": ("execute-api:ManageConnections",),
    "execute-api:GetConnection": ("execute-api:ManageConnections",),
    "execute-api:PostToConnection": ("execute-api:ManageConnections",),
    "glue:BatchGetDataQualityResult": ("glue:GetDataQualityResult",),
    "iotjobsdata:StartCommandExecution": ("iot:StartCommandExecution",),
    "kms:ReEncrypt": ("kms:ReEncryptFrom", "kms:ReEncryptTo"),
    "lambda:Invoke": ("lambda:InvokeFunction",),
    "lambda:GetLayerVersionByArn": ("lambda:GetLayerVersion",),
    "sns:PublishBatch": ("sns:Publish",),
    "sqs:ChangeMessageVisibilityBatch": ("sqs:ChangeMessageVisibility",),
    "sqs:DeleteMessageBatch": ("sqs:DeleteMessage",),
    "sqs:SendMessageBatch": ("sqs:SendMessage",),
    "timestream:Query": ("timestream:Select",),
    "verifiedpermissions:BatchGetPolicy": ("verifiedpermissions:GetPolicy",),
    "verifiedpermissions:BatchIsAuthorized": ("verifiedpermissions:IsAuthorized",),
    "verifiedpermissions:BatchIsAuthorizedWithToken": (
        "verifiedpermissions:IsAuthorizedWithToken",
    ),
}
"""IAM's actions for an API's ``prefix:Operation``, where they differ."""

REPLACED_BY_VERSION: Final[Mapping[str, str]] = {
    "s3:GetObject": "s3:GetObjectVersion",
    "s3:GetObjectAttributes": "s3:GetObjectVersionAttributes",
    "s3:GetObjectAcl": "s3:GetObjectVersionAcl",
    "s3:GetObjectTagging": "s3:GetObjectVersionTagging",
    "s3:DeleteObject": "s3:DeleteObjectVersion",
    "s3:DeleteObjectTagging": "s3:DeleteObjectVersionTagging",
    "s3:PutObjectAcl": "s3:PutObjectVersionAcl",
    "s3:PutObjectTagging": "s3:PutObjectVersionTagging",
}
"""The actions that a request with a ``VersionId`` needs instead."""

ADDED_BY: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "s3:PutObject": {
        "Acl": ("s3:PutObjectAcl",),
        "GrantFullControl": ("s3:PutObjectAcl",),
        "GrantRead": ("s3:PutObjectAcl",),
        "GrantReadAcp": ("s3:PutObjectAcl",),
        "GrantWriteAcp": ("s3:PutObjectAcl",),
        "Tagging": ("s3:PutObjectTagging",),
        "ObjectLockLegalHoldStatus": ("s3:PutObjectLegalHold",),
        "ObjectLockMode": ("s3:PutObjectRetention",),
    },
}
"""The actions that a request needs in addition when it has a parameter."""

_PARTIQL = ("PartiQLSelect", "PartiQLInsert", "PartiQLUpdate", "PartiQLDelete")
_ITEMS = ("GetItem", "PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem")
SPECIAL: Final[Mapping[str, tuple[str, ...]]] = {
    **dict.fromkeys(
        (f"dynamodb:{name}Statement" for name in ("Execute", "BatchExecute")),
        tuple(f"dynamodb:{action}" for action in _PARTIQL),
    ),
    "dynamodb:ExecuteTransaction": tuple(f"dynamodb:{action}" for action in _PARTIQL),
    "dynamodb:TransactGetItems": ("dynamodb:GetItem",),
    "dynamodb:TransactWriteItems": tuple(f"dynamodb:{action}" for action in _ITEMS),
    "s3:CopyObject": ("s3:GetObject", "s3:PutObject"),
    "s3:UploadPartCopy": ("s3:GetObject", "s3:PutObject"),
}
"""Operations whose request decides which of these actions they need."""
