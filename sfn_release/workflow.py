"""The builder: states and how they follow each other, written out as one definition."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sfn_release.asl.finding import Finding, nearest, refuse
from sfn_release.asl.given import NOT_GIVEN, NotGiven, asl_key, plain_object
from sfn_release.asl.naming import Names, reachable
from sfn_release.asl.state import State, Step
from sfn_release.asl.states import Choice
from sfn_release.canonical import loads
from sfn_release.declaration import Type
from sfn_release.errors import DefinitionError, NotFoundError


class Workflow:
    """States in order: a whole workflow, a branch of a Parallel, or the processor of a Map.

    >>> import sfn_release as sfn
    >>> hello = sfn.Workflow()
    >>> hello.start_from(sfn.Pass("Greet", result="Hello")).next_then(sfn.Pass("Wave")).end()
    Workflow(2 states from 'Greet')

    States are Python objects that stay as they are: change one, and the next `serialize` shows it.
    A state that another one names as its next, default or catcher belongs to the workflow without
    being added. *timeout_seconds* and *version* are fields of the whole definition; *extra* holds
    further ones, such as QueryLanguage.
    """

    def __init__(
        self,
        *,
        comment: str | NotGiven = NOT_GIVEN,
        version: str | NotGiven = NOT_GIVEN,
        timeout_seconds: int | NotGiven = NOT_GIVEN,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        self.comment = comment
        self.version = version
        self.timeout_seconds = timeout_seconds
        self.extra: Mapping[str, Any] = extra or {}
        self.start: State | str | None = None
        self._added: list[State] = []
        self._at: State | None = None

    def __repr__(self) -> str:
        start = self.start.id if isinstance(self.start, State) else self.start
        return f"Workflow({len(self.states)} states from {start!r})"

    # -- writing a chain ----------------------------------------------------------------------

    @classmethod
    def of(cls, *states: State) -> Workflow:
        """Return the workflow that runs *states* one after the other and then ends.

        Raises DefinitionError without a state, and where one can't be followed.
        """
        if not states:
            raise DefinitionError("A workflow needs at least one state.")
        workflow = cls().start_from(states[0])
        for state in states[1:]:
            workflow.next_then(state)
        return workflow if isinstance(states[-1], Choice) else workflow.end()

    def start_from(self, state: State) -> Workflow:
        """Make *state* the first one. Raises DefinitionError if there is one already."""
        if self.start is not None:
            raise DefinitionError(
                f"The workflow starts from {_called(self.start)} already.",
                fix="Use continue_from to write another chain of the same workflow.",
            )
        self.start = state
        return self.continue_from(state)

    def next_then(self, state: State) -> Workflow:
        """Go on to *state*, which may be one that ran before: a loop.

        Raises DefinitionError where nothing can follow: before a start, after an end, after a
        Choice, Succeed or Fail, or where another state follows already.
        """
        last = self._last("next_then")
        if isinstance(last, Choice):
            raise DefinitionError(
                f"A Choice has no single next state: {_called(last)} goes where its rules say.",
                fix="Give its rules and its default their states, then continue_from one of them.",
            )
        if not isinstance(last, Step) or last.terminal:
            raise DefinitionError(f"Nothing can follow {_called(last)}: a {last.type} ends here.")
        if last.end or (last.next is not None and last.next is not state):
            then = "ends the workflow" if last.end else f"goes to {_called(last.next)}"
            raise DefinitionError(
                f"{_called(last)} {then} already and can't go to {_called(state)} too.",
                fix="Use a Choice where the way parts, or continue_from the state you mean.",
            )
        last.next = state
        return self.continue_from(state)

    def end(self) -> Workflow:
        """End the workflow after the present state, and the chain with it.

        Raises DefinitionError without a present state, and when another one follows it.
        """
        last = self._last("end")
        if isinstance(last, Choice):
            raise DefinitionError(
                f"A Choice can't end the workflow: {_called(last)} goes where its rules say.",
                fix="End the chains of the states that it leads to.",
            )
        if isinstance(last, Step) and not last.terminal:
            if last.next is not None:
                raise DefinitionError(
                    f"{_called(last)} goes to {_called(last.next)} and can't end the workflow too."
                )
            last.end = True
        self._at = None
        return self

    def continue_from(self, state: State) -> Workflow:
        """Go on writing after *state*, for example after one that a Choice leads to."""
        self.add(state)
        self._at = state
        return self

    def add(self, *states: State) -> Workflow:
        """Add states without linking them; they are written in the order of adding."""
        for state in states:
            if not isinstance(state, State):
                raise DefinitionError(
                    f"A workflow is made of states, not of {type(state).__name__}.",
                    fix='Write existing ASL as sfn.Raw("id", {...}) or Workflow.from_dict({...}).',
                )
            if not any(state is known for known in self._added):
                self._added.append(state)
        return self

    def _last(self, verb: str) -> State:
        if self._at is None:
            why = "has not started" if self.start is None else "has ended"
            raise DefinitionError(
                f"{verb}: this chain {why}.",
                fix="Call start_from first, or continue_from the state to go on after.",
            )
        return self._at

    # -- reading it back ----------------------------------------------------------------------

    @property
    def states(self) -> tuple[State, ...]:
        """The states, in the order in which they are written; those of branches are theirs."""
        first = [self.start] if isinstance(self.start, State) else []
        return tuple(reachable([*first, *self._added]))

    def state(self, id: str) -> State:
        """Return the state called *id*. Raises NotFoundError, with the nearest id."""
        for state in self.states:
            if state.id == id:
                return state
        known = [state.id for state in self.states if state.id]
        raise NotFoundError(f'The workflow has no state "{id}".', fix=nearest(id, known))

    def serialize(self, *, type: Type = "STANDARD") -> dict[str, Any]:
        """Return the definition in the Amazon States Language, as fresh dicts and lists.

        Raises DefinitionError, listing what is wrong, for a definition that Step Functions would
        refuse for a state machine of this *type*.
        """
        definition, findings = self._examined(type)
        refuse(findings, "The workflow")
        return definition

    def to_json(self, *, type: Type = "STANDARD") -> str:
        """Return the definition as indented JSON text; raises what `serialize` raises."""
        return json.dumps(self.serialize(type=type), indent=2, ensure_ascii=False)

    def diagnostics(self, *, type: Type = "STANDARD", services: bool = True) -> tuple[Finding, ...]:
        """Return what is wrong with the workflow, in order; nothing is raised.

        With *services*, what Tasks send is compared with the installed botocore's models.
        """
        return self._examined(type, services=services)[1]

    def to_asl(self, naming: Any) -> dict[str, Any]:
        """Return the definition as part of a document whose names *naming* gives."""
        given = {
            "Comment": self.comment,
            "Version": self.version,
            "TimeoutSeconds": self.timeout_seconds,
        }
        written: dict[str, Any] = {k: v for k, v in given.items() if v is not NOT_GIVEN}
        written |= plain_object(self.extra)
        if self.start is not None:
            written["StartAt"] = naming.id_of(self.start)
        states: dict[str, Any] = {}
        for state in self.states:
            states.setdefault(naming.id_of(state), state.to_asl(naming))
        return written | {"States": states}

    def _examined(
        self, type: Type, *, services: bool = False
    ) -> tuple[dict[str, Any], tuple[Finding, ...]]:
        from sfn_release.checks import check_definition

        try:
            names = Names(self)
            definition = self.to_asl(names)
        except DefinitionError as error:
            return {}, (Finding("not-asl", "error", "$", "", error.message, error.fix),)
        except RecursionError:
            message = "The workflow holds itself, or is nested too deeply."
            fix = "Give each branch and item processor a workflow of its own."
            return {}, (Finding("not-asl", "error", "$", "", message, fix),)
        told = {finding.state for finding in names.findings}
        return definition, (
            *names.findings,
            *(
                finding
                for finding in check_definition(definition, type=type, services=services)
                if not (finding.rule == "duplicate-state" and finding.state in told)
            ),
        )

    # -- existing definitions -----------------------------------------------------------------

    @classmethod
    def from_dict(cls, definition: Mapping[str, Any]) -> Workflow:
        """Return the workflow of a definition in the Amazon States Language, nothing lost.

        Raises DefinitionError for what is not an object with an object of States; whatever else is
        wrong with it is in `diagnostics`.
        """
        from sfn_release.asl.reader import read_state

        given: Any = definition
        states = given.get("States") if isinstance(given, Mapping) else None
        if not isinstance(states, Mapping) or not isinstance(given.get("StartAt", ""), str):
            raise DefinitionError(
                "This is not a definition in the Amazon States Language.",
                why='It must be an object with "StartAt" and an object of "States".',
            )
        names = {asl_key(name): name for name in ("comment", "version", "timeout_seconds")}
        known = {name: definition[key] for key, name in names.items() if key in definition}
        apart = {*names, "StartAt", "States"}
        extra = {key: value for key, value in definition.items() if key not in apart}
        workflow = cls(**known, extra=extra)
        workflow.start = definition.get("StartAt")
        for id, body in states.items():
            if not isinstance(body, Mapping):
                raise DefinitionError(f'The state "{id}" is not an object.')
            try:
                workflow.add(read_state(id, body, cls.from_dict))
            except RecursionError:
                raise DefinitionError(f'The state "{id}" is nested too deeply.') from None
        return workflow

    @classmethod
    def from_json(cls, text: str | bytes) -> Workflow:
        """Return the workflow of a definition as JSON text.

        Raises DefinitionError for broken JSON, for duplicate keys, and as `from_dict` does.
        """
        return cls.from_dict(loads(text))

    @classmethod
    def from_file(cls, path: str | Path) -> Workflow:
        """Return the workflow of an ``.asl.json`` file in UTF-8.

        Raises NotFoundError without such a file, and DefinitionError as `from_json` does.
        """
        try:
            text = Path(path).read_bytes()
        except OSError as error:
            raise NotFoundError(f"{path} can't be read: {error.strerror}.") from error
        try:
            return cls.from_json(text)
        except DefinitionError as error:
            raise DefinitionError(
                f"{path}: {error.message}", why=error.why, fix=error.fix
            ) from error


def _called(state: State | str | None) -> str:
    if isinstance(state, State):
        return f'"{state.id}"' if state.id else f"the {state.type} without an id"
    return f'"{state}"'
