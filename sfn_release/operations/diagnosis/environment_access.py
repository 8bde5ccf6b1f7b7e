"""Examines one environment: its account, role, permissions, alarms and state machines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, assert_never

from sfn_release.aws.api_calls import call
from sfn_release.aws.clients import Aws
from sfn_release.deployment.parameter_lookup import look_up
from sfn_release.deployment.sources.source_reader import SourceReader
from sfn_release.errors import AccessError, NetworkError, SfnReleaseError
from sfn_release.ledger import Snapshot
from sfn_release.operations.diagnosis import permission_probe
from sfn_release.operations.diagnosis.diagnosis import Diagnosis, Findings
from sfn_release.operations.diagnosis.machine_ownership import examine_machines
from sfn_release.operations.diagnosis.permission_probe import Permission
from sfn_release.operations.diagnosis.readable_parameters import examine_parameters
from sfn_release.operations.diagnosis.role_permissions import examine_roles
from sfn_release.operations.open_site import site_of
from sfn_release.operations.pin_preview import pins_of_work_tree
from sfn_release.operations.workspace import Workspace, checked_caller
from sfn_release.project import Environment, parameters_in
from sfn_release.project.aws_rules import role_arn as role_rule
from sfn_release.text import count

_LOG_GROUP = re.compile(r"arn:aws[a-z-]*:logs:([a-z0-9-]+):(\d{12}):log-group:[^:*]+:\*")


def examine_environment(
    workspace: Workspace, environment: Environment, snapshot: Snapshot | None
) -> Iterator[Diagnosis]:
    """Yield the diagnoses of an environment. Nothing in AWS is changed.

    *snapshot* has the ledger's refs, None if they can't be read.
    """
    findings = Findings(environment.name)
    try:
        aws = workspace.aws(environment)
        client = aws.stepfunctions
        if not environment.backend.needs_credentials:
            listed = call(client.list_state_machines, maxResults=1000)["stateMachines"]
            machines = count(listed, "state machine")
            yield findings.ok("service", f"{environment.label} has {machines}")
            return
        yield from _reached(workspace, environment, aws, snapshot, findings)
    except SfnReleaseError as error:
        yield findings.error("access", error)


def _reached(
    workspace: Workspace,
    environment: Environment,
    aws: Aws,
    snapshot: Snapshot | None,
    findings: Findings,
) -> Iterator[Diagnosis]:
    caller = _caller(environment, aws)
    if isinstance(caller, Diagnosis):
        yield caller
        if caller.verdict == "problem":
            return
        account = None
    else:
        yield findings.ok("account", f"{caller['Account']}, as {caller['Arn']}")
        account = caller["Account"]
    filled = _filled(workspace, environment)
    if isinstance(filled, SfnReleaseError):
        yield findings.error("parameters", filled)
        role = None
    else:
        role = filled["role"]
        yield _role(findings, role, account)
        if filled["logging"] is not None:
            yield _log_groups(findings, filled["logging"], environment.region, account)
    yield from _permissions(workspace, environment, aws, findings, role, account)
    yield from examine_parameters(SourceReader(site_of(workspace, environment, aws)), findings)
    if not isinstance(filled, SfnReleaseError):
        yield from examine_roles(workspace, environment, aws)
    if environment.pins != "off" and not isinstance(filled, SfnReleaseError):
        yield _pins(workspace, environment, aws, findings)
    yield from _alarms(environment, aws, findings)
    yield from examine_machines(workspace, environment, aws, snapshot)


def _caller(environment: Environment, aws: Aws) -> Mapping[str, Any] | Diagnosis:
    """Return the caller's identity, or a diagnosis if we can't get it."""
    findings = Findings(environment.name)
    if not environment.has_sts and "*" not in environment.endpoints:
        return findings.ok("account", "not checked: Step Functions is on this machine, without STS")
    try:
        return checked_caller(environment, aws)
    except (AccessError, NetworkError) as error:
        return findings.error("account", error)
    except SfnReleaseError as error:
        if environment.endpoints:
            return findings.warning(
                "account",
                "The endpoint has no STS, so the account can't be checked.",
                "If you have one, `endpoint_url` can be a table with a URL for each service.",
            )
        return findings.error("account", error, verdict="warning")


def _filled(workspace: Workspace, environment: Environment) -> dict[str, Any] | SfnReleaseError:
    """Return the environment's role and logging with parameters filled in, or the error."""
    raw = {"role": environment.role_arn, "logging": environment.logging}
    try:
        site = site_of(workspace, environment)
        known = environment.resolved(look_up(site, parameters_in(raw)))
        return {
            name: known.fill(value, where=name, texts=name == "role") if value is not None else None
            for name, value in raw.items()
        }
    except SfnReleaseError as error:
        return error


def _pins(
    workspace: Workspace, environment: Environment, aws: Aws, findings: Findings
) -> Diagnosis:
    """Return the number of references that a deployment would pin, or the error."""
    try:
        return findings.ok(
            "pins", pins_of_work_tree(workspace, site_of(workspace, environment, aws))
        )
    except SfnReleaseError as error:
        return findings.error("pins", error)


