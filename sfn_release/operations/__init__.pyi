# The public names of `sfn_release.operations`: the one list of them. Type checkers read this file
# in the place of __init__.py, and __init__.py reads it to find the module of a name.

from sfn_release.operations.bisected_answers import Bisected as Bisected
from sfn_release.operations.diagnosis.diagnosis import Diagnosis as Diagnosis
from sfn_release.operations.finished.execution_filter import ExecutionFilter as ExecutionFilter
from sfn_release.operations.real_runtime import system_runtime as system_runtime
from sfn_release.operations.replaying.replay_report import ReplayReport as ReplayReport
from sfn_release.operations.replaying.shards import Shard as Shard
from sfn_release.operations.tag_version import version_from_tag as version_from_tag
from sfn_release.operations.verbs.acknowledge import acknowledge as acknowledge
from sfn_release.operations.verbs.bisect import bisect as bisect
from sfn_release.operations.verbs.build import build_definitions as build_definitions
from sfn_release.operations.verbs.check import Checked as Checked
from sfn_release.operations.verbs.check import CheckedFinding as CheckedFinding
from sfn_release.operations.verbs.check import check as check
from sfn_release.operations.verbs.check_environments import (
    EnvironmentsChecked as EnvironmentsChecked,
)
from sfn_release.operations.verbs.check_environments import check_environments as check_environments
from sfn_release.operations.verbs.coverage import ReleaseCoverage as ReleaseCoverage
from sfn_release.operations.verbs.coverage import environment_coverage as environment_coverage
from sfn_release.operations.verbs.coverage import read_test_coverage as read_test_coverage
from sfn_release.operations.verbs.delete import delete as delete
from sfn_release.operations.verbs.delete import plan_deletion as plan_deletion
from sfn_release.operations.verbs.deploy import deploy as deploy
from sfn_release.operations.verbs.deploy import unfinished as unfinished
from sfn_release.operations.verbs.diff import WorkflowDiff as WorkflowDiff
from sfn_release.operations.verbs.diff import diff as diff
from sfn_release.operations.verbs.doctor import doctor as doctor
from sfn_release.operations.verbs.execute import Execution as Execution
from sfn_release.operations.verbs.execute import execute as execute
from sfn_release.operations.verbs.explain import Explanation as Explanation
from sfn_release.operations.verbs.explain import explain_execution as explain_execution
from sfn_release.operations.verbs.explain import explain_file as explain_file
from sfn_release.operations.verbs.faults import ChosenCase as ChosenCase
from sfn_release.operations.verbs.faults import faults as faults
from sfn_release.operations.verbs.history import history as history
from sfn_release.operations.verbs.list import ListedWorkflow as ListedWorkflow
from sfn_release.operations.verbs.list import list_workflows as list_workflows
from sfn_release.operations.verbs.local import reset_local as reset_local
from sfn_release.operations.verbs.local import service_for as service_for
from sfn_release.operations.verbs.plan import plan_version as plan_version
from sfn_release.operations.verbs.promote import promote as promote
from sfn_release.operations.verbs.publish import Published as Published
from sfn_release.operations.verbs.publish import publish as publish
from sfn_release.operations.verbs.releases import ListedRelease as ListedRelease
from sfn_release.operations.verbs.releases import releases as releases
from sfn_release.operations.verbs.replay import replay as replay
from sfn_release.operations.verbs.replay import replay_files as replay_files
from sfn_release.operations.verbs.rollback import rollback as rollback
from sfn_release.operations.verbs.show import show as show
from sfn_release.operations.verbs.status import EnvironmentStatus as EnvironmentStatus
from sfn_release.operations.verbs.status import status as status
from sfn_release.operations.verbs.test import Tested as Tested
from sfn_release.operations.verbs.test import run_tests as run_tests
from sfn_release.operations.verbs.unlock import unlock as unlock
from sfn_release.operations.verbs.verify import Verified as Verified
from sfn_release.operations.verbs.verify import verify as verify
from sfn_release.operations.verbs.yank import Yanked as Yanked
from sfn_release.operations.verbs.yank import unyank as unyank
from sfn_release.operations.verbs.yank import yank as yank
from sfn_release.operations.verification import Check as Check
from sfn_release.operations.workflow_status import WorkflowStatus as WorkflowStatus
from sfn_release.operations.workspace import Workspace as Workspace
from sfn_release.operations.workspace import open_workspace as open_workspace
