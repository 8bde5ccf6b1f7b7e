"""Step Functions on this machine: AWS's control plane in one SQLite file, executions simulated.

    boto3 client ─┐
                  ├→ LocalService.answer → an API operation → a transaction on the store
    HTTP server ──┘                                 └→ simulator (executions)

local_client   ``sfn.local()``: a boto3 client that this process answers
service        the service: one request in, one answer out
http           the same over HTTP
api            the operations, one file per kind of resource, and the shapes of their requests
executions     the executions that run, wait and end, and the tasks that they wait for
storage        the SQLite file: revisions, queries, histories

To add an operation, write a function ``(context, request) → answer`` in an ``api/*_api`` file and
name it in ``service.OPERATIONS``. The request has been checked against AWS's model by then. To
carry the service over something other than HTTP, call ``LocalService.answer``.
"""

from __future__ import annotations

from sfn_release.local_service.local_client import local
from sfn_release.local_service.service import ACCOUNT, REGION, LocalService, open_service

__all__ = ["ACCOUNT", "REGION", "LocalService", "local", "open_service"]
