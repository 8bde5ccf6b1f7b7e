"""blame: the release that last changed each state of a workflow. Git only, no AWS."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from operator import itemgetter
from typing import Any

from sfn_release.authoring.declaration import Declaration
from sfn_release.comparison.state_origins import state_origins
from sfn_release.errors import NotFoundError
from sfn_release.ledger import Snapshot
from sfn_release.operations.workspace import Workspace
from sfn_release.release.former_names import other_names, under_its_names
from sfn_release.release.manifest import Manifest
from sfn_release.release.record import Record
from sfn_release.release.version import Precedence, parse_version
from sfn_release.text import did_you_mean

_INSIDE = " › "
_LISTED = 20  # states that an error names


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
    ``since`` does. Former names of the workflow count too. Raises NotFoundError
    for an unknown workflow, version or state.
    """
    snapshot = workspace.snapshot()
    if version is None and environment is not None:
        version = _served_version(workspace, snapshot, workflow, environment)
    having = _having(workspace, snapshot, workflow, version)
    changing = [*_changing(having)]
    declared = [
        declaration
        for name, versions in groupby(changing, key=itemgetter(1))
        for declaration in workspace.ledger.releases.declarations(
            snapshot, name, [manifest.version for manifest, _ in versions]
        )
    ]
    origins = state_origins(declaration.definition for declaration in declared)
    states = tuple(
        BlamedState(origin.label, changing[origin.index][0], origin.former)
        for origin in origins
        if state in {None, origin.label, origin.label.rpartition(_INSIDE)[2]}
    )
    highest, _ = having[0]
    if state is not None and not states:
        labels = [origin.label for origin in origins]
        raise NotFoundError(
            f"{workflow} of {highest.version} has no state {state!r}.",
            why=f"Its states are: {_listed(labels)}.",
            fix=did_you_mean(state, labels),
        )
    settings, _ = changing[_settings_origin(declared)]
    return Blamed(workflow, highest.version, settings, states)


def _listed(names: Sequence[str]) -> str:
    more = [f"… and {len(names) - _LISTED} more"] if len(names) > _LISTED else []
    return ", ".join([*names[:_LISTED], *more])


def _having(
    workspace: Workspace, snapshot: Snapshot, workflow: str, version: str | None
) -> list[tuple[Manifest, str]]:
    """Return the releases with the workflow, from *version* down, and its name in each."""
    manifests = workspace.ledger.releases.manifests(snapshot)
    if version is not None:
        wanted = workspace.released(snapshot, parse_version(version)).manifest
        if workflow not in wanted.workflows:
            raise _unknown(f"{wanted.version} has no workflow {workflow!r}.", wanted.workflows)
        highest = Precedence(wanted.version)
        manifests = [it for it in manifests if it == wanted or Precedence(it.version) < highest]
    first = next((place for place, it in enumerate(manifests) if workflow in it.workflows), None)
    if first is None:
        known = sorted({name for manifest in manifests for name in manifest.workflows})
        raise _unknown(f"No release has a workflow {workflow!r}.", known)
    first_names = workspace.project.first_names

    def others() -> frozenset[str]:
        return other_names(workflow, first_names, _records(workspace, snapshot))

    return [*under_its_names(workflow, manifests[first:], others)]


def _records(workspace: Workspace, snapshot: Snapshot) -> Iterator[Record]:
    deployments = workspace.ledger.deployments
    for environment, tip in deployments.environments(snapshot).items():
        yield from deployments.newest_first(environment, tip)


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


def _changing(having: Sequence[tuple[Manifest, str]]) -> Iterator[tuple[Manifest, str]]:
    """Yield the releases that brought another content than the one below; the lowest did, too."""
    for (manifest, name), (lower, former) in pairwise(having):
        if manifest.workflows[name].digest != lower.workflows[former].digest:
            yield manifest, name
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
