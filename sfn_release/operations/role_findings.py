"""check --env: findings about the roles of workflows in an environment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

from sfn_release.checks.finding import Finding
from sfn_release.errors import SfnReleaseError
from sfn_release.operations.open_site import site_of
from sfn_release.operations.rendered_tree import pinned_forms, rendered_tree
from sfn_release.operations.roles.compared_roles import compare_roles
from sfn_release.operations.verbs.check import Checked, CheckedFinding
from sfn_release.operations.workspace import Workspace
from sfn_release.permissions.role_comparison import RoleComparison, not_compared, policy_hint


def with_role_findings(workspace: Workspace, environment: str, checked: Checked) -> Checked:
    """Return *checked* with the permissions that the roles of its workflows lack in an environment.

    A lacking permission is a warning, and an error where releases.toml requires permissions. On
    `local` no role is assumed, so there is nothing to find. Raises NotFoundError for an unknown
    environment, and AccessError for the credentials of another account.
    """
    chosen = workspace.environment(environment)
    if chosen.permissions == "required" and not chosen.has_iam:
        finding = Finding("role-unchecked", "warning", "$", "", f"{not_compared(environment)}.")
        return replace(checked, findings=(*checked.findings, CheckedFinding("", finding, "")))
    if not chosen.has_iam or chosen.permissions == "off":
        return checked
    aws = workspace.reach(chosen)
    site = site_of(workspace, chosen, aws)
    try:
        rendered = pinned_forms(workspace, site, rendered_tree(workspace, site))
    except SfnReleaseError as error:
        text = f"The roles of {chosen.name} aren't checked: {error.message}"
        fix = " ".join(error.fix.split())
        finding = Finding("role-unchecked", "warning", "$", "", text, fix)
        return replace(checked, findings=(*checked.findings, CheckedFinding("", finding, "")))
    wanted = {name: form for name, form in rendered.items() if name in checked.workflows}
    severity: Literal["error", "warning"] = (
        "error" if chosen.permissions == "required" else "warning"
    )
    found = [
        finding
        for compared in compare_roles(aws, chosen, wanted)
        for finding in _findings(compared, environment, severity)
    ]
    return replace(checked, findings=(*checked.findings, *found))


def _findings(
    compared: RoleComparison, environment: str, severity: Literal["error", "warning"]
) -> Iterator[CheckedFinding]:
    """Yield the findings about one role. They have no line: a state may need a role in many."""
    place = compared.place

    def finding(
        workflow: str, rule: str, message: str, fix: str, state: str = ""
    ) -> CheckedFinding:
        kind = severity if rule == "role-permission" else "warning"
        text = message.removeprefix(f"{workflow}: ")
        text = f"{text[:1].upper()}{text[1:]}."
        return CheckedFinding(workflow, Finding(rule, kind, "$", state, text, fix), "")

    first = compared.workflows[0]
    if compared.unchecked:
        yield finding(first, "role-unchecked", compared.uncheckable, compared.fix)
        return
    trust = compared.trust
    if trust.decision == "denied":
        message = f"Step Functions may not assume the role {compared.role}: {trust.why}"
        yield finding(first, "role-permission", message, "Correct its trust policy.")
    for gap in compared.gaps:
        rule = "role-permission" if gap.sure else "role-unchecked"
        fix = policy_hint(environment, gap.workflow)
        state = gap.states[0] if gap.states else ""
        yield finding(gap.workflow, rule, gap.text(place), fix, state)
