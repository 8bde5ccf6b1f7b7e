"""Tests of single states: what one state does with an input, alone and without its services.

    StateTest → simulate_state → StateTestOutcome

    >>> from sfn_release.simulator.state_tests import MockedError, StateTest, simulate_state
    >>> state = {
    ...     "Type": "Task",
    ...     "Resource": "arn:aws:lambda:us-east-1:000000000000:function:charge",
    ...     "Retry": [{"ErrorEquals": ["Busy"], "IntervalSeconds": 5}],
    ...     "End": True,
    ... }
    >>> simulate_state(StateTest(state, mock=MockedError("Busy"), retry_count=1)).status
    'RETRIABLE'

The API's TestState runs the same tests, and checks definitions and mocks before.

state_test        the data: the test and its outcome
state_test_rules  the tests that make no sense
state_test_run    the run of a state
mocked_states     Map and Parallel under a mock
state_inspection  the data between the fields of a state
"""

from __future__ import annotations

from sfn_release.simulator.state_tests.state_test import (
    MockedError,
    MockedResult,
    StateTest,
    StateTestOutcome,
    StateTestRefused,
    StateTestStatus,
)
from sfn_release.simulator.state_tests.state_test_run import simulate_state

__all__ = [
    "MockedError",
    "MockedResult",
    "StateTest",
    "StateTestOutcome",
    "StateTestRefused",
    "StateTestStatus",
    "simulate_state",
]
