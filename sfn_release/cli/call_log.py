"""-vv: log each call to AWS and Git on stderr, with the time it took.

The rooms `aws` and `ledger` write their calls to `logging`, at debug level. Without ``-vv`` nothing
listens, and the records cost nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sfn_release.cli.output import terminal


@contextmanager
def call_log(*, wanted: bool) -> Iterator[None]:
    """Write every debug record of this package to stderr inside the block, if *wanted*."""
    if not wanted:
        yield
        return
    import logging
    from datetime import UTC, datetime

    from sfn_release.ledger.git.urls import without_secrets

    class Handler(logging.Handler):
        """Writes a record as one line, without the passwords that a remote's URL may hold."""

        def emit(self, record: logging.LogRecord) -> None:
            when = datetime.fromtimestamp(record.created, UTC)
            text = without_secrets(record.getMessage())
            terminal.say(f"{when:%H:%M:%S}.{when.microsecond // 1000:03}Z  {text}", style="dim")

    logger, handler = logging.getLogger("sfn_release"), Handler()
    level, propagate = logger.level, logger.propagate
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    logger.propagate = False  # a handler that your own code has set would repeat each line
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
        logger.propagate = propagate
