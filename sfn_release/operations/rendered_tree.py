"""The workflows of the work tree, as a deployment to an environment would send them now."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sfn_release.deployment.parameter_lookup import look_up
from sfn_release.deployment.pin_resolution import resolve_pins
from sfn_release.deployment.site import Site
from sfn_release.errors import SfnReleaseError
from sfn_release.operations.verbs.build import build_definitions
from sfn_release.operations.workspace import Workspace
from sfn_release.plan import Target, TargetWorkflow
from sfn_release.release.rendering import Rendered, parameters_of, render_all


def rendered_tree(workspace: Workspace, site: Site) -> dict[str, Rendered]:
    """Build and render the work tree for an environment, without pins.

    Raises BuildError for workflows that don't load, and ConfigError for undeclared parameters.
    """
    declarations = build_definitions(workspace)
    environment = site.environment
    state = workspace.ledger.deployments.state(workspace.snapshot(), site.name)
    names = parameters_of(declarations, environment)
    workflows = [declaration.name for declaration in declarations]
    found = look_up(site, names, state=state, workflows=workflows)
    return render_all(declarations, environment.resolved(found))


def unreleased_target(rendered: Mapping[str, Rendered]) -> Target:
    """Return rendered workflows as a target that is never deployed."""
    workflows = {name: TargetWorkflow("", "", form) for name, form in rendered.items()}
    return Target("deploy", "the work tree", "", "", workflows)


def pinned_forms(
    workspace: Workspace,
    site: Site,
    rendered: Mapping[str, Rendered],
    *,
    say: Callable[[str], None] = lambda _: None,
) -> Mapping[str, Rendered]:
    """Return rendered workflows with their pins, which a role has to be allowed to call.

    If the pins can't be resolved, all are left out, and *say* takes the reason.
    """
    if site.environment.pins == "off":
        return rendered
    state = workspace.ledger.deployments.state(workspace.snapshot(), site.name)
    try:
        target = resolve_pins(site, state, unreleased_target(rendered))
    except SfnReleaseError as error:
        say(f"warning: the pins of {site.name} aren't resolved: {error.message}")
        return rendered
    return {name: workflow.rendered for name, workflow in target.workflows.items()}
