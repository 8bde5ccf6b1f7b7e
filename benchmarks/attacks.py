"""Hundreds of attacks: kills at every point of a run, malformed inputs, and generated ones.

    python benchmarks/attacks.py [--kills 300] [--inputs 10000] [--generated 10000] [--seed 1]
                                 [--workers 2]

Prints the figures, and every fault with the inputs to repeat it. Exits 1 when there was a fault.
"""

from __future__ import annotations

import argparse
import faulthandler
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parents[1] / "tests"
sys.path.insert(0, str(TESTS))

LOST = {"releases", "refs", "remote's refs", "behind", "verify"}
HANG = 120.0  # seconds after which a hanging input ends the run, with its traceback


def kill(folder: Path, kills: int, seed: int, workers: int) -> list[dict[str, Any]]:
    """Return the reports of *kills* kills, made by *workers* parallel processes."""
    running = [
        subprocess.Popen(
            [
                *(sys.executable, "-m", "support.attacks.killing"),
                str(folder / f"kills-{number}"),
                *("--kills", str(kills), "--seed", str(seed)),
                *("--part", f"{number}/{workers}", "--lines"),
            ],
            cwd=TESTS,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(workers)
    ]
    reports = [json.loads(line) for process in running for line in process.stdout or ()]
    for process in running:
        assert process.wait() == 0, "a worker failed"
    return reports


def show_kills(reports: list[dict[str, Any]]) -> int:
    """Print the figures of the kills, and return the number of kills with a fault."""
    kinds: Counter[str] = Counter()
    for report in reports:
        for key, fault in report["faults"].items():
            kinds[_kind(key, fault)] += 1
        if report["faults"]:
            place = ("scene", "backend", "way", "point", "of", "codes", "faults")
            print(json.dumps({key: report[key] for key in place}, indent=2))
    ways = Counter(report["way"] for report in reports if report["killed"])
    by_way = ", ".join(f"{way} {count}" for way, count in sorted(ways.items()))
    print(
        f"kills: {sum(ways.values())} ({by_way})"
        f"; lost {kinds['lost']}, doubled {kinds['doubled']}, stuck {kinds['stuck']},"
        f" tracebacks {kinds['traceback']}, other {kinds['other']}"
        f"; slowest {max((report['seconds'] for report in reports), default=0):.1f} s"
    )
    return sum(bool(report["faults"]) for report in reports)


def _kind(key: str, fault: Any) -> str:
    if key in {"stuck", "locks"}:
        return "stuck"
    if key == "traceback":
        return key
    if isinstance(fault, dict) and key.startswith("history"):
        more = len(fault["found"] or ()) > len(fault["right"] or ())
        return "doubled" if more else "lost"
    if key == "machines":
        found, right = (json.dumps(fault[side]) for side in ("found", "right"))
        return "doubled" if len(found) > len(right) else "lost"
    return "lost" if key in LOST else "other"


def feed(folder: Path, inputs: int, seed: int) -> int:
    """Feed *inputs* inputs, print the figures, and return the number of inputs with a fault."""
    from support.attacks.feeding_projects import all_feeds
    from support.attacks.fuzzing import feeding
    from support.attacks.killing import prepare

    prepare()
    with all_feeds(folder / "project") as feeds:
        return show_fed(feeding(feeds, inputs, seed, watched(folder)))


def generate(folder: Path, inputs: int, seed: int) -> int:
    """Feed *inputs* generated inputs, print the figures, and return the number with a fault."""
    from support.attacks.generated_inputs import GeneratedInputs

    return show_fed(GeneratedInputs().feed(inputs, seed, watched(folder)))


def watched(folder: Path) -> Callable[[str, str | bytes], None]:
    """Return a function that keeps each input, and ends a run that hangs."""

    def before(name: str, given: str | bytes) -> None:
        faulthandler.dump_traceback_later(HANG, exit=True)
        last = given if isinstance(given, bytes) else given.encode("utf-8", "surrogatepass")
        (folder / "last-input").write_bytes(f"{name}\n".encode() + last)

    return before


def show_fed(feeding: Iterable[Any]) -> int:
    """Print the figures of inputs as they come, and return the number with a fault."""
    counts: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    slowest: dict[str, float] = {}
    faults = 0
    for fed in feeding:
        counts[fed.feed] += 1
        refused[fed.feed] += fed.refused
        slowest[fed.feed] = max(slowest.get(fed.feed, 0.0), fed.seconds)
        if fed.trouble:
            faults += 1
            print(f"{fed.feed} {fed.number}: {fed.trouble}\n  {fed.given[:500]!r}")
    faulthandler.cancel_dump_traceback_later()
    for name, count in sorted(counts.items()):
        print(f"  {name:20} {count:6} {refused[name]:6} refused {slowest[name]:7.2f} s at most")
    longest = max(slowest.values(), default=0)
    print(f"inputs: {counts.total()}; faults {faults}; slowest {longest:.2f} s")
    return faults


def main() -> None:
    """Run the kills and the inputs."""
    parser = argparse.ArgumentParser(description="Kill and feed, by the hundreds.")
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--inputs", type=int, default=10_000)
    parser.add_argument("--generated", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        faults = feed(folder, asked.inputs, asked.seed) if asked.inputs else 0
        if asked.generated:
            faults += generate(folder, asked.generated, asked.seed)
        if asked.kills:
            faults += show_kills(kill(folder, asked.kills, asked.seed, asked.workers))
    raise SystemExit(1 if faults else 0)


if __name__ == "__main__":
    main()
