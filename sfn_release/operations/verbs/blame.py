"""blame: the release that last changed each state of a workflow. Git only, no AWS."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from sfn_release.authoring.declaration import Declaration
from sfn_release.comparison.state_origins import state_origins
from sfn_release.errors import NotFoundError
from sfn_release.ledger import Snapshot
from sfn_release.operations.workspace import Workspace
from sfn_release.release.manifest import Manifest
from sfn_release.release.version import Precedence, parse_version
from sfn_release.text import did_you_mean

_INSIDE = " › "


@dataclass(frozen=True)
class BlamedState:
    """One state, and the release that brought its present form.

    *name* has the names around it (``Each › Charge``); *former* is its name before, if that
    release renamed or moved it.
    """

    name: str
    manifest: Manifest
    former: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {"name": self.name, **_release(self.manifest), "former": self.former}


@dataclass(frozen=True)
class Blamed:
    """The states of a workflow in one release, in their order.

    *settings* is the release that last changed the rest: role, type, logging, tags, and the fields
    of the definition beside its states.
    """

    workflow: str
    version: str
    settings: Manifest
    states: tuple[BlamedState, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "workflow": self.workflow,
            "version": self.version,
            "settings": _release(self.settings),
            "states": [state.to_json() for state in self.states],
        }


def blame(
    workspace: Workspace,
    workflow: str,
    state: str | None = None,
    *,
    version: str | None = None,
    environment: str | None = None,
) -> Blamed:
    """Return which release last changed each state of a workflow, or one *state*.

    The states are those of release *version*, of the release that an *environment* serves, or of
    the highest release that has the workflow. Each release is compared with the next lower one, as
    ``since`` does. Raises NotFoundError for an unknown workflow, version or state.
    """
    snapshot = workspace.snapshot()
    if version is None and environment is not None:
        version = _served_version(workspace, snapshot, workflow, environment)
    having = _having(workspace, snapshot, workflow, version)
    changing = [*_changing(having, workflow)]
    declared = [
        *workspace.ledger.releases.declarations(
            snapshot, workflow, [manifest.version for manifest in changing]
        )
    ]
    origins = state_origins(declaration.definition for declaration in declared)
    states = tuple(
        BlamedState(origin.label, changing[origin.index], origin.former)
        for origin in origins
        if state in {None, origin.label, origin.label.rpartition(_INSIDE)[2]}
    )
    if state is not None and not states:
        raise NotFoundError(
            f"{workflow} of {having[0].version} has no state {state!r}.",
            fix=did_you_mean(state, [origin.label for origin in origins]),
        )
    settings = changing[_settings_origin(declared)]
    return Blamed(workflow, having[0].version, settings, states)


def _having(
    workspace: Workspace, snapshot: Snapshot, workflow: str, version: str | None
) -> list[Manifest]:
    """Return the releases that have the workflow, the highest first, from *version* down."""
    manifests = workspace.ledger.releases.manifests(snapshot)
    if version is not None:
        wanted = workspace.released(snapshot, parse_version(version)).manifest
        if workflow not in wanted.workflows:
            raise _unknown(f"{wanted.version} has no workflow {workflow!r}.", wanted.workflows)
        highest = Precedence(wanted.version)
        manifests = [it for it in manifests if it == wanted or Precedence(it.version) < highest]
    having = [it for it in manifests if workflow in it.workflows]
    if not having:
        known = sorted({name for manifest in manifests for name in manifest.workflows})
        raise _unknown(f"No release has a workflow {workflow!r}.", known)
    return having


def _unknown(message: str, known: Iterable[str]) -> NotFoundError:
    names = [*known]
    why = f"There are: {', '.join(names)}." if names else ""
    return NotFoundError(message, why=why)


def _served_version(
    workspace: Workspace, snapshot: Snapshot, workflow: str, environment: str
) -> str:
    """Return the release of a workflow that an environment serves."""
    chosen = workspace.environment(environment)
    serving = workspace.ledger.deployments.state(snapshot, chosen.name).serving
    if serving is None or workflow not in serving.workflows:
        raise NotFoundError(
            f"{workflow} isn't deployed to {chosen.label}.",
            fix=f"To see what is:  sfn-release status --env {chosen.name}",
        )
    return serving.workflows[workflow].version


def _changing(having: Sequence[Manifest], workflow: str) -> Iterator[Manifest]:
    """Yield the releases that brought another content than the one below; the lowest did, too."""
    for manifest, lower in pairwise(having):
        if manifest.workflows[workflow].digest != lower.workflows[workflow].digest:
            yield manifest
    yield having[-1]


def _settings_origin(declared: Sequence[Declaration]) -> int:
    """Return the place of the last change outside of states; *declared* has the newest first."""
    for index, (new, old) in enumerate(pairwise(declared)):
        if _outside(new).digest != _outside(old).digest:
            return index
    return len(declared) - 1


def _outside(declaration: Declaration) -> Declaration:
    """Return a declaration without its states, and where they start: a rename changes that too."""
    states = {"StartAt", "States"}
    rest = {key: value for key, value in declaration.definition.items() if key not in states}
    return replace(declaration, definition=rest)


def _release(manifest: Manifest) -> dict[str, Any]:
    return {
        "version": manifest.version,
        "commit": manifest.commit,
        "author": manifest.author,
        "date": manifest.date,
    }
