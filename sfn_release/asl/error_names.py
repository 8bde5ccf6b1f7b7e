"""The error names that the language reserves."""

from __future__ import annotations

from typing import Final


class States:
    """The reserved error names, spelled as the language spells them.

    >>> States.Timeout
    'States.Timeout'
    """

    ALL: Final = "States.ALL"
    BranchFailed: Final = "States.BranchFailed"
    DataLimitExceeded: Final = "States.DataLimitExceeded"
    ExceedToleratedFailureThreshold: Final = "States.ExceedToleratedFailureThreshold"
    HeartbeatTimeout: Final = "States.HeartbeatTimeout"
    IntrinsicFailure: Final = "States.IntrinsicFailure"
    ItemReaderFailed: Final = "States.ItemReaderFailed"
    NoChoiceMatched: Final = "States.NoChoiceMatched"
    ParameterPathFailure: Final = "States.ParameterPathFailure"
    Permissions: Final = "States.Permissions"
    QueryEvaluationError: Final = "States.QueryEvaluationError"
    ResultPathMatchFailure: Final = "States.ResultPathMatchFailure"
    ResultWriterFailed: Final = "States.ResultWriterFailed"
    Runtime: Final = "States.Runtime"
    TaskFailed: Final = "States.TaskFailed"
    Timeout: Final = "States.Timeout"


COMPUTED: Final = (
    States.Runtime,
    States.ParameterPathFailure,
    States.ResultPathMatchFailure,
    States.IntrinsicFailure,
    States.NoChoiceMatched,
    States.QueryEvaluationError,
)
"""The errors of a state that can't compute one of its own fields, or its next state."""
