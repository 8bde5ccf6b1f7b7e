"""One completion of a word."""

from __future__ import annotations

import unicodedata

TYPE_CHECKING = False  # importing typing is slow
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Candidate:
    """A whole *word*, and the *text* that explains it. *goes_on*: more of the word follows."""

    __slots__ = ("goes_on", "text", "word")

    def __init__(self, word: str, text: str = "", *, goes_on: bool = False) -> None:
        self.word = word
        self.text = text
        self.goes_on = goes_on


def starting(
    start: str, candidates: Iterable[Candidate], *, before: str = ""
) -> Iterator[Candidate]:
    """Yield the candidates that begin with *start*, each once, with *before* put before them.

    Names from data can have line breaks, tabs and escape sequences, which no shell takes in a word.
    """
    seen = set()
    for candidate in candidates:
        word = candidate.word
        if word.startswith(start) and word not in seen and _can_be_typed(word):
            seen.add(word)
            yield Candidate(before + candidate.word, candidate.text, goes_on=candidate.goes_on)


def _can_be_typed(word: str) -> bool:
    return word.isprintable() or all(
        letter.isprintable() or unicodedata.category(letter) == "Zs" for letter in word
    )
