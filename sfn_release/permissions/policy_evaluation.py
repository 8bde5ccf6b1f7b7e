"""Evaluates IAM policies as IAM does, where the policies alone can answer. Pure.

Used where you may not ask IAM itself (iam:SimulatePrincipalPolicy). A condition that depends on the
request makes the answer unknown: we don't guess. Service control policies of an organization, and
policies of the resources themselves, can't be seen here.

Source: "Policy evaluation logic" and "IAM JSON policy elements reference" in the IAM user guide.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sfn_release.permissions.policy_conditions import condition_holds
from sfn_release.permissions.role_question import LiveRole, RoleAnswer, RoleQuestion


def evaluated(role: LiveRole, question: RoleQuestion) -> RoleAnswer:
    """Return whether the policies of *role* allow a request."""
    context = _context(role, question)
    answer = _decided(role.policies, question, context)
    if role.boundary is None or answer.decision == "denied":
        return answer
    name, document = role.boundary
    limit = _decided({name: document}, question, context)
    if limit.decision == "allowed":
        return answer
    if limit.decision == "denied":
        return RoleAnswer("denied", f"the permissions boundary {name} doesn't allow it")
    return RoleAnswer("unknown", f"in the permissions boundary {name}, {limit.why}")


def _decided(
    policies: Mapping[str, Any], question: RoleQuestion, context: Mapping[str, Sequence[str]]
) -> RoleAnswer:
    allowed = False
    maybe_denied = maybe_allowed = ""
    for name, effect, holds, why in _effects(policies, question, context):
        match effect, holds:
            case "Deny", True:
                return RoleAnswer("denied", f"the policy {name} denies it")
            case "Deny", None:
                maybe_denied = maybe_denied or f"the policy {name} denies it where {why}"
            case "Allow", True:
                allowed = True
            case "Allow", None:
                maybe_allowed = maybe_allowed or f"the policy {name} allows it where {why}"
            case _:
                pass
    if maybe_denied and (allowed or maybe_allowed):
        return RoleAnswer("unknown", maybe_denied)
    if allowed:
        return RoleAnswer("allowed")
    return RoleAnswer("unknown", maybe_allowed) if maybe_allowed else RoleAnswer("denied")


def _effects(
    policies: Mapping[str, Any], question: RoleQuestion, context: Mapping[str, Sequence[str]]
) -> Iterator[tuple[str, Any, bool | None, str]]:
    """Yield each statement about a request: its policy, its Effect, and whether it applies."""
    for name, document in policies.items():
        for statement in statements_in(document):
            effect = statement.get("Effect")
            if _concerns(statement, question):
                yield name, effect, *_holds(statement, question, context)
            elif effect == "Deny" and _denies_a_part(statement, question):
                yield name, effect, None, "the resource is one of several"


def statements_in(document: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the statements of a policy document; nothing for any other JSON."""
    found = document.get("Statement") if isinstance(document, Mapping) else None
    for statement in found if isinstance(found, list | tuple) else [found]:
        if isinstance(statement, Mapping):
            yield statement


def texts(value: Any) -> list[str]:
    """Return the texts of an element that is a text or a list of texts."""
    values = value if isinstance(value, list | tuple) else [value]
    return [item for item in values if isinstance(item, str)]


def _concerns(statement: Mapping[str, Any], question: RoleQuestion) -> bool:
    """Return whether a statement may be about a request, by its action and resource."""
    if "NotAction" in statement:
        excluded = texts(statement["NotAction"])
        if any(action_matches(pattern, question.action) for pattern in excluded):
            return False
    elif not any(
        action_matches(pattern, question.action) for pattern in texts(statement.get("Action"))
    ):
        return False
    if "NotResource" in statement:
        return not any(
            not _open(pattern) and resource_matches(pattern, question.resource)
            for pattern in texts(statement["NotResource"])
        )
    return any(
        resource_matches(pattern, question.resource) for pattern in texts(statement.get("Resource"))
    )


