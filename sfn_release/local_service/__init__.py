"""Step Functions on this machine: AWS's control plane in one SQLite file, executions simulated.

    boto3 client ─┐
                  ├→ LocalService.answer → an API operation → a transaction on the store
    HTTP server ──┘                                 └→ simulator (executions)

local_client          ``sfn.local()``: a boto3 client that this process answers
service               the service: one request in, one answer out
http_protocol         AWS's JSON protocol: an HTTP request in, an answer out
server                the HTTP server that carries them
request_headers       refuses web pages; reads the region and account of a request
api_model, api_shapes
                      check requests against AWS's own service model
*_api                 the operations, one file per kind of resource
supported_members     the members of requests that are honoured; all others are refused by name
definition_validation refuses the definitions that AWS refuses, in AWS's words (`diagnostics`)
start_targets         resolves the ARN of a start to a revision
execution_records     executions in the store (`history_store`: their events)
map_run_records       map runs and their child executions in the store
live_executions       drives the executions that wait, each a `live_execution`, with a few threads
                      (`worker_pool`)
live_tasks            tasks that the API answers: `open_tasks` in the store, `task_tokens` in memory
task_signals          answers, heartbeats and stops on their way to an execution, which another
                      process may run (`signal_reader`)
store                 the SQLite file (`database_tables`: its tables)

To add an operation, write a function ``(context, request) → answer`` in an ``*_api`` file and name
it in ``service.OPERATIONS``. The request has been checked against AWS's model by then. To carry the
service over something other than HTTP, call ``LocalService.answer``.
"""

from __future__ import annotations

from sfn_release.local_service.local_client import local
from sfn_release.local_service.service import ACCOUNT, REGION, LocalService, open_service

__all__ = ["ACCOUNT", "REGION", "LocalService", "local", "open_service"]
