"""The rollback stack of an environment: successful deployments push, rollbacks pop. Pure."""

from __future__ import annotations

from collections.abc import Callable

from sfn_release.release.serving import Serving
from sfn_release.release.yank_list import Yanks


def pushed(top: Serving | None, top_commit: str | None, version: str | None) -> str | None:
    """Return the commit of the entry below *version* on the stack, when it is deployed onto *top*.

    *top_commit* is a commit whose ``manifest.json`` is *top*. Deploying the top again pushes
    nothing. The work tree, whose *version* is None, is never the top.
    """
    if top is None:
        return None
    return top.below if top.version == version else top_commit


def previous(
    top: Serving,
    load: Callable[[str], Serving],
    *,
    yanks: Yanks,
) -> Serving | None:
    """Return the stack entry that a rollback goes to, None if there is none.

    Yanked releases are skipped, and releases with the content of the top.
    """
    below = top.below
    while below is not None:
        entry = load(below)
        same = entry.release_digest == top.release_digest
        if not same and yanks.of(entry.version, entry.release_digest) is None:
            return entry
        below = entry.below
    return None


def entry_of(top: Serving, load: Callable[[str], Serving], version: str) -> Serving | None:
    """Return the highest stack entry of *version*, which may be the top; None if there is none."""
    entry = top
    while entry.version != version:
        if entry.below is None:
            return None
        entry = load(entry.below)
    return entry
