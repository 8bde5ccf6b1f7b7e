# The public names of `sfn_release`: the one list of them. Type checkers read this file in the place
# of __init__.py, and __init__.py reads it to find the module of a name.

from sfn_release.asl.error_names import States as States
from sfn_release.asl.placeholders import Parameter as Parameter
from sfn_release.asl.placeholders import parameter as parameter
from sfn_release.authoring import fn as fn
from sfn_release.authoring import task as task
from sfn_release.authoring.chain import Chain as Chain
from sfn_release.authoring.conditions import ChoiceRule as ChoiceRule
from sfn_release.authoring.conditions import Condition as Condition
from sfn_release.authoring.conditions import and_ as and_
from sfn_release.authoring.conditions import not_ as not_
from sfn_release.authoring.conditions import or_ as or_
from sfn_release.authoring.declaration import Declaration as Declaration
from sfn_release.authoring.distributed_map import ItemBatcher as ItemBatcher
from sfn_release.authoring.distributed_map import ItemReader as ItemReader
from sfn_release.authoring.distributed_map import ProcessorConfig as ProcessorConfig
from sfn_release.authoring.distributed_map import ReaderConfig as ReaderConfig
from sfn_release.authoring.distributed_map import ResultWriter as ResultWriter
from sfn_release.authoring.distributed_map import WriterConfig as WriterConfig
from sfn_release.authoring.expressions import Context as Context
from sfn_release.authoring.expressions import Intrinsic as Intrinsic
from sfn_release.authoring.expressions import JsonPath as JsonPath
from sfn_release.authoring.expressions import Portable as Portable
from sfn_release.authoring.expressions import path as path
from sfn_release.authoring.jsonata_values import Jsonata as Jsonata
from sfn_release.authoring.jsonata_values import q as q
from sfn_release.authoring.logging_options import Logging as Logging
from sfn_release.authoring.not_given import NOT_GIVEN as NOT_GIVEN
from sfn_release.authoring.retry import Catch as Catch
from sfn_release.authoring.retry import Retry as Retry
from sfn_release.authoring.state import State as State
from sfn_release.authoring.state_machine import StateMachine as StateMachine
from sfn_release.authoring.states import Choice as Choice
from sfn_release.authoring.states import Fail as Fail
from sfn_release.authoring.states import Map as Map
from sfn_release.authoring.states import Parallel as Parallel
from sfn_release.authoring.states import Pass as Pass
from sfn_release.authoring.states import Raw as Raw
from sfn_release.authoring.states import Succeed as Succeed
from sfn_release.authoring.states import Task as Task
from sfn_release.authoring.states import Wait as Wait
from sfn_release.authoring.var import Var as Var
from sfn_release.authoring.workflow import Workflow as Workflow
from sfn_release.checks.checker import check_definition as check_definition
from sfn_release.checks.finding import Finding as Finding
from sfn_release.local_service.local_client import local as local

__version__: str
