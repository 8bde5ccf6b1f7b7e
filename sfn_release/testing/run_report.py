"""Writes a run as lines of text."""

from collections.abc import Iterator

from sfn_release.testing.run import Run


def run_lines(run: Run) -> Iterator[str]:
    """Yield the lines of a run."""
    yield f"{run.status} {run.error}: {run.cause}"
    yield " → ".join(run.path)
