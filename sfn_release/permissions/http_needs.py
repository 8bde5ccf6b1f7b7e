"""The needs of calls over HTTP: the endpoints of HTTP tasks, their connections, API Gateway's APIs.

Sources: "Call HTTPS APIs in Step Functions workflows" and "Create API Gateway REST APIs with Step
Functions" in AWS's developer guide.
"""

from __future__ import annotations

import re
from typing import Any, Final

from sfn_release.asl.known_text import UNKNOWN
from sfn_release.permissions.arguments import Arguments, KnownText
from sfn_release.permissions.needed import Place
from sfn_release.permissions.permission_list import PermissionList
from sfn_release.permissions.resource_arns import Target, Targets

_CONNECTION: Final = re.compile(
    r"(?P<head>arn:[^:]+:)events:(?P<place>.*):connection/(?P<name>[^/]+)(?:/.*)?"
)
_INVOKE: Final = ("states:InvokeHTTPEndpoint",)
_CREDENTIALS: Final = ("events:RetrieveConnectionCredentials",)
_SECRET: Final = ("secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret")
_API: Final = re.compile(r"(?P<id>[^./]+)\.execute-api\.(?P<region>[^.]+)\..*")


def add_http_needs(needs: PermissionList, state: str, arguments: Arguments, place: Place) -> None:
    """Add the needs of an HTTP task: its endpoint and method, the connection, and its secret."""
    own = arguments.known.arn
    equals: dict[str, Any] = {}
    partial = False
    for field, key, operator in (
        ("Method", "states:HTTPMethod", "StringEquals"),
        ("ApiEndpoint", "states:HTTPEndpoint", "StringLike"),
    ):
        texts = arguments.texts(field)
        if not texts or any(text.unknown for text in texts):
            source = texts[0].source if texts else "it isn't given"
            reason = f"The {field} of states:InvokeHTTPEndpoint is known only when the state runs"
            needs.add_unknown(
                state, f"{reason}: {source}. The policy has no condition on it.", _INVOKE
            )
            partial = True
        else:
            values = [text.text for text in texts]
            equals.setdefault(operator, {})[key] = values[0] if len(values) == 1 else values
            partial = partial or not all(text.whole for text in texts)
    needs.add(_INVOKE, [own], state, equals, partial=partial)
    for texts in _connections(arguments):
        _add_connection(needs, state, texts, place)


def _connections(arguments: Arguments) -> list[tuple[KnownText, ...]]:
    holders = (arguments.part("Authentication"), arguments.part("InvocationConfig"))
    found = [holder.texts("ConnectionArn") for holder in holders]
    return [texts for texts in found if texts]


def _add_connection(
    needs: PermissionList, state: str, texts: tuple[KnownText, ...], place: Place
) -> None:
    connections, secrets = [], []
    for text in texts:
        named = not text.unknown
        found = _CONNECTION.fullmatch(text.text)
        head = place.arn("secretsmanager", "secret:events!connection/")
        if found:
            secret = f"{found['head']}secretsmanager:{found['place']}:secret:events!connection/"
            source = "" if text.whole else text.source
            secrets.append(Target(KnownText(f"{secret}{found['name']}/{UNKNOWN}", source)))
        elif text.text.startswith("${"):
            secrets.append(Target(KnownText(f"{head}{UNKNOWN}")))
        else:
            source = text.source or text.text
            secrets.append(Target(KnownText(head + UNKNOWN, source), named=False))
        arn = place.arn("events", f"connection/{UNKNOWN}") if text.unknown else text.text
        connections.append(Target(KnownText(arn, text.source), named))
    needs.add_targets(_CREDENTIALS, Targets(tuple(connections)), state)
    needs.add_targets(_SECRET, Targets(tuple(secrets)), state)


def add_api_needs(needs: PermissionList, state: str, arguments: Arguments, place: Place) -> None:
    """Add the needs of a call of an API of API Gateway: nothing, unless IAM authorizes it.

    With a resource policy, the API itself allows the state machine.
    """
    authorized = arguments.texts("AuthType") or (KnownText("NO_AUTH"),)
    if all(text.text in ("NO_AUTH", "RESOURCE_POLICY") for text in authorized):
        return
    actions = ("execute-api:Invoke",)
    found = []
    for text in arguments.texts("ApiEndpoint"):
        api = _API.fullmatch(text.text)
        parts = [_segment(arguments, "Stage"), _segment(arguments, "Method")]
        path = _segment(arguments, "Path")
        rest = "/".join((*(part.text for part in parts), path.text.removeprefix("/")))
        source = next((part.source for part in (text, *parts, path) if not part.whole), "")
        id = api["id"] if api else text.text if text.text.startswith("${") else UNKNOWN
        region = api["region"] if api else place.region
        arn = f"arn:{place.partition}:execute-api:{region}:{place.account}:{id}/{rest}"
        named = id != UNKNOWN
        found.append(
            Target(
                KnownText(arn, source or ("" if named else text.source or "the endpoint")), named
            )
        )
    needs.add_targets(
        actions, Targets(tuple(found), "" if found else "no endpoint is given"), state
    )


def _segment(arguments: Arguments, name: str) -> KnownText:
    texts = arguments.texts(name)
    if len(texts) == 1:
        return texts[0]
    empty = {"Stage": "$default", "Method": UNKNOWN, "Path": ""}[name]
    return KnownText(UNKNOWN, texts[0].source) if texts else KnownText(empty)
