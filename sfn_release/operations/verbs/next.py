"""next: propose the next version from the changes since the last release."""

from __future__ import annotations

from sfn_release.operations.verbs.diff import tree_set
from sfn_release.operations.version_proposal import VersionProposal, propose
from sfn_release.operations.workspace import Workspace
from sfn_release.release.version import Part


def next_version(workspace: Workspace, part: Part | None = None) -> VersionProposal:
    """Return the version to publish the work tree as. Changes nothing.

    *part* is the part of the version to raise. By default, the changes decide. Raises BuildError,
    DefinitionError and TamperedError.
    """
    new = tree_set(workspace)
    return propose(workspace, workspace.snapshot(), new, part)
