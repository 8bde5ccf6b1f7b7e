"""A MockConfigFile.json on disk, which is read again when it changes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from sfn_release.errors import ConfigError
from sfn_release.tasks.mock_config import MockConfig, load_mock_config

ReadMockConfig = Callable[[], MockConfig]
"""Returns the mock configuration as it is now. Raises ConfigError."""


class MockConfigFile:
    """The file at *path*. Use it from any number of threads.

    Each execution takes the file as it is at its start, so you can edit it while a service runs.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._seen: tuple[int, int, int] | None = None
        self._config = MockConfig()

    def read(self) -> MockConfig:
        """Return the content. Raises ConfigError for a file that can't be read, or is faulty."""
        with self._lock:
            try:
                stat = self.path.stat()
                now = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
                if now != self._seen:
                    content = self.path.read_bytes()
                    self._config, self._seen = load_mock_config(content, file=self.path.name), now
            except OSError as error:
                raise ConfigError(
                    f"Can't read the mock configuration {self.path}: {error.strerror}."
                ) from error
            return self._config
