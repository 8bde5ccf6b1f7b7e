"""Shards: a part of the executions for each of several jobs. Pure.

An execution is always in the same shard, whichever job asks: its ARN's hash decides.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from sfn_release.errors import UsageError

_FORM = re.compile(r"([1-9]\d{0,4})/([1-9]\d{0,4})", re.ASCII)


@dataclass(frozen=True)
class Shard:
    """Part *index* of *of*, counted from 1."""

    index: int
    of: int

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Return the shard of a text such as ``2/8``; raises UsageError for any other."""
        found = _FORM.fullmatch(text)
        if found is None or int(found[1]) > int(found[2]):
            raise UsageError(
                f"{text!r} isn't a shard.",
                why="A shard is N/M: part N of M, from 1/M to M/M.",
                fix="For example:  --shard 2/8",
            )
        return cls(int(found[1]), int(found[2]))

    def has(self, execution: str) -> bool:
        """Return whether an execution, by its ARN or its file, belongs to this shard."""
        number = int.from_bytes(hashlib.sha256(execution.encode()).digest()[:8])
        return number % self.of == self.index - 1

    def __str__(self) -> str:
        return f"{self.index}/{self.of}"
