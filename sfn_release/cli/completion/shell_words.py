"""Splits the line before the cursor into words, as bash and fish read it."""

from __future__ import annotations

_BETWEEN = " \t\n"  # characters between words
_IN_DOUBLE = '"\\$`'  # characters that a backslash escapes between double quotes


class OpenWord:
    """The word at the cursor: its *text*, and the *quote* that is open.

    *bare* has a letter for each character of the line's word, and a space for each that is quoted.
    """

    __slots__ = ("bare", "quote", "text")

    def __init__(self, text: str, bare: str, quote: str) -> None:
        self.text = text
        self.bare = bare
        self.quote = quote

    def after_break(self, breaks: str) -> int:
        """Return how many characters of the text come before the part that bash completes.

        bash starts at the last of its *breaks*. It keeps ``@`` and ``$`` in the part (readline's
        ``rl_special_prefixes``).
        """
        found = max((self.bare.rfind(letter) for letter in breaks if letter != " "), default=-1)
        return found + (self.bare[found : found + 1] not in {"@", "$"})


def split_line(line: str) -> tuple[list[str], OpenWord]:
    """Return the finished words of a line and the word at its end, which may be empty.

    >>> words, last = split_line('sfn-release show 1.0.0 "Zahlung pr')
    >>> words, last.text, last.quote
    (['sfn-release', 'show', '1.0.0'], 'Zahlung pr', '"')
    """
    words: list[str] = []
    text, bare, quote, inside = "", "", "", False
    letters = iter(line)
    for letter in letters:
        if quote == "'" or (quote == '"' and letter != "\\"):
            quote, kept = ("", "") if letter == quote else (quote, letter)
            text, bare = text + kept, bare + " " * len(kept)
        elif letter == "\\":
            following = next(letters, "")
            literal = quote == '"' and following not in _IN_DOUBLE
            kept = f"\\{following}" if literal else following
            text, bare, inside = text + kept, bare + " " * len(kept), True
        elif letter in "'\"":
            quote, inside = letter, True
        elif letter in _BETWEEN:
            words += [text] if inside else []
            text, bare, inside = "", "", False
        else:
            text, bare, inside = text + letter, bare + letter, True
    return words, OpenWord(text, bare, quote)


def quoted(text: str, quote: str) -> str:
    """Return *text* as a part of a word of bash that has an open *quote*, or none."""
    match quote:
        case "'":
            return text.replace("'", "'\\''")
        case '"':
            return "".join(f"\\{letter}" if letter in _IN_DOUBLE else letter for letter in text)
        case _:
            home = "\\" if text.startswith("~") and not text.startswith("~/") else ""
            return home + "".join(letter if _is_plain(letter) else f"\\{letter}" for letter in text)


def _is_plain(letter: str) -> bool:
    return letter.isalnum() or letter in "_-./:=@%+,~" or ord(letter) > 127  # noqa: PLR2004 - ASCII
