"""Rules for values that AWS receives: names, ARNs, regions, accounts, tags, endpoints.

A rule takes a value, and returns the problem with it as a sentence, or None.
"""

from __future__ import annotations

import re

from sfn_release.names import MAX_NAME, NOT_IN_NAME
from sfn_release.project.value_rule import said, whole, without
from sfn_release.project.value_rules import filled

_NOT_IN_NAME = re.compile(f"[{NOT_IN_NAME}]")
_NOT_IN_ASCII_NAME = re.compile(r"[\x00-\x20<>{}\[\]?*\"#%\\^|~`$&,;:/\x7f-\x9f]")
_REGION = re.compile(r"[a-z]{2,}(?:-[a-z]+)+-[0-9]+")
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]+")
_ALIAS = re.compile(r"[A-Za-z0-9_.-]{1,80}")
_STACK = re.compile(
    r"[A-Za-z][A-Za-z0-9-]{0,127}"
    r"|arn:aws[a-z-]*:cloudformation:[a-z0-9-]+:[0-9]{12}:stack/[A-Za-z][A-Za-z0-9-]*/[A-Za-z0-9-]+"
)
_TAG_TEXT = re.compile(r"[\w .:/=+@-]*")  # letters and digits of every script
_NOT_IN_TAG = re.compile(r"[\x00-\x1f!-*,;<>?\[-^`{-\x7f]")  # ASCII that _TAG_TEXT refuses
_RESERVED = re.compile(r"^(?:[aA][wW][sS]|[sS][fF][nN]-[rR][eE][lL][eE][aA][sS][eE]):")
_MAX_TAG_KEY = 128
_MAX_TAG_VALUE = 256
_ACCOUNT = re.compile(r"[0-9]{12}")
_EXTERNAL_ID = re.compile(r"[A-Za-z0-9_+=,.@:/-]{2,1224}")
_EXPORT = re.compile(r"[A-Za-z0-9:-]{1,255}")
_SSM = re.compile(r"(?:arn:[^\s]+|[A-Za-z0-9_./-]+)(?::[A-Za-z0-9_.-]+)?")
_URL = re.compile(r"[Hh][Tt][Tt][Pp][Ss]?://[^\s@?#/]+(?:/[^\s?#]*)?\??#?")


@said({"minLength": 1, "maxLength": MAX_NAME, **without(_NOT_IN_ASCII_NAME)})
def state_machine_name(value: str) -> str | None:
    """Check a name against the rules of CreateStateMachine."""
    if not value:
        return "It is empty."
    if len(value) > MAX_NAME:
        return f"It has {len(value)} characters; AWS allows {MAX_NAME}."
    found = _NOT_IN_NAME.search(value)
    if found:
        return (
            f"It contains {found[0]!r}. AWS doesn't allow white space, control characters, brackets"
            ' or any of ? * " # % \\ ^ | ~ ` $ & , ; : /'
        )
    return None


@said({"pattern": r"^(?:(?!\{workflow\}).)*\{workflow\}(?:(?!\{workflow\}).)*$"})
def name_template(value: str) -> str | None:
    """Check the template of state machine names."""
    if value.count("{workflow}") != 1:
        return "It must contain {workflow} once, which becomes the workflow's name."
    return filled(state_machine_name)(value.replace("{workflow}", "x"))


@said({"anyOf": [{"enum": [""]}, {"allOf": [whole(_ALIAS), {"pattern": "[^0-9]"}]}]})
def alias(value: str) -> str | None:
    """Check an alias against the rules of CreateStateMachineAlias; "" means: no alias."""
    if value and (not _ALIAS.fullmatch(value) or value.isdigit()):
        return (
            "AWS allows letters, digits, '_', '.' and '-', up to 80 characters, but not digits"
            ' alone. Use "" for no alias.'
        )
    return None


@said(whole(_REGION))
def region(value: str) -> str | None:
    """Check the shape of an AWS region's name."""
    return None if _REGION.fullmatch(value) else "Write an AWS region such as eu-west-1."


