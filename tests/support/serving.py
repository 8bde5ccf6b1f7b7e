"""`local serve` in a process of its own, and the AWS CLI that talks to it."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from support.command_line import CREDENTIALS

SERVED = (
    "SFN_MOCK_CONFIG",
    "WAIT_TIME_SCALE",
    "AWS_ACCOUNT_ID",
    "AWS_DEFAULT_REGION",
    "LAMBDA_ENDPOINT",
)
"""The variables that change a service, which a test sets by itself."""

CLIENT = {
    "AWS_PAGER": "",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
}


@contextmanager
def serving(folder: Path, *options: str, **environ: str) -> Iterator[dict[str, Any]]:
    """Serve in another process, and yield the object that --json prints."""
    inherited = {name: text for name, text in os.environ.items() if name not in SERVED}
    process = subprocess.Popen(
        [sys.executable, "-m", "sfn_release", "--json", "local", "serve", "--port", "0", *options],
        cwd=folder,
        env=inherited | environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        lines: list[str] = []
        while not lines or lines[-1].rstrip() not in ("}", ""):
            lines.append(process.stdout.readline())
        yield json.loads("".join(lines))
    finally:
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")


def aws_cli(url: str, *arguments: str, **environ: str) -> Any:
    """Run the AWS CLI as users have it, in this process; return its JSON output."""
    from awscli.clidriver import create_clidriver  # slow: imported only when it is used

    out, err = io.StringIO(), io.StringIO()
    line = ["stepfunctions", "--endpoint-url", url, *arguments]
    with (
        patch.dict(os.environ, CREDENTIALS | CLIENT | environ),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        code = create_clidriver().main(line)
    assert code == 0, err.getvalue()
    return json.loads(out.getvalue()) if out.getvalue().strip() else {}