def _denies_a_part(statement: Mapping[str, Any], question: RoleQuestion) -> bool:
    """Return whether a statement is about some of the resources that a pattern stands for."""
    if "*" not in question.resource or "NotAction" in statement or "NotResource" in statement:
        return False
    actions, resources = texts(statement.get("Action")), texts(statement.get("Resource"))
    return any(action_matches(action, question.action) for action in actions) and any(
        resource_matches(question.resource, resource) for resource in resources
    )


def _holds(
    statement: Mapping[str, Any], question: RoleQuestion, context: Mapping[str, Sequence[str]]
) -> tuple[bool | None, str]:
    """Return whether a statement that is about a request applies, and its dependency."""
    holds, why = condition_holds(statement.get("Condition"), context)
    if holds is not True:
        return holds, why
    if "NotResource" in statement:
        variables = [item for item in texts(statement["NotResource"]) if _open(item)]
        return (None, f"the resource isn't {variables[0]}") if variables else (True, "")
    matching = [
        pattern
        for pattern in texts(statement.get("Resource"))
        if resource_matches(pattern, question.resource)
    ]
    if all(_open(pattern) for pattern in matching):
        return None, f"the resource is {matching[0]}"
    return True, ""


def action_matches(pattern: str, action: str) -> bool:
    """Return whether a pattern names an action. IAM ignores the case of both.

    >>> action_matches("dynamodb:*Item", "dynamodb:UpdateItem")
    True
    """
    return _matcher(pattern.lower()).fullmatch(action.lower()) is not None


def resource_matches(pattern: str, resource: str) -> bool:
    """Return whether a pattern names a resource.

    A *resource* may be a pattern too: then *pattern* must name all that it names. A variable of the
    policy (``${aws:username}``) may be anything.

    >>> resource_matches("arn:aws:s3:::a/*", "arn:aws:s3:::a/b/*")
    True
    >>> resource_matches("arn:aws:s3:::a/b", "arn:aws:s3:::a/*")
    False
    """
    return _matcher(pattern).fullmatch(resource) is not None


_LITERAL = {"${*}": "*", "${?}": "?", "${$}": "$"}


def _open(pattern: str) -> bool:
    return any(part not in _LITERAL for part in re.findall(r"\$\{[^}]*\}", pattern))


@lru_cache(maxsize=4096)
def _matcher(pattern: str) -> re.Pattern[str]:
    parts = []
    for part in re.split(r"(\$\{[^}]*\}|\*+|\?)", pattern):
        if part in _LITERAL:
            parts.append(re.escape(_LITERAL[part]))
        elif part.startswith("*") or (part.startswith("${") and part.endswith("}")):
            parts.append(".*")
        elif part == "?":
            parts.append(".")
        else:
            parts.append(re.escape(part))
    return re.compile("".join(parts), re.DOTALL)


def _context(role: LiveRole, question: RoleQuestion) -> dict[str, Sequence[str]]:
    """Return the condition keys whose values we know, in lower case.

    Step Functions calls with the role, over TLS, in the region of the resource.
    """
    account = _arn_part(role.arn, _ACCOUNT)
    places = {
        "aws:requestedregion": _arn_part(question.resource, _REGION),
        "aws:resourceaccount": _arn_part(question.resource, _ACCOUNT),
    }
    known: dict[str, Sequence[str]] = {
        "aws:principalarn": [role.arn],
        "aws:principalaccount": [account],
        "aws:principaltype": ["AssumedRole"],
        "aws:securetransport": ["true"],
    }
    known |= {key: [value] for key, value in places.items() if value and "*" not in value}
    return known | {key.lower(): values for key, values in question.context}


_REGION, _ACCOUNT = 3, 4  # parts of an ARN


def _arn_part(arn: str, index: int) -> str:
    parts = arn.split(":")
    return parts[index] if len(parts) > index and parts[0] == "arn" else ""
