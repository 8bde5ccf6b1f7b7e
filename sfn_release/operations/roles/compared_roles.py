"""Compares the roles of rendered workflows with the workflows' needs, by asking IAM."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sfn_release.aws.clients import Aws, IdentityManagement
from sfn_release.errors import AccessError, AwsError, ConfigError, NetworkError, SfnReleaseError
from sfn_release.operations.roles.role_reading import read_role, with_policies
from sfn_release.operations.roles.role_simulation import simulated
from sfn_release.permissions.needed import NeededPermissions, Place
from sfn_release.permissions.policy_evaluation import evaluated
from sfn_release.permissions.role_check import may_be_assumed, role_gaps
from sfn_release.permissions.role_comparison import RoleComparison
from sfn_release.permissions.role_question import (
    LiveRole,
    RoleAnswer,
    RoleQuestion,
    all_questions,
)
from sfn_release.permissions.workflow_needs import needed_permissions
from sfn_release.permissions.workflow_place import place_of
from sfn_release.project import Environment
from sfn_release.release.rendering import Rendered

_FIX = (
    "Allow the deployer iam:GetRole and iam:SimulatePrincipalPolicy on the role:"
    "  sfn-release doctor --iam"
)


def compare_roles(
    aws: Aws, environment: Environment, rendered: Mapping[str, Rendered]
) -> tuple[RoleComparison, ...]:
    """Return each role of *rendered* workflows, compared with their needs.

    It's empty where there is no IAM to ask, or releases.toml says ``permissions = "off"``. An error
    of IAM makes a role `RoleComparison.unchecked`; nothing is raised.
    """
    if not environment.has_iam or environment.permissions == "off" or not rendered:
        return ()
    try:
        iam = aws.roles
    except ConfigError:
        return ()  # the services are given, and IAM isn't one of them
    except SfnReleaseError as error:
        iam, failed = None, error
    by_role: dict[str, list[Rendered]] = {}
    for form in rendered.values():
        by_role.setdefault(form.role, []).append(form)
    found = []
    for role, forms in by_role.items():
        place = place_of(environment, forms[0])
        workflows = tuple(form.workflow for form in forms)
        if iam is None:
            found.append(_unchecked(role, workflows, place, failed))
            continue
        try:
            found.append(_compared(iam, role, forms, place))
        except SfnReleaseError as error:
            found.append(_unchecked(role, workflows, place, error))
    return tuple(found)


def _unchecked(
    role: str, workflows: tuple[str, ...], place: Place, error: SfnReleaseError
) -> RoleComparison:
    """Return a role that couldn't be compared, with the reason."""
    if isinstance(error, AwsError) and error.missing:
        text = "doesn't exist"
        return RoleComparison(role, workflows, place, unchecked=text, fix="Create the role.")
    why = " ".join(f"{error.message} {error.why}".split()).rstrip(".")
    return RoleComparison(role, workflows, place, unchecked=f"isn't checked: {why}", fix=_FIX)


def _compared(
    iam: IdentityManagement, arn: str, forms: Sequence[Rendered], place: Place
) -> RoleComparison:
    needs = [needed_permissions(form, place) for form in forms]
    role = _role(iam, arn)
    trust = role.trusted(
        place, [place.arn("states", f"stateMachine:{form.name}") for form in forms]
    )
    answers = _answers(iam, arn, role, needs)
    gaps = tuple(gap for needed in needs for gap in role_gaps(needed, answers))
    return RoleComparison(arn, tuple(form.workflow for form in forms), place, gaps, trust)


@dataclass(frozen=True)
class _ReadRole:
    """A role with its trust policy, or the error of reading it."""

    live: LiveRole | None
    boundary: str | None = None
    error: AccessError | None = None

    def trusted(self, place: Place, machines: Sequence[str]) -> RoleAnswer:
        if self.live is None:
            why = self.error.message if self.error else "it isn't known"
            return RoleAnswer("unknown", why)
        return may_be_assumed(self.live.trust, place, machines)


def _role(iam: IdentityManagement, arn: str) -> _ReadRole:
    """Return a role with its trust policy, if you may read it. Raises AwsError."""
    try:
        live, boundary = read_role(iam, arn)
    except AccessError as error:
        return _ReadRole(None, error=error)
    return _ReadRole(live, boundary)


def _answers(
    iam: IdentityManagement, arn: str, role: _ReadRole, needs: Sequence[NeededPermissions]
) -> dict[RoleQuestion, RoleAnswer]:
    """Return IAM's own answers, or ours from the role's policies where IAM may not be asked.

    Raises the error of asking IAM if the policies can't be read either.
    """
    questions = all_questions(needs)
    if not questions:
        return {}
    try:
        return _without_doubt(iam, role, simulated(iam, arn, questions))
    except NetworkError:
        raise
    except AwsError as error:
        if role.live is None or error.missing:
            raise
        try:
            live = with_policies(iam, role.live, role.boundary)
        except AccessError:
            raise error from None
        return {question: evaluated(live, question) for question in questions}


def _without_doubt(
    iam: IdentityManagement, role: _ReadRole, answers: dict[RoleQuestion, RoleAnswer]
) -> dict[RoleQuestion, RoleAnswer]:
    """Return answers of IAM with ours where IAM's depends on a condition.

    IAM also names conditions of statements that don't matter for the question: the role's policies
    show whether one of them could allow it at all.
    """
    doubtful = [question for question, answer in answers.items() if answer.decision == "unknown"]
    if not doubtful or role.live is None:
        return answers
    try:
        live = with_policies(iam, role.live, role.boundary)
    except AwsError:
        return answers
    denied = {
        question: answer
        for question in doubtful
        if (answer := evaluated(live, question)).decision == "denied"
    }
    return answers | denied
