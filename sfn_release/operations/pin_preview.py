"""Resolve the pins of the work tree without deploying it, for `env check` and `doctor`."""

from __future__ import annotations

from collections.abc import Mapping

from sfn_release.deployment.pin_resolution import resolve_pins
from sfn_release.deployment.site import Site
from sfn_release.deployment.workflow_pins import waves
from sfn_release.errors import PolicyError
from sfn_release.operations.rendered_tree import rendered_tree, unreleased_target
from sfn_release.operations.workspace import Workspace
from sfn_release.release.rendering import Rendered
from sfn_release.text import count


def pins_of_work_tree(workspace: Workspace, site: Site) -> str:
    """Build and render the work tree for an environment, and resolve its pins; see `resolved_pins`.

    Raises BuildError for workflows that do not load and ConfigError for undeclared parameters.
    """
    return resolved_pins(workspace, site, rendered_tree(workspace, site))


def resolved_pins(workspace: Workspace, site: Site, rendered: Mapping[str, Rendered]) -> str:
    """Return how much a deployment would pin, resolving all of it as that does.

    Raises NotFoundError for a missing function or machine, DefinitionError for workflows that start
    each other in a circle, and PolicyError where pins are required and a reference can't be pinned.
    """
    state = workspace.ledger.deployments.state(workspace.snapshot(), site.name)
    target = resolve_pins(site, state, unreleased_target(rendered))
    waves(target)
    unpinned = [line for workflow in target.workflows.values() for line in workflow.unpinned]
    if unpinned:
        raise PolicyError(
            f"{site.name} requires pins, but not everything can be pinned:",
            why="\n  ".join(unpinned),
            fix='Publish a version and name it, or set  pins = "resolve"',
        )
    notes = [note for workflow in target.workflows.values() for note in workflow.notes]
    pins = sum(len(workflow.pins) for workflow in target.workflows.values())
    return "; ".join([f"{count(pins, 'reference')} can be pinned", *notes])
