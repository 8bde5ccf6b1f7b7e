"""doctor --iam: the least IAM policies of the roles that plan and deploy in each environment.

Two roles per environment: one for plans and nightly checks, which only reads, and one that
deploys. The actions and resource types come from AWS's service authorization reference for Step
Functions: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsstepfunctions.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sfn_release.authoring.declaration import Declaration
from sfn_release.operations.diagnosis.iam_trust import TrustedCi
from sfn_release.operations.diagnosis.source_reads import source_reads
from sfn_release.project import Environment

READS = (
    "DescribeStateMachine",
    "DescribeStateMachineAlias",
    "ListStateMachineAliases",
    "ListStateMachineVersions",
    "ListTagsForResource",
)
"""Actions of a plan, of `status --check` and of `verify --env`."""

WRITES = (
    "CreateStateMachine",
    "CreateStateMachineAlias",
    "DeleteStateMachineAlias",
    "PublishStateMachineVersion",
    "TagResource",
    "UntagResource",
    "UpdateStateMachine",
    "UpdateStateMachineAlias",
)
"""Actions of a deployment or a rollback. One that fails deletes the aliases that it created."""

EVERYWHERE = ("ListStateMachines", "ValidateStateMachineDefinition")
"""Actions that IAM can't limit to a resource: finding state machines, and `check --remote`."""

COUNTED = ("ListExecutions",)
"""Actions that count failed executions while callers are shifted.

The policy `replay` lists executions too, and reads their histories.
"""

BY_HAND = (
    "DeleteStateMachine",
    "DeleteStateMachineVersion",
    "DescribeExecution",
    "DescribeMapRun",
    "DescribeStateMachineForExecution",
    "GetExecutionHistory",
    "StartExecution",
    "StartSyncExecution",
    "StopExecution",
)
"""Actions of commands that you run by hand: `execute`, `explain`, `which`, `delete`, `prune`.

Only local executions are stopped.
"""

ROLE_READS = ("GetRole", "SimulatePrincipalPolicy")
"""IAM's actions that compare a role with its workflows' needs."""

ROLE_POLICY_READS = (
    "GetPolicy",
    "GetPolicyVersion",
    "GetRolePolicy",
    "ListAttachedRolePolicies",
    "ListRolePolicies",
)
"""IAM's actions that read a role's policies, for a deployer that may not simulate them."""

TRIGGER_READS = (
    "events:ListEventBuses",
    "events:ListRuleNamesByTarget",
    "scheduler:ListSchedules",
    "scheduler:GetSchedule",
    "pipes:ListPipes",
)
"""Actions by which `doctor`, which you run by hand, finds triggers without an alias."""

_MANY = 10  # workflows, above which a policy would be longer than IAM's 6,144 characters
_ACCOUNT = "ACCOUNT_ID"
_PARAMETER = re.compile(r"\$\{([^}]*)\}")


@dataclass(frozen=True)
class RolePolicy:
    """The policies of one role.

    *role* ``plan`` only reads, ``deploy`` deploys too. ``caller`` is the role that assumes the
    environment's `assume_role`. *trust* is the trust policy for the CI of the ledger's
    remote, None if its host isn't known.
    """

    environment: str
    role: Literal["plan", "deploy", "caller"]
    policy: Mapping[str, Any]
    trust: Mapping[str, Any] | None = None
    notes: Sequence[str] = field(default=())

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "environment": self.environment,
            "role": self.role,
            "policy": dict(self.policy),
            "trust": dict(self.trust) if self.trust is not None else None,
            "notes": list(self.notes),
        }


