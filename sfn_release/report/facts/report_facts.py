"""The facts that the pages of a report show: frozen data, read by `reading.read_facts`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar

from sfn_release.plan.policy_facts import LivePeriod
from sfn_release.release.former_names import other_names
from sfn_release.release.manifest import Manifest, ManifestEntry
from sfn_release.release.record import Record
from sfn_release.release.serving import Serving
from sfn_release.release.yank_list import Yank
from sfn_release.report import paths

if TYPE_CHECKING:
    from sfn_release.operations.verbs.status import EnvironmentStatus
    from sfn_release.project import Environment
    from sfn_release.project.git_host import GitHost
    from sfn_release.report.facts.definition_store import DefinitionStore


Item = TypeVar("Item")

DEPLOYMENTS_ON_PAGE = 40
"""How many deployments a part of a timeline has. Permalinks depend on it, so it never changes."""


@dataclass(frozen=True)
class ReleaseFacts:
    """One release. *ledger_commit* is its commit on the branch of the releases.

    *notes* are the release notes in its tag, "" without any. *live_in* are the environments that
    serve it now. *below* is the next lower published version, which ``since`` goes by; None for the
    first release. *trial*: only `local` has it, or only this clone. *schemas* are the blob ids of
    its input schemas, by workflow. *signature* is the kind of signature that its tag carries, ""
    for none; it isn't verified.
    """

    manifest: Manifest
    ledger_commit: str
    notes: str = ""
    live_in: tuple[str, ...] = ()
    below: str | None = None
    yank: Yank | None = None
    trial: bool = False
    pushed: bool = True
    unsigned: tuple[str, ...] = ()
    schemas: Mapping[str, str] = field(default_factory=dict)
    signature: Literal["", "SSH", "PGP"] = ""

    @property
    def version(self) -> str:
        """The release version."""
        return self.manifest.version

    @cached_property
    def changed(self) -> tuple[str, ...]:
        """The workflows whose present content it brought."""
        entries = self.manifest.workflows
        return tuple(name for name, entry in entries.items() if entry.since == self.version)


@dataclass(frozen=True)
class WorkflowForm:
    """One content of a workflow: the release *since* brought it, and *versions* have it.

    *versions* are in ascending order; the first is *since*, unless that release is gone.
    """

    workflow: str
    since: str
    entry: ManifestEntry
    versions: tuple[str, ...]


@dataclass(frozen=True)
class EnvironmentFacts:
    """One environment: its settings in releases.toml, and its branch of the ledger.

    *settings* is None if releases.toml no longer has it. *records* are its deployments, newest
    first, each by its last event. *deployed* is the deployment that brought the release that it
    serves, and *period* since when it serves all of that release, as `promote` counts it. *live* is
    its state on AWS, only in a report with ``--live``. *unsigned* are the
    signatures that it needs and that its release or its last record misses, one a line.
    """

    name: str
    label: str
    settings: Environment | None
    tip: str | None
    records: tuple[Record, ...] = ()
    serving: Serving | None = None
    deployed: Record | None = None
    period: LivePeriod = field(default_factory=LivePeriod)
    live: EnvironmentStatus | None = None
    unsigned: tuple[str, ...] = ()

    @property
    def last(self) -> Record | None:
        """The last deployment, finished or not."""
        return self.records[0] if self.records else None


@dataclass(frozen=True)
class ReportFacts:
    """Everything that several pages need. *releases* has the lowest version first.

    *built_at* is the moment that ages are counted to. *definitions* reads definitions on demand.
    *git_host* has the web pages of commits and tags, if the remote's host is known. *extra* are
    the options of single pages, by name. *first_names* has the first name of each workflow that
    keeps its state machine under a new name. *share* is the number of this process, and how many
    processes make pages. While the report is served, pages ask every *refresh* seconds for changes.
    """

    project: str
    built_at: datetime
    build_id: str
    tool_version: str
    releases: tuple[ReleaseFacts, ...]
    environments: tuple[EnvironmentFacts, ...]
    definitions: DefinitionStore
    git_host: GitHost | None = None
    is_live: bool = False
    warnings: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    first_names: Mapping[str, str] = field(default_factory=dict)
    share: tuple[int, int] = (0, 1)
    refresh: int = 0

    def mine(self, items: Sequence[Item]) -> Sequence[Item]:
        """Return the *items* whose pages this process makes: all, or its share of them.

        Several processes make the pages of a large report. Each pages function that is in
        ``site_pages.SHARED`` goes through its releases or workflows with `mine`.
        """
        number, processes = self.share
        return items[number::processes]

    def shared(self, number: int, processes: int) -> Self:
        """Return a copy for process *number* of *processes*, with everything that was computed."""
        made = copy(self)
        vars(made)["share"] = (number, processes)
        return made

    @cached_property
    def by_version(self) -> Mapping[str, ReleaseFacts]:
        """The releases by version."""
        return {release.version: release for release in self.releases}

    @cached_property
    def places(self) -> Mapping[str, int]:
        """The place of each version in *releases*."""
        return {release.version: place for place, release in enumerate(self.releases)}

    def other_names(self, workflow: str) -> frozenset[str]:
        """Return the other names of a workflow, which ``renamed_from`` or the records know."""
        records = (record for environment in self.environments for record in environment.records)
        return other_names(workflow, self.first_names, records)

    def released(self, version: str, release_digest: str) -> ReleaseFacts | None:
        """Return a release with this content; None if the version has another, or isn't known."""
        found = self.by_version.get(version)
        same = found is not None and found.manifest.release_digest == release_digest
        return found if same else None

    @cached_property
    def forms(self) -> Mapping[str, tuple[WorkflowForm, ...]]:
        """The contents that each workflow had, in the order of its releases, by workflow."""
        found: dict[str, dict[str, list[ReleaseFacts]]] = {}
        for release in self.releases:
            for name, entry in release.manifest.workflows.items():
                found.setdefault(name, {}).setdefault(entry.since, []).append(release)
        return {
            name: tuple(
                WorkflowForm(
                    name,
                    since,
                    having[0].manifest.workflows[name],
                    tuple(release.version for release in having),
                )
                for since, having in found[name].items()
            )
            for name in sorted(found)
        }

    @cached_property
    def lowest(self) -> Mapping[tuple[str, str], str]:
        """The lowest version that has each form, by its workflow and its ``since``."""
        forms = (form for several in self.forms.values() for form in several)
        return {(form.workflow, form.since): form.versions[0] for form in forms}

    @cached_property
    def environment_names(self) -> tuple[str, ...]:
        """The names of the environments, in the order of the board."""
        return tuple(environment.name for environment in self.environments)

    @cached_property
    def _parts(self) -> Mapping[tuple[str, str], int]:
        """The part of its environment's list that each deployment is in; 1 has the oldest."""
        return {
            (environment.name, record.id): place // DEPLOYMENTS_ON_PAGE + 1
            for environment in self.environments
            for place, record in enumerate(reversed(environment.records))
        }

    def deployment_path(self, environment: str, deployment: str) -> str:
        """Return the path of a deployment with its anchor, which never changes."""
        part = self._parts.get((environment, deployment))
        return f"{paths.environment_path(environment, part)}#{paths.deployment_anchor(deployment)}"

    def definition(self, version: str, workflow: str) -> Any:
        """Return the definition of a workflow in a release, parsed JSON, its digest verified.

        Raises TamperedError.
        """
        release = self.by_version[version]
        entry = release.manifest.workflows[workflow]
        return self.definitions.read(entry.definition_digest, release.ledger_commit, workflow)

    def schema(self, version: str, workflow: str) -> Any:
        """Return the JSON Schema of a workflow's input in a release; None without one."""
        release = self.by_version[version]
        blob = release.schemas.get(workflow)
        if blob is None:
            return None
        return self.definitions.read_schema(blob, release.ledger_commit, workflow)
