"""Tests of workflows: what a session waits for, and what each test costs.

You see the time of the first `simulate` of a session, which builds the project; of the further
ones, of a workflow of 15 states; of one state of it; and the start of a session of people who don't
use the plugin, compared with a session that doesn't load it.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from measuring import ENVIRON, PYTHON

FIRST = 0.3  # seconds
FURTHER = 0.005  # seconds, of a workflow of 15 states
START = 1.05  # times a session without the plugin; 1 but for noise
ROUNDS = 5

PROJECT = '[project]\nname = "shop"\n\n[environments.local.parameters]\nTable = "orders"\n'
WORKFLOW = """
import sfn_release as sfn

steps = []
for number in range(5):
    steps += [
        sfn.Pass(f"Prepare {number}", parameters={"order": sfn.path("$.order")}),
        sfn.task.lambda_invoke(
            "arn:aws:lambda:us-east-1:000000000000:function:f",
            id=f"Ask {number}",
            payload={"order": sfn.path("$.order")},
            result_path="$.answer",
        ),
        sfn.Wait(f"Wait {number}", seconds=60),
    ]
orders = sfn.StateMachine("orders", sfn.Workflow.of(*steps))
"""
TESTS = """
import json, time
from pathlib import Path

def test_times(request):
    times = []
    begun = time.perf_counter()
    simulate = request.getfixturevalue("simulate")
    simulate("orders", {"order": {"id": 7}}, mocks={f"Ask {n}": {"payload": 1} for n in range(5)})
    times.append(time.perf_counter() - begun)
    from sfn_release.testing import Payload

    mocks = {f"Ask {number}": Payload(ok=True) for number in range(5)}
    for start in [None] * 200 + ["Ask 3"] * 200:
        begun = time.perf_counter()
        run = simulate("orders", {"order": {"id": 7}}, mocks=mocks, start_at=start, until=start)
        times.append(time.perf_counter() - begun)
        assert len(run.path) == (15 if start is None else 1)
    Path("times.json").write_text(json.dumps(times))
"""
EMPTY = "def test_nothing():\n    pass\n"


def session(folder: Path, *options: str) -> None:
    """Run pytest in a folder."""
    command = [PYTHON, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options]
    subprocess.run(command, cwd=folder, env=dict(ENVIRON), check=True, capture_output=True)


def simulations(folder: Path) -> list[tuple[float, float, float]]:
    """Return the times of the first, a further and a short `simulate`, of several sessions."""
    found = []
    for _ in range(ROUNDS):
        session(folder)
        times = json.loads((folder / "times.json").read_text())
        further, alone = statistics.median(times[1:201]), statistics.median(times[201:])
        found.append((times[0], further, alone))
    return found


def starts(folder: Path) -> float:
    """Return how many times the CPU seconds of a session without the plugin one with it takes."""
    import resource

    def spent(*options: str) -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        session(folder, *options)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    pairs = [(spent(), spent("-p", "no:sfn_release")) for _ in range(ROUNDS)]
    return min(ours for ours, _ in pairs) / min(theirs for _, theirs in pairs)


def main() -> int:
    """Print the times; exit 1 if one is missed."""
    with tempfile.TemporaryDirectory() as temporary:
        project, empty = Path(temporary) / "project", Path(temporary) / "empty"
        (project / "workflows").mkdir(parents=True)
        empty.mkdir()
        (project / "releases.toml").write_text(PROJECT)
        (project / "workflows/orders.py").write_text(WORKFLOW)
        (project / "test_orders.py").write_text(TESTS)
        (empty / "test_empty.py").write_text(EMPTY)
        first, further, alone = (min(times) for times in zip(*simulations(project), strict=True))
        ratio = starts(empty)
    rows: Sequence[tuple[str, float, float, str]] = (
        ("the first simulate of a session", 1000 * first, 1000 * FIRST, "ms"),
        ("a further one, of 15 states", 1000 * further, 1000 * FURTHER, "ms"),
        ("one state of it", 1000 * alone, 1000 * FURTHER, "ms"),
        ("a session's start, by the one without the plugin", ratio, START, ""),
    )
    for what, measured, limit, unit in rows:
        print(f"{what:<50} {measured:8.2f} {unit:<2} at most {limit:g}")
    return 1 if any(measured > limit for _, measured, limit, _ in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
