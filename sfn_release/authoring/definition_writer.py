"""Write a whole workflow as a definition, checked names included."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sfn_release.asl.field_types import JSONPATH
from sfn_release.asl.partitions import in_partition
from sfn_release.authoring.field_writer import whole_seconds, with_extra
from sfn_release.authoring.json_values import asl_key, plain
from sfn_release.authoring.not_given import NOT_GIVEN, NotGiven
from sfn_release.authoring.state import State, own_language
from sfn_release.authoring.state_graph import Naming
from sfn_release.authoring.state_names import StateNames
from sfn_release.authoring.state_writer import PartError, StateError, write_states
from sfn_release.checks.finding import Finding
from sfn_release.errors import DefinitionError

if TYPE_CHECKING:
    from sfn_release.authoring.workflow import Workflow

DEFINITION_FIELDS = ("comment", "version", "timeout_seconds", "query_language")
"""The fields of a whole definition, beside StartAt and States."""


def write_definition(
    workflow: Workflow, ends: Mapping[State, None], naming: Naming, language: str = JSONPATH
) -> dict[str, Any]:
    """Return the definition of *workflow*, which ends after *ends*.

    *language* is the query language around it. Raises StateError for states that can't be written.
    """
    own = own_language(workflow, language)
    written: dict[str, Any] = {}
    for name in DEFINITION_FIELDS:
        value = getattr(workflow, name)
        if name == "timeout_seconds" and isinstance(value, timedelta):
            value = whole_seconds(value, "TimeoutSeconds")
        if value is not NOT_GIVEN:
            written[asl_key(name)] = plain(value)
    written = with_extra(written, workflow.extra, own)
    if workflow.start is not None:
        written["StartAt"] = naming.id_of(workflow.start)
    states = write_states(workflow.states, naming, own, ends)
    if not isinstance(workflow.partition, NotGiven):
        states = in_partition(states, workflow.partition)
    written["States"] = states
    return written


def write_draft(workflow: Workflow) -> tuple[dict[str, Any], tuple[Finding, ...]]:
    """Return the unchecked definition of *workflow*, and the problems that it doesn't show itself.

    If two states have one id, the definition has the first. If a state can't be written, the
    definition is empty.
    """
    try:
        names = StateNames(workflow)
        try:
            return workflow.to_asl(names), tuple(names.findings)
        except StateError as error:
            return {}, tuple(_unwritten(problem, id, names) for id, problem in error.states)
    except DefinitionError as error:
        return {}, (Finding("not-asl", "error", "$", "", error.message, error.fix),)
    except RecursionError:
        message = "The workflow contains itself, or is nested too deeply."
        fix = "Give each branch and item processor its own workflow."
        return {}, (Finding("not-asl", "error", "$", "", message, fix),)


def _unwritten(error: DefinitionError, id: str, names: StateNames) -> Finding:
    """Return the finding for the state *id*, which can't be written."""
    keys = error.keys if isinstance(error, PartError) else ()
    return Finding("not-asl", "error", names.place_of(id, keys), id, error.message, error.fix)
