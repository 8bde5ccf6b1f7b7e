"""Least policies as Terraform and as CloudFormation: a role with its policies. Pure text.

Both are complete: you can apply them as they are, or copy the documents into your own modules. A
policy that is too long for one managed policy becomes several.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sfn_release.permissions.iam_policy import LeastPolicy
from sfn_release.permissions.policy_division import (
    INLINE_LIMIT,
    MANAGED_LIMIT,
    MANAGED_POLICIES,
)
from sfn_release.permissions.policy_identifiers import logical_id, terraform_name
from sfn_release.permissions.policy_statements import VERSION, PolicyStatement
from sfn_release.text import count

_SHOWN = 5  # states in a comment


def terraform(policies: Iterable[LeastPolicy], about: Iterable[str] = ()) -> str:
    """Return least policies in Terraform's language (HCL), *about* in comments above them.

    Terraform would replace ``${…}`` and ``%{…}`` in a string, so both are written with two signs.
    """
    blocks = [_terraform(policy, terraform_name(_named(policy))) for policy in policies]
    above = "".join(f"# {_line(text)}\n" for text in about)
    return "\n\n".join([*([above.rstrip()] if above else []), *blocks]) + "\n" if blocks else ""


def cloudformation(policies: Iterable[LeastPolicy], about: Iterable[str] = ()) -> str:
    """Return least policies as one CloudFormation template in YAML, *about* in comments above it.

    Every text is in double quotes, as JSON writes it, which YAML reads the same.
    """
    lines = [f"# {_line(text)}" for text in about]
    lines += ['AWSTemplateFormatVersion: "2010-09-09"', "Resources:"]
    outputs: list[str] = []
    for policy in policies:
        name = logical_id(_named(policy))
        lines += _template(policy, name)
        outputs += [f"  {name}RoleArn:", f"    Value: !GetAtt {name}Role.Arn"]
    if not outputs:
        return ""
    return "\n".join([*lines, "Outputs:", *outputs]) + "\n"


def notes(policy: LeastPolicy) -> Iterator[str]:
    """Yield lines about a least policy: its length, unknown permissions, assumed roles.

    No line has a line break.
    """
    parts = len(policy.parts)
    if parts > 1:
        text = f"the policy has {policy.size:,} characters, and IAM allows {MANAGED_LIMIT:,}"
        inline = "" if policy.size <= INLINE_LIMIT else f" ({INLINE_LIMIT:,} in inline policies)"
        yield f"{text}{inline}, so it is divided into {count(parts, 'policy', 'policies')}"
    if parts > MANAGED_POLICIES:
        yield (
            f"IAM attaches {MANAGED_POLICIES} managed policies to a role, or 20 on request: give"
            " the workflows several roles"
        )
    several = len(policy.workflows) > 1
    for workflow, unknown in policy.unknown:
        where = f'state "{unknown.state}"' if unknown.state else "the state machine"
        where = f"{workflow}, {where}" if several else where
        yield _line(f"a permission can't be read from the definition: {where}: {unknown.reason}")
    for role, statements in policy.assumed.items():
        actions = sorted({action for statement in statements for action in statement.actions})
        yield _line(f"{role} is assumed by a state, and needs: {', '.join(actions) or 'nothing'}")


def _line(text: str) -> str:
    return _UNPRINTABLE.sub("?", " ".join(text.split()))


_UNPRINTABLE = re.compile(
    "[^\x20-\x7e\xa0-\u2027\u202f-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)


def _printable(quoted: str) -> str:
    """Return a quoted text with escapes for characters that YAML doesn't allow, or may fold."""
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", quoted)


def _short(policy: LeastPolicy) -> str:
    """Return the name of a role, or of the one workflow."""
    return policy.subject.rpartition("/")[2]


def _named(policy: LeastPolicy) -> str:
    """Return the name of the one workflow, or of a role with its path."""
    return policy.subject.rpartition(":role/")[2]


def _comments(policy: LeastPolicy) -> list[str]:
    about = [f"{_short(policy)}: the least policy of its role"]
    if policy.workflows != (policy.subject,):
        about = [f"The least policy of {policy.role}, for {', '.join(policy.workflows)}"]
    return [f"# {line}" for line in [*map(_line, about), *notes(policy)]]


def _for_states(statement: PolicyStatement) -> str:
    """Return which states need a statement, on one line; "" where none does."""
    shown = ", ".join(statement.states[:_SHOWN])
    more = len(statement.states) - _SHOWN
    return _line(shown + (f" and {more} more" if more > 0 else ""))


def _terraform(policy: LeastPolicy, name: str) -> str:
    lines = _comments(policy)
    lines += [f'data "aws_iam_policy_document" "{name}_trust" {{']
    for statement in policy.trust["Statement"]:
        lines += _hcl_trust(statement)
    lines += [
        "}",
        "",
        f'resource "aws_iam_role" "{name}" {{',
        f"  name_prefix        = {_hcl(_prefix(name))}",
        f"  assume_role_policy = data.aws_iam_policy_document.{name}_trust.json",
        "}",
    ]
    for number, part in enumerate(policy.parts if policy.statements else (), 1):
        label = name if len(policy.parts) == 1 else f"{name}_{number}"
        lines += ["", f'data "aws_iam_policy_document" "{label}" {{']
        lines += [line for statement in part for line in _hcl_statement(statement)]
        lines += [
            "}",
            "",
            f'resource "aws_iam_policy" "{label}" {{',
            f"  name_prefix = {_hcl(_prefix(label))}",
            f"  policy      = data.aws_iam_policy_document.{label}.json",
            "}",
            "",
            f'resource "aws_iam_role_policy_attachment" "{label}" {{',
            f"  role       = aws_iam_role.{name}.name",
            f"  policy_arn = aws_iam_policy.{label}.arn",
            "}",
        ]
    lines += ["", f'output "{name}_role_arn" {{', f"  value = aws_iam_role.{name}.arn", "}"]
    return "\n".join(lines)