def role_policies(
    environment: Environment, declarations: Sequence[Declaration], ci: TrustedCi | None
) -> list[RolePolicy]:
    """Return the policies for *environment*, which must be on AWS.

    *declarations* are the workflows that you deploy there, by jobs of *ci*. AWS isn't called: the
    account comes from releases.toml, or from its role, or is the word ACCOUNT_ID.
    """
    there = _There(environment, _partition(environment), _account(environment))
    reads = [*_reads(there, declarations)]
    deploys = [*reads, *_writes(there, declarations)]
    notes = (*there.notes(declarations), *(ci.notes(environment) if ci else ()))

    def made(
        role: Literal["plan", "deploy", "caller"], statements: Iterable[Mapping[str, Any]]
    ) -> RolePolicy:
        provider = f"arn:{there.partition}:iam::{there.account}:oidc-provider/"
        trust = ci.trust(environment, provider, deploys=role != "plan") if ci else None
        return RolePolicy(environment.name, role, _document(statements), trust, notes)

    if environment.assume_role is not None:
        arn = environment.assume_role.role_arn
        assume = _statement("TakeOnTheDeployer", ["sts:AssumeRole"], [arn])
        whole = RolePolicy(environment.name, "deploy", _document(deploys), None, notes)
        return [made("caller", [assume]), whole]
    return [made("plan", reads), made("deploy", deploys)]


@dataclass(frozen=True)
class _There:
    """An environment with the parts of its ARNs."""

    environment: Environment
    partition: str
    account: str

    def arn(self, service: str, resource: str) -> str:
        region = self.environment.region
        return f"arn:{self.partition}:{service}:{region}:{self.account}:{resource}"

    def machines(self, declarations: Sequence[Declaration]) -> list[str]:
        """Return the ARNs of the state machines, their versions and aliases."""
        names = [self.environment.state_machine_name(item.name) for item in declarations]
        if not names or len(names) > _MANY:
            names = [self.environment.name_template.replace("{workflow}", "*")]
        whole = [_filled(self, self.arn("states", f"stateMachine:{name}")) for name in names]
        return [arn for machine in whole for arn in (machine, f"{machine}:*")]

    def notes(self, declarations: Sequence[Declaration]) -> tuple[str, ...]:
        found = []
        if self.account == _ACCOUNT:
            found.append("Replace ACCOUNT_ID with the id of your account.")
        if 0 < len(declarations) <= _MANY:
            found.append(
                "These policies name each state machine: update them when you add a workflow."
            )
        return tuple(found)


def _reads(there: _There, declarations: Sequence[Declaration]) -> Iterator[Mapping[str, Any]]:
    environment = there.environment
    yield _states("FindStateMachines", EVERYWHERE, ["*"])
    yield _states("ReadStateMachines", READS, there.machines(declarations))
    if environment.strategy is not None and environment.strategy.limits.counted:
        yield _states("CountFailures", COUNTED, there.machines(declarations))
    if environment.strategy is not None and environment.strategy.limits.alarms:
        yield _statement("ReadAlarms", ["cloudwatch:DescribeAlarms"], ["*"])
    if environment.replay is not None and environment.replay.environment == environment.name:
        yield from _replays(there, declarations)
    if environment.pins != "off":
        actions = ["GetAlias", "GetFunctionConfiguration", "ListVersionsByFunction"]
        functions = [there.arn("lambda", "function:*")]
        yield _statement("ReadFunctions", [f"lambda:{action}" for action in actions], functions)
    yield from _sources(there)
    if environment.permissions != "off":
        compare = [f"iam:{action}" for action in ROLE_READS]
        yield _statement("CompareRoles", compare, _roles(there, declarations))
    keys = _keys(there, declarations)
    if keys:
        yield _with_keys(there, "ReadEncrypted", ["kms:Decrypt"], keys)


def _sources(there: _There) -> Iterator[Mapping[str, Any]]:
    """Yield what looking up parameters needs, one statement for each kind of source."""
    found: dict[tuple[str, str], list[str]] = {}
    for read in source_reads(there.environment, there.arn):
        found.setdefault((read.sid, read.action), []).extend(read.resources)
    for (sid, action), resources in found.items():
        numbered = sid + ("Version" if action.endswith("Version") else "")
        yield _statement(numbered, [action], resources)


