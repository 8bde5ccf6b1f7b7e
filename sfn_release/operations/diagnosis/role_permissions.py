"""Examines the roles of workflows: whether they have the permissions that the workflows need."""

from __future__ import annotations

from collections.abc import Iterator

from sfn_release.aws.clients import Aws
from sfn_release.errors import SfnReleaseError
from sfn_release.operations.diagnosis.diagnosis import Diagnosis, Findings
from sfn_release.operations.open_site import site_of
from sfn_release.operations.rendered_tree import pinned_forms, rendered_tree
from sfn_release.operations.workspace import Workspace
from sfn_release.permissions.role_comparison import RoleComparison, policy_hint
from sfn_release.project import Environment
from sfn_release.text import count

_SUBJECT = "role"


def examine_roles(workspace: Workspace, environment: Environment, aws: Aws) -> Iterator[Diagnosis]:
    """Yield the gaps of the work tree's roles in *environment*.

    Nothing where there is no IAM to ask, or releases.toml says ``permissions = "off"``.
    """
    if not environment.has_iam or environment.permissions == "off":
        return
    from sfn_release.operations.roles.compared_roles import compare_roles  # loads service models

    findings = Findings(environment.name)
    site = site_of(workspace, environment, aws)
    try:
        rendered = pinned_forms(workspace, site, rendered_tree(workspace, site))
    except SfnReleaseError as error:
        yield findings.error(_SUBJECT, error, verdict="warning")
        return
    for compared in compare_roles(aws, environment, rendered):
        yield from _diagnoses(compared, environment, findings)


def _diagnoses(
    compared: RoleComparison, environment: Environment, findings: Findings
) -> Iterator[Diagnosis]:
    required = environment.permissions == "required"
    wrong = findings.problem if required else findings.warning
    if compared.unchecked:
        yield wrong(_SUBJECT, compared.uncheckable, compared.fix)
        return
    policies = policy_hint(environment.name)
    for line in compared.missing:
        yield wrong(_SUBJECT, line, policies)
    for line in compared.unsure:
        yield findings.warning(_SUBJECT, line, "Look at the role's policies.")
    if not compared.missing:
        workflows = count(compared.workflows, "workflow")
        yield findings.ok(_SUBJECT, f"{compared.role} has all needed permissions of {workflows}")