def _role(findings: Findings, role: str | None, account: str | None) -> Diagnosis:
    if role is None:
        return findings.warning(
            "role",
            "not set here, so each StateMachine must have its own",
            f'Add  role_arn = "arn:aws:iam::…"  to [environments.{findings.area}].',
        )
    violation = role_rule(role)
    if violation:
        return findings.problem("role", f"{role!r} isn't the ARN of a role", violation)
    owner = role.split(":")[4]
    if account is not None and owner != account:
        return findings.problem(
            "role",
            f"{role} belongs to account {owner}, but the credentials belong to {account}",
            "A state machine needs a role of its own account.",
        )
    return findings.ok("role", role)


def _log_groups(
    findings: Findings, logging: Mapping[str, Any], region: str | None, account: str | None
) -> Diagnosis:
    groups = [
        destination["cloudWatchLogsLogGroup"]["logGroupArn"]
        for destination in logging.get("destinations", [])
    ]
    for group in groups:
        found = _LOG_GROUP.fullmatch(group)
        if not found:
            return findings.problem(
                "log group",
                f"{group!r} isn't the ARN of a log group",
                "Such an ARN is arn:aws:logs:eu-west-1:111111111111:log-group:NAME:*",
            )
        if found[1] != region or account not in {None, found[2]}:
            return findings.problem(
                "log group",
                f"{group} is in another region or account than the state machines",
                "Step Functions only logs to its own region and account.",
            )
    if not groups and logging.get("level", "OFF") != "OFF":
        return findings.problem(
            "log group", "a level is set, but no destination", "Add `destinations` to `logging`."
        )
    return findings.ok("log group", ", ".join(groups) or "logging is off")


def _permissions(
    workspace: Workspace,
    environment: Environment,
    aws: Aws,
    findings: Findings,
    role: str | None,
    account: str | None,
) -> Iterator[Diagnosis]:
    """Yield the diagnosis of each IAM action, for a state machine that doesn't exist."""
    owner = account or (role.split(":")[4] if role and role.count(":") > 4 else None)  # noqa: PLR2004
    if owner is None:
        yield findings.warning(
            "permission", "not checked: the account is unknown", "Set `account` or `role_arn`."
        )
        return
    partition = role.split(":")[1] if role and not role_rule(role) else "aws"
    unused = f"doctor-{workspace.runtime.new_token()[:16]}"
    template = environment.name_template.replace("{workflow}", unused)
    name = environment.fill(template, where="name", texts=True)[:80]
    arn = f"arn:{partition}:states:{environment.region}:{owner}:stateMachine:{name}"
    permissions: dict[str, Permission] = {}
    for permission in permission_probe.ask(aws, environment, arn, role):
        permissions.setdefault(permission.action, permission)
    for permission in permissions.values():
        yield _permission(permission, arn, findings)
    if permission_probe.on_amazon(aws.stepfunctions):
        return
    yield findings.ok(
        "emulator", "states:CreateStateMachine isn't checked: an emulator might create one"
    )


def _permission(permission: Permission, arn: str, findings: Findings) -> Diagnosis:
    match permission.answer:
        case "allowed":
            return findings.ok("permission", f"{permission.action} is allowed")
        case "unknown":
            message = f"we can't find out whether {permission.action} is allowed: {permission.why}"
            return findings.warning("permission", message, "Ask the operator of the endpoint.")
        case "denied":
            optional = permission.purpose in {"execute", "delete"}
            needed = findings.warning if optional else findings.problem
            return needed(
                "permission",
                f"{permission.action} is denied: {permission.why}",
                f"The deployer needs it for {permission.purpose}. We tried it on {arn}: if your"
                " policy lists each state machine, the real ones may be allowed.",
            )
        case _:
            assert_never(permission.answer)


def _alarms(environment: Environment, aws: Aws, findings: Findings) -> Iterator[Diagnosis]:
    """Yield whether the strategy's alarms exist: CloudWatch ignores unknown ones."""
    wanted = environment.strategy.limits.alarms if environment.strategy else ()
    if not wanted:
        return
    try:
        answer = call(
            aws.alarms.describe_alarms,
            AlarmNames=list(wanted),
            AlarmTypes=["MetricAlarm", "CompositeAlarm"],
        )
    except SfnReleaseError as error:
        yield findings.error("alarms", error)
        return
    found = [*answer.get("MetricAlarms", []), *answer.get("CompositeAlarms", [])]
    states = {alarm["AlarmName"]: alarm["StateValue"] for alarm in found}
    for name in wanted:
        if name not in states:
            yield findings.problem(
                "alarms",
                f"there is no alarm {name!r}",
                "Create it, or name another one in `strategy`.",
            )
        elif states[name] == "ALARM":
            yield findings.warning(
                "alarms",
                f"{name} is in ALARM, so callers can't be shifted now",
                "Find out why it fires.",
            )
        else:
            yield findings.ok("alarms", f"{name} is {states[name]}")
