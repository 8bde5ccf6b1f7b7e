"""The workflow: its states, the verbs that link them, and its definition."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, Self, TypeVar, Unpack

from sfn_release.asl.field_types import JSONPATH
from sfn_release.asl.placeholders import quoted
from sfn_release.authoring.chain import Chain, chain
from sfn_release.authoring.conditions import ChoiceRule
from sfn_release.authoring.declaration import StateMachineType
from sfn_release.authoring.definition_writer import write_definition, write_draft
from sfn_release.authoring.graph_builder import GraphBuilder
from sfn_release.authoring.not_given import NOT_GIVEN, NotGiven
from sfn_release.authoring.state import State, own_language
from sfn_release.authoring.state_graph import Copies, Naming, StateGraph
from sfn_release.authoring.state_keywords import (
    ChoiceFields,
    DataFields,
    FailFields,
    MapFields,
    ParallelFields,
    StepFields,
    WorkflowFields,
)
from sfn_release.authoring.states import Choice, Fail, Map, Parallel, Succeed, Wait
from sfn_release.authoring.value_types import (
    Language,
    OpenText,
    Piece,
    Seconds,
    TransitionTarget,
    ValuePath,
    Whole,
)
from sfn_release.canonical import decoded, loads
from sfn_release.checks.finding import Finding, refuse
from sfn_release.errors import DefinitionError, NotFoundError
from sfn_release.text import did_you_mean

_P = ParamSpec("_P")
_W = TypeVar("_W", bound="Workflow")


def _at_the_start(verb: Callable[Concatenate[_W, _P], _W]) -> Callable[Concatenate[_W, _P], _W]:
    """Return *verb* for a workflow that hasn't started. It raises DefinitionError for others."""

    @wraps(verb)
    def start(self: _W, /, *args: _P.args, **kwargs: _P.kwargs) -> _W:
        self._graph.require_no_start()
        return verb(self, *args, **kwargs)

    start.__name__ = f"start_from_{verb.__name__}"
    start.__doc__ = f"""Start the workflow with the state that `{verb.__name__}` makes.

        Raises DefinitionError if there already is a start.
        """
    return start


