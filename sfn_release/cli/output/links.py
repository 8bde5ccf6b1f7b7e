"""Links that you can click (OSC 8), on terminals that are known to show them.

A terminal that doesn't know the escape could show it as text. So links are written only where a
terminal says which one it is, as other programs do. ``FORCE_HYPERLINK`` decides for a terminal that
isn't known. Pipes, logs, ``NO_COLOR`` and ``TERM=dumb`` never get links.
See https://gist.github.com/egmontkob/eb114294efbcd5adb1944c9f3cb5feda.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import IO

from sfn_release.cli.output import terminal

_PROGRAMS = {
    *("iTerm.app", "WezTerm", "vscode", "Hyper", "ghostty", "Tabby", "rio", "WarpTerminal"),
    *("mintty", "contour"),
}
_TERMS = ("xterm-kitty", "xterm-ghostty", "alacritty", "foot", "wezterm", "contour", "rio")
_VARIABLES = ("WT_SESSION", "KONSOLE_VERSION", "DOMTERM", "KITTY_WINDOW_ID")
_VTE = 5000  # the first version of GNOME's terminals that takes links: 0.50
_TOO_LONG = 2083  # terminals ignore longer URLs
_URL = re.compile(r"https?://[!-~]+")  # printable ASCII: no space, no control character


def shows_links(stream: IO[str], environ: Mapping[str, str] | None = None) -> bool:
    """Return whether *stream* is a terminal that shows links."""
    environ = os.environ if environ is None else environ
    if not terminal.coloured(stream):
        return False
    forced = environ.get("FORCE_HYPERLINK", "")
    if forced:
        return forced.lower() not in {"0", "false", "no"}
    if environ.get("CI") or "TMUX" in environ or environ.get("TERM", "").startswith("screen"):
        return False
    vte = environ.get("VTE_VERSION", "")
    return (
        (vte.isdecimal() and int(vte) >= _VTE)
        or environ.get("TERM_PROGRAM", "") in _PROGRAMS
        or environ.get("TERM", "").startswith(_TERMS)
        or any(environ.get(name) for name in _VARIABLES)
    )


def with_link(text: str, url: str, stream: IO[str]) -> str:
    """Return *text*, which is safe already, as a link to *url* where *stream* shows links.

    A URL that isn't http or https, or has a character that a URL can't have, is no link.
    """
    if not (_URL.fullmatch(url) and len(url) <= _TOO_LONG and shows_links(stream)):
        return text
    return f"\x1b]8;;{url}\x1b\\{text}\x1b]8;;\x1b\\"
