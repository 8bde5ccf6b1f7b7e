"""The commits up to which `verify` found the ledger in order, remembered in this clone.

A commit's id covers its content and everything before it. So a branch that still leads to a commit
that was verified has the same commits below it, and only newer ones have to be read. A verdict
depends on other things too: the rules of `verify`, the settings that name the refs, and the local
trials. They are the *context*. In another context, nothing is remembered.

A file that can't be read, or that something else wrote, counts as no file.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from sfn_release.errors import TamperedError
from sfn_release.names import CommitId
from sfn_release.release.strict_json import read_document

_SCHEMA = "sfn-release/verified/1"


@dataclass(frozen=True)
class VerifiedTip:
    """A branch as `verify` saw it: its tip *commit*.

    *in_order* means that it found no problem up to there. Other branches mention commits of a
    branch with problems too, so its tip must not get lost either. *events* are the numbers of an
    environment's events by version.
    """

    commit: CommitId
    in_order: bool
    events: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class VerifiedTips:
    """The verified *tips* by ref, and the *context* in which they were verified."""

    context: Mapping[str, Any]
    tips: Mapping[str, VerifiedTip] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path, context: Mapping[str, Any]) -> VerifiedTips:
        """Return the tips that were remembered in the same *context*; none without such a file."""
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
            found = read_document(cls, document, schema=_SCHEMA, where=path.name)
        except (OSError, ValueError, RecursionError, TamperedError):
            return cls(context)
        return found if found.context == context else cls(context)

    def write(self, path: Path) -> None:
        """Remember these tips. A folder that isn't writable is no error: nothing is remembered.

        Another process reads the whole file from before, or the whole new one.
        """
        text = json.dumps({"schema": _SCHEMA, **asdict(self)})
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
            try:
                with open(handle, "w", encoding="utf-8") as file:  # noqa: PTH123 - a descriptor
                    file.write(text)
                os.replace(name, path)  # noqa: PTH105
            except BaseException:
                os.unlink(name)  # noqa: PTH108
                raise
