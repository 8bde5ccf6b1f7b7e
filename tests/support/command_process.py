"""One command of sfn-release in a process of its own: run by the tests, not a test itself.

It reads its orders, a JSON object, from the command line, says ``ready``, waits for a line so that
many can begin together, and prints its result, a JSON object too.

    folder   the shop's folder; AWS is its file ``aws.db``, unless releases.toml names an endpoint
    root     the clone to work in
    verb     publish, deploy or rollback; version; deploy (for publish)
    actor    the person who does it
    kill     a write to Git, and whether the process kills itself before or after it
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

from sfn_release.errors import SfnReleaseError
from sfn_release.operations.real_runtime import system_runtime
from sfn_release.operations.workspace import Workspace, open_workspace
from support.world import REGION, Watcher


def _pause(attempt: int) -> bool:
    time.sleep(random.uniform(0, 0.02 * min(attempt, 10)))  # noqa: S311 - jitter
    return attempt < 200


def _open(orders: dict[str, Any]) -> Workspace:
    runtime = system_runtime(Watcher(), environ={}, actor=orders["actor"])
    return open_workspace(Path(orders["root"]), replace(runtime, pause=_pause))


def _run(workspace: Workspace, orders: dict[str, Any]) -> dict[str, Any]:
    version = orders["version"]
    if orders["verb"] == "publish":
        from sfn_release.operations.verbs.publish import publish

        done = publish(workspace, version, deploy=orders.get("deploy", True))
        return {"status": "released", "new": not done.already_released}
    if orders["verb"] == "deploy":
        from sfn_release.operations.verbs.deploy import deploy

        record = deploy(workspace, version)
    else:
        from sfn_release.operations.verbs.rollback import rollback

        record = rollback(workspace, version)
    return {"status": record.status if record else "nothing to do"}


def _killing(write: str, side: str) -> AbstractContextManager[None]:
    from support.faults import GitWrites

    return GitWrites(write, side, strike=lambda: os.kill(os.getpid(), signal.SIGKILL)).watched()


def _connected(workspace: Workspace, orders: dict[str, Any]) -> Workspace:
    if "folder" not in orders:
        return workspace
    from sfn_release.aws.clients import Aws
    from sfn_release.local_service import local

    client = local(Path(orders["folder"], "aws.db"), region=REGION)
    return replace(workspace, aws=lambda _: Aws.of(client))


def main() -> None:
    """Carry the orders out."""
    orders = json.loads(sys.argv[1])
    workspace = _connected(_open(orders), orders)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    with _killing(*orders["kill"]) if "kill" in orders else nullcontext():
        try:
            answer = _run(workspace, orders)
        except SfnReleaseError as error:
            answer = {"status": "refused", "code": error.code, "text": str(error)}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main()
