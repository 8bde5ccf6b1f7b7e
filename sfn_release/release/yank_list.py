"""Yanked releases: the releases that must not be deployed any more, and why. Pure.

They are in one file of the ledger, ``yanked.json``: ``{version: {reason, actor, date}}``. A yank
applies to the contents: a release with the release digest of a yanked one is yanked too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sfn_release.canonical import dumps
from sfn_release.errors import TamperedError, YankedError
from sfn_release.release.ledger_files import read_json
from sfn_release.release.strict_json import read_object, report_tampering
from sfn_release.release.version import is_version

FILE = "yanked.json"


@dataclass(frozen=True)
class Yank:
    """Why the release *version* was yanked, by whom and when (UTC, ISO 8601)."""

    reason: str
    actor: str
    date: str
    version: str

    def __str__(self) -> str:
        return f"yanked by {self.actor} on {self.date}: {self.reason}"

    def subject(self, called: str) -> str:
        """Return the start of a sentence on why *called* is yanked, up to ``was``."""
        if called == self.version:
            return called
        return f"{called} has the contents of {self.version}, which"

    def to_json(self) -> dict[str, str]:
        """Return the JSON form."""
        return dict(vars(self))


@dataclass(frozen=True)
class Yanks:
    """The yanks of a ledger, by version, and by the release digest of the yanked release."""

    by_version: Mapping[str, Yank] = field(default_factory=dict)
    by_digest: Mapping[str, Yank] = field(default_factory=dict)

    def of(self, version: str | None, release_digest: str | None) -> Yank | None:
        """Return the yank that applies to a release, its own first; None if it may be deployed.

        *version* is None for the work tree.
        """
        own = self.by_version.get(version) if version is not None else None
        return own or (self.by_digest.get(release_digest) if release_digest is not None else None)


@dataclass(frozen=True)
class _Stored:
    """A yank in the file, below its version."""

    reason: str
    actor: str
    date: str


def read_yanks(content: bytes | None, *, where: str) -> dict[str, Yank]:
    """Read the file; raises TamperedError, naming *where*, for an invalid one."""
    where = f"{where}:{FILE}"
    members = read_json(content, where=where)
    if not isinstance(members, dict):
        raise TamperedError(f"{where} was edited or damaged.")
    found = {}
    for version, value in members.items():
        with report_tampering(where):
            stored = read_object(_Stored, value, version)
            yank = Yank(**vars(stored), version=version)
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
    stored = {
        version: vars(_Stored(yank.reason, yank.actor, yank.date))
        for version, yank in yanks.items()
    }
    return dumps(stored).encode()


def refuse_yanked(
    version: str | None, release_digest: str, yanks: Yanks, *, called: str | None = None
) -> None:
    """Raise YankedError for a release that was yanked, or whose contents were.

    *called* is how the error names it: its version, if you don't give another name.
    """
    yank = yanks.of(version, release_digest)
    if yank is None:
        return
    named = called or version or yank.version
    own = named == yank.version
    subject = yank.subject(named)
    raise YankedError(
        f"{subject[0].upper()}{subject[1:]} was yanked, so it can't be deployed.",
        why=f"{'It' if own else yank.version} was {yank}.",
        fix=f"{'Deploy another release' if own else 'Deploy other contents'}, or withdraw the yank:"
        f"  sfn-release unyank {yank.version}",
    )
