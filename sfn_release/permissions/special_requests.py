"""Requests whose resources stand deeper than in one parameter: batches, copies, statements."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from sfn_release.asl.known_text import NOTHING, UNKNOWN
from sfn_release.permissions.api_actions import ApiAction
from sfn_release.permissions.arguments import Arguments, KnownText
from sfn_release.permissions.iam_data import iam_action
from sfn_release.permissions.needed import Place
from sfn_release.permissions.resource_arns import EVERYTHING, Target, Targets, targets, whole_arn

_MARK: Final = "<key>"
_UNNAMED: Final = "a member that is computed names it"


class Need(NamedTuple):
    """IAM's actions on the resources of one call."""

    actions: tuple[str, ...]
    found: Targets
    condition: Mapping[str, Any] | None = None


Reader = Callable[[ApiAction, Arguments, Place], Iterator[Need]]


def special_needs(api: ApiAction) -> Reader | None:
    """Return the reader of a call's resources; None if its parameters name them."""
    if api.path:
        return _rest_path
    return _READERS.get(f"{api.prefix}:{api.operation}")


def _rest_path(api: ApiAction, arguments: Arguments, place: Place) -> Iterator[Need]:
    """Yield the path of an API of API Gateway: its resource, as IAM sees it."""
    given = {name.lower(): name for name in arguments.names}

    def value(found: re.Match[str]) -> str:
        name = given.get(re.sub(r"[^a-z0-9]", "", found[1].lower()), "")
        texts = arguments.texts(name) if name else ()
        if len(texts) == 1 and texts[0].whole:
            return texts[0].text
        sources.extend(text.source for text in texts)
        return UNKNOWN

    sources: list[str] = []
    path = re.sub(r"\{([^}+]+)\+?\}", value, api.path.partition("?")[0])
    arn = f"arn:{place.partition}:apigateway:{place.region}::{path}"
    source = next(filter(None, sources), arguments.source if UNKNOWN in path else "")
    yield Need(api.actions, Targets((Target(KnownText(arn, source)),)))


def _copy(_api: ApiAction, arguments: Arguments, place: Place) -> Iterator[Need]:
    """Yield the reading of the source and the writing of the copy."""
    found = []
    for text in arguments.texts("CopySource"):
        path, _, version = text.text.removeprefix("/").partition("?versionId=")
        action = "s3:GetObjectVersion" if version else "s3:GetObject"
        arn = path if path.startswith("arn:") else f"arn:{place.partition}:s3:::{path}"
        named = not path.startswith(UNKNOWN) or not text.source
        found.append((action, Target(KnownText(arn, text.source), named)))
    for action, target in found:
        yield Need((action,), Targets((target,)))
    yield _of("s3:PutObject", arguments, place)


def _of(name: str, arguments: Arguments, place: Place, operation: str = "") -> Need:
    action = iam_action(name)
    if action is None:
        return Need((), Targets((), f"the data has no {name}"))
    return Need((action.name,), targets(action, operation or name, arguments, place))


def _delete_objects(_api: ApiAction, arguments: Arguments, place: Place) -> Iterator[Need]:
    """Yield the keys of the objects, or all of the bucket."""
    keys = [
        text
        for part in arguments.part("Delete").parts("Objects")
        for text in part.texts("Key") or (KnownText(UNKNOWN, part.source or "Key"),)
    ]
    bucket = {name: value for name, value in arguments.holder.items() if "Bucket" in name}
    request = Arguments({**bucket, "Key": _MARK}, arguments.jsonata, arguments.known)
    found = tuple(
        Target(
            KnownText(target.arn.text.replace(_MARK, key.text), target.arn.source or key.source),
            target.named,
        )
        for target in _of("s3:DeleteObject", request, place).found.found
        if _MARK in target.arn.text
        for key in keys or [KnownText(UNKNOWN, "Delete.Objects")]
    )
    yield Need(("s3:DeleteObject",), Targets(found, "" if found else "no bucket is given"))


def _batch_tables(api: ApiAction, arguments: Arguments, place: Place) -> Iterator[Need]:
    """Yield the tables that are the keys of RequestItems."""
    items = arguments.part("RequestItems")
    tables = list(items.names)
    if not tables:
        yield Need(api.actions, Targets((), _UNNAMED))
        return
    yield from _tables(api.actions, tables, arguments, place)