def _prefix(name: str) -> str:
    return f"{name[:_PREFIX]}-"


_PREFIX = 37  # characters, so that Terraform can add its 26 to the 64 of a role's name


def _hcl_trust(statement: Mapping[str, Any]) -> Iterator[str]:
    yield "  statement {"
    yield f"    sid     = {_hcl(statement['Sid'])}"
    yield f"    actions = [{_hcl(statement['Action'])}]"
    yield "    principals {"
    yield '      type        = "Service"'
    yield f"      identifiers = [{_hcl(statement['Principal']['Service'])}]"
    yield "    }"
    yield from _hcl_conditions(statement["Condition"])
    yield "  }"


def _hcl_statement(statement: PolicyStatement) -> Iterator[str]:
    needing = _for_states(statement)
    yield "  statement {" + (f" # {needing}" if needing else "")
    attributes = {
        "sid": [statement.sid],
        "actions": statement.actions,
        "resources": statement.resources,
    }
    short = [name for name, values in attributes.items() if len(values) == 1]
    for name in short:
        value = _hcl(attributes[name][0])
        value = value if name == "sid" else f"[{value}]"
        yield f"    {name.ljust(max(map(len, short)))} = {value}"
    for name, values in attributes.items():
        if name not in short:  # `terraform fmt` doesn't align a list of several lines
            yield ""
            yield f"    {name} = ["
            yield from (f"      {_hcl(value)}," for value in values)
            yield "    ]"
    yield from _hcl_conditions(statement.condition)
    yield "  }"


def _hcl_conditions(condition: Mapping[str, Any]) -> Iterator[str]:
    for test, keys in condition.items():
        for variable, given in keys.items():
            values = given if isinstance(given, list | tuple) else [given]
            yield "    condition {"
            yield f"      test     = {_hcl(test)}"
            yield f"      variable = {_hcl(variable)}"
            yield f"      values   = [{', '.join(_hcl(str(value)) for value in values)}]"
            yield "    }"


def _hcl(text: str) -> str:
    r"""Return a text as a quoted string of Terraform.

    >>> print(_hcl('a "${b}" %{c}'))
    "a \"$${b}\" %%{c}"
    """
    quoted = _printable(json.dumps(text, ensure_ascii=False))
    # Terraform doesn't know these two escapes. An escaped backslash before a b isn't one.
    quoted = re.sub(r"\\(.)", lambda pair: _ESCAPES.get(pair[0], pair[0]), quoted)
    return re.sub(r"([$%])(?=\{)", r"\1\1", quoted)


_ESCAPES = {"\\b": "\\u0008", "\\f": "\\u000c"}


def _template(policy: LeastPolicy, name: str) -> Iterator[str]:
    yield from (f"  {line}" for line in _comments(policy))
    parts = policy.parts if policy.statements else ()
    several = len(parts) > 1
    labels = [f"{name}Policy{number if several else ''}" for number, _ in enumerate(parts, 1)]
    yield f"  {name}Role:"
    yield '    Type: "AWS::IAM::Role"'
    yield "    Properties:"
    yield "      AssumeRolePolicyDocument:"
    yield from _yaml(policy.trust, "        ")
    if labels:
        yield "      ManagedPolicyArns:"
        yield from (f"        - !Ref {label}" for label in labels)
    for label, part in zip(labels, parts, strict=True):
        yield f"  {label}:"
        yield '    Type: "AWS::IAM::ManagedPolicy"'
        yield "    Properties:"
        yield "      PolicyDocument:"
        yield f'        Version: "{VERSION}"'
        yield "        Statement:"
        for statement in part:
            needing = _for_states(statement)
            if needing:
                yield f"          # {needing}"
            first, *rest = _yaml(statement.to_json(), "")
            yield f"          - {first}"
            yield from (f"            {line}" for line in rest)


def _yaml(value: Mapping[str, Any], indent: str) -> Iterator[str]:
    """Yield a JSON object as lines of YAML, each with *indent* in front."""
    for key, member in value.items():
        yield from _yaml_member(f"{indent}{_yaml_key(key)}:", member, indent)


def _yaml_member(head: str, member: Any, indent: str) -> Iterator[str]:
    match member:
        case Mapping() if member:
            yield head
            yield from _yaml(member, indent + "  ")
        case list() | tuple() if member:
            yield head
            for item in member:
                if isinstance(item, Mapping) and item:
                    first, *rest = _yaml(item, indent + "    ")
                    yield f"{indent}  - {first.lstrip()}"
                    yield from rest
                else:
                    yield f"{indent}  - {_yaml_text(item)}"
        case _:
            yield f"{head} {_yaml_text(member)}"


def _yaml_key(key: str) -> str:
    return key if key.isascii() and key.isalnum() and not key.isdigit() else _yaml_text(key)


def _yaml_text(value: Any) -> str:
    return _printable(json.dumps(value, ensure_ascii=False))
