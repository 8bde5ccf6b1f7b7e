"""Link: one step of the proof that a workflow's live content comes from a commit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, get_args

LinkName = Literal["live", "record", "release", "tag", "commit", "rebuild", "signature"]

LINKS: tuple[LinkName, ...] = get_args(LinkName)
"""The links in their order.

live       AWS answers, and the content that callers get can be read
record     it is the content that the environment's last record names
release    that content is what the recorded release renders to
tag        the tag is on the release's commit, and carries its digest
commit     the commit exists
rebuild    the commit builds to the release digest
signature  the release and the record are signed by an allowed principal
"""


@dataclass(frozen=True)
class Link:
    """One link of a *workflow*'s chain.

    *text* describes it. For a broken link, it says what was found and what was expected; *fix* is
    the next thing to do, "" if there is no advice.
    """

    workflow: str
    link: LinkName
    ok: bool
    text: str
    fix: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form."""
        members = {"workflow": self.workflow, "link": self.link, "ok": self.ok, "text": self.text}
        return members | ({"fix": self.fix} if self.fix else {})


def first_broken(links: Iterable[Link]) -> dict[str, Link]:
    """Return the first broken link of each workflow that has one."""
    found: dict[str, Link] = {}
    for link in links:
        if not link.ok:
            found.setdefault(link.workflow, link)
    return found
