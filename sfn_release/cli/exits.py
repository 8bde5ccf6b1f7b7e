"""The exit codes of the program. An error's own is `SfnReleaseError.exit_code`."""

from __future__ import annotations

FAILED = 1
DIFFERENT = 3

# What a shell gives for a program that a signal ended.
HUNG_UP = 129
INTERRUPTED = 130
READER_GONE = 141
TERMINATED = 143