def _replays(there: _There, declarations: Sequence[Declaration]) -> Iterator[Mapping[str, Any]]:
    """Yield what reading executions needs; histories of EXPRESS workflows are in log groups."""
    machines = there.machines(declarations)
    yield _states("ListExecutions", COUNTED, machines)
    executions = [
        f"{arn.replace(':stateMachine:', ':execution:')}:*"
        for arn in machines
        if f"{arn}:*" in machines
    ]
    yield _states("ReadHistories", ["GetExecutionHistory"], executions)
    if any(declaration.type == "EXPRESS" for declaration in declarations):
        groups = [there.arn("logs", "log-group:*")]
        yield _statement("ReadLogs", ["logs:FilterLogEvents"], groups)


def _writes(there: _There, declarations: Sequence[Declaration]) -> Iterator[Mapping[str, Any]]:
    yield _states("ChangeStateMachines", WRITES, there.machines(declarations))
    passed = _statement("HandOverRoles", ["iam:PassRole"], _roles(there, declarations))
    service = {"StringEquals": {"iam:PassedToService": "states.amazonaws.com"}}
    yield passed | {"Condition": service}
    keys = _keys(there, declarations)
    if keys:
        yield _statement("DescribeKeys", ["kms:DescribeKey"], keys)
        yield _with_keys(there, "Encrypt", ["kms:GenerateDataKey"], keys)


def _roles(there: _There, declarations: Sequence[Declaration]) -> list[str]:
    """Return the roles that the state machines run with."""
    own = {declaration.role for declaration in declarations if declaration.role}
    given = {there.environment.role_arn} if there.environment.role_arn else own
    # The environment's role doesn't replace a workflow's role that has parameters.
    given |= {role for role in own if _PARAMETER.search(role)}
    return sorted({_filled(there, role) for role in given if role}) or [
        f"arn:{there.partition}:iam::{there.account}:role/*"
    ]


def _keys(there: _There, declarations: Sequence[Declaration]) -> list[str]:
    """Return the ARNs of the KMS keys that definitions are encrypted with."""
    used = [there.environment.encryption, *(item.encryption for item in declarations)]
    names = {str(key["kmsKeyId"]) for key in used if key and key.get("kmsKeyId")}
    return sorted({_key(there, name) for name in names})


def _key(there: _There, name: str) -> str:
    name = _filled(there, name)
    if name.startswith("arn:"):
        # IAM knows a key by its id only: permissions on an alias have no effect.
        return re.sub(r":alias/.*$", ":key/*", name)
    return there.arn("kms", "key/*" if name.startswith("alias/") else f"key/{name}")


def _with_keys(
    there: _There, sid: str, actions: Sequence[str], keys: Sequence[str]
) -> Mapping[str, Any]:
    via = f"states.{there.environment.region}.amazonaws.com"
    condition = {"StringEquals": {"kms:ViaService": via}}
    return _statement(sid, actions, keys) | {"Condition": condition}


def _filled(there: _There, text: str) -> str:
    """Return *text* with literal parameters filled in, and ``*`` for looked-up ones."""
    known = {
        "AWS::AccountId": there.account,
        "AWS::Partition": there.partition,
        "AWS::Region": there.environment.region,
        **there.environment.parameters,
    }

    def value(match: re.Match[str]) -> str:
        found = known.get(match.group(1))
        return found if isinstance(found, str) else "*"

    return _PARAMETER.sub(value, text)


def _states(sid: str, actions: Sequence[str], resources: Sequence[str]) -> dict[str, Any]:
    return _statement(sid, [f"states:{action}" for action in actions], resources)


def _statement(sid: str, actions: Sequence[str], resources: Sequence[str]) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": [*actions], "Resource": [*resources]}


def _document(statements: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [dict(statement) for statement in statements]}


def _account(environment: Environment) -> str:
    arns = [environment.role_arn or ""]
    arns += [environment.assume_role.role_arn] if environment.assume_role else []
    found = (re.match(r"arn:[^:]+:iam::(\d{12}):", arn) for arn in arns)
    return environment.account or next((match[1] for match in found if match), _ACCOUNT)


def _partition(environment: Environment) -> str:
    region = environment.region or ""
    for prefix, partition in (("cn-", "aws-cn"), ("us-gov-", "aws-us-gov")):
        if region.startswith(prefix):
            return partition
    return "aws"
