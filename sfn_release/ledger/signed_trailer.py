"""The trailer of a signed commit with its project and branch: ``Signed-for: shop/env/prod``.

Without it, a signed commit could be moved to another branch, or to another project's ledger.
"""

from __future__ import annotations

import re

from sfn_release.ledger.layout import Layout

_TRAILER = "Signed-for"
_LINE = re.compile(rf"^{_TRAILER}: (.*)$", re.MULTILINE)


def signed_for(layout: Layout, ref: str) -> tuple[str, str]:
    """Return the trailer of a signed commit for *ref*, a branch of the ledger."""
    return _TRAILER, _branch(layout, ref)


def misplaced_signature(layout: Layout, ref: str, content: str) -> str | None:
    """Return why a signed commit doesn't belong on *ref*; None if it does.

    *content* is the whole text of the commit.
    """
    _, _, message = content.partition("\n\n")
    found, branch = _LINE.findall(message), _branch(layout, ref)
    if found == [branch]:
        return None
    named = f"it was signed for {', '.join(found)}" if found else "it doesn't name its branch"
    return f"{named}, and stands on {branch}"


def _branch(layout: Layout, ref: str) -> str:
    return f"{layout.project}/{ref.removeprefix(layout.base)}"
