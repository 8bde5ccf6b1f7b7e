"""The workflows that an environment serves after a deployment, exactly as they were sent. Pure.

Each commit of an environment's branch has a ``manifest.json`` (a `Serving`) and ``definitions/``
(the rendered definitions of its workflows).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sfn_release.canonical import loads, short
from sfn_release.errors import DefinitionError, TamperedError
from sfn_release.names import Arn, CommitId, Origin, ProjectName, RecordId, SourcePath, WorkflowName
from sfn_release.release.pins import exact_name
from sfn_release.release.record import Record
from sfn_release.release.rendering import Rendered
from sfn_release.release.strict_json import read_document, read_object, report_tampering
from sfn_release.release.version import Version

if TYPE_CHECKING:
    from sfn_release.release.release import Release

SERVING_SCHEMA = "sfn-release/serving/1"


@dataclass(frozen=True)
class LatestContent:
    """The content of ``$LATEST``, which callers without the alias got, if the alias served another.

    *settings* is `Rendered.settings`, *text* the definition as it was written.
    """

    settings: Mapping[str, Any]
    text: str
    rendered_digest: str


@dataclass(frozen=True)
class FoundMachine:
    """A state machine as it was before sfn-release first wrote to it, beside its content.

    *text* is the definition as it was written. *routing* maps version ARNs to weights if the alias
    split its callers, else it is empty. *latest* is the content of ``$LATEST`` if it was another.
    """

    text: str
    routing: Mapping[Arn, int] = field(default_factory=dict)
    latest: LatestContent | None = None

    def unqualified(self, served: Rendered) -> Rendered:
        """Return the form of ``$LATEST``; *served* is the form that callers of the alias got.

        Raises DefinitionError, or TypeError, for content that isn't a state machine's.
        """
        if self.latest is None:
            return served
        return _form(served.workflow, self.latest.settings, self.latest.text)


@dataclass(frozen=True)
class Served:
    """One workflow as an environment serves it.

    *version* is its release. *settings* is `Rendered.settings`. *alias* is the name of the alias
    that callers use, "" for none (None in old records); *alias_description* is the description that
    we last gave it. *retained* marks a workflow that is deployed, but is not in the release that
    the environment serves. *pins* maps references without a version to exact versions. *parameters*
    are the values that filled it, with their types: `rendering.fill_and_pin` makes the recorded
    form from the release, these values and the pins (None in old records). *stale_tags* are tags
    of an earlier release that could not be removed. *found* is set in a release of state machines
    that were found in AWS.
    """

    digest: str
    rendered_digest: str
    source: SourcePath
    settings: Mapping[str, Any]
    state_machine_arn: Arn
    version_arn: Arn | None
    alias_description: str | None
    version: Version
    retained: bool = False
    pins: Mapping[str, str] = field(default_factory=dict)
    alias: str | None = None
    parameters: Mapping[str, Any] | None = None
    stale_tags: tuple[str, ...] = ()
    found: FoundMachine | None = None

    @property
    def latest_digest(self) -> str:
        """The rendered digest that ``$LATEST`` should have."""
        latest = self.found.latest if self.found else None
        return latest.rendered_digest if latest else self.rendered_digest

    @property
    def routing(self) -> Mapping[str, int]:
        """The alias's planned routing: version ARNs with weights; {} without an alias."""
        if self.found and self.found.routing:
            return self.found.routing
        return {self.version_arn: 100} if self.version_arn else {}

    @property
    def left_behind(self) -> bool:
        """Whether an unfinished deployment left it behind, as it was found in AWS."""
        return self.retained and not self.source and self.parameters is None


