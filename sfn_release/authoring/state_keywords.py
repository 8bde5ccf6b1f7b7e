"""The keyword arguments of makers and of a workflow's verbs, for type checkers and completion.

They repeat the fields of the states, because a type checker can't derive them (PEP 692). A test
compares the two.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from sfn_release.authoring.distributed_map import (
    ItemBatcher,
    ItemReader,
    ProcessorConfig,
    ResultWriter,
)
from sfn_release.authoring.expressions import Dynamic
from sfn_release.authoring.not_given import NotGiven
from sfn_release.authoring.value_types import (
    Arguments,
    Catches,
    DataPath,
    Language,
    OpenText,
    Real,
    Retries,
    Seconds,
    Template,
    Text,
    TransitionTarget,
    ValuePath,
    Whole,
)


class WorkflowFields(TypedDict, total=False):
    """The fields of a whole definition, beside its states."""

    comment: Text
    version: Text
    timeout_seconds: Seconds
    partition: Text
    query_language: Language
    extra: Mapping[str, Any] | None


class StateFields(TypedDict, total=False):
    """The fields that every state has."""

    comment: Text
    query_language: Language
    extra: Mapping[str, Any]


class FailFields(StateFields, total=False):
    """The fields of a Fail, beside its error and cause."""

    error_path: OpenText
    cause_path: OpenText


class DataFields(StateFields, total=False):
    """The fields of a state that takes input and returns output, such as a Succeed."""

    input_path: DataPath
    output_path: DataPath
    output: Any


class ChoiceFields(DataFields, total=False):
    """The fields of a Choice, beside its rules and its default."""

    assign: Template


class StepFields(DataFields, total=False):
    """The fields of a state that goes to another one."""

    assign: Template
    next: TransitionTarget | None
    end: bool


class _WorkFields(StepFields, total=False):
    result_selector: Template
    result_path: DataPath
    catch: Catches


class TaskFields(_WorkFields, total=False):
    """The fields of a Task that a maker passes on."""

    credentials: Template
    timeout_seconds: Seconds
    timeout_seconds_path: ValuePath
    heartbeat_seconds: Seconds
    heartbeat_seconds_path: ValuePath


class ParallelFields(_WorkFields, total=False):
    """The fields of a Parallel, beside its branches."""

    parameters: Template
    arguments: Arguments
    retry: Retries


class MapFields(_WorkFields, total=False):
    """The fields of a Map, beside its item processor, its items and its concurrency."""

    processor_config: ProcessorConfig | Template
    items: Sequence[Any] | Mapping[str, Any] | Dynamic | NotGiven
    item_selector: Arguments
    item_reader: ItemReader | Template
    item_batcher: ItemBatcher | Template
    result_writer: ResultWriter | Template
    max_concurrency_path: ValuePath
    tolerated_failure_count: Whole
    tolerated_failure_count_path: ValuePath
    tolerated_failure_percentage: Real
    tolerated_failure_percentage_path: ValuePath
    label: Text
    retry: Retries