def _tables(
    actions: tuple[str, ...], tables: list[Any], arguments: Arguments, place: Place
) -> Iterator[Need]:
    for table in dict.fromkeys(tables):
        part = Arguments({"TableName": table}, arguments.jsonata, arguments.known)
        for name in actions:
            yield _of(name, part, place)


_TRANSACTED: Final = {
    "Get": "dynamodb:GetItem",
    "Put": "dynamodb:PutItem",
    "Update": "dynamodb:UpdateItem",
    "Delete": "dynamodb:DeleteItem",
    "ConditionCheck": "dynamodb:ConditionCheckItem",
}


def _transaction(_api: ApiAction, arguments: Arguments, place: Place) -> Iterator[Need]:
    """Yield the action of each item of a transaction on its table."""
    items = arguments.parts("TransactItems")
    actions = tuple(_TRANSACTED.values())
    for item in items:
        if item.open:
            yield Need(actions, Targets((), f"{item.source} has the items"))
        for key, action in _TRANSACTED.items():
            if item.has(key):
                yield _of(action, item.part(key), place)
    if not items:
        yield Need(actions, Targets((), _UNNAMED))


_PARTIQL: Final = re.compile(
    r"\s*(?:EXISTS\s*\(\s*)?(?P<verb>SELECT|INSERT|UPDATE|DELETE)\b(?:.*?\b(?:FROM|INTO)\s+|\s+)"
    r"\"?(?P<table>[\w.${}:-]+)\"?(?:\.\"?(?P<index>[\w.-]+)\"?)?",
    re.IGNORECASE | re.DOTALL,
)


def _statement(_api: ApiAction, arguments: Arguments, place: Place) -> Iterator[Need]:
    """Yield the action of each PartiQL statement on its table."""
    holders = [*arguments.parts("Statements"), *arguments.parts("TransactStatements")]
    texts = [text for part in (holders or [arguments]) for text in part.texts("Statement")]
    actions = tuple(f"dynamodb:PartiQL{verb}" for verb in ("Select", "Insert", "Update", "Delete"))
    for text in texts:
        found = _PARTIQL.match(text.text)
        if found is None or UNKNOWN in found["table"]:
            yield Need(actions, Targets((), f"{text.source or text.text} is the statement"))
            continue
        table = Arguments({"TableName": found["table"]}, jsonata=False, known=NOTHING)
        yield _of(f"dynamodb:PartiQL{found['verb'].capitalize()}", table, place)
    if not texts:
        yield Need(actions, Targets((), "no parameter has the statement"))


def _put_events(api: ApiAction, arguments: Arguments, place: Place) -> Iterator[Need]:
    """Yield the bus of each entry; the default one without a name."""
    buses: dict[KnownText, None] = {}
    for entry in arguments.parts("Entries"):
        unnamed = KnownText(UNKNOWN, entry.source) if entry.open else KnownText("default")
        buses.update(dict.fromkeys(entry.texts("EventBusName") or (unnamed,)))
    found = tuple(Target(_bus(bus, place), named=not bus.unknown) for bus in buses)
    yield Need(api.actions, Targets(found, "" if found else "the entries are computed"))


def _bus(bus: KnownText, place: Place) -> KnownText:
    if bus.text.startswith("arn:") or (bus.text.startswith("${") and "arn}" in bus.text.lower()):
        return bus
    return KnownText(place.arn("events", f"event-bus/{bus.text}"), bus.source)


def _publish(api: ApiAction, arguments: Arguments, place: Place) -> Iterator[Need]:
    """Yield the topic; everything for a message to a phone, since a number is no resource."""
    if arguments.has("PhoneNumber"):
        yield Need(api.actions, EVERYTHING)
    else:
        yield _of("sns:Publish", arguments, place)


def _node_group(api: ApiAction, arguments: Arguments, place: Place) -> Iterator[Need]:
    """Yield the objects that EKS reads with the caller's role before it makes a node group."""
    yield _of(api.actions[0], arguments, place, api.operation)
    yield Need(("ec2:DescribeSubnets",), EVERYTHING)
    roles = tuple(Target(text, not text.unknown) for text in arguments.texts("NodeRole"))
    problem = "" if roles else "no parameter names the role of the nodes"
    yield Need(("iam:GetRole", "iam:ListAttachedRolePolicies"), Targets(roles, problem))