@dataclass(frozen=True)
class Serving:
    """The workflows that an environment serves after a deployment, and where a rollback goes.

    *handed_over* maps workflows that belong to another project now to its name. *below* is the
    commit of the environment's branch whose ``manifest.json`` is the previous entry
    of the rollback stack: successful deployments push, rollbacks pop.
    """

    version: Version
    commit: Origin
    release_digest: str
    deployment: RecordId
    below: CommitId | None
    workflows: Mapping[WorkflowName, Served]
    handed_over: Mapping[WorkflowName, ProjectName] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form, as an environment's ``manifest.json`` holds it."""
        members = {name: getattr(self, name) for name in self.__dataclass_fields__}
        members["workflows"] = {name: asdict(served) for name, served in self.workflows.items()}
        if not self.handed_over:
            del members["handed_over"]  # older versions can read it then
        return {"schema": SERVING_SCHEMA, **members}

    @classmethod
    def from_json(cls, value: Any, *, where: str) -> Serving:
        """Read the JSON form; raises TamperedError, naming *where*, for an invalid one."""
        serving = read_document(cls, value, schema=SERVING_SCHEMA, where=where)
        for name, served in serving.workflows.items():
            _recorded(name, served, {}, where=where)
            with report_tampering(where):
                for arn in served.pins.values():
                    exact_name(arn)
        return serving


@dataclass(frozen=True)
class RecordedState:
    """The ledger's state of an environment: its last event, and the workflows that it serves.

    *tip* is the commit, None before the first deployment.
    """

    tip: str | None = None
    record: Record | None = None
    serving: Serving | None = None

    @property
    def unfinished(self) -> bool:
        """Whether the last deployment failed or is still open."""
        return self.record is not None and self.record.status != "succeeded"


def served_forms(
    serving: Serving, definitions: Mapping[str, Any], *, where: str
) -> dict[str, Rendered]:
    """Return the rendered workflows of *serving*, retained ones too, as they were sent.

    *definitions* are the recorded ones, by workflow. Raises TamperedError, naming *where*, for a
    definition with another digest than the recorded one.
    """
    found = {}
    for name, served in serving.workflows.items():
        rendered = _recorded(name, served, definitions[name], where=where)
        with report_tampering(where):
            digest = rendered.digest
        if digest != served.rendered_digest:
            raise TamperedError(
                f"{where}: the recorded definition of {name} differs from the deployed definition.",
                why=f"The record says {short(served.rendered_digest)},"
                f" the file has {short(digest)}.",
            )
        found[name] = rendered
    return found


def refuse_forged(
    serving: Serving, forms: Mapping[str, Rendered], release: Release, *, where: str
) -> None:
    """Raise TamperedError for the first of *forms* that *release* doesn't render to.

    *forms* are recorded in *serving*, by workflow; all of them are workflows of *release*.
    """
    from sfn_release.release.render_verification import unlike_release

    for name, form in forms.items():
        served = serving.workflows[name]
        declaration = release.declarations.get(name)
        if declaration is None or release.manifest.workflows[name].digest != served.digest:
            unlike: str | None = f"{release.version} has no such {name}"
        elif served.found is not None and not release.manifest.found:
            unlike = "the release was published, and the record says it was found in AWS"
        else:
            unlike = unlike_release(declaration, form, values=served.parameters, pins=served.pins)
        if unlike is not None:
            raise TamperedError(
                f"{where}: the recorded form of {name} doesn't match {release.version}: {unlike}.",
                why="The record was forged, or its author deployed something else. It isn't sent.",
                fix=f"Deploy the release itself:  sfn-release deploy {release.version}\n"
                "  `git log` of that branch shows who wrote the record.",
            )


def _recorded(name: str, served: Served, definition: Any, *, where: str) -> Rendered:
    with report_tampering(where):
        form = _form(name, served.settings, definition)
        if served.found is None or definition == {}:
            return form
        return _as_found(served.found, form)


def _as_found(found: FoundMachine, form: Rendered) -> Rendered:
    """Return *form* with the text that was found; raise DefinitionError if they disagree."""
    exact = replace(form, definition=loads(found.text), text=found.text)
    latest = found.unqualified(form)
    if exact.digest != form.digest or (
        found.latest is not None and latest.digest != found.latest.rendered_digest
    ):
        raise DefinitionError(f"the stored text of {form.workflow} differs from its definition")
    return exact


def _form(name: str, settings: Mapping[str, Any], definition: Any) -> Rendered:
    """Return the rendered form with recorded settings and a definition, or its text."""
    members = dict(settings)
    members |= {"workflow": name, "name": members.pop("state_machine", None)}
    text = definition if isinstance(definition, str) else None
    members |= {"definition": loads(text) if text is not None else definition, "text": text}
    return read_object(Rendered, members, "workflows", name)
