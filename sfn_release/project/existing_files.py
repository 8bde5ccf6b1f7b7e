"""Looking for files that people name: a name that no file can have is the name of no file."""

from __future__ import annotations

import os
from pathlib import Path


def is_file(path: Path) -> bool:
    """Tell whether there is a file; False for a name that the system can't have, too."""
    return os.path.isfile(path)  # noqa: PTH113 - Path.is_file raises for names over 255 bytes


def is_folder(path: Path) -> bool:
    """Tell whether there is a folder; False for a name that the system can't have, too."""
    return os.path.isdir(path)  # noqa: PTH112 - Path.is_dir raises for names over 255 bytes
