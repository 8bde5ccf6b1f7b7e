"""Asks IAM for a role's permissions: iam:SimulatePrincipalPolicy.

IAM evaluates all policies of the role, its permissions boundary and the organization's service
control policies. It doesn't see policies of the resources themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sfn_release.aws.api_calls import call
from sfn_release.aws.clients import IdentityManagement
from sfn_release.permissions.role_question import Context, RoleAnswer, RoleQuestion

_ACTIONS, _RESOURCES = 20, 25  # of one call: 500 answers
_PAGE = 500


def simulated(
    iam: IdentityManagement, role: str, questions: Iterable[RoleQuestion]
) -> dict[RoleQuestion, RoleAnswer]:
    """Return IAM's answers about a role. A question that IAM leaves open has no answer.

    Raises AccessError without the permission, AwsError for a role that doesn't exist.
    """
    answers: dict[RoleQuestion, RoleAnswer] = {}
    for context, actions, resources in _batches(questions):
        found = _asked(iam, role, context, actions, resources)
        for action in actions:
            for resource in resources:
                answer = found.get((action.lower(), resource))
                if answer is not None:
                    answers[RoleQuestion(action, resource, context)] = answer
    return answers


def _batches(
    questions: Iterable[RoleQuestion],
) -> Iterator[tuple[Context, list[str], list[str]]]:
    """Yield calls: resources that need the same actions go together, so none is asked in vain."""
    actions_of: dict[tuple[Context, str], list[str]] = {}
    for question in questions:
        actions_of.setdefault((question.context, question.resource), []).append(question.action)
    together: dict[tuple[Context, tuple[str, ...]], list[str]] = {}
    for (context, resource), actions in actions_of.items():
        together.setdefault((context, tuple(sorted({*actions}))), []).append(resource)
    for (context, actions_), resources in together.items():
        for some in _chunks(actions_, _ACTIONS):
            for few in _chunks(resources, _RESOURCES):
                yield context, some, few


def _chunks(items: Sequence[str], length: int) -> Iterator[list[str]]:
    for start in range(0, len(items), length):
        yield list(items[start : start + length])


def _asked(
    iam: IdentityManagement,
    role: str,
    context: Context,
    actions: Sequence[str],
    resources: Sequence[str],
) -> dict[tuple[str, str], RoleAnswer]:
    """Return the answers of one call, with all its pages, by action in lower case and resource."""
    request: dict[str, Any] = {
        "PolicySourceArn": role,
        "ActionNames": list(actions),
        "ResourceArns": list(resources),
        "MaxItems": _PAGE,
    }
    if context:
        request["ContextEntries"] = [
            {
                "ContextKeyName": key,
                "ContextKeyValues": list(values),
                "ContextKeyType": "string" if len(values) == 1 else "stringList",
            }
            for key, values in context
        ]
    found: dict[tuple[str, str], RoleAnswer] = {}
    marker: dict[str, str] = {}
    while True:
        page = call(iam.simulate_principal_policy, **request, **marker)
        for result in page.get("EvaluationResults", []):
            found.update(_answers(result, resources))
        following = page.get("Marker")
        if not page.get("IsTruncated") or not following or following == marker.get("Marker"):
            return found
        marker = {"Marker": following}


def _answers(
    result: Mapping[str, Any], resources: Sequence[str]
) -> Iterator[tuple[tuple[str, str], RoleAnswer]]:
    """Yield the answers in one result: about its resource, and about each resource that it lists.

    IAM lists them where a call asks about several resources.
    """
    action = str(result.get("EvalActionName", "")).lower()
    specific = result.get("ResourceSpecificResults") or []
    for part in specific:
        decision = part.get("EvalResourceDecision")
        yield (action, str(part.get("EvalResourceName"))), _answer(decision, part, result)
    if not specific:
        resource = result.get("EvalResourceName") or (resources[0] if len(resources) == 1 else "")
        yield (action, str(resource)), _answer(result.get("EvalDecision"), result, result)


def _answer(decision: Any, part: Mapping[str, Any], whole: Mapping[str, Any]) -> RoleAnswer:
    """Return the answer in *part*, or in the *whole* result where it has no parts."""
    if decision == "allowed":
        return RoleAnswer("allowed")
    missing = part.get("MissingContextValues") or whole.get("MissingContextValues")
    if missing:
        return RoleAnswer("unknown", f"a policy depends on {', '.join(map(str, missing))}")
    if decision not in ("explicitDeny", "implicitDeny"):
        return RoleAnswer("unknown", f"IAM's decision is {decision!r}")
    return RoleAnswer("denied", _hint(decision, part, whole))


def _hint(decision: str, part: Mapping[str, Any], whole: Mapping[str, Any]) -> str:
    """Return which kind of policy denies a request, if IAM says it."""
    organization = whole.get("OrganizationsDecisionDetail") or {}
    if organization.get("AllowedByOrganizations") is False:
        return "a service control policy of the organization doesn't allow it"
    for detail in (part, whole):
        boundary = detail.get("PermissionsBoundaryDecisionDetail") or {}
        if boundary.get("AllowedByPermissionsBoundary") is False:
            return "its permissions boundary doesn't allow it"
    if decision == "implicitDeny":
        return ""
    statements = part.get("MatchedStatements") or whole.get("MatchedStatements") or []
    sources = [str(statement.get("SourcePolicyId")) for statement in statements]
    return f"the policy {sources[0]} denies it" if sources else "a policy denies it"
