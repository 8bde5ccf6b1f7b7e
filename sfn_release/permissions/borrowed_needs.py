"""The use that services make of the caller's permissions beyond the called action itself.

They read and write objects in S3, read secrets, apply guardrails and use keys. A request that names
a role for it (``DataAccessRoleArn``) doesn't need this.

Sources: "Identity-based policy examples" of Amazon Transcribe, Textract, Rekognition and Polly;
"Authorizing access to the Amazon Redshift Data API"; "Authorizing access to the Amazon RDS Data
API"; "Set up permissions to use Amazon Bedrock Guardrails"; "Using server-side encryption with AWS
KMS keys" in Amazon S3's user guide.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from sfn_release.asl.known_text import UNKNOWN
from sfn_release.permissions.api_actions import ApiAction
from sfn_release.permissions.arguments import Arguments, KnownText
from sfn_release.permissions.iam_data import iam_action
from sfn_release.permissions.needed import Place
from sfn_release.permissions.permission_list import PermissionList
from sfn_release.permissions.resource_arns import Target, Targets, targets
from sfn_release.permissions.s3_locations import object_target
from sfn_release.permissions.special_requests import workgroup

_LATER: Final = ".$"
_STATEMENTS: Final = frozenset(
    {
        *("ExecuteStatement", "BatchExecuteStatement", "DescribeTable"),
        *("ListDatabases", "ListSchemas", "ListTables"),
    }
)
_MEDIA: Final = ("Image", "Video", "Document", "DocumentLocation", "SourceImage", "TargetImage")
_S3_KEY: Final = re.compile(r"SSEKMSKeyId", re.IGNORECASE)
_KEY: Final = re.compile(r"\w*KmsKey(?:Id|Arn|Identifier)?|KmsMasterKeyId", re.IGNORECASE)


def add_borrowed_needs(
    needs: PermissionList, state: str, api: ApiAction, arguments: Arguments, place: Place
) -> None:
    """Add the permissions of a call beside its own action."""
    reader = _READERS.get(api.prefix)
    if reader is not None:
        for action, found in reader(api.operation, arguments, place):
            needs.add_targets((action,), found, state)
    _add_keys(needs, state, api, arguments, place)


_Borrowed = Iterator[tuple[str, Targets]]


def renamed(arguments: Arguments, names: Mapping[str, str]) -> Arguments:
    """Return members under other names, as another request would have them."""
    holder = {
        new + later: arguments.holder[old + later]
        for old, new in names.items()
        for later in ("", _LATER)
        if old + later in arguments.holder
    }
    return Arguments(holder, arguments.jsonata, arguments.known, arguments.source)


def _on(name: str, arguments: Arguments, place: Place) -> tuple[str, Targets]:
    """Return an action with the resources that its own request would name."""
    action = iam_action(name)
    if action is None:
        return name, Targets((), "the data set lacks it")
    return name, targets(action, name.partition(":")[2], arguments, place)


def _media(_operation: str, arguments: Arguments, place: Place) -> _Borrowed:
    """Yield the objects of Rekognition and Textract; Textract may also write its results."""
    for member in _MEDIA:
        media = arguments.part(member)
        if not arguments.has(member):
            continue
        item = media if media.open else media.part("S3Object")
        version = "s3:GetObjectVersion" if item.has("Version") else "s3:GetObject"
        if item.open:
            anywhere = KnownText(f"arn:{place.partition}:s3:::{UNKNOWN}", item.source)
            yield version, Targets((Target(anywhere, named=False),))
        elif item.names:
            yield _on(version, renamed(item, {"Bucket": "Bucket", "Name": "Key"}), place)
    output = arguments.part("OutputConfig")
    if output.has("S3Bucket"):
        yield "s3:PutObject", _below(output, "S3Bucket", "S3Prefix", place)


def _speech(_operation: str, arguments: Arguments, place: Place) -> _Borrowed:
    """Yield the object that Polly writes, and the topic that it notifies."""
    if arguments.has("OutputS3BucketName"):
        yield (
            "s3:PutObject",
            _below(arguments, "OutputS3BucketName", "OutputS3KeyPrefix", place),
        )
    if arguments.has("SnsTopicArn"):
        yield _on("sns:Publish", renamed(arguments, {"SnsTopicArn": "TopicArn"}), place)


def _transcript(_operation: str, arguments: Arguments, place: Place) -> _Borrowed:
    """Yield the media that Transcribe reads, and the object that it writes."""
    settings = arguments.part("JobExecutionSettings")
    if arguments.has("DataAccessRoleArn") or settings.has("DataAccessRoleArn"):
        return
    media = arguments.part("Media").texts("MediaFileUri")
    if media:
        yield "s3:GetObject", Targets(tuple(object_target(text, place) for text in media))
    if arguments.has("OutputBucketName"):
        yield "s3:PutObject", _below(arguments, "OutputBucketName", "OutputKey", place)


def _below(arguments: Arguments, bucket: str, prefix: str, place: Place) -> Targets:
    """Return the objects of a bucket whose keys begin with a *prefix*."""
    starts = arguments.texts(prefix) or (KnownText(""),)
    found = []
    for text in arguments.texts(bucket):
        for start in starts:
            source = next((part.source for part in (text, start) if not part.whole), "")
            key = f"{start.text.removesuffix(UNKNOWN) if source else start.text}{UNKNOWN}"
            arn = f"arn:{place.partition}:s3:::{text.text}/{key}"
            found.append(Target(KnownText(arn, source), not text.unknown))
    return Targets(tuple(found), "" if found else "no bucket is given")


def _secret(arguments: Arguments, place: Place) -> _Borrowed:
    secret = renamed(arguments, {"SecretArn": "SecretId"})
    yield _on("secretsmanager:GetSecretValue", secret, place)


def _rds_data(_operation: str, arguments: Arguments, place: Place) -> _Borrowed:
    """Yield the secret that the RDS Data API signs in with."""
    if arguments.has("SecretArn"):
        yield from _secret(arguments, place)


def _redshift_data(operation: str, arguments: Arguments, place: Place) -> _Borrowed:
    """Yield the secret, or the temporary credentials, that the Redshift Data API signs in with."""
    if operation not in _STATEMENTS:
        return
    if arguments.has("SecretArn"):
        yield from _secret(arguments, place)
    elif arguments.has("WorkgroupName"):
        yield "redshift-serverless:GetCredentials", workgroup(arguments, place)
    elif arguments.has("ClusterIdentifier"):
        user = arguments.has("DbUser")
        kinds = ("dbuser", "DbUser"), ("dbname", "Database")
        for kind, member in kinds if user else kinds[1:]:
            action = f"redshift:GetClusterCredentials{'' if user else 'WithIAM'}"
            yield action, _of_cluster(arguments, kind, member, place)


def _of_cluster(arguments: Arguments, kind: str, member: str, place: Place) -> Targets:
    found = []
    for cluster in arguments.texts("ClusterIdentifier"):
        for name in arguments.texts(member) or (KnownText(UNKNOWN, member),):
            source = next((part.source for part in (cluster, name) if not part.whole), "")
            arn = place.arn("redshift", f"{kind}:{cluster.text}/{name.text}")
            found.append(Target(KnownText(arn, source), not cluster.unknown))
    return Targets(tuple(found), "" if found else "no parameter names the cluster")


def _model_call(_operation: str, arguments: Arguments, place: Place) -> _Borrowed:
    """Yield the guardrail of a model's call, and the models behind an application's profile."""
    for holder in (arguments, arguments.part("GuardrailConfig")):
        if holder.has("GuardrailIdentifier"):
            guardrail = renamed(holder, {"GuardrailIdentifier": "GuardrailIdentifier"})
            yield _on("bedrock:ApplyGuardrail", guardrail, place)
    if any(":application-inference-profile/" in text.text for text in arguments.texts("ModelId")):
        problem = "the application inference profile decides which models are called"
        within = f"arn:{place.partition}:bedrock:{UNKNOWN}::foundation-model/{UNKNOWN}"
        yield "bedrock:InvokeModel", Targets((), problem, within)


_READERS: Final[Mapping[str, Callable[[str, Arguments, Place], _Borrowed]]] = {
    "bedrock": _model_call,
    "polly": _speech,
    "rds-data": _rds_data,
    "redshift-data": _redshift_data,
    "rekognition": _media,
    "textract": _media,
    "transcribe": _transcript,
}


def _add_keys(
    needs: PermissionList, state: str, api: ApiAction, arguments: Arguments, place: Place
) -> None:
    """Add the key that S3 encrypts an object with; report keys of other requests."""
    if api.prefix == "kms":
        return
    for name, holder in _members(arguments):
        if api.prefix == "s3" and _S3_KEY.fullmatch(name):
            key = renamed(holder, {name: "KeyId"})
            for action in ("kms:GenerateDataKey", "kms:Decrypt"):
                needs.add_targets((action,), _on(action, key, place)[1], state)
        elif _KEY.fullmatch(name):
            reason = (
                f"{api.prefix}:{api.operation} names a key of KMS ({name}). The role may need"
                " permissions on it, such as kms:GenerateDataKey, kms:Decrypt or kms:CreateGrant."
            )
            needs.add_unknown(state, reason)


def _members(arguments: Arguments) -> Iterator[tuple[str, Arguments]]:
    """Yield each member's name with its holder, at any depth."""
    for name in arguments.names:
        yield name, arguments
        value: Any = arguments.holder.get(name)
        if isinstance(value, Mapping | list):
            for part in arguments.parts(name):
                yield from _members(part)
