# The public names of `sfn_release.testing`: the one list of them. Type checkers read this file in
# the place of __init__.py, and __init__.py reads it to find the module of a name.

from sfn_release.testing.answers import Error as Error
from sfn_release.testing.answers import Payload as Payload
from sfn_release.testing.answers import Result as Result
from sfn_release.testing.answers import Timeout as Timeout
from sfn_release.testing.mocked_results.dynamodb_items import dynamodb_item as dynamodb_item
from sfn_release.testing.mocked_results.fake_results import fake_result as fake_result
from sfn_release.testing.mocked_results.shape_problem import MockedResultError as MockedResultError
from sfn_release.testing.mocked_results.shape_problem import (
    MockedResultWarning as MockedResultWarning,
)
from sfn_release.testing.run import Call as Call
from sfn_release.testing.run import Run as Run
from sfn_release.testing.run import StateRun as StateRun
from sfn_release.testing.schemas.inputs import inputs as inputs
from sfn_release.testing.schemas.inputs import inputs_from as inputs_from
from sfn_release.testing.simulate_workflow import simulate as simulate
