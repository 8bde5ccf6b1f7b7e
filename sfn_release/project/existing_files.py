"""Finds files that you name on the command line, where a name can be too long for a file."""

from __future__ import annotations

import os
from pathlib import Path


def is_file(path: Path) -> bool:
    """Return whether a file exists; False for a name that the system doesn't allow."""
    return os.path.isfile(path)  # noqa: PTH113 - Path.is_file raises for names over 255 bytes