@said(whole(_ACCOUNT))
def account(value: str) -> str | None:
    """Check an AWS account's id."""
    if not _ACCOUNT.fullmatch(value):
        return "An AWS account ID has twelve digits. Write it as a string: it can start with 0."
    return None


@said(whole(_ROLE))
def role_arn(value: str) -> str | None:
    """Check the shape of an IAM role's ARN."""
    if not _ROLE.fullmatch(value):
        return "Write an IAM role's ARN such as arn:aws:iam::111111111111:role/shop-workflows."
    return None


@said(
    {"anyOf": [{"pattern": r"\$\{"}, role_arn.schema]},
    unsaid="With its placeholders filled, it's the ARN of an IAM role.",
)
def role_template(value: str) -> str | None:
    """Check the ARN of an IAM role, unless placeholders have to be filled first."""
    return None if "${" in value and value.isprintable() else role_arn(value)


@said(whole(_EXTERNAL_ID))
def external_id(value: str) -> str | None:
    """Check the external id of a role's trust policy (AssumeRole, parameter ``ExternalId``)."""
    if not _EXTERNAL_ID.fullmatch(value):
        return "It must have 2 to 1224 characters: letters, digits and _ + = , . @ : / -"
    return None


@said({"anyOf": [{"enum": ["aws"]}, whole(_URL)]})
def task_endpoint(value: str) -> str | None:
    """Check where tasks find a service: a URL, or AWS itself."""
    return None if value == "aws" else endpoint_url(value)


@said(whole(_URL))
def endpoint_url(value: str) -> str | None:
    """Check the URL of an endpoint."""
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(value)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # an invalid port, an unclosed [ of IPv6
        usable = False
    if not usable or not value.isprintable() or " " in value:
        return "Write a URL such as http://127.0.0.1:8083."
    if "@" in parts.netloc:
        return "It is recorded in Git, so it can't contain credentials."
    if parts.query or parts.fragment:
        return "An endpoint can't have a query or a fragment."
    return None


@said(
    {
        "minLength": 1,
        "maxLength": _MAX_TAG_KEY,
        "allOf": [without(_NOT_IN_TAG), without(_RESERVED)],
    }
)
def tag_key(value: str) -> str | None:
    """Check the key of an AWS tag that users can set."""
    if not 0 < len(value) <= _MAX_TAG_KEY or not _TAG_TEXT.fullmatch(value):
        return (
            f"A tag's key has 1 to {_MAX_TAG_KEY} characters: letters, digits, spaces and"
            " _ . : / = + - @"
        )
    for prefix, owner in (("aws:", "AWS"), ("sfn-release:", "sfn-release")):
        if value.lower().startswith(prefix):
            return f"Keys that begin with {prefix} are reserved for {owner}."
    return None


@said({"maxLength": _MAX_TAG_VALUE, **without(_NOT_IN_TAG)})
def tag_value(value: str) -> str | None:
    """Check the value of an AWS tag."""
    if len(value) > _MAX_TAG_VALUE or not _TAG_TEXT.fullmatch(value):
        return (
            f"A tag's value has at most {_MAX_TAG_VALUE} characters: letters, digits, spaces and"
            " _ . : / = + - @"
        )
    return None


@said(whole(_STACK))
def stack(value: str) -> str | None:
    """Check the name or the ARN of a CloudFormation stack."""
    if not _STACK.fullmatch(value):
        return "Write the name of a stack, such as shop-functions, or its ARN."
    return None


@said(whole(_EXPORT))
def export(value: str) -> str | None:
    """Check the name of a CloudFormation export."""
    if not _EXPORT.fullmatch(value):
        return "An export's name has letters, digits, ':' and '-'."
    return None


@said(whole(_SSM))
def ssm_name(value: str) -> str | None:
    """Check the name of a parameter in Parameter Store, with a version or label if it has one."""
    if not _SSM.fullmatch(value):
        return (
            "Write a name in Parameter Store such as /shop/charge, or one version: /shop/charge:3."
        )
    return None
