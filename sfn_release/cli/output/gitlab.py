"""GitLab CI: outputs for later jobs, as a dotenv report.

`SFN_RELEASE_DOTENV` names the file. GitLab reads a variable from each line, ``NAME=value``, without
quotes: https://docs.gitlab.com/ci/yaml/artifacts_reports/#artifactsreportsdotenv
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from sfn_release.cli.output import terminal
from sfn_release.cli.output.github import outputs

_PLAIN: Final = re.compile(r"[\w.:,+@/-]*", re.ASCII)
"""Values that mean the same to GitLab and to a shell. No output of ours needs another one."""


def write_outputs(command: str, members: Mapping[str, Any]) -> None:
    """Append a command's outputs to the file. The command has run, so an error is a warning."""
    path = os.environ["SFN_RELEASE_DOTENV"]
    text = "".join(f"{line}\n" for line in dotenv_lines(command, members))
    try:
        with open(path, "a", encoding="utf-8") as file:  # noqa: PTH123 - pathlib loads slowly
            file.write(text)
    except OSError as error:
        terminal.say(f"warning: can't write {path} ({error.strerror})")


def dotenv_lines(command: str, members: Mapping[str, Any]) -> Iterator[str]:
    """Yield the outputs as ``SFN_VERSION=1.2.0``. Several values are separated by commas."""
    for name, value in outputs(command, members):
        line = value.replace("\n", ",")
        if _PLAIN.fullmatch(line):
            yield f"SFN_{name.upper()}={line}"
