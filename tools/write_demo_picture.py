"""Write docs/assets/demo.svg: a picture of the real output of `sfn-release demo`.

python tools/write_demo_picture.py

Only times and ids differ from one run to the next. The picture follows the reader's light or dark
setting, loads nothing, and its letters have one width in every font.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.sax.saxutils import escape

PICTURE = Path(__file__).parents[1] / "docs" / "assets" / "demo.svg"
SHOWN = ("publish", "diff", "rollback", "status", "history")
"""The commands of the story that are in the picture; the others would make it too long."""

_AGE = re.compile(r",? +(?:just now|\d+ \w+ ago)\b")  # beside a time, and soon wrong in a picture
_COLUMNS = 94
_LETTER = 8.4  # pixels of a letter, 14 pixels high
_LINE = 20
_MARGIN = 20
_BAR = 36
_CLASSES = {
    # class → the lines, or the parts of lines, that have it
    "comment": r"^# .*",
    "command": r"^\$ .*",
    "good": r"\b(?:succeeded|in-sync|released|deployed|rolled back)\b",
    "bad": r"\b(?:failed|drifted)\b",
    "change": r"^  ~ .*",
    "head": r"^ *[A-Z]{4,}(?: +[A-Z]+)+$",
}
_STYLE = """\
  .frame { fill: #ffffff; stroke: #d0d7de; }
  .bar { fill: #f6f8fa; }
  .dot { fill: #d0d7de; }
  text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace;
         fill: #1f2328; white-space: pre; }
  .comment, .head { fill: #59636e; }
  .command { font-weight: 600; }
  .good { fill: #1a7f37; }
  .bad { fill: #d1242f; }
  .change { fill: #9a6700; }
  @media (prefers-color-scheme: dark) {
    .frame { fill: #0d1117; stroke: #3d444d; }
    .bar { fill: #151b23; }
    .dot { fill: #3d444d; }
    text { fill: #f0f6fc; }
    .comment, .head { fill: #9198a1; }
    .good { fill: #3fb950; }
    .bad { fill: #f85149; }
    .change { fill: #d29922; }
  }"""


def run_demo() -> str:
    """Return what `sfn-release demo` prints."""
    done = subprocess.run(
        [sys.executable, "-m", "sfn_release", "demo"],
        capture_output=True,
        text=True,
        check=True,
        encoding="utf-8",
    )
    return done.stdout


def story_lines(output: str) -> list[str]:
    """Return the lines for the picture: the steps of SHOWN, each below its comment."""
    lines: list[str] = []
    for part in re.split(r"\n(?=[#$] )", output):
        if part.startswith("# "):
            if lines and lines[-1].startswith("# "):
                del lines[-1]  # nothing below it is shown
            lines.append(part.strip())
        elif part.startswith(tuple(f"$ sfn-release {command}" for command in SHOWN)):
            lines += _step(part)
    return lines


def _step(part: str) -> Iterator[str]:
    """Yield the lines of one command, up to the end of its paragraph."""
    for printed in part.partition("\n\n")[0].splitlines():
        line = _AGE.sub(_blank, printed).rstrip()
        if not line.startswith("      "):  # details
            yield line if len(line) <= _COLUMNS else f"{line[: _COLUMNS - 1]}…"


def _blank(age: re.Match[str]) -> str:
    """Return spaces for an age that a column follows, so that columns stay below their heads."""
    return " " * len(age[0]) if age.string[age.end() :].startswith("  ") else ""


def picture(lines: list[str]) -> str:
    """Return *lines* as a window of a terminal in SVG."""
    spaced = [part for line in lines for part in (("", line) if line.startswith("# ") else (line,))]
    if spaced[:1] == [""]:
        del spaced[0]
    width = round(_COLUMNS * _LETTER + 2 * _MARGIN)
    height = _BAR + 2 * _MARGIN + _LINE * len(spaced)
    commands = ", ".join(line.removeprefix("$ ") for line in lines if line.startswith("$ "))
    texts = "\n".join(_text(line, row) for row, line in enumerate(spaced) if line)
    dots = "".join(f'<circle class="dot" cx="{x}" cy="18" r="6"/>' for x in (22, 42, 62))
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" \
height="{height}" role="img" aria-labelledby="title">
<title id="title">A terminal that runs {escape(commands)}</title>
<style>
{_STYLE}
</style>
<rect class="frame" x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="10"/>
<path class="bar" d="M1 {_BAR} V10 a9 9 0 0 1 9 -9 H{width - 10} a9 9 0 0 1 9 9 V{_BAR} Z"/>
{dots}
{texts}
</svg>
"""


def _text(line: str, row: int) -> str:
    """Return a line; its parts are placed by column, so that no font moves them."""
    y = _BAR + _MARGIN + _LINE * row + 14
    parts = "".join(
        f'<tspan x="{_MARGIN + start * _LETTER:g}" textLength="{len(text) * _LETTER:g}"'
        f"{f' class={chr(34)}{name}{chr(34)}' if name else ''}>{escape(text)}</tspan>"
        for start, text, name in _parts(line)
    )
    return f'<text y="{y}">{parts}</text>'


def _parts(line: str) -> Iterator[tuple[int, str, str]]:
    """Yield the parts of a line: column, text, class. Parts end at two spaces, as columns do."""
    marks = sorted(
        (found.start(), found.end(), name)
        for name, pattern in _CLASSES.items()
        for found in re.finditer(pattern, line)
    )
    end = 0
    for start, stop, name in marks:
        if start >= end:
            yield from _words(line, end, start, "")
            yield from _words(line, start, stop, name)
            end = stop
    yield from _words(line, end, len(line), "")


def _words(line: str, start: int, end: int, name: str) -> Iterator[tuple[int, str, str]]:
    for found in re.finditer(r"\S+(?: \S+)*", line[start:end]):
        yield start + found.start(), found[0], name


if __name__ == "__main__":
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    PICTURE.write_text(picture(story_lines(run_demo())), encoding="utf-8")
