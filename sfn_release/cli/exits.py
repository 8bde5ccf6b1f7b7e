"""The exit codes of the program. An error's own is `SfnReleaseError.exit_code`."""

from __future__ import annotations

FAILED = 1
DIFFERENT = 3

# 128 and the signal's number, as shells report it.
HUNG_UP = 129
INTERRUPTED = 130
READER_GONE = 141
TERMINATED = 143
