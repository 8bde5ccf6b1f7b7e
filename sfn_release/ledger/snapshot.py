"""The ledger's refs as they were at one moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Snapshot:
    """The ledger's refs when they were read: full ref to commit.

    *trials* maps the versions of local trials to their ledger commits; *yielded* does so for trials
    whose version number another release has taken. *kept* are the refs that the remote doesn't
    have: private ones, and everything from before there was a remote. *tags* are all tags of the
    remote, as `Remotes.ls_remote` returns them. *warning* is set when the remote wasn't reached and
    these are the refs of the last time.
    """

    refs: Mapping[str, str]
    trials: Mapping[str, str] = field(default_factory=dict)
    yielded: Mapping[str, str] = field(default_factory=dict)
    kept: frozenset[str] = frozenset()
    warning: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
