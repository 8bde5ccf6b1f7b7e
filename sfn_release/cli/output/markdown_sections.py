"""Sections of a Markdown text that must stay below a limit: cut between items, dropped as a whole.

A comment on GitHub has at most 65,536 characters, and a note on GitLab 1,000,000. Sizes are bytes
of UTF-8 here. A text never has more characters than bytes, in any way of counting.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

COMMENT: Final = 65_000
"""Bytes of a text for a comment on GitHub. The rest is for what a script puts around it."""
SUMMARY: Final = 1_000_000
"""Bytes of a text for the summary of a job on GitHub, which has 1 MiB."""
_SECTION: Final = 16_000
_LEAST: Final = 2  # items that must fit; a table with one row of many says too little


@dataclass(frozen=True)
class Section:
    """A part of a text. *kind* names it in the line about what was left out.

    *items* stand on lines of their own between *before* and *after*, such as the head of a table
    and nothing, or both lines of a fence. *more* says how many items are left out, with ``{count}``
    for the number. *rank* is 0 for what must be seen first. A section has *most* bytes, and where
    there is too little room, the sections with the highest rank are left out first.
    """

    kind: str
    rank: int
    items: tuple[str, ...]
    before: str = ""
    after: str = ""
    more: str = "… and {count} more"
    most: int = _SECTION

    def text(self, most: int | None = None) -> str:
        """Return the section with as many items as fit; "" if hardly any do."""
        if not self.items:
            return ""
        room = (self.most if most is None else most) - size(self.before, self.after, self.more) - 20
        shown: list[str] = []
        for item in self.items:
            room -= size(item) + 1
            if room < 0:
                break
            shown.append(item)
        missing = len(self.items) - len(shown)
        if missing and len(shown) < _LEAST:
            return ""
        last = [self.more.format(count=missing)] if missing else []
        parts = [self.before, *shown, *last, self.after]
        return "\n".join(part for part in parts if part)


def size(*texts: str) -> int:
    """Return the bytes of texts."""
    return sum(len(text.encode("utf-8", "backslashreplace")) for text in texts)


def joined(sections: Iterable[Section], *, most: int, hint: str, whole: bool = False) -> str:
    """Return *sections* as one text of at most *most* bytes, without a line end.

    *hint* is Markdown that says where the rest can be found. With *whole*, a section may fill all
    of the room.
    """
    texts = [(section, section.text(most if whole else None)) for section in sections]
    kept = [(section, text) for section, text in texts if text]
    dropped = [section for section, text in texts if not text and section.items]
    room = most - _RESERVED
    order = sorted(range(len(kept)), key=lambda at: (kept[at][0].rank, at))
    used, stay = 0, set[int]()
    for at in order:
        more = size(kept[at][1]) + 2
        if used + more <= room:
            used += more
            stay.add(at)
    dropped += [section for at, (section, _) in enumerate(kept) if at not in stay]
    parts = [text for at, (_, text) in enumerate(kept) if at in stay]
    if dropped:
        parts.append(_left_out(dropped, hint))
    return "\n\n".join(parts)


_RESERVED: Final = 1_000  # bytes of the line about what was left out


def _left_out(dropped: Sequence[Section], hint: str) -> str:
    counts = Counter(section.kind for section in dropped)
    names = [f"{kind} ({number})" if number > 1 else kind for kind, number in counts.items()]
    return f"Left out, because a comment has a limit: {', '.join(names)}. {hint}"
