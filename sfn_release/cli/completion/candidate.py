"""One completion of a word."""

from __future__ import annotations

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
    """Yield the candidates that begin with *start*, each once, with *before* put before them."""
    seen = set()
    for candidate in candidates:
        if candidate.word.startswith(start) and candidate.word not in seen:
            seen.add(candidate.word)
            yield Candidate(before + candidate.word, candidate.text, goes_on=candidate.goes_on)
