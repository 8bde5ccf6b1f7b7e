"""Step Functions on this machine: AWS's control plane in one SQLite file, executions simulated.

    boto3 client ─┐
                  ├→ LocalService.answer → an API operation → a transaction on the store
    HTTP server ──┘                                 └→ simulator (executions)

local_client          ``sfn.local()``: a boto3 client that this process answers
service               the service: one request in, one answer out, whoever carries them
server                the service on HTTP, for the AWS CLI and any SDK
request_headers       which requests are refused, and which region and account they're for
api_model             checks requests against AWS's own service model
*_api                 the operations, one file per kind of resource
definition_validation what AWS refuses in a definition (`diagnostics`: in AWS's words)
execution_records     executions in the store (`history_store`: their events)
live_executions       executions that run in real time, in threads
store, database_tables the SQLite file
"""

from __future__ import annotations

from sfn_release.local_service.local_client import local
from sfn_release.local_service.service import ACCOUNT, REGION, LocalService, open_service

__all__ = ["ACCOUNT", "REGION", "LocalService", "local", "open_service"]
