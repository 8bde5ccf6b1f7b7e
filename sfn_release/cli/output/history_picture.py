"""Writes the picture of `history --graph` beside the words about each deployment."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterator, Sequence

from sfn_release.cli.output import terminal
from sfn_release.cli.output.glyphs import writes_unicode
from sfn_release.cli.output.history_graph import ASCII, UNICODE, Glyphs, Lane, Row, graph_rows
from sfn_release.cli.output.line_folding import wrapped
from sfn_release.cli.output.records import YIELDED, action, name
from sfn_release.cli.output.tables import table_room
from sfn_release.cli.output.web_pages import WebPages
from sfn_release.cli.output.width import columns_of
from sfn_release.release.record import Record

_WORDS = 44  # columns that the words of a row need beside the drawing
_NARROWEST = 20
_ENDS = {"failed": "failed", "reverted": "reverted", "started": "in progress"}


def write_picture(
    lanes: Sequence[Lane],
    when: Callable[[str], str],
    pages: WebPages,
    yielded: Collection[str] = (),
) -> None:
    """Write the picture to stdout; *when* returns a time in words.

    If the lanes leave no room for words, each environment gets a picture of its own. *yielded* are
    the ids of local trials that aren't the release of their version any more.
    """
    glyphs = UNICODE if writes_unicode(sys.stdout) else ASCII
    room = table_room()
    rows, _ = graph_rows(lanes, glyphs)
    wide = len(rows[0].drawn) if rows else 0
    pictures = [lanes] if room is None or wide + _WORDS <= room else [[lane] for lane in lanes]
    for index, picture in enumerate(pictures):
        if index:
            terminal.write()
        for parts in _lines(picture, glyphs, room, when, pages, yielded):
            terminal.write_parts(*parts)


def _lines(
    lanes: Sequence[Lane],
    glyphs: Glyphs,
    room: int | None,
    when: Callable[[str], str],
    pages: WebPages,
    yielded: Collection[str],
) -> Iterator[list[str]]:
    rows, head = graph_rows(lanes, glyphs)
    for drawing, index in head:
        yield [drawing, terminal.Styled(lanes[index].label, "bold")]
    cells = [
        (
            f"{row.record.version} {YIELDED}" if row.record.id in yielded else row.record.version,
            row.record.environment if len(lanes) > 1 else "",
            _done(row.record),
        )
        for row in rows
    ]
    wide = [
        max(columns_of(terminal.one_line(cell)) for cell in column)
        for column in zip(*cells, strict=True)
    ]
    for row, (version, label, done) in zip(rows, cells, strict=True):
        texts = [_padded(label, wide[1]), _padded(done, wide[2])]
        facts = f"{when(row.record.started_at)}, {name(row.record.actor)}"
        note = row.record.reason or (row.record.error or "").partition("\n")[0]
        note = terminal.one_line(note)
        words = terminal.one_line("  ".join([*(text for text in texts if text), facts]))
        start = len(row.drawn) + 2 + wide[0] + 2
        first, *rest = _wrapped(words, note, None if room is None else room - start)
        linked = pages.commit(row.record.commit, version, "bold")
        gap = " " * (wide[0] - columns_of(terminal.one_line(version)) + 2)
        yield [*_drawing(row, glyphs), "  ", linked, gap, first]
        for line in rest:
            yield [row.below, " " * (start - len(row.drawn)), line]


def _drawing(row: Row, glyphs: Glyphs) -> list[str]:
    """Return the drawing of a row with its mark in the colour of the status."""
    mark = glyphs.marks.get(row.record.status, "?")
    style = terminal.state(row.record.status).style
    left, right = row.drawn[: row.column], row.drawn[row.column + 1 :]
    return [left, terminal.Styled(mark, style), right]


def _done(record: Record) -> str:
    """Return what a deployment did, and how it ended if it didn't succeed."""
    words = action(record)
    if record.promoted_from:
        words += f" from {record.promoted_from}"
    elif record.action == "rollback" and record.from_version:
        words += f" from {record.from_version}"
    end = _ENDS.get(record.status)
    return f"{words} {end}" if end else words


def _padded(text: str, columns: int) -> str:
    return text + " " * (columns - columns_of(terminal.one_line(text))) if columns else ""


def _wrapped(words: str, note: str, room: int | None) -> list[str]:
    """Return the words of a row and its note in lines of at most *room* columns."""
    if room is None or columns_of(words) + columns_of(note) + 2 <= room:
        return [f"{words}  {note}".rstrip()]
    room = max(room, _NARROWEST)
    return [*([words] if columns_of(words) <= room else wrapped(words, room)), *wrapped(note, room)]
