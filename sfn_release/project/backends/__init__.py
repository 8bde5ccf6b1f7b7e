"""Backends: the kinds of Step Functions that an environment can run on, one file each.

`BACKENDS` maps their names, as releases.toml writes them. The rest of the program asks a `Backend`
for an answer, such as whether it has Lambda, and never compares its name.
"""

from __future__ import annotations

from collections.abc import Mapping

from sfn_release.project.backends.aws_backend import AWS
from sfn_release.project.backends.backend import Backend, Clone
from sfn_release.project.backends.local_backend import EMBEDDED

__all__ = ["AWS", "BACKENDS", "BUILT_IN", "EMBEDDED", "Backend", "Clone"]

BACKENDS: Mapping[str, Backend] = {backend.name: backend for backend in (AWS, EMBEDDED)}

BUILT_IN: Mapping[str, Backend] = {"local": EMBEDDED}
"""The environments that need no table in releases.toml. Their backend can't be changed."""
