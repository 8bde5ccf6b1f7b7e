"""Joins the ``--json`` results of all shards of a replay into one report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sfn_release.errors import UsageError
from sfn_release.operations.replaying.replay_report import ReplayReport
from sfn_release.operations.replaying.shards import Shard

SCHEMA = "sfn-release/replay/1"
_SHARED = {
    "workflow": "workflows",
    "against": "candidates",
    "candidate": "definitions of the candidate",
    "environment": "environments",
    "selection": "selections of executions",
}
_LISTS = ("different", "unanswered", "unreplayable")


def merged_report(results: Mapping[str, Any]) -> ReplayReport:
    """Return one report for the results of all shards; *results* are JSON values by file.

    Raises UsageError unless they are the results of every shard of one replay, each once.
    """
    shards: dict[str, Shard] = {file: _shard(file, value) for file, value in results.items()}
    first_file, first = next(iter(results.items()))
    for file, value in results.items():
        for member, noun in _SHARED.items():
            if value.get(member) != first.get(member):
                raise UsageError(
                    f"{first_file} and {file} don't belong together: they have different {noun}.",
                    why=f"{member}: {first.get(member)!r} and {value.get(member)!r}",
                    fix="Merge the results of one replay, with the same options but --shard.",
                )
    _refuse_gaps(shards)
    return ReplayReport(
        workflow=first["workflow"],
        against=first["against"],
        environment=first["environment"],
        executions=sum(value["executions"] for value in results.values()),
        same=sum(value["same"] for value in results.values()),
        selection=first["selection"],
        candidate=first["candidate"],
        different=_joined(results, "different"),
        unanswered=_joined(results, "unanswered"),
        unreplayable=_joined(results, "unreplayable"),
    )


def _shard(file: str, value: Any) -> Shard:
    """Return the shard of a result; raises UsageError for anything that isn't a shard's."""
    if not isinstance(value, Mapping) or value.get("schema") != SCHEMA:
        raise UsageError(
            f"{file} isn't the result of a replay.",
            fix="Make it with:  sfn-release --json replay WORKFLOW --shard 1/2 > FILE",
        )
    if not is_replay_result(value):
        raise UsageError(f"{file} was edited or damaged.", fix="Run that shard again.")
    if value["stopped"]:
        raise UsageError(f"{file} is incomplete: that replay was stopped.", fix="Run it again.")
    if value["shard"] is None:
        raise UsageError(f"{file} is the result of a whole replay, not of a shard.")
    return Shard.parse(value["shard"])


def is_replay_result(value: Mapping[str, Any]) -> bool:
    """Return whether the result of a replay has its members. Their items are objects."""
    numbers = [value.get("executions"), value.get("same")]
    lists = [value.get(name) for name in _LISTS]
    return (
        all(isinstance(number, int) and not isinstance(number, bool) for number in numbers)
        and all(isinstance(found, list) for found in lists)
        and all(isinstance(item, Mapping) for found in lists if found for item in found)
        and {*_SHARED, "stopped", "shard"} <= value.keys()
        and isinstance(value["shard"], str | None)
    )


def _refuse_gaps(shards: Mapping[str, Shard]) -> None:
    """Raise UsageError unless *shards*, by file, are all parts of one whole, each once."""
    totals = sorted({shard.of for shard in shards.values()})
    if len(totals) > 1:
        raise UsageError(
            f"The results are of different splits: into {totals[0]} and into {totals[1]} shards."
        )
    (total,) = totals
    seen: dict[int, str] = {}
    for file, shard in shards.items():
        if shard.index in seen:
            raise UsageError(f"{seen[shard.index]} and {file} are both of shard {shard}.")
        seen[shard.index] = file
    missing = [f"{index}/{total}" for index in range(1, total + 1) if index not in seen]
    if missing:
        raise UsageError(
            f"The result of {'shards' if len(missing) > 1 else 'shard'} {', '.join(missing)} is"
            " missing.",
            fix="Run those jobs, and merge the results of all shards.",
        )


def _joined(results: Mapping[str, Any], name: str) -> Sequence[Mapping[str, Any]]:
    items = [item for value in results.values() for item in value[name]]
    return tuple(sorted(items, key=lambda item: str(item.get("execution"))))
