"""The builder: states and how they follow each other, written out as one definition."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Unpack

from sfn_release.asl.field_types import JSONPATH
from sfn_release.asl.partitions import in_partition
from sfn_release.asl.placeholders import quoted
from sfn_release.authoring.building import Building
from sfn_release.authoring.chain import Chain
from sfn_release.authoring.declaration import StateMachineType
from sfn_release.authoring.field_writer import whole_seconds, with_extra
from sfn_release.authoring.not_given import NOT_GIVEN, NotGiven, asl_key, copied, plain
from sfn_release.authoring.state import (
    Language,
    PartError,
    Seconds,
    State,
    StateError,
    own_language,
    write_states,
)
from sfn_release.authoring.state_graph import Naming, StateGraph
from sfn_release.authoring.state_keywords import WorkflowFields
from sfn_release.authoring.state_names import StateNames
from sfn_release.canonical import decoded, loads
from sfn_release.checks.finding import Finding, refuse
from sfn_release.errors import DefinitionError, NotFoundError
from sfn_release.text import did_you_mean


class Workflow(Building):
    """States in order: a whole workflow, a branch of a Parallel, or the processor of a Map.

    >>> import sfn_release as sfn
    >>> hello = sfn.Workflow()
    >>> hello.start_from(sfn.Pass("Greet", result="Hello")).next_then(sfn.Pass("Wave")).end()
    Workflow(2 states from 'Greet')

    States are Python objects that stay as they are: change one, and the next `serialize` shows it.
    A state that another one names as its next, default or catcher belongs to the workflow without
    being added. *query_language* is that of every state that has none of its own, JSONPath if it is
    not given. *timeout_seconds* and *version* are fields of the whole definition; *extra* holds
    further ones, as they are.

    *partition* is for environments in China or GovCloud: with ``"${AWS::Partition}"`` the ARNs of
    integrations, ``arn:aws:states:::...``, are written with each environment's partition.
    """

    def __init__(
        self,
        *,
        comment: str | NotGiven = NOT_GIVEN,
        version: str | NotGiven = NOT_GIVEN,
        timeout_seconds: Seconds = NOT_GIVEN,
        query_language: Language = NOT_GIVEN,
        partition: str | NotGiven = NOT_GIVEN,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.comment = comment
        self.version = version
        self.timeout_seconds = timeout_seconds
        self.query_language = query_language
        self.partition = partition
        self.extra = extra or {}

    def __repr__(self) -> str:
        start = self.start.id if isinstance(self.start, State) else self.start
        return f"Workflow({len(self.states)} states from {start!r})"

    @classmethod
    def of(cls, *pieces: State | Chain | StateGraph, **fields: Unpack[WorkflowFields]) -> Workflow:
        """Return the workflow that runs *pieces* one after the other and then ends.

        *fields* are those of the whole definition, as `Workflow` takes them.

        Raises DefinitionError without a piece, and where one can't be followed.
        """
        if not pieces:
            raise DefinitionError("A workflow needs at least one state.")
        workflow = cls(**fields).start_from(pieces[0])
        for piece in pieces[1:]:
            workflow.next_then(piece)
        return workflow.end_here()

    def prefixed(self, prefix: str) -> Workflow:
        """Return a copy of the workflow in which every state's id begins with *prefix*.

        It can be a piece of another workflow beside the original: a fragment. See `fragments`.
        """
        from sfn_release.authoring.fragments import prefixed

        return prefixed(self, prefix)

    # -- reading it back ----------------------------------------------------------------------

    def state(self, id: str) -> State:
        """Return the state called *id*. Raises NotFoundError, with the nearest id."""
        for state in self.states:
            if state.id == id:
                return state
        known = [state.id for state in self.states if state.id]
        raise NotFoundError(f'The workflow has no state "{id}".', fix=did_you_mean(id, known))

    def serialize(self, *, type: StateMachineType = "STANDARD") -> dict[str, Any]:
        """Return the definition in the Amazon States Language, as fresh dicts and lists.

        Raises DefinitionError, listing what is wrong, for a definition that Step Functions would
        refuse for a state machine of this *type*. What it may have learnt since this library was
        made, such as a field in *extra*, passes: see ``sfn-release check``.
        """
        from sfn_release.checks import final

        definition, findings = self._examined(type)
        refuse(final(findings), "The workflow")
        return definition

    def to_json(self, *, type: StateMachineType = "STANDARD") -> str:
        """Return the definition as indented JSON text; raises what `serialize` raises."""
        return json.dumps(self.serialize(type=type), indent=2, ensure_ascii=False)

    def diagnostics(
        self, *, type: StateMachineType = "STANDARD", services: bool = True
    ) -> tuple[Finding, ...]:
        """Return what is wrong with the workflow, in order; nothing is raised.

        With *services*, what Tasks send is compared with the installed botocore's models.
        """
        return self._examined(type, services=services)[1]

    def to_asl(self, naming: Naming, language: str = JSONPATH) -> dict[str, Any]:
        """Return the definition as part of a document whose names *naming* gives.

        *language* is the query language around it. Raises StateError for a state that can't be
        written.
        """
        written: dict[str, Any] = {}
        for name in ("comment", "version", "timeout_seconds", "query_language"):
            value = getattr(self, name)
            if name == "timeout_seconds" and isinstance(value, timedelta):
                value = whole_seconds(value, "TimeoutSeconds")
            if value is not NOT_GIVEN:
                written[asl_key(name)] = plain(value)
        written = with_extra(written, self.extra, own_language(self, language))
        if self.start is not None:
            written["StartAt"] = naming.id_of(self.start)
        states = write_states(self.states, naming, own_language(self, language), self._closed)
        if not isinstance(self.partition, NotGiven):
            states = in_partition(states, self.partition)
        return written | {"States": states}

    def draft(self) -> tuple[dict[str, Any], tuple[Finding, ...]]:
        """Return the definition unchecked, and what is wrong that it does not show itself.

        Two states of one id are one in it; with a state that can't be written it is empty.
        """
        try:
            names = StateNames(self)
            try:
                return self.to_asl(names), tuple(names.findings)
            except StateError as error:
                return {}, tuple(_unwritten(each, id, names) for id, each in error.states)
        except DefinitionError as error:
            return {}, (Finding("not-asl", "error", "$", "", error.message, error.fix),)
        except RecursionError:
            message = "The workflow holds itself, or is nested too deeply."
            fix = "Give each branch and item processor a workflow of its own."
            return {}, (Finding("not-asl", "error", "$", "", message, fix),)

    def _examined(
        self, type: StateMachineType, *, services: bool = False
    ) -> tuple[dict[str, Any], tuple[Finding, ...]]:
        from sfn_release.checks import check_draft

        definition, known = self.draft()
        return definition, check_draft(definition, known, type=type, services=services)

    # -- existing definitions -----------------------------------------------------------------

    @classmethod
    def from_dict(cls, definition: Mapping[str, Any]) -> Workflow:
        """Return the workflow of a definition in the Amazon States Language, nothing lost.

        What becomes of *definition* later does not change the workflow. Raises DefinitionError for
        what is not an object with an object of States, or is nested without end; whatever else is
        wrong with it is in `diagnostics`.
        """
        try:
            return cls._read(copied(definition))
        except RecursionError:
            raise DefinitionError(
                "This definition holds itself, or is nested too deeply."
            ) from None

    @classmethod
    def _read(cls, definition: Mapping[str, Any]) -> Workflow:
        from sfn_release.authoring.definition_reader import read_state

        given: Any = definition
        states = given.get("States") if isinstance(given, Mapping) else None
        if not isinstance(states, Mapping) or not isinstance(given.get("StartAt", ""), str):
            raise DefinitionError(
                "This is not a definition in the Amazon States Language.",
                why='It must be an object with "StartAt" and an object of "States".',
            )
        names = {
            asl_key(name): name
            for name in ("comment", "version", "timeout_seconds", "query_language")
        }
        known = {name: definition[key] for key, name in names.items() if key in definition}
        apart = {*names, "StartAt", "States"}
        extra = {key: value for key, value in definition.items() if key not in apart}
        workflow = cls(**known, extra=extra)
        workflow.start = definition.get("StartAt")
        for id, body in states.items():
            if not isinstance(body, Mapping):
                raise DefinitionError(f'The state "{id}" is not an object.')
            workflow.add(read_state(id, body, cls._read))
        return workflow

    @classmethod
    def from_json(cls, text: str | bytes) -> Workflow:
        """Return the workflow of a definition as JSON text.

        Raises DefinitionError for broken JSON, for duplicate keys, and as `from_dict` does.
        """
        return cls.from_dict(loads(quoted(decoded(text))))

    @classmethod
    def from_yaml(cls, text: str | bytes) -> Workflow:
        """Return the workflow of a definition as YAML text; needs the extra ``yaml``.

        Raises BuildError without that, DefinitionError for what is no YAML or could not be JSON,
        and as `from_dict` does.
        """
        from sfn_release.authoring.yaml_documents import load_yaml

        return cls.from_dict(load_yaml(text))

    @classmethod
    def from_file(cls, path: str | Path) -> Workflow:
        """Return the workflow of a definition in a file: YAML in ``.yaml`` and ``.yml``, else JSON.

        Raises NotFoundError without such a file, and DefinitionError as `from_json` and
        `from_yaml` do.
        """
        try:
            text = Path(path).read_bytes()
        except OSError as error:
            raise NotFoundError(f"{path} can't be read: {error.strerror}.") from error
        read = cls.from_yaml if Path(path).suffix in (".yaml", ".yml") else cls.from_json
        try:
            return read(text)
        except DefinitionError as error:
            raise DefinitionError(
                f"{path}: {error.message}", why=error.why, fix=error.fix
            ) from error


def _unwritten(error: DefinitionError, id: str, names: StateNames) -> Finding:
    """Return what keeps the state *id* from being written."""
    keys = error.keys if isinstance(error, PartError) else ()
    return Finding("not-asl", "error", names.place_of(id, keys), id, error.message, error.fix)
