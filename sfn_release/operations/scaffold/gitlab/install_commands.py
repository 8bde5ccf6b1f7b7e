"""The install commands of a pipeline as lines of a GitLab job, which share one shell."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from sfn_release.operations.scaffold.installation import Install

UV: Final = "uv==0.13.9"
_TO_PATH: Final = re.compile(r'(cd .+? && )?echo "(.*)" >> "\$GITHUB_PATH"')
_ERROR: Final = "echo '::error::"


def install_commands(install: Install) -> Iterator[str]:
    """Yield the commands. None of them changes the folder, and PATH is set in the shell itself."""
    if install.uv:
        yield f"pip install {UV}"
    for command in install.commands:
        found = _TO_PATH.fullmatch(command)
        if found is not None:
            yield _on_path(found[1] or "", found[2])
        elif command.startswith(_ERROR):
            yield f"echo '{command.removeprefix(_ERROR)}"
        elif command.startswith("cd "):
            yield f"({command})"
        else:
            yield re.sub("^pipx install", "pip install", command)


def _on_path(cd: str, folder: str) -> str:
    """Return the line that puts a *folder* on PATH. It's named from inside of ``cd DIR && ``."""
    if folder.startswith("$PWD"):
        folder = f"$({cd}pwd){folder.removeprefix('$PWD')}"
    else:
        folder = folder.replace("$(", f"$({cd}", 1)
    return f'export PATH="{folder}:$PATH"'
