"""Attacks by the hundreds: kills at every stretch of a run, and inputs that went wrong.

    python benchmarks/attacks.py [--kills 300] [--inputs 10000] [--seed 1] [--workers 2]

Prints every fault with the inputs that repeat it, and the figures; exits 1 when there was a fault.
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
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parents[1] / "tests"
sys.path.insert(0, str(TESTS))

LOST = {"releases", "refs", "remote's refs", "behind", "verify"}
HANG = 120.0  # seconds after which an input that never returns ends the run, with its traceback


def kill(folder: Path, kills: int, seed: int, workers: int) -> list[dict[str, Any]]:
    """Return the reports on so many kills, by *workers* processes side by side."""
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
    reports = [json.loads(line) for one in running for line in one.stdout or ()]
    for one in running:
        assert one.wait() == 0, "a worker failed"
    return reports


def show_kills(reports: list[dict[str, Any]]) -> int:
    """Print the figures of the kills, and return the number of those with a fault."""
    kinds: Counter[str] = Counter()
    for one in reports:
        for key, fault in one["faults"].items():
            kinds[_kind(key, fault)] += 1
        if one["faults"]:
            place = ("scene", "backend", "way", "point", "of", "codes", "faults")
            print(json.dumps({key: one[key] for key in place}, indent=2))
    ways = Counter(one["way"] for one in reports if one["killed"])
    by_way = ", ".join(f"{way} {count}" for way, count in sorted(ways.items()))
    print(
        f"kills: {sum(ways.values())} ({by_way})"
        f"; lost {kinds['lost']}, doubled {kinds['doubled']}, stuck {kinds['stuck']},"
        f" tracebacks {kinds['traceback']}, other {kinds['other']}"
        f"; slowest {max((one['seconds'] for one in reports), default=0):.1f} s"
    )
    return sum(bool(one["faults"]) for one in reports)


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
    """Give so many inputs, print the figures, and return the number of those with a fault."""
    from support.attacks.feeding_projects import all_feeds
    from support.attacks.fuzzing import feeding
    from support.attacks.killing import prepare

    prepare()
    faulthandler.dump_traceback_later(HANG, exit=True)

    def before(name: str, given: str | bytes) -> None:
        faulthandler.dump_traceback_later(HANG, exit=True)
        last = given if isinstance(given, bytes) else given.encode("utf-8", "surrogatepass")
        (folder / "last-input").write_bytes(f"{name}\n".encode() + last)

    counts: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    slowest: dict[str, float] = {}
    faults = 0
    with all_feeds(folder / "project") as feeds:
        for one in feeding(feeds, inputs, seed, before):
            counts[one.feed] += 1
            refused[one.feed] += one.refused
            slowest[one.feed] = max(slowest.get(one.feed, 0.0), one.seconds)
            if one.trouble:
                faults += 1
                print(f"{one.feed} {one.number}: {one.trouble}\n  {one.given[:500]!r}")
    faulthandler.cancel_dump_traceback_later()
    for name, count in sorted(counts.items()):
        print(f"  {name:20} {count:6} {refused[name]:6} refused {slowest[name]:7.2f} s at most")
    print(f"inputs: {inputs}; faults {faults}; slowest {max(slowest.values(), default=0):.2f} s")
    return faults


def main() -> None:
    """Attack."""
    parser = argparse.ArgumentParser(description="Kill and feed, by the hundreds.")
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--inputs", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        faults = feed(folder, asked.inputs, asked.seed) if asked.inputs else 0
        if asked.kills:
            faults += show_kills(kill(folder, asked.kills, asked.seed, asked.workers))
    raise SystemExit(1 if faults else 0)


if __name__ == "__main__":
    main()
