"""permissions: the least IAM policy that the role of each workflow needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sfn_release.authoring.declaration import Declaration
from sfn_release.deployment.parameter_lookup import account_of, look_up
from sfn_release.deployment.site import Site
from sfn_release.errors import NotFoundError
from sfn_release.operations.open_site import site_of
from sfn_release.operations.rendered_tree import pinned_forms
from sfn_release.operations.verbs.build import build_work_tree
from sfn_release.operations.workspace import Workspace
from sfn_release.permissions.iam_policy import LeastPolicy, least_policy, shared_policy
from sfn_release.permissions.needed import NeededPermissions, Place
from sfn_release.permissions.workflow_needs import needed_permissions
from sfn_release.permissions.workflow_place import place_of
from sfn_release.project import Environment
from sfn_release.release.rendering import Rendered, parameters_of, render_all
from sfn_release.release.version import parse_version
from sfn_release.text import did_you_mean


@dataclass(frozen=True)
class LeastPolicies:
    """The least policies of an environment's roles: of each workflow, and of each role.

    Workflows are in the order of their names; a role has the policies of all its workflows.
    """

    environment: str
    version: str | None
    workflows: Mapping[str, LeastPolicy]
    roles: Mapping[str, LeastPolicy]

    @property
    def shared(self) -> dict[str, LeastPolicy]:
        """The policies of the roles that several workflows run with."""
        return {role: policy for role, policy in self.roles.items() if len(policy.workflows) > 1}

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "environment": self.environment,
            "version": self.version,
            "workflows": {name: policy.to_json() for name, policy in self.workflows.items()},
            "roles": {role: policy.to_json() for role, policy in self.roles.items()},
        }


def permissions(
    workspace: Workspace,
    workflow: str | None = None,
    *,
    environment: str | None = None,
    version: str | None = None,
) -> LeastPolicies:
    """Return the least policies for the work tree, or for a release, in an environment.

    Parameters are filled in. AWS is called only to look up parameters and pins. With *workflow*,
    the result has only that workflow and its role. Raises NotFoundError for an unknown workflow or
    release, and ConfigError for a missing parameter or role.
    """
    chosen = workspace.environment(environment)
    every = _declarations(workspace, version)
    where = f"release {version}" if version else f"{workspace.project.workflows}/"
    wanted = _only(every, workflow, where)
    site = site_of(workspace, chosen)
    names = parameters_of(wanted.values(), chosen)
    known = chosen.resolved(look_up(site, names, workflows=list(every)))
    unpinned = render_all(wanted.values(), known)
    say = workspace.runtime.watcher.say
    rendered = pinned_forms(workspace, site, unpinned, say=say)
    needs = {
        name: (form, place, needed_permissions(form, place))
        for name, form in sorted(rendered.items())
        for place in [_place(site, known, form)]
    }
    return LeastPolicies(
        chosen.name,
        version,
        {
            name: least_policy(needed, form.role, place)
            for name, (form, place, needed) in needs.items()
        },
        _roles(needs),
    )


def _declarations(workspace: Workspace, version: str | None) -> dict[str, Declaration]:
    if version is None:
        built = build_work_tree(workspace).declarations
        return {str(declaration.name): declaration for declaration in built}
    release = workspace.released(workspace.snapshot(), parse_version(version))
    return {str(name): declaration for name, declaration in release.declarations.items()}


def _only(
    every: Mapping[str, Declaration], workflow: str | None, where: str
) -> Mapping[str, Declaration]:
    """Return all workflows, or the named one. Raises NotFoundError."""
    if workflow is None:
        return every
    if workflow not in every:
        raise NotFoundError(
            f"There is no workflow {workflow!r} in {where}.",
            why=f"There are: {', '.join(every)}." if every else "",
            fix=did_you_mean(workflow, every),
        )
    return {workflow: every[workflow]}


def _place(site: Site, environment: Environment, rendered: Rendered) -> Place:
    """Return the account of a workflow; STS says it where neither releases.toml nor the role do."""
    place = place_of(environment, rendered)
    if place.account:
        return place
    return Place(place.partition, place.region, account_of(site))


def _roles(
    needs: Mapping[str, tuple[Rendered, Place, NeededPermissions]],
) -> dict[str, LeastPolicy]:
    by_role: dict[str, list[tuple[Place, NeededPermissions]]] = {}
    for form, place, needed in needs.values():
        by_role.setdefault(form.role, []).append((place, needed))
    return {
        role: shared_policy([needed for _, needed in found], role, found[0][0])
        for role, found in by_role.items()
    }