def _media_job(api: ApiAction, arguments: Arguments, place: Place) -> Iterator[Need]:
    """Yield the queue, the template, and all presets if an output has one."""
    yield _of(api.actions[0], arguments, place, api.operation)
    if "Preset" in _keys(arguments.holder):
        presets = place.arn("mediaconvert", f"presets/{UNKNOWN}")
        yield Need(api.actions, Targets((Target(KnownText(presets, "the presets of outputs")),)))


def _keys(value: Any) -> Iterator[str]:
    """Yield every key of a JSON value, without ``.$`` at its end."""
    queue = [value]
    while queue:
        item = queue.pop()
        if isinstance(item, Mapping):
            yield from (str(key).removesuffix(".$") for key in item)
            queue.extend(item.values())
        elif isinstance(item, list):
            queue.extend(item)


def _workgroup_statement(api: ApiAction, arguments: Arguments, place: Place) -> Iterator[Need]:
    """Yield the cluster, or the workgroup of Redshift Serverless."""
    if arguments.has("WorkgroupName"):
        yield Need(api.actions, workgroup(arguments, place))
    else:
        yield _of(api.actions[0], arguments, place, api.operation)


def workgroup(arguments: Arguments, place: Place) -> Targets:
    """Return the workgroup of Redshift Serverless that a request names, if it's by its ARN."""
    texts = arguments.texts("WorkgroupName")
    if texts and all(text.whole and text.text.startswith("arn:") for text in texts):
        return Targets(tuple(Target(text) for text in texts))
    problem = "the ARN of a workgroup has its id, which the request doesn't have"
    within = place.arn("redshift-serverless", f"workgroup/{UNKNOWN}")
    return Targets((), problem, within)


def _run_instances(api: ApiAction, arguments: Arguments, place: Place) -> Iterator[Need]:
    """Yield the resources that EC2 makes for an instance, and the role of its profile."""
    yield _of(api.actions[0], arguments, place, api.operation)
    yield Need(api.actions, Targets((whole_arn(place.arn("ec2", f"volume/{UNKNOWN}")),)))
    if arguments.has("IamInstanceProfile"):
        within = f"arn:{place.partition}:iam::{place.account}:role/{UNKNOWN}"
        yield Need(("iam:PassRole",), Targets((), "the instance profile has the role", within))


_FINE_TUNED: Final = ("custom-model", "model-customization-job")


def _customization(api: ApiAction, arguments: Arguments, place: Place) -> Iterator[Need]:
    """Yield the base model, the new model and the job. Bedrock chooses the names of both."""
    made = tuple(whole_arn(place.arn("bedrock", f"{kind}/{UNKNOWN}")) for kind in _FINE_TUNED)
    base = tuple(
        Target(_model(text, place), not text.unknown)
        for text in arguments.texts("BaseModelIdentifier")
    )
    tagged = arguments.has("JobTags") or arguments.has("CustomModelTags")
    yield Need(api.actions, Targets((*base, *made)))
    if tagged:
        yield Need(("bedrock:TagResource",), Targets(made))


def _model(text: KnownText, place: Place) -> KnownText:
    if text.text.startswith(("arn:", "${")):
        return text
    arn = f"arn:{place.partition}:bedrock:{place.region}::foundation-model/{text.text}"
    return KnownText(arn, text.source)


_READERS: Final[Mapping[str, Reader]] = {
    "bedrock:CreateModelCustomizationJob": _customization,
    "dynamodb:BatchExecuteStatement": _statement,
    "dynamodb:BatchGetItem": _batch_tables,
    "dynamodb:BatchWriteItem": _batch_tables,
    "dynamodb:ExecuteStatement": _statement,
    "dynamodb:ExecuteTransaction": _statement,
    "dynamodb:TransactGetItems": _transaction,
    "dynamodb:TransactWriteItems": _transaction,
    "ec2:RunInstances": _run_instances,
    "eks:CreateNodegroup": _node_group,
    "events:PutEvents": _put_events,
    "mediaconvert:CreateJob": _media_job,
    **{
        f"redshift-data:{operation}": _workgroup_statement
        for operation in (
            *("ExecuteStatement", "BatchExecuteStatement", "DescribeTable"),
            *("ListDatabases", "ListSchemas", "ListTables"),
        )
    },
    "s3:CopyObject": _copy,
    "s3:DeleteObjects": _delete_objects,
    "s3:UploadPartCopy": _copy,
    "sns:Publish": _publish,
}
