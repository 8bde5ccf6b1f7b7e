"""Compares a workflow's needs with the permissions of its role. Pure: answers in, gaps out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sfn_release.permissions.iam_policy import SERVICE
from sfn_release.permissions.needed import NeededPermissions, Place
from sfn_release.permissions.policy_conditions import condition_holds
from sfn_release.permissions.policy_evaluation import action_matches, statements_in, texts
from sfn_release.permissions.role_question import RoleAnswer, RoleQuestion, questions_of

_SHOWN = 3  # states of a gap
_ASSUME = "sts:AssumeRole"
_ARN_PARTS = 6


@dataclass(frozen=True)
class RoleGap:
    """Actions that a workflow needs, and that its role may not call, or that can't be known.

    *sure*: the role lacks them. *states* need them; without any, the state machine does. *why* is a
    clause about the answer.
    """

    workflow: str
    actions: tuple[str, ...]
    resource: str
    states: tuple[str, ...]
    sure: bool
    why: str = ""

    def text(self, place: Place) -> str:
        """Return the gap in one line; the resource is short if it is in *place*.

        >>> table = "arn:aws:dynamodb:eu-west-1:111111111111:table/orders"
        >>> gap = RoleGap("orders", ("dynamodb:UpdateItem",), table, ("Reserve Item",), sure=True)
        >>> print(gap.text(Place("aws", "eu-west-1", "111111111111")))
        orders: the role may not dynamodb:UpdateItem on table/orders (state "Reserve Item")
        """
        where = "" if self.resource == "*" else f" on {short_resource(self.resource, place)}"
        needed = f"{', '.join(self.actions)}{where} ({states_text(self.states)})"
        if self.sure:
            hint = f": {self.why}" if self.why else ""
            return f"{self.workflow}: the role may not {needed}{hint}"
        return f"{self.workflow}: it can't be known whether the role may {needed}: {self.why}"

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "workflow": self.workflow,
            "actions": list(self.actions),
            "resource": self.resource,
            "states": list(self.states),
            "missing": self.sure,
            "why": self.why,
        }


def short_resource(arn: str, place: Place) -> str:
    """Return the last part of an ARN in *place*, or of a global one; the whole of another.

    >>> short_resource("arn:aws:s3:::orders/*", Place("aws", "eu-west-1", "111111111111"))
    'orders/*'
    """
    parts = arn.split(":", _ARN_PARTS - 1)
    if len(parts) < _ARN_PARTS or parts[0] != "arn":
        return arn
    here = parts[3] in {"", place.region} and parts[4] in {"", place.account}
    return parts[5] if here and parts[1] == place.partition else arn


def states_text(states: Sequence[str]) -> str:
    """Return states for a message: ``state "A"``, or ``states "A", "B" and 2 more``.

    >>> states_text(["A", "B"]), states_text([])
    ('states "A", "B"', 'the state machine itself')
    """
    if not states:
        return "the state machine itself"
    shown = ", ".join(f'"{state}"' for state in states[:_SHOWN])
    more = f" and {len(states) - _SHOWN} more" if len(states) > _SHOWN else ""
    return f"{'state' if len(states) == 1 else 'states'} {shown}{more}"


def role_gaps(
    needed: NeededPermissions, answers: Mapping[RoleQuestion, RoleAnswer]
) -> tuple[RoleGap, ...]:
    """Return the permissions that a workflow's role lacks, in the order of its states.

    A resource that is partly computed at run time can't be lacking for sure: the role may be right
    with less. A question without an answer is unknown.
    """
    found: dict[tuple[str, str], RoleGap] = {}
    for permission in needed.permissions:
        for question in questions_of(permission):
            answer = answers.get(question, _UNANSWERED)
            if answer.decision == "allowed":
                continue
            sure = answer.decision == "denied" and not permission.partial
            why = answer.why
            if answer.decision == "denied" and permission.partial:
                why = "only a part of the resource's name is known"
            key = (question.action, question.resource)
            before = found.get(key)
            states = (*before.states, *permission.states) if before else permission.states
            found[key] = RoleGap(
                needed.workflow,
                (question.action,),
                question.resource,
                tuple(dict.fromkeys(states)),
                sure=sure or (before is not None and before.sure),
                why=why if before is None or sure else before.why,
            )
    return tuple(_together(found.values()))


def _together(gaps: Iterable[RoleGap]) -> Iterator[RoleGap]:
    """Yield gaps that differ in their actions alone as one, which is one line to read."""
    groups: dict[RoleGap, list[str]] = {}
    for gap in gaps:
        groups.setdefault(replace(gap, actions=()), []).extend(gap.actions)
    return (replace(gap, actions=tuple(sorted(actions))) for gap, actions in groups.items())


_UNANSWERED = RoleAnswer("unknown", "IAM didn't answer")


def may_be_assumed(trust: Any, place: Place, machines: Sequence[str]) -> RoleAnswer:
    """Return whether a trust policy lets Step Functions assume the role.

    *machines* are the ARNs of the state machines that run with it.
    """
    for machine in machines or [place.arn("states", "stateMachine:*")]:
        answer = _assumed(trust, {"aws:sourceaccount": [place.account], "aws:sourcearn": [machine]})
        if answer.decision != "allowed":
            return answer
    return RoleAnswer("allowed")


def _assumed(trust: Any, context: Mapping[str, Sequence[str]]) -> RoleAnswer:
    allowed, maybe = False, ""
    for statement in statements_in(trust):
        if not _about_us(statement):
            continue
        holds, why = condition_holds(statement.get("Condition"), context)
        match statement.get("Effect"), holds:
            case "Deny", True:
                return RoleAnswer("denied", f"its trust policy denies {SERVICE}")
            case "Deny", None:
                return RoleAnswer("unknown", f"its trust policy denies {SERVICE} where {why}")
            case "Allow", True:
                allowed = True
            case "Allow", None:
                maybe = maybe or f"its trust policy allows {SERVICE} only where {why}"
            case _:
                pass
    if allowed:
        return RoleAnswer("allowed")
    if maybe:
        return RoleAnswer("unknown", maybe)
    return RoleAnswer("denied", f"its trust policy doesn't allow {SERVICE}")


def _about_us(statement: Mapping[str, Any]) -> bool:
    """Return whether a statement of a trust policy is about Step Functions."""
    if not any(action_matches(pattern, _ASSUME) for pattern in texts(statement.get("Action"))):
        return False
    return any(_is_us(service) for service in _services(statement.get("Principal")))


def _services(principal: Any) -> Iterator[str]:
    if isinstance(principal, Mapping):
        yield from texts(principal.get("Service"))
        yield from (name for name in texts(principal.get("AWS")) if name == "*")
    else:
        yield from texts(principal)


def _is_us(service: str) -> bool:
    """Return whether a principal is Step Functions, also by its older name with a region."""
    parts = service.split(".")
    return service == "*" or (parts[0] == "states" and "amazonaws" in parts)
