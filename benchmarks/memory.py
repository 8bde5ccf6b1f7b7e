"""`publish` of 500 workflows of 50 states over HTTP: the peak memory of the process.

The server is the local service in another process. You see the largest resident set
(``ru_maxrss``) of `sfn-release` itself: for a publication that creates everything, for a
publication that changes everything, and for a rollback. Builds run in their own
processes and aren't included.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from endpoint import server
from measuring import ENVIRON, PYTHON, run

WORKFLOWS = 500
STATES = 50
GOAL = 150  # MB
ROLE = "arn:aws:iam::000000000000:role/benchmark"

MODULE = """
import sfn_release as sfn

workflow = sfn.Workflow()
chain = workflow.start_from(sfn.Pass(id="Start", result={{"number": {number}}}))
for step in range({states} - 1):
    chain = chain.next_then(sfn.Pass(id=f"Step {{step}}", result={{"of": "{text}"}}))
chain.end()
machine = sfn.StateMachine(name="w{number:03}", workflow=workflow, role_arn="{role}")
"""

MEASURED = """
import resource, sys
from sfn_release.cli import main
code = main(sys.argv[1:])
own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(f"peak {own}", file=sys.stderr)
sys.exit(code)
"""


def main() -> int:
    """Measure, print, and return 1 when the goal is missed."""
    met = True
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "project")
        (folder / "workflows").mkdir(parents=True)
        with server(Path(name, "service.db")) as (url, _):
            (folder / "releases.toml").write_text(
                '[project]\nname = "benchmark"\n\n[environments.aws]\nregion = "us-east-1"\n'
                f'endpoint_url = "{url}"\nrole_arn = "{ROLE}"\n'
            )
            run(["git", "init", "--quiet"], folder)
            for version in ("1.0.0", "1.1.0"):
                _write(folder, version)
                met &= _measure(folder, "publish", version)
            met &= _measure(folder, "rollback", "1.0.0")
    return 0 if met else 1


def _write(folder: Path, text: str) -> None:
    for number in range(WORKFLOWS):
        module = MODULE.format(number=number, states=STATES, text=text, role=ROLE)
        (folder / "workflows" / f"w{number:03}.py").write_text(module)
    run(["git", "add", "."], folder)
    run(["git", "commit", "--quiet", "-m", text], folder)


def _measure(folder: Path, command: str, version: str) -> bool:
    arguments = [command, version, "--env", "aws", "--json"]
    done = subprocess.run(
        [PYTHON, "-c", MEASURED, *arguments],
        cwd=folder,
        env=ENVIRON,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    assert json.loads(done.stdout)["deployments"], "nothing was deployed"
    unit = 1024 if sys.platform != "darwin" else 1024 * 1024  # Linux reports kilobytes
    peak = int(done.stderr.split()[-1]) / unit
    met = peak <= GOAL
    print(
        f"{command} {version} of {WORKFLOWS} workflows of {STATES} states: {peak:.0f} MB"
        f" (goal {GOAL}: {'met' if met else 'MISSED'})"
    )
    return met


if __name__ == "__main__":
    sys.exit(main())
