"""Yanked releases: the releases that must not be deployed any more, and why. Pure.

They are in one file of the ledger, ``yanked.json``: ``{version: {reason, actor, date}}``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sfn_release.canonical import dumps
from sfn_release.errors import TamperedError, YankedError
from sfn_release.release.ledger_files import read_json
from sfn_release.release.strict_json import read_object, report_tampering
from sfn_release.release.version import is_version

FILE = "yanked.json"


@dataclass(frozen=True)
class Yank:
    """Why a release was yanked, by whom and when (UTC, ISO 8601)."""

    reason: str
    actor: str
    date: str

    def __str__(self) -> str:
        return f"yanked by {self.actor} on {self.date}: {self.reason}"

    def to_json(self) -> dict[str, str]:
        """Return the JSON form."""
        return dict(vars(self))


def read_yanks(content: bytes | None, *, where: str) -> dict[str, Yank]:
    """Read the file; raises TamperedError, naming *where*, for an invalid one."""
    where = f"{where}:{FILE}"
    members = read_json(content, where=where)
    if not isinstance(members, dict):
        raise TamperedError(f"{where} was edited or damaged.")
    found = {}
    for version, value in members.items():
        with report_tampering(where):
            yank = read_object(Yank, value, version)
            _check(version, yank)
        found[version] = yank
    return found


def _check(version: str, yank: Yank) -> None:
    if not is_version(version):
        raise TypeError(f"{version!r} is not a version")
    try:
        datetime.fromisoformat(yank.date)
    except ValueError as error:
        raise TypeError(f"{yank.date!r} is not a time") from error


def yanks_file(yanks: Mapping[str, Yank]) -> bytes:
    """Return the content of the file."""
    return dumps({version: yank.to_json() for version, yank in yanks.items()}).encode()


def refuse_yanked(version: str, yanks: Mapping[str, Yank]) -> None:
    """Raise YankedError for a release that was yanked."""
    if version in yanks:
        raise YankedError(
            f"{version} was yanked, so it can't be deployed.",
            why=f"It was {yanks[version]}.",
            fix=f"Deploy another release, or withdraw the yank:  sfn-release unyank {version}",
        )
