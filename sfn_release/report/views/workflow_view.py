"""One form of a workflow as its page shows it: states, settings, versions, places. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sfn_release.asl.placeholders import references_in
from sfn_release.report.views.shown_json import ShownJson, cut, length, shown_json
from sfn_release.report.views.state_history import Origins, StateChangedIn
from sfn_release.report.views.state_views import StateView

if TYPE_CHECKING:
    from sfn_release.release.manifest import ManifestEntry
    from sfn_release.report.facts.report_facts import EnvironmentFacts, WorkflowForm
    from sfn_release.report.views.comparisons import ChangeGroup

ROOM: Final = 250_000  # bytes of the graph and the states on one page
_LONGEST_STATE: Final = 60_000  # characters of a state's JSON
_FRAME: Final = 1_100  # bytes of a state beside its texts
_ROW: Final = 120  # bytes of a row in a table or a list, beside its texts
_LISTED: Final = 190  # bytes of a state in the list of all states
MOST_ENTRIES: Final = 60
"""The ways into a state that its section lists."""


@dataclass(frozen=True)
class ShownState:
    """A state and the release that last changed it. *shown* is its JSON as the page has it."""

    state: StateView
    shown: ShownJson
    origin: StateChangedIn | None


@dataclass(frozen=True)
class FormRow:
    """A form in the list of versions. *groups* are its changes since the form before."""

    form: WorkflowForm
    older: str | None
    groups: tuple[ChangeGroup, ...]
    live_in: tuple[str, ...]


@dataclass(frozen=True)
class LivePlace:
    """An environment that serves the workflow. *version* is its release, *since* its form's."""

    environment: str
    version: str
    since: str | None
    retained: bool
    arn: str


@dataclass(frozen=True)
class Setting:
    """A setting of a workflow; *value* is empty for one that the environment decides."""

    name: str
    value: str


def shown_states(states: Sequence[StateView], origins: Origins) -> list[ShownState]:
    """Return the states with the releases that last changed them."""
    return [
        ShownState(state, cut(state.json, _LONGEST_STATE), origins.get(state.label))
        for state in states
    ]


def parts(states: Sequence[ShownState], room: int) -> list[list[ShownState]]:
    """Return the states in the parts that go on pages of their own; none if *room* is enough."""
    sizes = [size(state) for state in states]
    if sum(sizes) <= room:
        return []
    found: list[list[ShownState]] = []
    left = 0
    for state, needed in zip(states, sizes, strict=True):
        if not found or needed > left:
            found.append([])
            left = ROOM
        found[-1].append(state)
        left -= needed
    return found


def size(shown: ShownState) -> int:
    """Return about how many bytes a state takes on a page."""
    state = shown.state
    ways = [*state.entries[:MOST_ENTRIES], *state.exits]
    rows = len(state.retries) + len(state.catches) + len(ways)
    texts = [shown.shown.text, state.comment, *[state.name] * 8, *(text for _, text in state.facts)]
    texts += [text for way in ways for text in (way.label, way.anchor, way.when)]
    texts += [text for row in state.catches for text in (row.target, row.anchor, row.errors)]
    return _FRAME + rows * _ROW + length(texts)


def list_size(states: Sequence[ShownState]) -> int:
    """Return about how many bytes a table of the states takes, without their definitions."""
    texts = (text for it in states for text in (it.state.label, *[it.state.anchor] * 2))
    return length(texts) + len(states) * _LISTED


def settings(entry: ManifestEntry, definition: Any) -> Iterator[Setting]:
    """Yield the settings that a release freezes, and the parameters that it needs."""
    yield Setting("Type", entry.type)
    yield Setting("Role", entry.role or "")
    for name in ("logging", "tracing", "encryption"):
        value = getattr(entry, name)
        yield Setting(name.capitalize(), "" if value is None else shown_json(value, 2_000).text)
    yield Setting(
        "Tags", ", ".join(f"{key} = {value}" for key, value in entry.tags.items()) or "none"
    )
    needed = sorted(references_in(definition) | references_in(entry.role))
    yield Setting("Parameters", ", ".join(needed) or "none")
    yield Setting("Source", entry.source)


def live_places(
    workflow: str, environments: Sequence[EnvironmentFacts], forms: Sequence[WorkflowForm]
) -> Iterator[LivePlace]:
    """Yield where a workflow is live, and which of its forms is."""
    since = {version: form.since for form in forms for version in form.versions}
    for environment in environments:
        served = environment.serving.workflows.get(workflow) if environment.serving else None
        if served is not None:
            yield LivePlace(
                environment.name,
                served.version,
                since.get(served.version),
                served.retained,
                served.version_arn or served.state_machine_arn,
            )


def versions_text(versions: Sequence[str]) -> str:
    """Return a form's versions in few words.

    >>> versions_text(["1.0.0"]), versions_text(["1.0.0", "1.0.1", "1.1.0"])
    ('1.0.0', '1.0.0 to 1.1.0 (3 releases)')
    """
    if len(versions) == 1:
        return versions[0]
    return f"{versions[0]} to {versions[-1]} ({len(versions)} releases)"


def schema_of(value: Any) -> ShownJson | None:
    """Return an input schema as a page shows it; None without one."""
    return None if value is None else shown_json(value, 30_000)
