"""Answers a shell: reads the command line, and writes one candidate a line as the shell takes it.

    bash  arguments: the line before the cursor, and bash's COMP_WORDBREAKS
    zsh   arguments: the words before the cursor, and the word at it, without quotes
    fish  arguments: the same; the word at the cursor has its quotes

A line has tabs between its parts. bash gets the text that it inserts. zsh gets ``+`` if more of the
word can follow, the word and the text that it shows. fish gets the word and its explanation.
"""

from __future__ import annotations

import sys
from contextlib import suppress

from sfn_release.cli.completion.cursor import complete
from sfn_release.cli.completion.shell_words import quoted, split_line

TYPE_CHECKING = False  # importing typing is slow
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sfn_release.cli.completion.candidate import Candidate


def answer(shell: str, arguments: Sequence[str]) -> int:
    """Write the candidates for a shell's question; nothing when there is any problem.

    An error would be written into the line that somebody types.
    """
    lines: list[str] = []
    with suppress(Exception):
        lines = [*_lines(shell, arguments)]
    with suppress(Exception):
        sys.stdout.buffer.write(
            "".join(f"{line}\n" for line in lines).encode(errors="surrogateescape")
        )
        sys.stdout.flush()
    return 0


def _lines(shell: str, arguments: Sequence[str]) -> Iterator[str]:
    match shell:
        case "bash":
            line, breaks = arguments
            yield from _for_bash(line, breaks)
        case "zsh":
            *words, current = arguments
            yield from (_for_zsh(each) for each in complete(words, current))
        case "fish":
            *words, current = arguments
            last = split_line(current)[1]
            yield from (f"{each.word}\t{each.text}" for each in complete(words, last.text))
        case _:
            return


def _for_bash(line: str, breaks: str) -> Iterator[str]:
    """Yield what bash inserts: the rest of the word from the last break in it, quoted."""
    (_, *words), last = split_line(line)
    for each in complete(words, last.text):
        if last.quote == '"' and "!" in each.word:
            continue  # bash would look it up in its history, and knows no escape for it there
        before = 0 if last.quote else last.after_break(breaks)
        end = "" if each.goes_on or last.quote else " "  # bash closes a quote itself
        yield quoted(each.word[before:], last.quote) + end


def _for_zsh(candidate: Candidate) -> str:
    shown = f"{candidate.word}  {candidate.text}".rstrip()
    return f"{'+' if candidate.goes_on else ''}\t{candidate.word}\t{shown}"