class Workflow:
    """States in order: a whole workflow, a branch of a Parallel, or the item processor of a Map.

    >>> import sfn_release as sfn
    >>> hello = sfn.Workflow()
    >>> hello.start_from(sfn.Pass("Greet", result="Hello")).next_then(sfn.Pass("Wave")).end()
    Workflow(2 states from 'Greet')

    States stay Python objects: if you change one, the next `serialize` shows it. You don't need to
    add a state that another state leads to: by its next state, its default or a catcher. The verbs
    return the workflow, so you can chain them. They continue from the state that you wrote last, or
    from all open ends of a piece.

    *query_language* applies to every state that has none of its own. It is JSONPath by default.
    *timeout_seconds* and *version* are fields of the whole definition. *extra* holds other fields,
    which are written as they are.

    *partition* is for environments in China or GovCloud: with ``"${AWS::Partition}"`` the ARNs of
    integrations, ``arn:aws:states:::...``, get the partition of each environment.
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
        self.comment = comment
        self.version = version
        self.timeout_seconds = timeout_seconds
        self.query_language = query_language
        self.partition = partition
        self.extra: Mapping[str, Any] = extra or {}
        self._graph = GraphBuilder()

    def __repr__(self) -> str:
        start = self.start.id if isinstance(self.start, State) else self.start
        return f"Workflow({len(self.states)} states from {start!r})"

    @classmethod
    def of(cls, *pieces: State | Chain | StateGraph, **fields: Unpack[WorkflowFields]) -> Workflow:
        """Return the workflow that runs *pieces* one after the other and then ends.

        *fields* are the fields of the whole definition, as `Workflow` takes them.

        Raises DefinitionError without a piece, and for a piece that can't be followed.
        """
        if not pieces:
            raise DefinitionError("A workflow needs at least one state.")
        workflow = cls(**fields).start_from(pieces[0])
        for piece in pieces[1:]:
            workflow.next_then(piece)
        return workflow.end_here()

    @property
    def start(self) -> State | str | None:
        """The first state, or its id."""
        return self._graph.start

    @start.setter
    def start(self, start: State | str | None) -> None:
        self._graph.start = start

    @property
    def states(self) -> tuple[State, ...]:
        """The states in the order of writing, without the states of branches and processors."""
        return self._graph.states

    def state(self, id: str) -> State:
        """Return the state called *id*. Raises NotFoundError, with the nearest id."""
        for state in self.states:
            if state.id == id:
                return state
        known = [state.id for state in self.states if state.id]
        raise NotFoundError(f'The workflow has no state "{id}".', fix=did_you_mean(id, known))

    # -- chains -------------------------------------------------------------------------------

    def start_from(self, piece: State | Chain | StateGraph) -> Self:
        """Make *piece* the first one. Raises DefinitionError if there already is a start.

        A piece is a state, a chain (``a >> b``), or another workflow. The states of that workflow
        become states of this one. Its fields, such as its comment, don't.
        """
        self._check_language(piece)
        self._graph.start_with(chain(piece))
        return self

    def next_then(self, piece: State | Chain | StateGraph) -> Self:
        """Continue with *piece*. To make a loop, name an earlier state.

        Raises DefinitionError where nothing can follow: before a start, after an end, after a
        Choice without open targets, after a Succeed or a Fail, and after a state that has a next
        state.
        """
        self._check_language(piece)
        self._graph.link(chain(piece))
        return self

    def end(self) -> Self:
        """End the workflow after the last state.

        Raises DefinitionError before a start, after an end, and if the state has a next state.
        """
        self._graph.end()
        return self

    def end_here(self) -> Self:
        """End the workflow at all of its open ends. It may have none.

        The open targets of a Choice are found when the workflow is written.
        """
        self._graph.close()
        return self

    def continue_from(self, piece: State | Chain | StateGraph) -> Self:
        """Continue after *piece*, for example after a target of a Choice."""
        self._check_language(piece)
        self._graph.continue_with(chain(piece))
        return self

    def subflow_from(self, piece: State | Chain | StateGraph) -> Self:
        """Return a new workflow that starts from *piece*. This one stays as it is."""
        return type(self)().start_from(piece)

    def add(self, *states: State) -> Self:
        """Add states without linking them. They are written in the order of adding."""
        for state in states:
            self._graph.add(state)
        return self

    def __rshift__(self, other: State | Chain | StateGraph) -> Chain:
        return chain(self) >> other

    def prefixed(self, prefix: str) -> Workflow:
        """Return a copy of the workflow in which every state's id begins with *prefix*.

        You can use it beside the original, as a piece of another workflow. See `fragments`.
        """
        from sfn_release.authoring.fragments import prefixed

        return prefixed(self, prefix)

    def copied(self, copies: Copies) -> Self:
        """Return the workflow over the copies of its states."""
        new = copy(self)
        vars(new).update(_graph=self._graph.copied(copies))
        return new

    def _check_language(self, piece: State | Chain | StateGraph) -> None:
        """Refuse a workflow of another query language: its states would change their meaning."""
        if not isinstance(piece, Workflow):
            return
        own, other = own_language(self, JSONPATH), own_language(piece, JSONPATH)
        if own != other:
            raise DefinitionError(
                f"This workflow uses {own}, but the piece uses {other}.",
                fix=f"Give both the same query_language, or set it on the states in {other}.",
            )

    # -- states made on the way ----------------------------------------------------------------

    def parallel(
        self,
        branches: Piece | Iterable[Piece],
        id: str | None = None,
        **fields: Unpack[ParallelFields],
    ) -> Self:
        """Continue with a Parallel of *branches*. *fields* are its other fields."""
        return self._go_on(Parallel(id, branches=_as_branches(branches), **fields))

    def map(
        self,
        iterator: Piece,
        items_path: ValuePath = NOT_GIVEN,
        max_concurrency: Whole = NOT_GIVEN,
        id: str | None = None,
        **fields: Unpack[MapFields],
    ) -> Self:
        """Continue with a Map that runs *iterator*, its item processor, for each item.

        *fields* are its other fields.
        """
        return self._go_on(
            Map(
                id,
                item_processor=iterator,
                items_path=items_path,
                max_concurrency=max_concurrency,
                **fields,
            )
        )

    def choice(
        self,
        choices: Sequence[ChoiceRule],
        default: TransitionTarget | None = None,
        id: str | None = None,
        **fields: Unpack[ChoiceFields],
    ) -> Self:
        """Continue with a Choice. To continue after one of its targets, use `continue_from`."""
        return self._go_on(Choice(id, choices=choices, default=default, **fields))

    def wait(
        self,
        id: str | None = None,
        seconds: Seconds = NOT_GIVEN,
        timestamp: OpenText | datetime = NOT_GIVEN,
        seconds_path: ValuePath = NOT_GIVEN,
        timestamp_path: ValuePath = NOT_GIVEN,
        **fields: Unpack[StepFields],
    ) -> Self:
        """Continue with a Wait."""
        return self._go_on(
            Wait(
                id,
                seconds=seconds,
                timestamp=timestamp,
                seconds_path=seconds_path,
                timestamp_path=timestamp_path,
                **fields,
            )
        )

    def succeed(self, id: str | None = None, **fields: Unpack[DataFields]) -> Self:
        """Continue with a Succeed."""
        return self._go_on(Succeed(id, **fields))

    def fail(
        self,
        cause: OpenText = NOT_GIVEN,
        error: OpenText = NOT_GIVEN,
        id: str | None = None,
        **fields: Unpack[FailFields],
    ) -> Self:
        """Continue with a Fail."""
        return self._go_on(Fail(id, cause=cause, error=error, **fields))

    start_from_parallel = _at_the_start(parallel)
    start_from_map = _at_the_start(map)  # noqa: A003 - the verb above
    start_from_choice = _at_the_start(choice)

    def _go_on(self, state: State) -> Self:
        return self.start_from(state) if self.start is None else self.next_then(state)

    # -- its definition -----------------------------------------------------------------------

    def serialize(self, *, type: StateMachineType = "STANDARD") -> dict[str, Any]:
        """Return the definition in the Amazon States Language, as fresh dicts and lists.

        Raises DefinitionError, with a list of the problems, for a definition that Step Functions
        would refuse for a state machine of this *type*. Fields that may be newer than this library,
        such as those in *extra*, aren't refused here: run ``sfn-release check`` for them.
        """
        from sfn_release.checks.checker import final

        definition, findings = self._checked(type, only_final=True)
        refuse(final(findings), "The workflow")
        return definition

    def to_json(self, *, type: StateMachineType = "STANDARD") -> str:
        """Return the definition as indented JSON. Raises DefinitionError as `serialize` does."""
        return json.dumps(self.serialize(type=type), indent=2, ensure_ascii=False)

    def diagnostics(
        self, *, type: StateMachineType = "STANDARD", services: bool = True
    ) -> tuple[Finding, ...]:
        """Return all problems of the workflow, in order. Nothing is raised.

        With *services*, the parameters of Tasks are compared with the installed botocore's models.
        """
        return self._checked(type, services=services)[1]

    def to_asl(self, naming: Naming, language: str = JSONPATH) -> dict[str, Any]:
        """Return the definition as part of a document, with the ids that *naming* gives.

        *language* is the query language around it. Raises StateError for states that can't be
        written.
        """
        return write_definition(self, self._graph.closed, naming, language)

    def draft(self) -> tuple[dict[str, Any], tuple[Finding, ...]]:
        """Return the unchecked definition, and the problems that it doesn't show itself.

        If two states share an id, the definition has the first. If a state can't be written, the
        definition is empty.
        """
        return write_draft(self)

    def _checked(
        self, type: StateMachineType, *, services: bool = False, only_final: bool = False
    ) -> tuple[dict[str, Any], tuple[Finding, ...]]:
        from sfn_release.checks.checker import check_draft

        definition, known = self.draft()
        return definition, check_draft(
            definition, known, type=type, services=services, only_final=only_final
        )

    # -- existing definitions -----------------------------------------------------------------

    @classmethod
    def from_dict(cls, definition: Mapping[str, Any]) -> Workflow:
        """Return the workflow of a definition in the Amazon States Language. Nothing is lost.

        The workflow holds a copy: later changes of *definition* don't affect it. Raises
        DefinitionError if *definition* isn't an object with an object of States, or is nested too
        deeply. All other problems are in `diagnostics`.
        """
        from sfn_release.authoring.definition_reader import read_definition

        return read_definition(definition, cls)

    @classmethod
    def from_json(cls, text: str | bytes) -> Workflow:
        """Return the workflow of a definition in JSON.

        Raises DefinitionError for invalid JSON, for duplicate keys, and as `from_dict` does.
        """
        return cls.from_dict(loads(quoted(decoded(text))))

    @classmethod
    def from_yaml(cls, text: str | bytes) -> Workflow:
        """Return the workflow of a definition in YAML. Needs the extra ``yaml``.

        Raises BuildError without the extra, DefinitionError for invalid YAML and for YAML that JSON
        can't express, and as `from_dict` does.
        """
        from sfn_release.authoring.yaml_documents import load_yaml

        return cls.from_dict(load_yaml(text))

    @classmethod
    def from_file(cls, path: str | Path) -> Workflow:
        """Return the workflow of a definition in a file: ``.yaml`` and ``.yml``, else JSON.

        Raises NotFoundError if the file can't be read, and DefinitionError as `from_json` and
        `from_yaml` do.
        """
        from sfn_release.authoring.definition_reader import read_file

        return read_file(Path(path), cls)


def _as_branches(branches: Piece | Iterable[Piece]) -> Piece | list[Piece]:
    """Return branches of any iterable as a list; one branch as it is."""
    if isinstance(branches, Iterable) and not isinstance(branches, Mapping):
        return list(branches)
    return branches
