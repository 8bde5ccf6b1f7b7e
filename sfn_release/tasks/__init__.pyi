# The public names of `sfn_release.tasks`: the one list of them. Type checkers read this file in the
# place of __init__.py, and __init__.py reads it to find the module of a name.

from sfn_release.tasks.buckets import Buckets as Buckets
from sfn_release.tasks.buckets import DeclaredBucket as DeclaredBucket
from sfn_release.tasks.buckets import buckets_of as buckets_of
from sfn_release.tasks.endpoints import Endpoints as Endpoints
from sfn_release.tasks.execution_scope import ApiRefusal as ApiRefusal
from sfn_release.tasks.execution_scope import CallApi as CallApi
from sfn_release.tasks.execution_scope import ExecutionScope as ExecutionScope
from sfn_release.tasks.handler_specs import read_handlers as read_handlers
from sfn_release.tasks.handlers import Handlers as Handlers
from sfn_release.tasks.mock_config import MockConfig as MockConfig
from sfn_release.tasks.mock_config import MockedTestCase as MockedTestCase
from sfn_release.tasks.mock_config import load_mock_config as load_mock_config
from sfn_release.tasks.mock_config_file import MockConfigFile as MockConfigFile
from sfn_release.tasks.mock_config_file import ReadMockConfig as ReadMockConfig
from sfn_release.tasks.task_sources import TaskSources as TaskSources
from sfn_release.tasks.task_sources import open_sources as open_sources
